"""What the window's tests share: one application, dressed, the window's own event loop, and
services on a scripted host."""

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.dialogs.opener import Dialogs
from tests.support.loops import qasync_factories as pytest_asyncio_loop_factories
from tests.support.scripted_services import host, services

__all__ = ["host", "pytest_asyncio_loop_factories", "services"]


@pytest.fixture(autouse=True)
def _dressed(qapp: QApplication) -> None:
    """Every test begins light and at 100 %."""
    if theme.notifier().choice != "light" or theme.zoom() != 1.0 or not qapp.styleSheet():
        theme.apply_theme(qapp, "light")


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
