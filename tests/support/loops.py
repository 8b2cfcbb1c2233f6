"""The window's event loop, for tests.

pytest-qt lets Qt's events pass between a test and its fixtures, and qasync once more after each
run. A timer of the program that comes then starts a task, as it may at any time in the program,
where the loop always runs: so it has to count as running there, too.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import qasync
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication


def qasync_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What `pytest_asyncio_loop_factories` returns where tests run on the window's loop."""
    return {"qasync": new_loop}


def new_loop() -> asyncio.AbstractEventLoop:
    app = QApplication.instance() or QApplication([])
    return _Loop(app)


class _Loop(qasync.QEventLoop):  # type: ignore[misc]
    """Counts as running, too, while qasync lets the last events of a run pass."""

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        _open.append(self)

    def run_forever(self) -> object:
        try:
            return super().run_forever()
        finally:
            asyncio._set_running_loop(self)

    def run_until_complete(self, future: object) -> object:
        try:
            return super().run_until_complete(future)
        finally:
            asyncio._set_running_loop(None)

    def close(self) -> None:
        if self in _open:
            _open.remove(self)
        super().close()


_open: list[_Loop] = []


@contextmanager
def counted_as_running() -> Generator[None]:
    """Within, the loop that is open, if there is one, counts as running."""
    loop = _open[-1] if _open else None
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)
