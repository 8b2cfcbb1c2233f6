"""Ratings and comments, from the message's buttons to the trace, on a scripted registry."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.answer import Answer
from app.domain.feedback import TraceRef
from app.services.engines import Engine
from app.services.program import Services
from app.ui import theme
from app.ui.dialogs.comment import CommentDialog
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.feedback_presenter import FeedbackPresenter
from app.ui.tasks import Tasks
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import dialog_named, press, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Finished,
    Generate,
    LogFeedback,
    LogTrace,
)


@dataclass
class Bench:
    """A pane in which one answer stands."""

    services: Services
    host: ScriptedHost
    window: QWidget
    pane: ChatPane
    chat: ChatPresenter
    hints: list[str]

    async def ask(self, text: str = "hello there") -> None:
        self.pane.composer.set_draft(text)
        self.chat.send()
        await until(lambda: not self.chat.is_answering)

    @property
    def answer(self) -> Answer:
        answer = self.chat.conversation.branch()[-1].answer
        assert answer is not None
        return answer

    def button(self, name: str) -> QPushButton:
        """Of the answer's."""
        message = self.pane.transcript.message(self.chat.conversation.branch()[-1].id)
        found = message.findChild(QPushButton, name)
        assert found is not None
        return found

    def facts(self) -> str:
        message = self.pane.transcript.message(self.chat.conversation.branch()[-1].id)
        label = message.findChild(QLabel, "usageLine")
        assert label is not None
        return label.text()

    async def said(self) -> list[tuple[bool | None, str]]:
        """What the trace was told, once all is written."""
        await until(lambda: not self.services.traces.waiting)
        told = [one for one in self.host.requests if isinstance(one, LogFeedback)]
        assert {one.trace_id for one in told} <= {
            one.trace_id for one in self.host.requests if isinstance(one, LogTrace)
        }
        return [(one.good, one.comment) for one in told]

    async def comment(self, text: str) -> None:
        """Open the dialog, write, and keep it."""
        leaf = self.chat.conversation.leaf
        assert leaf is not None
        self.chat.actions.run(leaf, "comment")
        dialog = await dialog_named(self.window, CommentDialog, "commentDialog")
        field = dialog.findChild(QPlainTextEdit, "commentText")
        assert field is not None
        field.setPlainText(text)
        press(dialog, "acceptButton")
        await until(lambda: self.window.findChild(CommentDialog, "commentDialog") is None)


@pytest.fixture
async def bench(
    services: Services, host: ScriptedHost, tasks: Tasks, window: QWidget, qtbot: QtBot
) -> AsyncIterator[Bench]:
    pane = ChatPane()
    qtbot.addWidget(pane)
    pane.resize(820, 600)
    pane.show()
    await services.catalog.open()
    engine = services.pool.get(version())
    services.sessions.select(version())
    await engine.load()

    async def ensure_ready() -> Engine:
        return engine

    chat = ChatPresenter(
        services,
        pane,
        tasks,
        ensure_ready=ensure_ready,
        show_log=lambda *_: None,
    )
    hints: list[str] = []
    FeedbackPresenter(chat, services.traces, Dialogs(window), tasks, hint=hints.append)
    yield Bench(services, host, window, pane, chat, hints)
    chat.close()


async def test_that_a_thumb_rates_its_answer_and_its_trace(bench: Bench) -> None:
    await bench.ask()
    good = bench.button("goodAnswerButton")
    assert good.accessibleName() == "Good answer"
    good.click()
    assert bench.answer.rating == "good"
    assert good.isChecked()
    assert await bench.said() == [(True, "")]


async def test_that_a_changed_mind_is_told_and_the_same_thumb_again_takes_it_back(
    bench: Bench,
) -> None:
    await bench.ask()
    good, bad = bench.button("goodAnswerButton"), bench.button("badAnswerButton")
    good.click()
    await bench.said()
    bad.click()
    assert (good.isChecked(), bad.isChecked()) == (False, True)
    await bench.said()
    bad.click()
    assert bench.answer.rating is None
    assert (good.isChecked(), bad.isChecked()) == (False, False)
    assert await bench.said() == [(True, ""), (False, ""), (None, "")]


async def test_that_a_given_thumb_is_shown_without_the_pointer(bench: Bench) -> None:
    await bench.ask()
    assert not bench.button("goodAnswerButton").isVisible()
    bench.chat.actions.run(bench.chat.conversation.leaf or "", "good")
    assert bench.button("goodAnswerButton").isVisible()
    assert not bench.button("badAnswerButton").isVisible()


async def test_that_a_comment_is_kept_shown_and_put_on_the_trace(bench: Bench) -> None:
    await bench.ask()
    await bench.comment("Right,\nbut <b>long</b>.")
    assert bench.answer.comment == "Right,\nbut <b>long</b>."
    assert "Your comment: Right, but <b>long</b>." in bench.facts()
    bench.button("badAnswerButton").click()
    said = await bench.said()
    assert said[-1] == (False, "Right,\nbut <b>long</b>.")
    await bench.comment("")
    assert "comment" not in bench.facts()
    assert (await bench.said())[-1] == (False, "")


async def test_that_a_dialog_that_is_closed_changes_nothing(bench: Bench) -> None:
    await bench.ask()
    await bench.comment("First.")
    leaf = bench.chat.conversation.leaf or ""
    bench.chat.actions.run(leaf, "comment")
    dialog = await dialog_named(bench.window, CommentDialog, "commentDialog")
    assert dialog.comment == "First."
    press(dialog, "cancelButton")
    await until(lambda: bench.window.findChild(CommentDialog, "commentDialog") is None)
    assert bench.answer.comment == "First."


async def test_that_an_answer_without_a_trace_is_rated_here_and_says_so(bench: Bench) -> None:
    bench.services.traces.switch(on=False)
    await bench.ask()
    bench.button("goodAnswerButton").click()
    assert bench.answer.rating == "good"
    assert "in this conversation only" in bench.facts()
    assert await bench.said() == []


async def test_that_nothing_goes_to_a_trace_once_traces_are_off(bench: Bench) -> None:
    await bench.ask()
    bench.services.traces.switch(on=False)
    bench.button("goodAnswerButton").click()
    assert bench.answer.rating == "good"
    assert "Traces are off" in bench.hints[-1]
    assert await bench.said() == []


@pytest.mark.parametrize("is_kept", [True, False])
async def test_that_ctrl_and_enter_keep_a_comment_and_escape_does_not(
    bench: Bench, is_kept: bool
) -> None:
    await bench.ask()
    bench.chat.actions.run(bench.chat.conversation.leaf or "", "comment")
    dialog = await dialog_named(bench.window, CommentDialog, "commentDialog")
    field = dialog.findChild(QPlainTextEdit, "commentText")
    assert field is not None
    QTest.keyClicks(field, "Right")
    if is_kept:
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    else:
        QTest.keyClick(field, Qt.Key.Key_Escape)
    await until(lambda: bench.window.findChild(CommentDialog, "commentDialog") is None)
    assert bench.answer.comment == ("Right" if is_kept else "")


async def test_that_a_rating_waits_for_the_registry_that_has_the_trace(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await bench.ask()
    await bench.said()
    other = tmp_path_factory.mktemp("other") / "mlflow.db"
    await bench.services.catalog.open(f"sqlite:///{other}")
    bench.button("goodAnswerButton").click()
    assert "another registry" in bench.hints[-1]
    assert bench.services.traces.waiting == 1
    await bench.services.catalog.open()
    assert await bench.said() == [(True, "")]


async def test_that_a_rating_outlives_a_restart(bench: Bench) -> None:
    await bench.ask()
    bench.button("badAnswerButton").click()
    conversation = bench.chat.conversation
    bench.services.conversations.save(conversation)
    assert await bench.services.conversations.load(conversation.id) == conversation
    assert conversation.branch()[-1].answer == bench.answer
    assert bench.answer.trace is not None


async def test_that_a_continued_answer_keeps_its_rating_and_is_a_turn_of_its_own(
    bench: Bench,
) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Generate):
            return [Finished(text="one ", stop_reason="length", prompt="<P>")]
        return None

    bench.host._script = script
    await bench.ask()
    first = bench.answer.trace
    bench.button("goodAnswerButton").click()
    await bench.comment("So far.")
    bench.chat.continue_answer(bench.chat.conversation.leaf or "")
    await until(lambda: not bench.chat.is_answering)
    assert bench.answer.text == "one one "
    assert (bench.answer.rating, bench.answer.comment) == ("good", "So far.")
    await bench.said()
    turns = [one for one in bench.host.requests if isinstance(one, LogTrace)]
    assert [one.prompt for one in turns] == [None, "<P>one "]
    assert {one.message for one in turns} == {bench.chat.conversation.leaf}
    assert bench.answer.trace is not None
    assert [first, bench.answer.trace] == [
        TraceRef(one.trace_id, bench.answer.trace.registry) for one in turns
    ]


async def test_that_questions_and_answers_on_their_way_cannot_be_rated(bench: Bench) -> None:
    bench.pane.composer.set_draft("endless")
    bench.chat.send()
    await until(lambda: bool(bench.chat.is_answering and bench.answer.text))
    question, answer = bench.chat.conversation.branch()
    assert "good" not in bench.chat.actions.quick(question)
    assert "good" not in bench.chat.actions.quick(answer)
    bench.chat.stop()
    await until(lambda: not bench.chat.is_answering)
    assert "good" in bench.chat.actions.quick(bench.chat.conversation.branch()[-1])


async def test_that_the_thumbs_follow_the_theme(bench: Bench, qapp: object) -> None:
    from PySide6.QtWidgets import QApplication

    await bench.ask()
    button = bench.button("goodAnswerButton")
    light = button.icon().pixmap(15).toImage()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply_theme(app, "dark")
    assert button.icon().pixmap(15).toImage() != light
