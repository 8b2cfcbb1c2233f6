"""Hostile answers, streamed and whole, through the widgets of Chat: text, and no slower than text.

`test_hostile` looks at what each of them shows.
"""

import time
from functools import cache

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.widgets.transcript import Transcript
from app.ui.widgets.views import MessageView
from tests.support.hostile_texts import TEXTS
from tests.support.markdown_documents import nothing_touched

PIECES = 40
SLOWEST = 20
"""How many times as long as an ordinary text of the same length one may take, streamed."""
LEAST_S = 0.05
"""Of an ordinary one, below which a ratio says nothing."""

ORDINARY = "A paragraph with some words, such as a model writes.\n\n"


def _view(text: str, *, is_live: bool) -> MessageView:
    return MessageView("1", "model", "demo", text, is_live=is_live)


def stream(transcript: Transcript, text: str) -> float:
    """Show `text` as it grows, a frame for each piece; the time of this thread that it took."""
    transcript.set_messages([MessageView("0", "user", "You", "Go on."), _view("", is_live=True)])
    QApplication.processEvents()
    began = time.thread_time()
    for number in range(1, PIECES + 1):
        transcript.update_message("1", _view(text[: len(text) * number // PIECES], is_live=True))
        QApplication.processEvents()
    transcript.update_message("1", _view(text, is_live=False))
    QApplication.processEvents()
    return time.thread_time() - began


def make_transcript() -> Transcript:
    transcript = Transcript()
    transcript.resize(620, 500)
    transcript.show()
    return transcript


@cache
def ordinary_s(length: int) -> float:
    transcript = make_transcript()
    took = stream(transcript, (ORDINARY * (length // len(ORDINARY) + 1))[:length])
    transcript.deleteLater()
    return took


@pytest.mark.parametrize("name", TEXTS)
def test_that_a_hostile_answer_is_streamed_without_a_file_or_the_net_and_in_time(
    qtbot: QtBot, warm: None, name: str
) -> None:
    text = TEXTS[name]
    transcript = make_transcript()
    qtbot.addWidget(transcript)
    stream(transcript, "# warm *up* `x` $x$\n\n```py\nimport x\n```\n\n|a|\n|-|\n|b|\n")
    with nothing_touched():
        took = stream(transcript, text)
        transcript.grab()
    floor = max(LEAST_S, ordinary_s(len(text)))
    assert took < SLOWEST * floor
    assert transcript.message("1").view.text == text
