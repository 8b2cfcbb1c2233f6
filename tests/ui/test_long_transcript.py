"""Conversations of thousands of messages: what is made of them, and that the reader stays put."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QPushButton
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.widgets.message import Message
from app.ui.widgets.transcript import Transcript
from app.ui.widgets.views import MessageOutline, MessageView

COUNT = 5000


def _view(number: int, text: str = "", *, is_live: bool = False) -> MessageView:
    text = text or f"Message {number}. " + "Some words, of which there are a few. " * (number % 17)
    speaker = "user" if number % 2 else "model"
    return MessageView(str(number), speaker, "demo", text, is_live=is_live)  # type: ignore[arg-type]


@pytest.fixture
def transcript(qtbot: QtBot) -> Transcript:
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.resize(620, 500)
    transcript.show()
    transcript.set_messages([_view(n) for n in range(COUNT)])
    return transcript


def _settle() -> None:
    for _ in range(60):
        QApplication.processEvents()


def _made(transcript: Transcript) -> list[Message]:
    return transcript.findChildren(Message)


def _offset(transcript: Transcript, message_id: str) -> int:
    """Where a message stands in the view."""
    return transcript.message(message_id).mapTo(transcript.viewport(), QPoint(0, 0)).y()


def _in_view(transcript: Transcript) -> list[str]:
    height = transcript.viewport().height()
    return [
        one.view.id
        for one in _made(transcript)
        if one.isVisible()
        and _offset(transcript, one.view.id) < height
        and _offset(transcript, one.view.id) + one.height() > 0
    ]


def _gapless(transcript: Transcript) -> bool:
    """Whether what is in view is whole, in order, and each as tall as it needs to be."""
    shown = sorted(_in_view(transcript), key=int)
    if not shown:
        return False
    numbers = [int(one) for one in shown]
    in_order = numbers == list(range(numbers[0], numbers[-1] + 1))
    bottoms = [
        _offset(transcript, one) + transcript.message(one).height() + 14 for one in shown[:-1]
    ]
    tight = bottoms == [_offset(transcript, one) for one in shown[1:]]
    return in_order and tight and _offset(transcript, shown[0]) <= 14


def test_that_only_what_is_near_the_view_is_made(transcript: Transcript) -> None:
    assert len(_made(transcript)) < 20
    assert transcript.message_ids() == tuple(str(n) for n in range(COUNT))
    assert str(COUNT - 1) in _in_view(transcript)
    assert _gapless(transcript)
    _settle()
    assert len(_made(transcript)) < 60


def test_that_only_what_is_near_the_view_is_asked_for_in_full(
    transcript: Transcript,
) -> None:
    asked: list[int] = []

    def whole(message_id: str) -> MessageView:
        asked.append(int(message_id))
        return replace(_view(int(message_id)), facts="12 tokens")

    views = [_view(n) for n in range(COUNT)]
    outlines = [MessageOutline(one.id, one.speaker, one.text) for one in views]
    transcript.set_messages([])
    transcript.set_messages(outlines, whole)
    _settle()
    assert 0 < len(asked) < 60
    assert min(asked) > COUNT - 60
    assert transcript.message(str(COUNT - 1)).view.facts == "12 tokens"
    transcript.reveal("2500")
    assert transcript.message("2500").view.facts == "12 tokens"
    assert _gapless(transcript)
    _settle()
    top = _offset(transcript, "2500")
    transcript.set_messages(outlines, lambda one: replace(whole(one), facts="13 tokens"))
    assert transcript.message("2500").view.facts == "13 tokens"
    assert _offset(transcript, "2500") == top


def test_that_all_of_it_can_be_scrolled_through_and_little_is_kept(
    transcript: Transcript,
) -> None:
    bar = transcript.verticalScrollBar()
    for part in range(40, -1, -1):
        bar.setValue(bar.maximum() * part // 40)
        assert _gapless(transcript)
        QApplication.processEvents()
        assert len(_made(transcript)) < 90
    assert "0" in _in_view(transcript)


def test_that_what_was_let_go_is_there_when_the_reader_comes_back(transcript: Transcript) -> None:
    bar = transcript.verticalScrollBar()
    for part in range(40, -1, -1):
        bar.setValue(bar.maximum() * part // 40)
        _settle()
    assert str(COUNT - 1) not in {one.view.id for one in _made(transcript)}
    transcript.scroll_to_bottom()
    assert _gapless(transcript)
    assert str(COUNT - 1) in _in_view(transcript)
    bar.setValue(bar.maximum() // 2)
    assert _gapless(transcript)


def test_that_scrolling_up_step_by_step_passes_every_message_once(transcript: Transcript) -> None:
    bar = transcript.verticalScrollBar()
    first = min(map(int, _in_view(transcript)))
    for _ in range(120):
        before = {one: _offset(transcript, one) for one in _in_view(transcript)}
        value = bar.value()
        bar.setValue(value - 60)
        stayed = set(before) & set(_in_view(transcript))
        assert stayed
        assert {_offset(transcript, one) - before[one] for one in stayed} == {60}
        seen = min(map(int, _in_view(transcript)))
        assert seen in (first, first - 1)
        first = seen


def test_that_a_message_can_be_revealed_and_is_marked_for_a_moment(
    qtbot: QtBot, transcript: Transcript
) -> None:
    transcript.reveal("2500")
    assert "2500" in _in_view(transcript)
    assert 0 <= _offset(transcript, "2500") < transcript.viewport().height() // 2
    assert not transcript.follows
    mark = next(one for one in transcript.findChildren(QFrame) if one.property("role") == "mark")
    assert mark.isVisible()
    assert mark.geometry().contains(transcript.message("2500").geometry())
    at = _offset(transcript, "2500")
    _settle()
    assert _offset(transcript, "2500") == at
    qtbot.waitUntil(lambda: not mark.isVisible())
    transcript.reveal("0")
    assert "0" in _in_view(transcript)
    transcript.reveal(str(COUNT - 1))
    assert str(COUNT - 1) in _in_view(transcript)
    transcript.reveal("nobody")
    assert str(COUNT - 1) in _in_view(transcript)


def test_that_the_reader_s_place_holds_while_the_last_message_grows(
    transcript: Transcript,
) -> None:
    transcript.reveal("2500")
    _settle()
    at = _offset(transcript, "2500")
    last = str(COUNT - 1)
    for words in range(50, 500, 50):
        transcript.update_message(last, _view(COUNT - 1, "word " * words, is_live=True))
        _settle()
        assert _offset(transcript, "2500") == at


def test_that_the_reader_s_place_holds_when_a_message_above_changes(
    transcript: Transcript,
) -> None:
    transcript.reveal("2500")
    _settle()
    at = _offset(transcript, "2500")
    transcript.update_message("2490", _view(2490, "many words " * 300))
    _settle()
    assert _offset(transcript, "2500") == at
    transcript.set_messages([_view(n) for n in range(1000, COUNT + 1)])
    _settle()
    assert _offset(transcript, "2500") == at


@pytest.mark.parametrize("change", ["width", "zoom"])
def test_that_the_reader_s_place_holds_at_another_width_or_zoom(
    transcript: Transcript, qapp: QApplication, change: str
) -> None:
    transcript.reveal("2500")
    _settle()
    top = min(map(int, _in_view(transcript)))
    if change == "width":
        transcript.resize(400, 500)
    else:
        theme.apply_theme(qapp, "light", 1.5)
    _settle()
    assert min(map(int, _in_view(transcript))) == top
    assert _gapless(transcript)


@pytest.mark.parametrize("change", ["width", "zoom"])
def test_that_the_end_stays_in_view_at_another_width_or_zoom(
    transcript: Transcript, qapp: QApplication, change: str
) -> None:
    if change == "width":
        transcript.resize(400, 500)
    else:
        theme.apply_theme(qapp, "light", 1.5)
    _settle()
    bar = transcript.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert transcript.follows
    assert str(COUNT - 1) in _in_view(transcript)


def test_that_keys_scroll_from_within_a_message(transcript: Transcript) -> None:
    bar = transcript.verticalScrollBar()
    transcript.window().activateWindow()

    def press(key: Qt.Key) -> int:
        text = transcript.message(_in_view(transcript)[0]).text_view
        text.setFocus()
        QTest.keyClick(text, key)
        return bar.value()

    assert press(Qt.Key.Key_Home) == 0
    assert _gapless(transcript)
    down = press(Qt.Key.Key_PageDown)
    assert 0 < down <= bar.pageStep()
    assert press(Qt.Key.Key_PageUp) == 0
    assert press(Qt.Key.Key_End) == bar.maximum()
    assert transcript.follows


def test_that_what_is_in_use_is_kept_while_the_reader_looks_elsewhere(
    transcript: Transcript,
) -> None:
    chosen = transcript.message(str(COUNT - 1))
    chosen.text_view.selectAll()
    bar = transcript.verticalScrollBar()
    for part in range(40, -1, -1):
        bar.setValue(bar.maximum() * part // 40)
        _settle()
    assert transcript.message(str(COUNT - 1)) is chosen
    assert chosen.text_view.textCursor().hasSelection()


def test_that_the_tab_key_goes_through_the_messages_as_they_are_read(
    transcript: Transcript,
) -> None:
    transcript.reveal("2500")
    _settle()
    transcript.window().activateWindow()
    transcript.message("2500").text_view.setFocus()
    seen = ["2500"]
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        assert focus is not None
        owner = next((one for one in _made(transcript) if one.isAncestorOf(focus)), None)
        if owner is not None and owner.view.id != seen[-1]:
            seen.append(owner.view.id)
        QApplication.processEvents()
    assert len(seen) > 2
    assert seen == [str(2500 + n) for n in range(len(seen))]


def test_that_the_button_leads_back_from_far_away(transcript: Transcript) -> None:
    transcript.reveal("10")
    button = transcript.findChild(QPushButton, "toBottomButton")
    assert button is not None
    assert button.isVisible()
    button.click()
    bar = transcript.verticalScrollBar()
    assert bar.value() == bar.maximum()
    assert str(COUNT - 1) in _in_view(transcript)
    assert not button.isVisible()


def test_that_messages_set_while_hidden_are_there_when_shown(qtbot: QtBot) -> None:
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.resize(620, 500)
    transcript.set_messages([_view(n) for n in range(COUNT)])
    transcript.update_message("3", _view(3, "other"))
    assert transcript.message("3").text_view.text() == "other"
    transcript.show()
    _settle()
    assert _gapless(transcript)
    assert str(COUNT - 1) in _in_view(transcript)
