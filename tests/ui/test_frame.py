"""What a window opens with, and what comes to it a moment later."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.infra.preferences import TomlPreferences
from app.ui.frame import Frame
from tests.support.focus_chain import focus_chain
from wrappers.contract import ModelVersion


@pytest.fixture
def steady_caret(qapp: QApplication) -> Iterator[None]:
    """One that blinks is seen in one picture, and not in the next."""
    before = qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    yield
    qapp.setCursorFlashTime(before)


@pytest.fixture
def frame(tmp_path: Path, qtbot: QtBot, steady_caret: None) -> Frame:
    frame = Frame(TomlPreferences(tmp_path / "settings.toml"))
    qtbot.addWidget(frame.window)
    frame.start.show_failure("It did not answer.", "")  # the seconds of an opening pass
    frame.window.show()
    return frame


def complete(frame: Frame) -> None:
    for _ in frame.complete():
        QApplication.processEvents()


def picture(frame: Frame) -> QImage:
    QApplication.processEvents()
    return frame.window.grab().toImage()


@pytest.mark.parametrize("width", [1380, 800, 480])
def test_that_a_first_frame_looks_as_it_does_when_all_is_there(frame: Frame, width: int) -> None:
    frame.window.resize(width, 820)
    before = picture(frame)
    complete(frame)
    assert picture(frame) == before


def test_that_tab_goes_where_the_eye_goes_in_what_came_later(frame: Frame) -> None:
    complete(frame)
    stops = [
        widget.objectName()
        for widget in focus_chain(frame.window)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.objectName()
    ]
    wanted = [
        "registrySearch",
        "registryView",
        "newConversationButton",
        "conversationSearch",
        "conversationList",
        "settingsButton",
        "loadOptionsButton",
        "loadButton",
        "unloadButton",
        "cancelLoadButton",
        "showLogButton",
        "reloadButton",
        "modeTabs",
        "jobLogButton",
        "undoDeletionButton",
        "startScreen",
    ]
    assert [one for one in dict.fromkeys(stops) if one in wanted] == wanted


def test_that_what_was_typed_meanwhile_is_searched_for(frame: Frame) -> None:
    frame.sidebar.search.setText("demo")
    complete(frame)
    frame.sidebar.show_versions([ModelVersion(name=one, version="1") for one in ("demo", "other")])
    assert frame.sidebar.registry.model().rowCount() == 1


def test_that_the_window_opens_as_it_was_left(tmp_path: Path, qtbot: QtBot, frame: Frame) -> None:
    complete(frame)
    frame.window.resize(700, 500)
    frame.appearance.choose_theme("dark")
    frame.appearance.keep_layout()
    again = Frame(TomlPreferences(tmp_path / "settings.toml"))
    qtbot.addWidget(again.window)
    assert again.window.size().toTuple() == (700, 500)
    assert picture(again).pixelColor(5, 5).lightness() < 60
