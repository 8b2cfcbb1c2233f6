"""What came of a comparison or a prompt set, as a file to hand on or as a run of MLflow."""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from app.domain.comparison.record import Comparison, PromptSet, Turn
from app.domain.comparison.report.formats import ReportFormat
from app.domain.comparison.report.html import html_report, set_html
from app.domain.comparison.report.markdown import markdown_report, set_markdown
from app.domain.comparison.report.run_data import comparison_run, why_not
from app.domain.comparison.report.set_run_data import set_run, why_no_set
from app.domain.registry_uri import without_credentials
from app.services.catalog import Catalog
from app.services.comparison_ports import ReportFiles
from app.services.errors import ServiceError
from wrappers.contract import LogRun

Told = Comparison | PromptSet


class LoggedRun(Struct, frozen=True):
    """Where a run is."""

    run_id: str
    experiment: str
    name: str
    registry: str
    """Its tracking URI, fit to be shown."""
    label: str
    """The same in short: ``sqlite · local``."""
    url: str | None = None
    """Of its page; ``None`` for a registry that no server shows."""


def _tell_nobody(_: str) -> None:
    """Nobody wants to know the stages."""


class ComparisonReports:
    """All of it raises `ServiceError`; what fails or is cancelled leaves nothing behind."""

    def __init__(self, catalog: Catalog, files: ReportFiles) -> None:
        self._catalog = catalog
        self._files = files

    async def write(self, told: Told, target: Path, form: ReportFormat) -> None:
        """Put what may be told of it now into a file."""
        await self._files.write(target, lambda: _report(told, form))

    async def log(self, told: Told, report: Callable[[str], None] = _tell_nobody) -> LoggedRun:
        """Make one run of it in the registry that its models are in, which has to be open.

        `report` is told each stage.
        """
        is_set = isinstance(told, PromptSet)
        reason = why_no_set(told) if isinstance(told, PromptSet) else why_not(told)
        if reason is not None:
            raise ServiceError.of("usage", *(_NO_ROWS if is_set else _REASONS[reason]))
        registry = self._catalog.tracking_uri
        turns = _turns(told)
        _check_registry(turns, registry)
        machine = self._files.machine()
        request = await self._files.make(lambda: _run(told, machine))
        return await self._log(request, registry, turns, report)

    async def _log(
        self,
        request: LogRun,
        registry: str,
        turns: Iterable[Turn],
        report: Callable[[str], None],
    ) -> LoggedRun:
        shown = without_credentials(registry)
        answers = (side.answer for turn in turns for side in turn.sides)
        here = {one.trace.id for one in answers if one.trace and one.trace.registry == shown}
        request = replace(request, traces=tuple(one for one in request.traces if one in here))
        try:
            logged = await self._catalog.log_run(request, registry, report)
        except ServiceError as error:
            if error.failed.kind == "died":
                with contextlib.suppress(ServiceError):
                    await self._catalog.clean_up()
            raise
        return LoggedRun(
            run_id=logged.run_id,
            experiment="parley",
            name=request.name,
            registry=shown,
            label=self._catalog.label or shown,
            url=_page(shown, logged.experiment_id, logged.run_id),
        )


_REASONS: Final = {
    "nothing": ("Nothing has been asked in this comparison yet.", "Ask something first."),
    "running": (
        "The comparison is still running.",
        "Wait until it is through, or stop it; then log it.",
    ),
    "hidden": (
        "A blind turn is not voted on yet, and a run would tell which model is which.",
        "Vote on it, then log the comparison.",
    ),
}


_NO_ROWS: Final = ("No row of this prompt set has been run yet.", "Run some of it first.")


def _report(told: Told, form: ReportFormat) -> str:
    is_html = form is ReportFormat.HTML
    if isinstance(told, PromptSet):
        return set_html(told, None) if is_html else set_markdown(told, None)
    return html_report(told, None) if is_html else markdown_report(told, None)


def _run(told: Told, machine: dict[str, str]) -> LogRun:
    if isinstance(told, PromptSet):
        return set_run(told, machine, None)
    return comparison_run(told, machine, None)


def _turns(told: Told) -> tuple[Turn, ...]:
    return tuple(told.results.values()) if isinstance(told, PromptSet) else told.turns


def _check_registry(turns: Iterable[Turn], registry: str) -> None:
    """The models of a run have to be where the run is."""
    ours = without_credentials(registry)
    for turn in turns:
        for side in turn.sides:
            uri = side.answer.tracking_uri
            if uri is not None and without_credentials(uri) != ours:
                raise ServiceError.of(
                    "usage",
                    f"These models are in the registry {without_credentials(uri)},"
                    " which is not the one that is open.",
                    "Open that registry, then log it there.",
                )


def _page(registry: str, experiment_id: str, run_id: str) -> str | None:
    if urlsplit(registry).scheme not in ("http", "https"):
        return None
    where = f"{quote(experiment_id)}/runs/{quote(run_id)}"
    return f"{registry.rstrip('/')}/#/experiments/{where}"
