"""What came of ``parley compare`` into a file, and into a run of MLflow."""

from pathlib import Path

from app.cli.context import Context
from app.domain.comparison.report.formats import ReportFormat, format_of
from app.services.comparison_reports import Told
from app.services.errors import ServiceError


def check_report(file: Path | None) -> None:
    """Raises `ServiceError` for a place that a report cannot go to, before minutes are spent."""
    if file is None:
        return
    if file.is_dir():
        raise ServiceError.of("usage", f"{file} is a folder.", "Name a file in it.")
    if not file.parent.is_dir():
        raise ServiceError.of(
            "usage", f"There is no folder {file.parent} for the report.", "Make it first."
        )


async def hand_on(context: Context, what: Told) -> bool:
    """What ``--report`` and ``--log`` ask for. What cannot be done is told, and is False:
    what it is of is there all the same."""
    options = context.asked.options
    is_done = True
    if options.report is not None:
        try:
            await _write(context, what, options.report)
        except ServiceError as error:
            context.output.error(error.failed)
            is_done = False
    if options.log:
        try:
            await _log(context, what)
        except ServiceError as error:
            context.output.error(error.failed)
            is_done = False
    return is_done


async def _write(context: Context, what: Told, file: Path) -> None:
    form = format_of(file.name) or ReportFormat.HTML
    await context.services.reports.write(what, file, form)
    if context.output.as_json:
        context.output.object({"event": "report", "file": str(file)})
    else:
        context.output.line(f"The report is in {file}.")


async def _log(context: Context, what: Told) -> None:
    output = context.output
    logged = await context.services.reports.log(what)
    if output.as_json:
        output.object(
            {
                "event": "run",
                "run_id": logged.run_id,
                "name": logged.name,
                "experiment": logged.experiment,
                "registry": logged.registry,
                "url": logged.url,
            }
        )
        return
    output.line(f"Logged as run {logged.run_id} in the experiment {logged.experiment}.")
    if logged.url is not None:
        output.line(logged.url)
