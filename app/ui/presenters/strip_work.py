"""Work with a file or a run, one at a time, that a strip tells of."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from app.services.errors import ServiceError
from app.ui.tasks import Tasks
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.job_view import JobView
from app.ui.widgets.views import BandView


class StripWork:
    """Says in `strip` what goes on, how far it is, and what it came to."""

    def __init__(self, strip: JobStrip, tasks: Tasks) -> None:
        self._strip = strip
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None
        self._view: JobView | None = None
        strip.cancel_requested.connect(self.cancel)
        strip.dismissed.connect(self._dismiss)

    @property
    def is_idle(self) -> bool:
        return self._task is None or self._task.done()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begin with `work`, the questions before it included."""
        self._task = self._tasks.start(work, name)

    def cancel(self) -> None:
        """End it; nothing is left of it."""
        if self._task is not None:
            self._task.cancel()

    async def carry_out(self, title: str, work: Callable[[], Coroutine[Any, Any, str]]) -> None:
        """Do `work` under `title`; what it returns is said at its end, where it is anything."""
        self._show(JobView(title, since=time.monotonic()))
        try:
            result = await work()
        except ServiceError as error:
            band = BandView(error.failed.message, error.failed.advice)
            self._show(JobView(title, band=band))
        except BaseException:
            self._show(None)
            raise
        else:
            self._show(JobView(title, result=result) if result else None)

    def report(self, *, stage: str = "", fraction: float | None = None) -> None:
        """How far what goes on has come."""
        view = self._view
        if view is not None and view.is_running:
            self._show(JobView(view.title, since=view.since, stage=stage, fraction=fraction))

    def _dismiss(self) -> None:
        if self._view is not None and not self._view.is_running:
            self._show(None)

    def _show(self, view: JobView | None) -> None:
        self._view = view
        self._strip.show_view(view)
