"""The Chat pane of a conversation that fills its model's context, and what is counted before."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.answer import Answer
from app.domain.context_use import ContextUse
from app.services.program import Services
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.tasks import Tasks
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from tests.support.scripted_services import load_current
from tests.ui.presenters.conftest import press, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Counted,
    CountTokens,
    Failed,
    Finished,
    Generate,
    Message,
    Sampling,
    TextPiece,
    Usage,
    Weakness,
)

LENGTH = 36
"""Tokens of context: three turns of three words each, and not a fourth question."""


@dataclass
class Bench:
    host: ScriptedHost
    services: Services
    pane: ChatPane
    chat: ChatPresenter
    contexts: list[ContextUse]

    async def ask(self, text: str) -> Answer | None:
        self.pane.composer.set_draft(text)
        return await self.asked(self.chat.send)

    async def asked(self, start: object) -> Answer | None:
        assert callable(start)
        start()
        await until(lambda: not self.chat.is_answering)
        branch = self.chat.conversation.branch()
        return branch[-1].answer if branch else None

    async def press(self, name: str) -> Answer | None:
        """A button, and the answer that it leads to."""
        return await self.asked(lambda: press(self.pane, name))

    async def filled(self) -> None:
        """Three turns, which the context just holds."""
        for text in ("a1 a2 a3", "b1 b2 b3", "c1 c2 c3"):
            assert await self.ask(text) is not None
        assert self.bar() is None

    def bar(self) -> str | None:
        """What the bar above the composer says."""
        view = self.pane.context_choice.view
        assert self.pane.context_choice.isVisible() == (view is not None)
        return None if view is None else view.text

    def sent(self) -> list[str]:
        """The contents of the messages of the last request."""
        (*_, last) = [one for one in self.host.requests if isinstance(one, Generate)]
        return [message.content.strip() for message in last.messages or ()]

    def requests(self) -> int:
        return len([one for one in self.host.requests if isinstance(one, Generate)])

    def lines_above(self) -> dict[str, str]:
        """By the text of a message: the muted line above it."""
        transcript = self.pane.transcript
        views = [transcript.message(one).view for one in transcript.message_ids()]
        return {view.text.strip(): view.above for view in views if view.above}

    def line(self) -> str:
        found = self.pane.findChild(QLabel, "draftLine")
        assert found is not None
        return found.text()


@pytest.fixture
async def bench(
    qtbot: QtBot, host: ScriptedHost, services: Services, tasks: Tasks
) -> AsyncIterator[Bench]:
    host.capabilities = replace(STREAMING, context_length=LENGTH)
    pane = ChatPane()
    qtbot.addWidget(pane)
    pane.resize(820, 600)
    pane.show()

    chat = ChatPresenter(
        services,
        pane,
        tasks,
        ensure_ready=lambda: load_current(services),
        show_log=lambda *_: None,
        sampling=lambda: Sampling(max_tokens=4),
    )
    contexts: list[ContextUse] = []
    chat.context_changed.connect(contexts.append)
    services.sessions.select(version())
    yield Bench(host, services, pane, chat, contexts)
    chat.close()


# -- the choice


async def test_that_what_does_not_fit_is_not_sent_before_the_user_has_chosen(bench: Bench) -> None:
    await bench.filled()
    before = bench.chat.conversation
    await bench.ask("d1 d2 d3")
    assert bench.requests() == 3
    assert bench.bar() == "The conversation is 1 token too long for the model's context of 36."
    assert bench.pane.composer.draft() == "d1 d2 d3"
    assert bench.chat.conversation.branch() == before.branch()


async def test_that_dropping_sends_the_rest_and_shows_where_the_cut_is(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    view = bench.pane.context_choice.view
    assert view is not None
    assert view.drop == "Drop the oldest 4 messages"
    answer = await bench.press("dropOldestButton")
    assert bench.sent() == ["c1 c2 c3", "c1 c2 c3", "d1 d2 d3"]
    assert answer is not None
    assert (answer.text, answer.messages_dropped) == ("d1 d2 d3 ", 4)
    assert bench.pane.composer.draft() == ""
    assert len(bench.pane.transcript.message_ids()) == 8
    assert bench.lines_above() == {
        "c1 c2 c3": "The 4 messages above are not sent to the model any more"
    }


async def test_that_the_system_prompt_is_never_dropped(bench: Bench) -> None:
    bench.host.capabilities = replace(STREAMING, context_length=LENGTH + 4)
    bench.pane.composer.set_system("Be brief")
    await bench.filled()
    await bench.ask("d1 d2 d3")
    answer = await bench.press("dropOldestButton")
    assert bench.sent() == ["Be brief", "c1 c2 c3", "c1 c2 c3", "d1 d2 d3"]
    assert answer is not None
    assert answer.system == "Be brief"


async def test_that_the_choice_holds_for_the_conversation_and_is_shown(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    await bench.press("dropOldestButton")
    answer = await bench.ask("e1 e2 e3")
    assert answer is not None
    assert (answer.text, answer.messages_dropped) == ("e1 e2 e3 ", 4)
    answer = await bench.ask("f1 f2 f3")
    assert answer is not None
    assert answer.messages_dropped > 4
    assert bench.sent()[-1] == "f1 f2 f3"
    assert bench.bar() == "The context is full: the oldest messages are not sent any more."


async def test_that_a_conversation_read_from_the_store_has_its_choice_too(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    await bench.press("dropOldestButton")
    kept = bench.chat.conversation
    bench.chat.new_conversation()
    assert bench.bar() is None
    bench.chat._full._choices.clear()
    bench.chat.show(kept)
    assert bench.bar() is not None
    for text in ("e1 e2 e3", "f1 f2 f3"):
        answer = await bench.ask(text)
    assert answer is not None
    assert answer.messages_dropped > 4


async def test_that_the_choice_can_be_taken_back(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    await bench.press("dropOldestButton")
    press(bench.pane, "askBeforeDroppingButton")
    assert bench.bar() is None
    await bench.ask("e1 e2 e3")
    assert (bench.bar() or "").startswith("The conversation is")
    assert bench.pane.composer.draft() == "e1 e2 e3"


async def test_that_stopping_leaves_the_draft_to_be_shortened(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    press(bench.pane, "stopHereButton")
    assert bench.bar() is None
    assert bench.requests() == 3
    assert bench.pane.composer.draft() == "d1 d2 d3"
    answer = await bench.ask("d1 d2")
    assert answer is not None
    assert (answer.text, answer.messages_dropped) == ("d1 d2 ", 0)


async def test_that_what_was_typed_meanwhile_stays_and_the_question_waits_in_its_place(
    bench: Bench,
) -> None:
    await bench.filled()
    bench.pane.composer.set_draft("d1 d2 d3")
    bench.chat.send()
    bench.pane.composer.set_draft("something new")
    await until(lambda: not bench.chat.is_answering)
    assert bench.bar() is not None
    assert bench.chat.conversation.branch()[-2].text == "d1 d2 d3"
    answer = await bench.press("dropOldestButton")
    assert answer is not None
    assert answer.text == "d1 d2 d3 "
    assert bench.pane.composer.draft() == "something new"


async def test_that_the_focus_goes_to_the_composer_once_it_is_chosen(
    bench: Bench, qtbot: QtBot
) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    bench.pane.activateWindow()
    qtbot.waitExposed(bench.pane)
    button = bench.pane.findChild(QPushButton, "stopHereButton")
    assert button is not None
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert bench.bar() is None
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.objectName() == "chatComposer"


async def test_that_another_conversation_is_not_asked_about(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    bench.chat.new_conversation()
    assert bench.bar() is None
    await bench.ask("hello")
    assert bench.sent()[-1] == "hello"


async def test_that_regenerating_with_a_smaller_model_asks_too(bench: Bench) -> None:
    await bench.filled()
    bench.host.capabilities = replace(STREAMING, context_length=20)
    bench.services.sessions.select(version(number="2"))
    last = bench.chat.conversation.leaf
    assert last is not None
    await bench.asked(lambda: bench.chat.regenerate(last))
    assert bench.chat.conversation.leaf == last
    assert bench.bar() is not None
    answer = await bench.press("dropOldestButton")
    assert answer is not None
    assert (answer.model, answer.text) == ("tiny/2", "c1 c2 c3 ")
    assert bench.sent() == ["c1 c2 c3"]


async def test_that_a_message_too_long_by_itself_is_given_back_with_the_model_s_own_words(
    bench: Bench,
) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Generate) and len((asked.messages or ())[-1].content.split()) > 30:
            return [Failed(kind="context_too_long", message="It is 9 tokens more than fit.")]
        return None

    bench.host._script = script
    await bench.ask("hello")
    await bench.ask("word " * 40)
    assert bench.bar() is None
    assert "9 tokens more" in bench.line()
    assert bench.pane.composer.draft() == "word " * 40


async def test_that_the_refusal_of_a_model_that_cannot_count_leads_to_the_same_choice(
    bench: Bench,
) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, CountTokens):
            return [Counted(tokens=None)]
        if isinstance(asked, Generate) and len(asked.messages or ()) > 3:
            return [Failed(kind="context_too_long", message="It is too long.", advice="Shorten.")]
        return None

    bench.host._script = script
    await bench.ask("a1")
    await bench.ask("b1")
    await bench.ask("c1")
    assert bench.bar() == "The conversation no longer fits into the model's context."
    assert bench.line() == "It is too long. Shorten."
    answer = await bench.press("dropOldestButton")
    assert answer is not None
    assert (answer.text, answer.messages_dropped) == ("c1 ", 2)
    for text in ("d1", "e1", "f1"):
        answer = await bench.ask(text)
        assert answer is not None
        assert answer.text == f"{text} "
        assert bench.sent()[-1] == text


def _cut_when_long(asked: AnyRequest) -> Iterable[AnyEvent] | None:
    if isinstance(asked, Generate) and len(asked.messages or ()) > 3:
        done = Finished(text="cut", stop_reason="context_full", usage=Usage(30, 6, 36))
        return [TextPiece(text="cut", token_ids=(1,)), done]
    return None


async def test_that_an_answer_that_fills_the_context_offers_to_drop_and_answer_anew(
    bench: Bench,
) -> None:
    bench.host._script = _cut_when_long
    await bench.ask("a1")
    await bench.ask("b1")
    answer = await bench.ask("c1")
    assert answer is not None
    assert answer.stop_reason == "context_full"
    assert bench.bar() is not None
    view = bench.pane.context_choice.view
    assert view is not None
    assert view.drop == "Drop the oldest 2 messages and answer anew"
    answer = await bench.press("dropOldestButton")
    assert answer is not None
    assert (answer.text, answer.messages_dropped) == ("c1 ", 2)
    versions = bench.chat.conversation.siblings(bench.chat.conversation.leaf or "")
    assert [one.answer.text for one in versions if one.answer] == ["cut", "c1 "]


async def test_that_a_cut_answer_can_be_left_at_that(bench: Bench) -> None:
    bench.host._script = _cut_when_long
    for text in ("a1", "b1", "c1"):
        await bench.ask(text)
    press(bench.pane, "stopHereButton")
    assert bench.bar() is None
    assert bench.requests() == 3


async def test_that_the_first_answer_of_a_conversation_has_nothing_before_it_to_drop(
    bench: Bench,
) -> None:
    done = Finished(text="cut", stop_reason="context_full")
    bench.host._script = lambda asked: [done] if isinstance(asked, Generate) else None
    await bench.ask("a1")
    assert bench.bar() is None


# -- what is counted


async def test_that_a_draft_is_counted_while_an_answer_streams(bench: Bench) -> None:
    bench.pane.composer.set_draft("endless words")
    bench.chat.send()
    await until(lambda: bench.chat.conversation.branch()[-1].content)
    bench.pane.composer.set_draft("three more words")
    await until(lambda: bench.line().startswith("6 tokens"))
    assert bench.chat.is_answering
    bench.pane.composer.set_draft("four words this time")
    await until(lambda: bench.line().startswith("7 tokens"))
    bench.chat.stop()
    await until(lambda: not bench.chat.is_answering)
    # Five of the question, four of the stopped answer, six of the draft, one begins the answer.
    await until(lambda: bench.line() == "7 tokens · 15 of 36 in context once sent")


async def test_that_the_meter_tells_what_is_used_and_what_the_draft_would_make_of_it(
    bench: Bench,
) -> None:
    await bench.ask("a1 a2 a3")
    bench.pane.composer.set_draft("b1")
    await until(lambda: bench.contexts[-1:] == [ContextUse(6, LENGTH, 14)])
    bench.pane.composer.set_draft("")
    await until(lambda: bench.contexts[-1:] == [ContextUse(6, LENGTH)])


async def test_that_dropped_messages_count_no_more(bench: Bench) -> None:
    await bench.filled()
    await bench.ask("d1 d2 d3")
    await bench.press("dropOldestButton")
    bench.pane.composer.set_draft("e1")
    # What was sent, its answer, and the draft with what the template adds.
    await until(lambda: any(one.planned == 10 + 10 + 3 + 1 for one in bench.contexts[-1:]))


async def test_that_too_long_a_draft_says_by_how_much_and_that_turns_can_go(bench: Bench) -> None:
    await bench.filled()
    bench.pane.composer.set_draft("d1 d2 d3")
    await until(lambda: "by 1 token." in bench.line())
    assert "choose what is left out" in bench.line()


async def test_that_a_model_known_to_lose_the_thread_is_warned_of_before_it_does(
    bench: Bench,
) -> None:
    weakness = Weakness(model="Phi-3 mini 4k", past_tokens=20, source="")
    bench.host.capabilities = replace(STREAMING, context_length=40, weakness=weakness)
    await bench.ask("a1 a2 a3")
    bench.pane.composer.set_draft("b1")
    await until(lambda: "once sent" in bench.line())
    assert "known to" not in bench.line()
    bench.pane.composer.set_draft("b1 b2 b3 b4 b5 b6")
    await until(lambda: "Phi-3 mini 4k is known to lose the thread" in bench.line())


async def test_that_the_last_of_many_changes_is_the_one_that_is_shown(bench: Bench) -> None:
    await bench.services.sessions.load()
    for words in range(1, 9):
        bench.pane.composer.set_draft("word " * words)
        await asyncio.sleep(0)
    await until(lambda: bench.line().startswith("11 tokens"))
    counted = [
        one.messages[-1]
        for one in bench.host.requests
        if isinstance(one, CountTokens) and one.messages
    ]
    assert counted.count(Message("user", "word " * 8)) == 2
    assert len({one.content for one in counted}) < 5


async def test_that_a_change_while_a_count_is_on_its_way_is_counted_after_it(
    bench: Bench,
) -> None:
    await bench.services.sessions.load()
    await until(lambda: bool(bench.line()))
    held, asked = threading.Event(), threading.Event()

    def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, CountTokens):
            asked.set()
            assert held.wait(20)
        return None

    bench.host._script = script
    bench.pane.composer.set_draft("one")
    bench.chat._counter.count_now()
    await until(asked.is_set)
    bench.pane.composer.set_draft("one two three")
    bench.chat._counter.count_now()
    held.set()
    await until(lambda: bench.line().startswith("6 tokens"))
