"""``parley models``."""

from typing import Any

from app.cli.context import Context
from app.cli.wording import model_row, table
from app.domain.model_names import title
from wrappers.contract import ModelVersion


async def models(context: Context) -> None:
    """All versions, the newest of each model last."""
    catalog, output = context.services.catalog, context.output
    await catalog.refresh()
    versions = sorted(catalog.versions.values(), key=_order)
    if output.as_json:
        for version in versions:
            output.object(as_object(version))
        return
    if not versions:
        output.note(
            f"The registry {catalog.tracking_uri} is empty. Make the demo models with "
            "`parley demo`, or register a model with `parley register`."
        )
        return
    for line in table([model_row(version) for version in versions]):
        output.line(line)
    for version in versions:
        if version.mode is None and version.reason:
            output.note(f"{title(version)}: {version.reason}")


def _order(version: ModelVersion) -> tuple[str, int, str]:
    number = int(version.version) if version.version.isdecimal() else 0
    return (version.name, number, version.version)


def as_object(version: ModelVersion) -> dict[str, Any]:
    """What ``--json`` tells of a version."""
    value: dict[str, Any] = {
        "name": version.name,
        "version": version.version,
        "aliases": version.aliases,
        "tags": version.tags,
        "mode": version.mode,
        "streams": version.streams,
        "flavors": version.flavors,
        "size_bytes": version.size_bytes,
        "model_id": version.model_id,
    }
    if version.mode is None:
        value["reason"] = version.reason
    return value
