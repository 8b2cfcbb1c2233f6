"""What the window's tests share: one application, dressed, and the window's own event loop."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from app.ui import theme


def pytest_configure(config: pytest.Config) -> None:
    # The offscreen platform says so of every window with a size limit.
    config.addinivalue_line("qt_log_ignore", "This plugin does not support propagateSizeHints")


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Async tests run on the loop that the window runs on."""
    return {"qasync": _new_loop}


def _new_loop() -> asyncio.AbstractEventLoop:
    app = QApplication.instance() or QApplication([])
    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(app)
    return loop


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    """Every test begins light and at 100 %."""
    if theme.notifier().choice != "light" or theme.zoom() != 1.0 or not qapp.styleSheet():
        theme.apply_theme(qapp, "light")
