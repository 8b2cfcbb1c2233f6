"""A comparison as a report, and as a run of MLflow, as the window shows it."""

from collections.abc import Callable

from PySide6.QtCore import QUrl

from app.domain.comparison.record import PromptSet
from app.domain.comparison.report.formats import ReportFormat, format_of
from app.domain.comparison.sentences import names_of
from app.domain.export.record import file_name
from app.services.comparison_reports import ComparisonReports, LoggedRun, Told
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.values import FileKind
from app.ui.panes.compare_pane import ComparePane
from app.ui.panes.set_view import SetView
from app.ui.presenters.strip_work import StripWork
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.run_bar import RunBar, RunView


class CompareExportPresenter:
    """One file or run at a time; the strip tells how far it is, the bar where the run is."""

    def __init__(
        self,
        reports: ComparisonReports,
        strip: JobStrip,
        bar: RunBar,
        dialogs: Dialogs,
        tasks: Tasks,
        *,
        open_link: Callable[[QUrl], None],
    ) -> None:
        """`open_link` asks before it opens one."""
        self._reports = reports
        self._bar = bar
        self._dialogs = dialogs
        self._work = StripWork(strip, tasks)
        self._folder = ""
        """Where a file was chosen last."""
        bar.dismissed.connect(lambda: bar.show_view(None))
        bar.link_requested.connect(open_link)

    @property
    def is_idle(self) -> bool:
        return self._work.is_idle

    def serve_comparison(self, pane: ComparePane, told: Callable[[], Told | None]) -> None:
        """Do what `pane` asks for; `told` is what it shows."""
        pane.export_requested.connect(lambda form: self.export(told(), ReportFormat(form)))
        pane.log_requested.connect(lambda: self.log(told()))

    def serve_set(self, view: SetView, told: Callable[[], Told | None]) -> None:
        """Likewise for a prompt set."""
        view.report_requested.connect(lambda form: self.export(told(), ReportFormat(form)))
        view.log_requested.connect(lambda: self.log(told()))

    def export(self, told: Told | None, form: ReportFormat) -> None:
        """Ask where to, and write the report there."""
        if told is not None and self.is_idle:
            self._work.start(self._export(told, form), "export a comparison")

    def log(self, told: Told | None) -> None:
        """Make a run of it."""
        if told is not None and self.is_idle:
            self._bar.show_view(None)
            self._work.start(self._log(told), "log a comparison")

    # -- what goes on

    async def _export(self, told: Told, form: ReportFormat) -> None:
        target = await self._dialogs.save_file(
            tr("Export the report"), file_name(_called(told)), _kinds(form), self._folder
        )
        if target is None:
            return
        self._folder = str(target.parent)

        async def work() -> str:
            await self._reports.write(told, target, format_of(target.name) or form)
            return tr("The report is in {file}.").format(file=target.name)

        await self._work.carry_out(tr("Writing {file}").format(file=target.name), work)

    async def _log(self, told: Told) -> None:
        async def work() -> str:
            logged = await self._reports.log(told, self._report)
            self._bar.show_view(_run_view(logged))
            return ""

        await self._work.carry_out(tr("Logging to MLflow"), work)

    def _report(self, stage: str) -> None:
        self._work.report(stage=_stage(stage))


def _called(told: Told) -> str:
    if isinstance(told, PromptSet):
        return told.name
    first, second = names_of(told)
    return told.title or tr("{first} and {second}").format(first=first, second=second)


def _run_view(logged: LoggedRun) -> RunView:
    text = tr("Logged as the run “{name}” in the experiment {experiment} of {registry}.")
    return RunView(
        text.format(name=logged.name, experiment=logged.experiment, registry=logged.label),
        logged.run_id,
        logged.url,
    )


def _stage(stage: str) -> str:
    """What the registry's process says it does, in the user's language."""
    return {
        "Writing the numbers": tr("Writing the numbers"),
        "Writing the tables": tr("Writing the tables"),
        "Writing the files": tr("Writing the files"),
        "Linking the models": tr("Linking the models"),
    }.get(stage, stage)


def _kinds(first: ReportFormat) -> tuple[FileKind, ...]:
    kinds = {
        ReportFormat.HTML: FileKind(tr("HTML, one file for any browser"), ".html"),
        ReportFormat.MARKDOWN: FileKind(tr("Markdown"), ".md"),
    }
    return (kinds.pop(first), *kinds.values())
