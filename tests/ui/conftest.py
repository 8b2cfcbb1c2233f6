"""What the window's tests share: one application, dressed, the window's own event loop, and
services on a scripted host."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.dialogs.opener import Dialogs
from tests.support.loops import qasync_factories as pytest_asyncio_loop_factories
from tests.support.scripted_services import host, services

__all__ = ["host", "pytest_asyncio_loop_factories", "services"]

_WAIT_MS = 30_000
"""Of pytest-qt's own five seconds, a busy machine may let all pass before it comes back to a test
that waits."""

for _wait in (QtBot.waitUntil, QtBot.waitSignal, QtBot.waitSignals, QtBot.waitActive):
    assert _wait.__kwdefaults__ is not None
    _wait.__kwdefaults__["timeout"] = _WAIT_MS


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> Iterator[None]:
    """Every test begins light and at 100 %, and without the widgets of the one before: outside of
    a loop Qt would never delete them, and dress them all whenever the theme changes."""
    if theme.notifier().choice != "light" or theme.zoom() != 1.0 or not qapp.styleSheet():
        theme.apply_theme(qapp, "light")
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True, scope="module")
def _shows_nothing_in_the_end(qapp: QApplication) -> Iterator[None]:
    """Windows that a file has forgotten would be dressed with each of the others."""
    yield
    for one in qapp.topLevelWidgets():
        one.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """What dialogs open over."""
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(900, 600)
    parent.show()
    return parent


@pytest.fixture
def dialogs(window: QWidget) -> Dialogs:
    return Dialogs(window)
