"""Widgets that have shown one message and show another: nobody can tell."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.widgets.message import Message
from app.ui.widgets.message_actions import words_of
from app.ui.widgets.transcript import Transcript
from app.ui.widgets.views import BandView, MessageView

BEFORE = [
    MessageView("a", "user", "You", "What is it? " * 30, quick=("edit",), menu=("delete",)),
    MessageView(
        "b",
        "model",
        "demo · version 1",
        "# It\n\n- is **this**\n\n```py\nimport this\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        facts="12 tokens · 1.2 s",
        quick=("edit", "regenerate"),
        menu=("delete",),
    ),
    MessageView("c", "user", "You", "Go on.", above="Two were left out", menu=("delete",)),
    MessageView(
        "d", "model", "demo", "Half", offers=("continue",), version=(1, 2), band=BandView("Cut.")
    ),
]
AFTER = [
    MessageView("1", "user", "You", "And then?", quick=("edit",), menu=("delete",)),
    MessageView("2", "model", "other", "Then *that*.", quick=("edit", "regenerate")),
    MessageView("3", "user", "You", "In code?", quick=("edit",), menu=("delete", "to_prompt")),
    MessageView("4", "model", "other", "```\na\n```\n", is_live=True, quick=("edit", "regenerate")),
]


def _transcript(qtbot: QtBot) -> Transcript:
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.resize(620, 700)
    transcript.show()
    return transcript


def _settle() -> None:
    for _ in range(20):
        QApplication.processEvents()


def _picture(transcript: Transcript) -> QImage:
    """With the focus in no message of it."""
    focus = QApplication.focusWidget()
    if focus is not None:
        focus.clearFocus()
    _settle()
    return transcript.grab().toImage()


@pytest.mark.parametrize(("before", "after"), [(BEFORE, AFTER), (AFTER, BEFORE)])
def test_that_a_conversation_looks_the_same_in_widgets_of_another(
    qtbot: QtBot, before: list[MessageView], after: list[MessageView]
) -> None:
    other = _transcript(qtbot)
    other.set_messages(before)
    _settle()
    old = {other.message(one.id) for one in before}
    other.message(before[1].id).text_view.selectAll()
    other.message(before[0].id).text_view.setFocus()
    other.set_messages([])
    _settle()
    other.set_messages(after)
    new = _transcript(qtbot)
    new.set_messages(after)
    _settle()
    assert old & {other.message(one.id) for one in after}, "no widget was used again"
    assert _picture(other) == _picture(new)
    for one in after:
        assert not other.message(one.id).text_view.textCursor().hasSelection()
        assert other.message(one.id).accessibleName() == new.message(one.id).accessibleName()


def test_that_what_is_done_with_it_is_done_with_the_message_that_it_shows(qtbot: QtBot) -> None:
    transcript = _transcript(qtbot)
    transcript.set_messages(BEFORE[:2])
    _settle()
    used = transcript.message("b")
    transcript.set_messages(AFTER[:2])
    _settle()
    assert transcript.message("2") is used
    done: list[tuple[str, str]] = []
    transcript.action_requested.connect(lambda *what: done.append(what))
    used.text_view.setFocus()
    button = used.findChild(QPushButton, words_of("regenerate").object_name)
    assert button is not None
    button.click()
    assert done == [("2", "regenerate")]


def test_that_the_tab_key_goes_through_them_as_they_are_read(qtbot: QtBot) -> None:
    transcript = _transcript(qtbot)
    transcript.set_messages([*BEFORE[1::-1]])
    _settle()
    transcript.set_messages(AFTER[:3])
    _settle()
    transcript.activateWindow()
    transcript.message("1").text_view.setFocus()
    seen: list[str] = []
    for _ in range(20):
        focus = QApplication.focusWidget()
        assert focus is not None
        owner = next(
            (one.view.id for one in transcript.findChildren(Message) if one.isAncestorOf(focus)), ""
        )
        if owner and owner not in seen[-1:]:
            seen.append(owner)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        _settle()
    assert seen[:3] == ["1", "2", "3"]


def test_that_a_widget_that_shows_nothing_keeps_no_text(qtbot: QtBot) -> None:
    transcript = _transcript(qtbot)
    transcript.set_messages(BEFORE)
    _settle()
    transcript.set_messages([])
    _settle()
    spare = transcript.findChildren(Message)
    assert spare
    assert {(one.view.id, one.text_view.shown_text(), one.isVisible()) for one in spare} == {
        ("", "", False)
    }
