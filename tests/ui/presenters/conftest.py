"""The chat's windows, and ways to wait for what they do."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from app.ui.tasks import Tasks
from tests.support.chat_windows import ChatWindow, Script, open_chat_window
from tests.support.compare_windows import CompareWindow, open_compare_window
from tests.support.conversation_windows import open_window
from tests.support.prompt_windows import open_prompt
from tests.support.two_models import TwoModels
from tests.support.waiting import until

__all__ = ["open_prompt", "open_window", "until"]

OpenChat = Callable[..., ChatWindow]


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    running = Tasks()
    yield running
    await running.cancel_all()


@pytest.fixture
async def open_chat(qapp: QApplication, tmp_path: Path) -> AsyncIterator[OpenChat]:
    """Opens a `ChatWindow` on the same folder each time; all are closed at the end. (`qtbot` would
    take the widgets away before that.)"""
    opened: list[ChatWindow] = []

    def open_another(script: Script | None = None) -> ChatWindow:
        opened.append(open_chat_window(tmp_path, script))
        return opened[-1]

    yield open_another
    for one in opened:
        await one.close()


@pytest.fixture
async def compare_window(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CompareWindow]:
    """On two scripted models, whose gates are open at the end."""
    models = TwoModels()
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("wrappers.host.serve", models.serve)
    opened = await open_compare_window(tmp_path, models)
    yield opened
    opened.open_gates()
    await opened.window.shutdown()


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
