"""The window's event loop, for tests."""

import asyncio
from collections.abc import Callable, Mapping

import qasync
from PySide6.QtCore import QCoreApplication, QTimerEvent
from PySide6.QtWidgets import QApplication


def qasync_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What `pytest_asyncio_loop_factories` returns where tests run on the window's loop."""
    return {"qasync": new_loop}


def new_loop() -> asyncio.AbstractEventLoop:
    app = QApplication.instance() or QApplication([])
    loop: asyncio.AbstractEventLoop = _RestingLoop(app)
    return loop


class _RestingTimer(qasync._SimpleTimer):  # type: ignore[misc]
    """Runs a loop's callbacks while that loop runs; what is due at another time waits."""

    def timerEvent(self, event: QTimerEvent) -> None:  # noqa: N802 - Qt's name
        if asyncio._get_running_loop() is not None:
            super().timerEvent(event)
        # Else the timer goes on, and comes again once the loop runs.


class _RestingLoop(qasync.QEventLoop):  # type: ignore[misc]
    """At rest it does nothing, as asyncio's own loops.

    qasync's callbacks are Qt timers, which also come when somebody else lets Qt's events pass:
    pytest-qt does so between a test and the end of its fixtures, and qasync itself once after each
    run. A task that takes a step there finds no running loop and fails.
    """

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._timer = _RestingTimer()
