"""Registrations and the making of the demo, as the window shows them."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.services.errors import ServiceError
from app.services.jobs import Job, Jobs
from app.services.signal import Signal
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.values import Registration
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.job_view import JobView
from app.ui.widgets.views import BandView
from wrappers.contract import ErrorKind, Failed, JobProgress

if TYPE_CHECKING:
    from app.ui.dialogs.register import RegisterDialog


class JobsPresenter:
    """Follows the job that was started last. `view` says how it stands; where that is shown is
    `StartPresenter`'s to say."""

    def __init__(
        self, jobs: Jobs, dialogs: Dialogs, tasks: Tasks, *, models_changed: Callable[[], None]
    ) -> None:
        """`models_changed` is called for each model that can be used from now on."""
        self.view: JobView | None = None
        self.changed: Signal[()] = Signal()
        self._jobs = jobs
        self._dialogs = dialogs
        self._tasks = tasks
        self._models_changed = models_changed
        self._job: Job | None = None
        self._demo: Job | None = None
        self._seen: set[Job] = set()
        self._log_text = ""
        self._told: ErrorKind | None = None
        """What kind of failure `tell` shows, while it does."""
        self._log_path: Path | None = None
        self._unfollow: Callable[[], None] = _nothing
        self._disconnects = (
            jobs.changed.connect(self._look_at_jobs),
            jobs.model_ready.connect(self._model_ready),
        )
        self._look_at_jobs()

    def close(self) -> None:
        """Listen no more; who owns the jobs ends them."""
        self._unfollow()
        for disconnect in self._disconnects:
            disconnect()

    # ----------------------------------------------------------------------------------------
    # What the user asks for

    def make_demo(self) -> None:
        """Start it, unless it is being made already."""
        if self._demo is None or not self._demo.running:
            self._demo = self._jobs.start_demo()

    def register(self) -> None:
        """Ask what to register, check it, and start."""
        self._tasks.start(self._register(), "register a model")

    def cancel(self) -> None:
        """End the job that is shown; what it has left half done is taken back first."""
        if self._job is not None and self._job.running and self.view is not None:
            self._set(replace(self.view, stage=tr("Cancelling: taking back what is half done")))
            self._job.cancel()

    def dismiss(self) -> None:
        """Show the job that has ended no more."""
        if self.view is not None and not self.view.is_running:
            self._set(None)
            self._look_at_jobs()

    def show_log(self) -> None:
        title = "" if self.view is None else self.view.title
        work = self._dialogs.show_log(title, path=self._log_path, text=self._log_text)
        self._tasks.start(work, "show a job's log")

    def tell(self, failed: Failed, title: str = "") -> None:
        """Show a failure that belongs to no pane and no job, such as that of a refresh."""
        if self.view is None or not self.view.is_running:
            self._set(self._failed_view(JobView(title=title), failed))
            self._told = failed.kind

    def forget_told(self, kind: ErrorKind) -> None:
        """Take away what `tell` still shows, if it is of `kind`."""
        if self._told == kind:
            self._set(None)

    def tell_fault(self, task: str, error: BaseException, log: Path) -> None:
        """A fault of the program itself, in the task of that name; `log` is the program's."""
        failed = Failed(
            kind="internal",
            message=tr("Parley made a mistake ({task}: {error}).").format(
                task=task, error=type(error).__name__
            ),
            advice=tr("Trying again is safe; its log tells more."),
            detail="".join(traceback.format_exception(error)),
        )
        self.tell(failed, tr("Parley's log"))
        if self._told is not None:
            self._log_path = log

    async def _register(self) -> None:
        wanted = await self._dialogs.register(self._check, propose_wrapper)
        if wanted is not None:
            self._jobs.start_register(wanted.wrapper, wanted.source, wanted.name)

    async def _check(self, wanted: Registration) -> Failed | None:
        try:
            await self._jobs.check(wanted.wrapper, wanted.source, wanted.name)
        except ServiceError as error:
            return error.failed
        return None

    # ----------------------------------------------------------------------------------------
    # Following

    def _look_at_jobs(self) -> None:
        """Follow a job that is new; else, once nothing is left to say of the one before, one that
        still runs."""
        running = self._jobs.current
        new = [job for job in running if job not in self._seen]
        self._seen = set(running)
        if new:
            self._follow(new[-1])
        elif running and (self.view is None or (not self.view.is_running and not self.view.band)):
            self._follow(running[-1])

    def _follow(self, job: Job) -> None:
        self._unfollow()
        self._job = job
        self._unfollow = job.changed.connect(self._job_changed)
        self._set(JobView(title=job.title, since=job.started))
        self._job_changed()

    def _job_changed(self) -> None:
        job = self._job
        if job is None or self.view is None:
            return
        if job.running:
            if job.progress is not None:
                self._set(advance(self.view, job.progress))
            return
        view = replace(self.view, since=None)
        if job.result is not None:
            sentence = tr("{name} version {version} is registered.")
            self._set(
                replace(
                    view,
                    result=sentence.format(name=job.result.name, version=job.result.version),
                )
            )
        elif job.failure is None or job.failure.kind == "cancelled":
            self._set(None)
        else:
            self._set(self._failed_view(view, job.failure))
            self._log_path = job.log_path

    def _failed_view(self, view: JobView, failed: Failed) -> JobView:
        self._log_text, self._log_path = failed.detail, None
        band = BandView(failed.message, failed.advice, has_log=bool(failed.detail))
        return replace(view, since=None, band=band)

    def _model_ready(self, _name: str, _version: str) -> None:
        self._models_changed()

    def _set(self, view: JobView | None) -> None:
        self._told = None
        self.view = view
        self.changed.emit()


def advance(view: JobView, progress: JobProgress) -> JobView:
    """`view` after a job's progress: a stage that another follows is done."""
    done = view.done_stages
    if view.stage and progress.stage != view.stage and view.stage not in done:
        done = (*done, view.stage)
    return replace(
        view,
        done_stages=done,
        stage=progress.stage,
        step=progress.step,
        steps=progress.steps,
        fraction=progress.fraction,
    )


def propose_wrapper(dialog: "RegisterDialog", source: str) -> None:
    """The engine's own file in a folder says whose it is."""
    folder = Path(source).expanduser()
    if source and (folder / "genai_config.json").is_file():
        dialog.propose_wrapper("onnx")
    elif source and (folder / "config.json").is_file():
        dialog.propose_wrapper("transformers")


def _nothing() -> None:
    """No job is followed."""
