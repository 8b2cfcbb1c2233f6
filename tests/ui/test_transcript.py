"""The messages of a conversation: which are shown, and what the reader sees of them."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.widgets.transcript import Transcript
from app.ui.widgets.views import ActivityView, BandView, MessageView


def _view(number: int, text: str = "some words " * 30, *, is_live: bool = False) -> MessageView:
    return MessageView(str(number), "model", "demo-onnx · version 1", text, is_live=is_live)


@pytest.fixture
def transcript(qtbot: QtBot) -> Transcript:
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.resize(520, 400)
    transcript.show()
    return transcript


def _settle() -> None:
    """Layouts take a few rounds: a text's height follows its width."""
    for _ in range(5):
        QApplication.processEvents()


def _is_at_bottom(transcript: Transcript) -> bool:
    bar = transcript.verticalScrollBar()
    return bar.value() == bar.maximum()


def _child[W: QWidget](transcript: Transcript, kind: type[W], name: str) -> W:
    found = transcript.findChild(kind, name)
    assert found is not None
    return found


def test_that_messages_stand_in_the_order_given(transcript: Transcript) -> None:
    transcript.set_messages([_view(n) for n in (1, 2, 3)])
    _settle()
    tops = [transcript.message(str(n)).y() for n in (1, 2, 3)]
    assert tops == sorted(set(tops))


def test_that_a_message_that_stays_is_the_same_widget(transcript: Transcript) -> None:
    transcript.set_messages([_view(1), _view(2)])
    kept = transcript.message("1")
    transcript.set_messages([_view(1, "other"), _view(3)])
    assert transcript.message_ids() == ("1", "3")
    assert transcript.message("1") is kept
    assert kept.text_view.text() == "other"


def test_that_the_message_with_the_focus_can_go_with_those_that_follow_it(
    transcript: Transcript,
) -> None:
    transcript.set_messages([_view(n) for n in range(6)])
    _settle()
    transcript.window().activateWindow()
    transcript.verticalScrollBar().setValue(0)
    _settle()
    chosen = transcript.message("1").text_view
    chosen.setFocus()
    # As where the view follows the focus, which goes on to another message.
    chosen.focus_moved.connect(lambda: transcript.verticalScrollBar().setValue(40))
    transcript.set_messages([_view(0), _view(7), _view(8)])
    _settle()
    assert transcript.message_ids() == ("0", "7", "8")


def test_that_an_unknown_message_is_not_updated(transcript: Transcript) -> None:
    with pytest.raises(KeyError):
        transcript.update_message("9", _view(9))


def test_that_the_end_stays_in_view_while_text_comes(transcript: Transcript) -> None:
    transcript.set_messages([_view(n) for n in range(6)])
    _settle()
    assert _is_at_bottom(transcript)
    for words in range(40, 400, 40):
        transcript.update_message("5", _view(5, "word " * words, is_live=True))
        _settle()
        assert _is_at_bottom(transcript)


def test_that_a_reader_who_scrolled_up_is_left_there(transcript: Transcript) -> None:
    transcript.set_messages([_view(n) for n in range(6)])
    _settle()
    transcript.verticalScrollBar().setValue(40)
    _settle()
    value = transcript.verticalScrollBar().value()
    transcript.update_message("5", _view(5, "word " * 400, is_live=True))
    _settle()
    assert transcript.verticalScrollBar().value() == value
    assert not transcript.follows


def test_that_a_button_leads_back_to_the_end_and_is_there_only_then(
    transcript: Transcript,
) -> None:
    transcript.set_messages([_view(n) for n in range(6)])
    _settle()
    button = _child(transcript, QPushButton, "toBottomButton")
    assert not button.isVisible()
    transcript.verticalScrollBar().setValue(0)
    assert button.isVisible()
    assert transcript.rect().contains(button.geometry())
    button.click()
    assert _is_at_bottom(transcript)
    assert not button.isVisible()


def test_that_no_button_leads_to_an_end_that_is_in_view(transcript: Transcript) -> None:
    transcript.set_messages([_view(n) for n in range(6)])
    _settle()
    transcript.verticalScrollBar().setValue(0)
    to_bottom = _child(transcript, QPushButton, "toBottomButton")
    assert to_bottom.isVisible()
    transcript.set_messages([_view(0)])
    _settle()
    assert transcript.verticalScrollBar().maximum() == 0
    assert not to_bottom.isVisible()


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0])
def test_that_the_button_to_the_end_is_round_at_any_zoom(
    transcript: Transcript, qapp: QApplication, zoom: float
) -> None:
    theme.apply_theme(qapp, "light", zoom)
    transcript.set_messages([_view(n) for n in range(6)])
    _settle()
    transcript.verticalScrollBar().setValue(0)
    button = _child(transcript, QPushButton, "toBottomButton")
    assert button.iconSize().width() == theme.scaled(16)
    drawn = button.grab().toImage()
    assert drawn.pixelColor(0, 0) != drawn.pixelColor(drawn.width() // 2, 0)


def test_that_no_line_breaks_anew_when_the_scroll_bar_appears(transcript: Transcript) -> None:
    transcript.set_messages([_view(1)])
    _settle()
    width = transcript.message("1").width()
    transcript.set_messages([_view(n) for n in range(1, 8)])
    _settle()
    assert transcript.verticalScrollBar().isVisible()
    assert transcript.message("1").width() == width


def test_that_the_progress_of_a_prompt_is_shown_with_a_way_to_stop(
    qtbot: QtBot, transcript: Transcript
) -> None:
    transcript.set_activity(ActivityView("Reading the prompt · 512 of 1 024 tokens", fraction=0.5))
    bar = transcript.findChild(QProgressBar)
    assert bar is not None
    assert bar.isVisible()
    assert bar.value() * 2 == bar.maximum()
    with qtbot.waitSignal(transcript.stop_requested):
        _child(transcript, QPushButton, "stopButton").click()
    transcript.set_activity(None)
    assert not _child(transcript, QPushButton, "stopButton").isVisible()


def test_that_a_load_shows_the_time_that_has_passed(
    monkeypatch: pytest.MonkeyPatch, transcript: Transcript
) -> None:
    monkeypatch.setattr("app.ui.widgets.elapsed.time.monotonic", lambda: 107.3)
    transcript.set_activity(ActivityView("Loading", since=100.0, is_load=True))
    texts = [label.text() for label in transcript.findChildren(QLabel) if label.isVisible()]
    assert "Loading · 7.3 s" in texts
    stop = _child(transcript, QPushButton, "stopButton")
    assert stop.text().startswith("Cancel")


def test_that_a_notice_tells_of_a_failure_that_belongs_to_no_message(
    qtbot: QtBot, transcript: Transcript
) -> None:
    transcript.set_notice(BandView("Its process ended.", "Load it again.", can_reload=True))
    with qtbot.waitSignal(transcript.reload_requested) as asked:
        _child(transcript, QPushButton, "reloadButton").click()
    assert asked.args == [""]


def test_that_what_a_message_asks_for_names_the_message(
    qtbot: QtBot, transcript: Transcript
) -> None:
    cut = MessageView("7", "model", "demo", "Mad", offers=("regenerate",))
    transcript.set_messages([_view(1), cut])
    with qtbot.waitSignal(transcript.action_requested) as asked:
        transcript.message("7").action_requested.emit("regenerate")
    assert asked.args == ["7", "regenerate"]


@pytest.mark.parametrize("edited", [0, 2, 5])
def test_that_an_editor_that_is_opened_comes_into_view(transcript: Transcript, edited: int) -> None:
    views = [_view(n, "some words " * 150) for n in range(6)]
    transcript.set_messages(views)
    _settle()
    transcript.update_message(str(edited), replace(views[edited], edit=views[edited].text))
    transcript.begin_edit(str(edited))
    _settle()
    editor = transcript.message(str(edited)).editor
    assert editor is not None
    top = editor.mapTo(transcript.viewport(), QPoint()).y()
    assert top >= 0
    assert top + editor.height() <= transcript.viewport().height()


def test_that_a_message_with_the_focus_within_is_known(transcript: Transcript) -> None:
    transcript.set_messages([_view(1), _view(2)])
    transcript.activateWindow()
    assert transcript.focused_message() is None
    transcript.message("2").text_view.setFocus()
    assert transcript.focused_message() == "2"
