"""The details of an answer: what is told, what is not known, and what can be copied."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.domain.answer import Answer, AnswerState
from app.ui import theme
from app.ui.dialogs.answer_details import AnswerDetailsDialog
from app.ui.presenters.answer_details import answer_details
from app.ui.widgets.exact_text import ExactText
from tests.support.scripted_host import STREAMING
from wrappers.contract import Sampling, Timings, Usage

PROMPT = "<|user|>\nOne\u00a0line \u2003and\t<|end|>\n<|assistant|>\n"
ANSWER = Answer(
    "demo/3",
    state=AnswerState.DONE,
    text="Madrid.",
    prompt=PROMPT,
    prompt_token_ids=(1, 2, 3),
    token_ids=(4, 5),
    stop_reason="end_of_turn",
    usage=Usage(3, 2, 5),
    timings=Timings(load_s=4.12, time_to_first_token_s=0.182, reused_prompt_tokens=0),
    sampling=Sampling(max_tokens=300, stop=("\n", "a,b")),
    defaults=Sampling(temperature=0.7),
    context_length=4096,
    system="",
    tracking_uri="sqlite:///mlflow.db",
)
UNKNOWN = Answer("other/1", state=AnswerState.FAILED)


@pytest.fixture
def shown(qtbot: QtBot, window: QWidget) -> AnswerDetailsDialog:
    return show(qtbot, window, ANSWER)


def show(qtbot: QtBot, window: QWidget, answer: Answer) -> AnswerDetailsDialog:
    dialog = AnswerDetailsDialog(answer_details(answer, None), window)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def tabs(dialog: QWidget) -> QTabWidget:
    found = dialog.findChild(QTabWidget, "answerDetailsTabs")
    assert found is not None
    return found


def prompt_of(dialog: QWidget) -> QPlainTextEdit:
    found = dialog.findChild(QPlainTextEdit, "promptText")
    assert found is not None
    return found


def copied(dialog: QWidget, page: int) -> str:
    """What Copy puts on the clipboard from that page."""
    QGuiApplication.clipboard().setText("before")
    tabs(dialog).setCurrentIndex(page)
    button = dialog.findChild(QPushButton, "copyDetailsButton")
    assert button is not None
    button.click()
    return QGuiApplication.clipboard().text()


def rows(dialog: QWidget) -> dict[str, str]:
    """Of the pages of parameters and of numbers."""
    lines = "\n".join((copied(dialog, 2), copied(dialog, 3))).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_that_the_prompt_is_copied_character_by_character(shown: AnswerDetailsDialog) -> None:
    assert copied(shown, 0) == PROMPT
    prompt = prompt_of(shown)
    QGuiApplication.clipboard().clear()
    prompt.selectAll()
    prompt.copy()
    assert QGuiApplication.clipboard().text() == PROMPT


def test_that_the_special_tokens_of_the_prompt_stand_out(shown: AnswerDetailsDialog) -> None:
    layout = prompt_of(shown).document().firstBlock().layout()
    (format_,) = layout.formats()
    assert (format_.start, format_.length) == (0, len("<|user|>"))
    assert format_.format.foreground().color().name().upper() == theme.tokens().template


def test_that_the_token_ids_of_prompt_and_answer_are_told_and_copied(
    shown: AnswerDetailsDialog,
) -> None:
    assert copied(shown, 1) == "[1, 2, 3]\n[4, 5]"
    texts = [label.text() for label in shown.findChildren(QLabel) if label.isVisible()]
    assert "Prompt: 3 token ids" in texts
    assert "Answer: 2 token ids" in texts
    views = [shown.findChild(ExactText, name) for name in ("promptTokenIds", "answerTokenIds")]
    assert [view.text() for view in views if view is not None] == ["1, 2, 3", "4, 5"]


def test_that_parameters_are_those_asked_and_the_model_s_where_none_was(
    shown: AnswerDetailsDialog,
) -> None:
    told = rows(shown)
    assert told["max_tokens"] == "300"
    assert told["temperature"] == "0.7 (left to the model)"
    assert told["top_k"] == "not known (left to the model)"
    assert told["stop"] == "\\n, a\\,b"
    assert told["seed"] == "none"


def test_that_numbers_are_told_and_a_known_zero_is_a_zero(shown: AnswerDetailsDialog) -> None:
    told = rows(shown)
    assert told["Model"] == "demo · version 3"
    assert told["Context before the answer"] == "3 of 4\u202f096 tokens"
    assert told["Context after the answer"] == "5 of 4\u202f096 tokens"
    assert told["Of these not read anew"] == "0"
    assert told["Time to first token"] == "182 ms"
    assert told["Loading the model"] == "4.1 s"
    assert told["Writing the answer"] == "not known"
    assert told["Stop reason"] == "end of turn"
    assert told["Registry"] == "sqlite:///mlflow.db"
    assert "Messages not sent" not in told


def test_that_what_nobody_knows_is_said_to_be_so_and_never_zero(
    qtbot: QtBot, window: QWidget
) -> None:
    dialog = show(qtbot, window, UNKNOWN)
    told = rows(dialog)
    known = {"Model", "Asked"}
    assert {name: value for name, value in told.items() if name not in known} == dict.fromkeys(
        (name for name in told if name not in known), "not known"
    )
    assert prompt_of(dialog).placeholderText() == "not known"
    tabs(dialog).setCurrentIndex(0)
    button = dialog.findChild(QPushButton, "copyDetailsButton")
    assert button is not None
    assert not button.isEnabled()


def test_that_a_continued_answer_says_whose_numbers_these_are(
    qtbot: QtBot, window: QWidget
) -> None:
    dialog = show(qtbot, window, replace(ANSWER, continued_at=4, messages_dropped=2))
    texts = [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
    assert any("those of its last part" in text for text in texts)
    assert rows(dialog)["Messages not sent"] == "2"


def test_that_a_loaded_model_s_own_special_tokens_are_coloured() -> None:
    capabilities = STREAMING.__class__(
        mode="messages",
        accepts=("messages",),
        streams=True,
        stop="step",
        template="model",
        parameters=(),
        engine="scripted 1",
        special_tokens=("</s>",),
    )
    assert answer_details(ANSWER, capabilities).special_tokens == ("</s>",)


def test_that_the_keyboard_reaches_every_page_and_escape_closes(
    qtbot: QtBot, shown: AnswerDetailsDialog
) -> None:
    qtbot.waitExposed(shown)
    shown.activateWindow()
    bar = tabs(shown).tabBar()
    bar.setFocus()
    for page in (1, 2, 3):
        QTest.keyClick(bar, Qt.Key.Key_Right)
        assert tabs(shown).currentIndex() == page
    QTest.keyClick(bar, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not bar
    QTest.keyClick(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()
