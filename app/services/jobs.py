"""Registrations and the making of the demo: long work, each in a registry child of its own."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal

from app.services.asking import ask
from app.services.catalog import Catalog
from app.services.errors import ServiceError
from app.services.ports import Child, Launcher
from app.services.signal import Signal
from wrappers.contract import (
    AnyEvent,
    Connected,
    Failed,
    JobProgress,
    MakeDemo,
    ModelReady,
    Registered,
    RegisterModel,
)

_log = logging.getLogger(__name__)

WrapperName = Literal["transformers", "onnx"]


class Job:
    """One registration, from its start to its result."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.progress: JobProgress | None = None
        self.running = True
        self.result: Registered | None = None
        self.failure: Failed | None = None
        self.started = time.monotonic()
        self.log_path: Path | None = None
        """Of its process."""
        self.changed: Signal[()] = Signal()
        self._task: asyncio.Task[Registered] | None = None

    def cancel(self) -> None:
        """End its process at once; what it has left half done is then taken back."""
        if self._task is not None:
            self._task.cancel()

    async def wait(self) -> Registered:
        """The result, once there is one. Raises `ServiceError`."""
        if self._task is not None:
            await asyncio.wait([self._task])
            self._settle(self._task)
        if self.result is None:
            raise ServiceError(self.failure or self._cancelled())
        return self.result

    def _begin(self, work: Coroutine[Any, Any, Registered]) -> asyncio.Task[Registered]:
        self._task = asyncio.create_task(work, name=self.title)
        self._task.add_done_callback(self._settle)
        return self._task

    def _settle(self, task: asyncio.Task[Registered]) -> None:
        """Take note of how it ended, once."""
        if not self.running:
            return
        self.running = False
        error = None if task.cancelled() else task.exception()
        if task.cancelled():
            self.failure = self._cancelled()
        elif error is None:
            self.result = task.result()
        elif isinstance(error, ServiceError):
            self.failure = error.failed
        else:
            _log.error("%s has failed", self.title, exc_info=error)
            self.failure = Failed(
                kind="internal",
                message=f"{self.title} failed unforeseen ({type(error).__name__}).",
                advice="Try again; the log tells more.",
            )
        self.changed.emit()

    def _cancelled(self) -> Failed:
        return Failed(kind="cancelled", message=f"{self.title} was cancelled.")

    def _take(self, event: AnyEvent) -> None:
        if isinstance(event, JobProgress):
            self.progress = event
            self.changed.emit()


class Jobs:
    """Starts jobs and knows those that run."""

    def __init__(self, launcher: Launcher, catalog: Catalog) -> None:
        self.changed: Signal[()] = Signal()
        """A job has started or ended."""
        self.model_ready: Signal[str, str] = Signal()
        """Name and version of a model that can be used from now on."""
        self._launcher = launcher
        self._catalog = catalog
        self._running: dict[Job, asyncio.Task[Registered]] = {}

    @property
    def current(self) -> tuple[Job, ...]:
        """Those that run, oldest first."""
        return tuple(self._running)

    def start_register(self, wrapper: WrapperName, source: str, name: str) -> Job:
        """Log and register the model in folder `source`, or of that name on the hub."""
        request = RegisterModel(id=0, wrapper=wrapper, source=_absolute(source), name=name)
        return self._start(f"Registering {name}", request, hub=_is_on_hub(source))

    async def check(self, wrapper: WrapperName, source: str, name: str) -> None:
        """Raises `ServiceError` for what the registration would fail with."""
        request = RegisterModel(
            id=0, wrapper=wrapper, source=_absolute(source), name=name, check_only=True
        )
        await self._catalog.check_registration(request)

    def start_demo(self) -> Job:
        """Make and register what is missing of the two demo models."""
        return self._start("Making the demo models", MakeDemo(id=0), hub=False)

    async def close(self) -> None:
        """Cancel all that runs, and see it cleaned up."""
        tasks = tuple(self._running.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _start(self, title: str, request: RegisterModel | MakeDemo, *, hub: bool) -> Job:
        job = Job(title)

        async def work() -> Registered:
            try:
                return await self._carry_out(job, request, hub=hub)
            except ServiceError as error:
                if error.failed.kind in ("died", "cancelled"):
                    await asyncio.shield(self._clean_up())
                raise
            except asyncio.CancelledError:
                await asyncio.shield(self._clean_up())
                raise

        task = job._begin(work())  # noqa: SLF001 - a job is run by nobody else
        self._running[job] = task

        def ended(_: asyncio.Task[Registered]) -> None:
            del self._running[job]
            if job.result is not None:
                self.model_ready.emit(job.result.name, job.result.version)
            self.changed.emit()

        task.add_done_callback(ended)
        self.changed.emit()
        return job

    async def _carry_out(
        self, job: Job, request: RegisterModel | MakeDemo, *, hub: bool
    ) -> Registered:
        def take(event: AnyEvent) -> None:
            if isinstance(event, ModelReady):
                self.model_ready.emit(event.name, event.version)
            job._take(event)  # noqa: SLF001 - a job is run by nobody else

        child: Child | None = None
        try:
            child = await self._launcher.launch("registry", "job", hub=hub)
            job.log_path = child.log_path
            await ask(child, self._catalog.connection, Connected)
            return await ask(child, request, Registered, take)
        except BaseException:
            if child is not None:
                child.kill()
            raise
        finally:
            if child is not None:
                await child.close()

    async def _clean_up(self) -> None:
        """After a job that was ended or has died; what others are at is not touched."""
        try:
            await self._catalog.clean_up()
        except ServiceError as error:
            _log.warning("Could not clean up after a job: %s", error.failed.message)


def _is_on_hub(source: str) -> bool:
    return not Path(source).expanduser().exists()


def _absolute(source: str) -> str:
    """A folder that exists by its whole path, since the children run elsewhere; else as it is."""
    folder = Path(source).expanduser()
    return str(folder.absolute()) if folder.exists() else source
