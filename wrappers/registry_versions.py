"""A version's row in the registry as the contract tells it; pure functions of MLflow's values."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wrappers.base import WrapperError
from wrappers.contract import Mode, ModelVersion
from wrappers.detect import detect
from wrappers.mlmodel import facts, read_mlmodel

PENDING_TAG = "parley.pending"
"""On the run, model and version of a registration that is not wholly finished; its value tells
whose (`wrappers.registry_pending`)."""

_MODEL_PREFIX = "models:/"


class Detected(Struct, frozen=True, kw_only=True):
    """What an MLmodel file adds to a version's row."""

    mode: Mode | None = None
    reason: str | None = None
    streams: bool | None = None
    flavors: tuple[str, ...] = ()
    size_bytes: int | None = None
    wrapper: str | None = None


def detected(text: str) -> Detected:
    """What the text of an MLmodel file tells; one that does not parse gives a reason."""
    try:
        mlmodel = read_mlmodel(text)
    except WrapperError as error:
        return Detected(reason=error.message)
    detection, told = detect(mlmodel), facts(mlmodel)
    return Detected(
        mode=detection.mode,
        reason=detection.reason,
        streams=detection.streams,
        flavors=told.flavors,
        size_bytes=told.size_bytes,
        wrapper=detection.wrapper,
    )


def row(version: Any, aliases: Mapping[tuple[str, str], tuple[str, ...]]) -> ModelVersion:
    """The row of an MLflow `ModelVersion`, its MLmodel not read yet.

    `aliases` are those of `aliases_of`: MLflow leaves them empty in what it finds.
    """
    number = str(version.version)
    return ModelVersion(
        name=version.name,
        version=number,
        aliases=aliases.get((version.name, number), ()),
        tags=dict(version.tags),
        description=version.description or "",
        model_id=version.model_id or model_id_of(version.source or ""),
        created_ms=version.creation_timestamp,
        run_id=version.run_id or None,
        source=version.source or "",
        detected=False,
    )


def with_detected(version: ModelVersion, found: Detected) -> ModelVersion:
    return replace(
        version,
        mode=found.mode,
        reason=found.reason,
        streams=found.streams,
        flavors=found.flavors,
        size_bytes=found.size_bytes,
        wrapper=found.wrapper,
        detected=True,
    )


def aliases_of(models: Iterable[Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    """Name and version to aliases, in the order of the alphabet, of registered models."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for model in models:
        for alias, number in sorted(model.aliases.items()):
            key = (model.name, str(number))
            found[key] = (*found.get(key, ()), alias)
    return found


def is_shown(version: Any) -> bool:
    """Whether a version is registered to the end; MLflow's searches leave prompts out."""
    return PENDING_TAG not in version.tags


def named(name: str) -> str:
    """MLflow's filter for a name; its strings know two quotes, and no escape."""
    return f"name = '{name}'" if "'" not in name else f'name = "{name.replace(chr(34), "")}"'


def model_id_of(source: str) -> str | None:
    """The logged model that a version's source names, or ``None`` for sources of before MLflow 3.

    MLflow leaves `ModelVersion.model_id` empty.
    """
    name = source.removeprefix(_MODEL_PREFIX)
    return name if name != source and name.startswith("m-") and "/" not in name else None
