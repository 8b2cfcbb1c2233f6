"""Services on a scripted host, and ways to wait for what they and the window do."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtWidgets import QPushButton, QWidget

from app.ui.tasks import Tasks
from tests.support.conversation_windows import open_window
from tests.support.scripted_services import host, services
from tests.support.waiting import until

__all__ = ["host", "open_window", "services", "until"]


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    running = Tasks()
    yield running
    await running.cancel_all()


async def dialog_named[D: QWidget](window: QWidget, kind: type[D], name: str) -> D:
    """The dialog of that object name, once it is open."""

    def shown() -> D | None:
        found = window.findChild(kind, name)
        return found if found is not None and found.isVisible() else None

    await until(shown)
    dialog = shown()
    assert dialog is not None
    return dialog


def press(parent: QWidget, name: str) -> None:
    """Click the button of that object name."""
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    button.click()
