"""What went into MLflow's ``predict`` and what came out, as JSON that people can read (pure)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec

LIMIT_BYTES = 1_000_000
"""What is longer is left out: it would be shown and kept with every answer."""


def as_json(value: Any) -> str:
    """`value` as JSON: a DataFrame as its columns, arrays as lists, objects as their fields, and
    what has no form in JSON in Python's words. Says so in place of what is too long."""
    encoded = msgspec.json.encode(_plain(value))
    if len(encoded) > LIMIT_BYTES:
        told = f"{len(encoded):,} bytes of JSON, more than the {LIMIT_BYTES:,} that are kept"
        encoded = msgspec.json.encode({"left_out": told})
    return encoded.decode()


def payload_json(data: Any, params: Mapping[str, Any] | None = None) -> str:
    """What ``predict(data, params=params)`` was given: `data` alone, or with params both as MLflow
    takes them when it serves a model, under ``inputs`` and ``params``."""
    return as_json({"inputs": data, "params": params} if params else data)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair has no UTF-8
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if callable(dump := getattr(value, "model_dump", None)):  # pydantic
        return _plain(dump())
    if hasattr(value, "columns") and callable(getattr(value, "to_dict", None)):  # a DataFrame
        return _plain(value.to_dict(orient="list"))
    if callable(to_list := getattr(value, "tolist", None)):  # a Series, an array, a NumPy scalar
        return _plain(to_list())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(dataclasses.asdict(value))
    return repr(value)
