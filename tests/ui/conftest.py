"""What the window's tests share: one application, dressed, and the window's own event loop."""

import gc
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.ui import theme
from tests.support.loops import qasync_factories as pytest_asyncio_loop_factories  # noqa: F401


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    """Every test begins light and at 100 %."""
    if theme.notifier().choice != "light" or theme.zoom() != 1.0 or not qapp.styleSheet():
        theme.apply_theme(qapp, "light")


@pytest.fixture(autouse=True)
def _collects_on_this_thread() -> Iterator[None]:
    """As in the program: a worker thread's collection would destroy widgets where Qt can't."""
    gc.disable()
    yield
    gc.collect(0)
    gc.enable()
