"""The window's event loop, for tests."""

import asyncio
from collections.abc import Callable, Mapping

import qasync
from PySide6.QtWidgets import QApplication


def qasync_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """What `pytest_asyncio_loop_factories` returns where tests run on the window's loop."""
    return {"qasync": new_loop}


def new_loop() -> asyncio.AbstractEventLoop:
    app = QApplication.instance() or QApplication([])
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    return loop
