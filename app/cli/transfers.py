"""``parley export`` and ``parley import``."""

from pathlib import Path

from app.cli.context import Context
from app.domain.export.formats import Format
from app.domain.export.record import format_of
from app.services.errors import ServiceError


async def export(context: Context) -> None:
    """All conversations that are kept, into one file."""
    options = context.asked.options
    target = _path(options.file)
    form = Format(options.format) if options.format else format_of(target.name)
    if form is None:
        raise ServiceError.of(
            "usage",
            f"The name {target.name} does not say which format is wanted.",
            "Add --format json, --format jsonl or --format markdown.",
        )
    exported = await context.services.transfers.export_all(target, form, _silently)
    if context.output.as_json:
        context.output.object(
            {
                "event": "exported",
                "file": str(target),
                "written": exported.written,
                "damaged": exported.damaged,
            }
        )
        return
    context.output.line(f"{_counted(exported.written)} exported to {target}.")
    if exported.damaged:
        context.output.note(f"{_counted(exported.damaged)} could not be read, and left out.")


async def import_(context: Context) -> None:
    """What a file holds, all of it or nothing."""
    source = _path(context.asked.options.file)
    imported = await context.services.transfers.import_from(source, _silently)
    if context.output.as_json:
        context.output.object(
            {"event": "imported", "file": str(source), "new": imported.new, "known": imported.known}
        )
        return
    context.output.line(f"{_counted(imported.new)} imported from {source}.")
    if imported.known:
        context.output.note(f"{_counted(imported.known)} there already.")


def _path(named: str) -> Path:
    return Path(named).expanduser().absolute()


def _silently(_done: int, _total: int) -> None:
    """A hundred megabytes take seconds."""


def _counted(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number} conversations"
