"""That a transcript comes to rest: what is measured is not measured again until it changes.

Each measure that found something else than the one before would be followed by another, without
an end, and the window would take all of a processor while nothing happens.
"""

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.message import Message
from app.ui.widgets.transcript import Transcript
from app.ui.widgets.views import ActivityView, BandView, MessageView

_SETTLING: Final = 40
"""Turns of the loop in which what is near the view is made, one message in each."""


class _Requests(QObject):
    """Counts how often a widget is told to lay itself out."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


@pytest.fixture
def shown(qtbot: QtBot) -> Transcript:
    transcript = Transcript()
    qtbot.addWidget(transcript)
    transcript.show()
    return transcript


def _requests_at_rest(transcript: Transcript) -> int:
    for _ in range(_SETTLING):
        QApplication.processEvents()
    column = transcript.widget()
    assert column is not None
    requests = _Requests(column)
    for _ in range(10):
        QApplication.processEvents()
    return requests.count


def _needed(widget: QWidget, width: int) -> int:
    layout = widget.layout()
    assert layout is not None
    layout.invalidate()
    if layout.hasHeightForWidth():
        return layout.totalHeightForWidth(width)
    return layout.totalSizeHint().height()


def _unfit(transcript: Transcript) -> dict[str, tuple[int, int]]:
    """Of what is in view, what is not as tall as it needs to be: how tall it is and should be."""
    activity = transcript.findChild(QWidget, "activity")
    assert activity is not None
    foot = activity.parentWidget()
    assert foot is not None
    top = transcript.verticalScrollBar().value()
    view = QRect(0, top, transcript.width(), transcript.viewport().height())
    seen = [one for one in transcript.findChildren(Message) if view.intersects(one.geometry())]
    heights = {
        part.accessibleName(): (part.height(), _needed(part, part.width()))
        for part in (*seen, foot)
    }
    return {name: both for name, both in heights.items() if both[0] != both[1]}


def _question(words: int, *, edit: bool = False, above: str = "") -> MessageView:
    text = "The lighthouse on the northern cape was built of grey stone. " * words
    return MessageView("q", "user", "You", text, edit=text if edit else None, above=above)


_texts = st.sampled_from(
    [
        "",
        "One line.",
        "Some **words** of it. " * 60,
        "- one\n- two\n\n```py\nimport this\n```\n\nand on",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "a" * 7000,
    ]
)
_bands = st.sampled_from(
    [None, BandView("It failed. " * 9, "Load it again. " * 9, has_log=True, can_reload=True)]
)
_answers = st.builds(
    MessageView,
    st.just("a"),
    st.just("model"),
    st.just("demo"),
    _texts,
    is_live=st.booleans(),
    facts=st.sampled_from(["", "12 tokens · 1.2 s · 30 tokens/s · greedy, seed 7 · " * 2]),
    offers=st.sampled_from([(), ("continue", "answer")]),
    quick=st.sampled_from([(), ("edit", "regenerate")]),
    band=_bands,
    version=st.sampled_from([(1, 1), (2, 3)]),
)
_activities = st.sampled_from(
    [
        None,
        ActivityView("Waiting", is_busy=True),
        ActivityView("Reading the prompt: 640 of 1,504 tokens " * 3, fraction=0.4),
    ]
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    width=st.integers(260, 1400),
    height=st.integers(120, 900),
    words=st.sampled_from([1, 30, 110, 400]),
    edit=st.booleans(),
    above=st.sampled_from(["", "The two oldest messages are left out. " * 5]),
    answer=_answers,
    activity=_activities,
    notice=_bands,
)
def test_that_it_comes_to_rest_at_any_width_with_each_part_as_tall_as_it_needs(
    shown: Transcript,
    width: int,
    height: int,
    words: int,
    edit: bool,
    above: str,
    answer: MessageView,
    activity: ActivityView | None,
    notice: BandView | None,
) -> None:
    shown.resize(width, height)
    shown.set_messages([_question(words, edit=edit, above=above), answer])
    shown.set_activity(activity)
    shown.set_notice(notice)
    assert _requests_at_rest(shown) == 0
    assert _unfit(shown) == {}


def test_that_it_rests_between_the_pieces_of_an_answer(
    monkeypatch: pytest.MonkeyPatch, shown: Transcript
) -> None:
    # The time that passes is a text, too: each second of a slow turn would be laid out.
    monkeypatch.setattr("app.ui.widgets.elapsed.time.monotonic", lambda: 3700.0)
    shown.resize(900, 700)
    text = "Some **words**, and `code`.\n\n- an item\n\n"
    for pieces in range(0, 40, 3):
        answer = MessageView("a", "model", "demo", text * pieces, is_live=True)
        shown.set_messages([_question(100), answer])
        shown.set_activity(ActivityView("Writing", since=100.0))
        assert _requests_at_rest(shown) == 0
        assert _unfit(shown) == {}
