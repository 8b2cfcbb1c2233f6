"""MLflow's MLmodel file as plain data: read safely, and what it tells of its model.

Every MLmodel may come from a stranger: a value of the wrong type anywhere is taken as absent, and
`WrapperError` is the only exception raised here.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from wrappers.base import WrapperError

_MAX_BYTES = 8 * 1024 * 1024
_MAX_NODES = 200_000
_MAX_DEPTH = 64


class Facts(Struct, frozen=True, kw_only=True):
    """What an MLmodel file tells of its model, for the model card; ``None`` is not known."""

    flavors: tuple[str, ...] = ()
    size_bytes: int | None = None
    dtype: str | None = None
    source_model: str | None = None
    python_version: str | None = None
    mlflow_version: str | None = None
    model_id: str | None = None
    run_id: str | None = None
    created_ms: int | None = None
    model_config: dict[str, Any] = {}
    loader_module: str | None = None


# --------------------------------------------------------------------------------------------
# Reading


def read_mlmodel(source: Path | str) -> dict[str, Any]:
    """The MLmodel file at a `Path`, or the text of one, as plain data that JSON can carry.

    Raises `WrapperError`: ``artifacts_missing`` where there is no such file, ``bad_model`` where
    it does not parse, is no mapping, or is unreasonably large or deep.
    """
    text = source if isinstance(source, str) else _read_text(source)
    if len(text) > _MAX_BYTES:
        raise _bad(f"it is larger than {_MAX_BYTES // 1024 // 1024} MB")
    try:
        parsed = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from the safe loader
        plain = _plain(parsed)
    except yaml.YAMLError as error:
        raise _bad(_where(error)) from error
    # A constructor may raise these for a scalar such as 2024-99-99, or for nesting too deep.
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _bad(str(error)) from error
    if not isinstance(plain, dict):
        raise _bad("it is not a mapping of names to values")
    return plain


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1).decode("utf-8", "replace")
    except FileNotFoundError as error:
        raise WrapperError(
            "artifacts_missing",
            f"There is no MLmodel file in {path.parent}.",
            "Check that the model's artifacts are still there, or register it again.",
        ) from error
    except OSError as error:
        raise WrapperError(
            "artifacts_missing",
            f"The MLmodel file in {path.parent} cannot be read ({error.strerror or error}).",
            "Check the permissions of the folder.",
        ) from error


def _bad(why: str) -> WrapperError:
    return WrapperError(
        "bad_model",
        f"The MLmodel file cannot be understood: {why}.",
        "Log the model again, or restore the file.",
    )


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "not valid YAML"
    return problem if mark is None else f"{problem} in line {mark.line + 1}"


_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SAFE_LOADER):  # type: ignore[misc]  # which of the two, the machine decides
    """Reads plain values only, and no merge keys: nested, they grow without bound while parsing."""

    def flatten_mapping(self, node: Any) -> None:
        """Leave merge keys as they are; MLflow writes none, and the constructor refuses them."""


def _plain(value: Any) -> Any:
    """A copy of `value` that JSON can carry. Raises `ValueError` where it is unreasonably large.

    YAML's aliases let a small file describe a tree of billions of nodes, or one without an end.
    """
    left = _MAX_NODES

    def copy(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > _MAX_DEPTH:
            raise ValueError("it holds too much to be an MLmodel file")
        if isinstance(value, dict):
            return {_text(key): copy(one, depth + 1) for key, one in value.items()}
        if isinstance(value, list | tuple | set):
            return [copy(one, depth + 1) for one in value]
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int) and -(2**63) <= value < 2**63:
            return value
        return _text(value)

    return copy(value, 0)


def _text(value: Any) -> str:
    # Lone surrogates, which YAML and JSON can spell out, cannot be written down again.
    return str(value).encode("utf-8", "replace").decode("utf-8")


# --------------------------------------------------------------------------------------------
# The signature


def signature_lists(
    mlmodel: dict[str, Any],
) -> tuple[list[dict[str, Any]] | None, list[dict[str, Any]] | None, list[dict[str, Any]] | None]:
    """The schemas of inputs, outputs and params, as MLflow writes them; ``None`` where one is
    absent or malformed."""
    signature = mapping(mlmodel.get("signature"))
    return (
        _schema(signature.get("inputs")),
        _schema(signature.get("outputs")),
        _schema(signature.get("params")),
    )


def check_signature(mlmodel: dict[str, Any]) -> None:
    """Raises `WrapperError` where a schema of the signature is no JSON, as MLflow's loading would
    without a word for the user."""
    for name, schema in mapping(mlmodel.get("signature")).items():
        try:
            if isinstance(schema, str):
                json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise _bad(f"the {name} of its signature are no JSON") from error


def _schema(text: Any) -> list[dict[str, Any]] | None:
    if not isinstance(text, str):
        return None
    try:
        parsed = _plain(json.loads(text))
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, list) or not all(isinstance(one, dict) for one in parsed):
        return None
    return parsed


# --------------------------------------------------------------------------------------------
# What it tells of itself


def facts(mlmodel: dict[str, Any]) -> Facts:
    """Everything of the model card that stands in the MLmodel file itself."""
    flavors = mapping(mlmodel.get("flavors"))
    pyfunc = flavor(mlmodel, "python_function") or {}
    transformers = flavor(mlmodel, "transformers") or {}
    size = mlmodel.get("model_size_bytes")
    return Facts(
        flavors=tuple(map(_text, flavors)),
        size_bytes=size if isinstance(size, int) and not isinstance(size, bool) else None,
        dtype=(string(transformers.get("torch_dtype")) or "").removeprefix("torch.") or None,
        source_model=string(transformers.get("source_model_name")),
        python_version=string(pyfunc.get("python_version")),
        mlflow_version=string(mlmodel.get("mlflow_version")),
        model_id=string(mlmodel.get("model_id")),
        run_id=string(mlmodel.get("run_id")),
        created_ms=_milliseconds(mlmodel.get("utc_time_created")),
        model_config=mapping(pyfunc.get("config")),
        loader_module=string(pyfunc.get("loader_module")),
    )


def parse_requirements(text: str) -> dict[str, str]:
    """Package to version of a ``requirements.txt``, as logged with a model.

    A requirement without a version is left out: it tells nothing of what was installed.
    """
    versions = {}
    for line in text.splitlines():
        requirement = line.split("#")[0].split(";")[0].strip()
        name, equals, version = requirement.partition("==")
        name = name.split("[")[0].strip()
        if equals and name and not name.startswith("-"):
            versions[name.lower()] = version.strip(" =").split(",")[0]
    return versions


def _milliseconds(utc: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(str(utc)).replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def flavor(mlmodel: dict[str, Any], name: str) -> dict[str, Any] | None:
    flavor = mapping(mlmodel.get("flavors")).get(name)
    return flavor if isinstance(flavor, dict) else None


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
