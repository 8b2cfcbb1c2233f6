"""The Chat pane on the real services: questions, answers, and what happens when they are cut."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.answer import Answer, AnswerState
from app.domain.context_use import ContextUse
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.program import Services
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.tasks import Tasks
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
    Finished,
    Generate,
    Load,
    Message,
    PromptProgress,
    Rendered,
    RenderTemplate,
    Sampling,
    TextPiece,
    Usage,
)

WAIT_S = 30

DIES = pytest.mark.expects_log("process ended")


@dataclass
class Bench:
    """A pane with its presenter, on services whose hosts speak from a script."""

    host: ScriptedHost
    services: Services
    pane: ChatPane
    presenter: ChatPresenter
    logs: list[tuple[str, Path | None, str]] = field(default_factory=list)
    allow_load: bool = True

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds; it is looked at whenever something changes."""
        changed = asyncio.Event()
        ends = [
            self.presenter.changed.connect(changed.set),
            self.services.sessions.changed.connect(changed.set),
            self.presenter.context_changed.connect(lambda *_: changed.set()),
        ]
        try:
            async with asyncio.timeout(WAIT_S):
                while not condition():
                    await changed.wait()
                    changed.clear()
        finally:
            for end in ends:
                end()

    async def ask(self, text: str) -> Answer:
        """Send `text` and return the whole answer."""
        self.send(text)
        await self.until(lambda: not self.presenter.is_answering)
        return self.answer

    def send(self, text: str) -> None:
        self.pane.composer.set_draft(text)
        self.presenter.send()

    @property
    def answer(self) -> Answer:
        """The last one."""
        found = self.presenter.conversation.branch()[-1].answer
        assert found is not None
        return found

    @property
    def shown(self) -> list[str]:
        """The texts of the messages in the transcript."""
        transcript = self.pane.transcript
        return [transcript.message(one).text_view.text() for one in transcript.message_ids()]

    def generated(self) -> list[Generate]:
        return [one for one in self.host.requests if isinstance(one, Generate)]

    def button(self, name: str) -> QPushButton:
        """The last one of that name that can be seen."""
        found = [one for one in self.pane.findChildren(QPushButton, name) if one.isVisible()]
        assert found, f"no {name}"
        return found[-1]

    def sees(self, name: str) -> bool:
        return any(one.isVisible() for one in self.pane.findChildren(QPushButton, name))

    def line(self) -> str:
        found = self.pane.findChild(QLabel, "draftLine")
        assert found is not None
        return found.text()


Script = Callable[[AnyRequest], Iterable[AnyEvent] | None]
Make = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def make(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes a `Bench` with a script of its own, its model chosen unless told otherwise."""
    made: list[tuple[Bench, Tasks]] = []

    async def make_bench(script: Script | None = None, *, chosen: bool = True) -> Bench:
        host = ScriptedHost(script)
        services = build_services(
            Settings(home=tmp_path, in_process=True), in_process_host=host.serve
        )
        pane = ChatPane()
        qtbot.addWidget(pane)
        pane.resize(820, 600)
        pane.show()
        tasks = Tasks()
        logs: list[tuple[str, Path | None, str]] = []

        async def ensure_ready() -> Engine | None:
            if not bench.allow_load:
                return None
            await services.sessions.load()
            return services.sessions.current

        presenter = ChatPresenter(
            services,
            pane,
            tasks,
            ensure_ready=ensure_ready,
            show_log=lambda *log: logs.append(log),
            sampling=lambda: Sampling(max_tokens=300),
        )
        bench = Bench(host, services, pane, presenter, logs)
        made.append((bench, tasks))
        if chosen:
            services.sessions.select(version())
        return bench

    yield make_bench
    for bench, tasks in made:
        bench.presenter.close()
        await tasks.cancel_all()
        await bench.services.close()


def _finished(text: str, **known: object) -> Finished:
    values: dict[str, object] = {"stop_reason": "end_of_turn", "usage": Usage(3, 2, 5)} | known
    return Finished(text=text, **values)  # type: ignore[arg-type]


async def test_that_a_question_is_answered_and_both_are_shown(make: Make) -> None:
    bench = await make()
    answer = await bench.ask("Madrid is it")
    assert answer.state is AnswerState.DONE
    assert bench.shown == ["Madrid is it", "Madrid is it "]
    assert bench.pane.composer.draft() == ""
    line = bench.pane.findChildren(QLabel, "usageLine")[-1].text()
    assert line.startswith("3 prompt + 3 completion = 6 tokens")


async def test_that_the_whole_conversation_and_the_system_prompt_are_sent(make: Make) -> None:
    bench = await make()
    bench.pane.composer.set_system("Be brief.")
    await bench.ask("one")
    await bench.ask("two")
    assert bench.generated()[-1].messages == (
        Message("system", "Be brief."),
        Message("user", "one"),
        Message("assistant", "one "),
        Message("user", "two"),
    )
    assert bench.generated()[-1].sampling == Sampling(max_tokens=300)


async def test_that_enter_in_the_composer_sends(make: Make) -> None:
    bench = await make()
    composer = bench.pane.findChild(QPlainTextEdit, "chatComposer")
    assert composer is not None
    QTest.keyClicks(composer, "hello there")
    QTest.keyClick(composer, Qt.Key.Key_Return)
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.shown == ["hello there", "hello there "]


async def test_that_text_is_shown_while_it_comes(make: Make) -> None:
    bench = await make()
    bench.send("endless words")
    await bench.until(lambda: bench.shown[-1] == "endless words ")
    assert bench.answer.state is AnswerState.STREAMING
    assert not bench.button("sendButton").isEnabled()
    bench.presenter.stop()
    await bench.until(lambda: not bench.presenter.is_answering)


async def test_that_stop_keeps_the_text_already_shown_and_ends_the_engine_s_work(
    make: Make,
) -> None:
    bench = await make()
    bench.send("endless words")
    await bench.until(lambda: bench.answer.text != "")
    bench.button("stopButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.answer.state is AnswerState.STOPPED
    assert bench.shown[-1] == "endless words "
    assert not bench.sees("stopButton")
    assert bench.button("sendButton").isEnabled()


async def test_that_escape_stops_from_anywhere_in_the_pane(make: Make) -> None:
    bench = await make()
    bench.send("endless words")
    await bench.until(lambda: bench.answer.text != "")
    QTest.keyClick(
        bench.pane.transcript.message(bench.pane.transcript.message_ids()[0]).text_view,
        Qt.Key.Key_Escape,
    )
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.answer.state is AnswerState.STOPPED


async def test_that_a_second_question_has_to_wait_and_is_kept(make: Make) -> None:
    bench = await make()
    bench.send("endless words")
    await bench.until(lambda: bench.answer.text != "")
    bench.send("another")
    assert bench.pane.composer.draft() == "another"
    assert "One answer at a time" in bench.line()
    bench.presenter.stop()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert len(bench.shown) == 2


async def test_that_an_answer_waiting_for_its_turn_is_withdrawn_and_the_other_goes_on(
    make: Make,
) -> None:
    bench = await make()
    await bench.services.sessions.load()
    engine = bench.services.sessions.current
    assert engine is not None
    other = bench.services.prompt.complete(engine, "endless other", Sampling())
    async for state in other:
        if state.text:
            break
    bench.send("mine")
    await bench.until(lambda: engine.waiting == 1)
    bench.presenter.stop()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.answer.state is AnswerState.STOPPED
    assert len(bench.generated()) == 1
    engine.stop()
    rest = [state async for state in other]
    assert rest[-1].text == "endless other "


async def test_that_an_empty_message_is_refused_in_words(make: Make) -> None:
    bench = await make()
    bench.send("  \n ")
    assert bench.line() == "The message is empty. Write something first."
    assert bench.presenter.conversation.leaf is None


async def test_that_without_a_model_the_user_is_led_to_choose_one(make: Make) -> None:
    bench = await make(chosen=False)
    wanted: list[bool] = []
    bench.presenter.model_wanted.connect(lambda: wanted.append(True))
    bench.send("hello")
    assert bench.pane.composer.draft() == "hello"
    assert bench.line() == "Choose a model in the registry first."
    bench.button("nextStepButton").click()
    assert wanted == [True, True]


async def test_that_a_load_that_is_declined_gives_the_question_back(make: Make) -> None:
    bench = await make()
    bench.allow_load = False
    bench.send("hello")
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.pane.composer.draft() == "hello"
    assert bench.shown == []
    assert bench.line() == "The model was not loaded, so nothing was sent."


async def test_that_a_question_too_long_for_the_model_comes_back_to_be_shortened(
    make: Make,
) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Generate) and asked.messages and len(asked.messages[-1].content) > 5:
            failure = Failed(kind="context_too_long", message="It is 7 tokens more than fit.")
            return [failure]
        return None

    bench = await make(script)
    await bench.ask("hi")
    bench.send("hello again")
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.pane.composer.draft() == "hello again"
    assert "7 tokens more" in bench.line()
    bench.pane.composer.set_draft("")
    await bench.ask("ho")
    assert [message.content for message in bench.generated()[-1].messages or ()][-1] == "ho"
    assert "hello again" not in [one.content for one in bench.generated()[-1].messages or ()]


@DIES
async def test_that_a_load_that_fails_is_told_where_the_question_was_asked(make: Make) -> None:
    failure = Failed(kind="bad_model", message="It does not parse.", advice="Register it anew.")
    bench = await make(lambda asked: [failure] if isinstance(asked, Load) else None)
    answer = await bench.ask("hello")
    assert answer.state is AnswerState.FAILED
    band = bench.pane.transcript.message(bench.pane.transcript.message_ids()[-1])
    told = [label.text() for label in band.findChildren(QLabel) if label.isVisible()]
    assert "It does not parse." in told
    assert any("Register it anew." in one for one in told)


@DIES
async def test_that_a_death_keeps_the_text_and_offers_log_and_reload(make: Make) -> None:
    bench = await make()
    answer = await bench.ask("words die here")
    assert answer.state is AnswerState.FAILED
    assert bench.shown[-1] == "words die here "
    bands = [one for one in bench.pane.findChildren(QFrame, "failureBand") if one.isVisible()]
    assert len(bands) == 1
    assert bands[0].accessibleDescription().count("loads it again") == 1
    bench.button("showLogButton").click()
    assert bench.logs[0][0] == "tiny/1"
    assert bench.logs[0][1] is not None
    bench.button("reloadButton").click()
    engine = bench.services.sessions.current
    assert engine is not None
    await bench.until(lambda: engine.is_loaded)
    await bench.until(lambda: not bench.sees("reloadButton"))
    assert bench.shown[-1] == "words die here "


@DIES
async def test_that_the_message_after_a_death_is_answered(make: Make) -> None:
    bench = await make()
    await bench.ask("words die here")
    answer = await bench.ask("again")
    assert answer.state is AnswerState.DONE
    assert bench.shown[-1] == "again "


@DIES
async def test_that_regenerating_answers_the_same_question_and_keeps_the_first_answer(
    make: Make,
) -> None:
    bench = await make()
    await bench.ask("words die here")
    first = bench.presenter.conversation.branch()[-1]
    bench.button("regenerateAnswerButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    conversation = bench.presenter.conversation
    assert bench.generated()[-1].messages == (Message("user", "words die here"),)
    assert conversation.siblings(conversation.leaf or "")[0].id == first.id
    assert bench.shown[0] == "words die here"
    assert len(bench.shown) == 2


def _cut_script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
    match asked:
        case RenderTemplate():
            return [Rendered(prompt="<|user|>hello<|end|><|assistant|>")]
        case Generate(prompt=None):
            return [TextPiece(text="one "), _finished("one ", stop_reason="length", prompt="<P>")]
        case Generate():
            prompt = asked.prompt or ""
            return [_finished("more ", stop_reason="length", prompt=prompt)]
    return None


async def test_that_continue_gives_the_model_its_own_words_and_adds_to_them(make: Make) -> None:
    bench = await make(_cut_script)
    await bench.ask("hello")
    bench.button("continueAnswerButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.generated()[-1].prompt == "<P>one "
    assert bench.shown == ["hello", "one more "]
    assert bench.answer.continued_at == len("one ")
    assert bench.answer.system == ""
    bench.button("continueAnswerButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.generated()[-1].prompt == "<P>one more "
    assert bench.shown == ["hello", "one more more "]


@DIES
async def test_that_continue_renders_the_prompt_where_a_death_left_none(make: Make) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        return None if isinstance(asked, Generate) and asked.messages else _cut_script(asked)

    bench = await make(script)
    await bench.ask("words die here")
    bench.button("continueAnswerButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.generated()[-1].prompt == "<|user|>hello<|end|><|assistant|>words die here "
    assert bench.shown[-1] == "words die here more "


async def test_that_a_failed_continuation_leaves_the_text_that_was_there(make: Make) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Generate) and asked.prompt is not None:
            return [Failed(kind="model_raised", message="It raised.")]
        return _cut_script(asked)

    bench = await make(script)
    await bench.ask("hello")
    bench.button("continueAnswerButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.answer.state is AnswerState.FAILED
    assert bench.shown == ["hello", "one "]


async def test_that_a_continuation_stopped_before_its_first_word_leaves_the_answer_as_it_was(
    make: Make,
) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Generate) and asked.prompt is not None:
            nothing = Usage(prompt_tokens=9, completion_tokens=0, total_tokens=9)
            return [_finished("", stop_reason="cancelled", prompt=asked.prompt, usage=nothing)]
        return _cut_script(asked)

    bench = await make(script)
    before = await bench.ask("hello")
    bench.button("continueAnswerButton").click()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert len(bench.generated()) == 2
    assert bench.answer == before
    assert bench.sees("continueAnswerButton")


async def test_that_a_hint_is_gone_once_an_answer_is_asked_for(make: Make) -> None:
    bench = await make(_cut_script)
    await bench.ask("hello")
    bench.presenter.send()
    assert "empty" in bench.line()
    bench.button("regenerateAnswerButton").click()
    assert "empty" not in bench.line()
    await bench.until(lambda: not bench.presenter.is_answering)


async def test_that_a_model_that_takes_no_prompt_offers_no_continue(make: Make) -> None:
    bench = await make(_cut_script)
    bench.host.capabilities = replace(STREAMING, accepts=("messages",), template="wrapper")
    await bench.ask("hello")
    assert bench.sees("regenerateAnswerButton")
    assert not bench.sees("continueAnswerButton")


async def test_that_an_answer_that_filled_the_context_offers_no_continue(make: Make) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Generate):
            return [_finished("one", stop_reason="context_full", prompt="<P>")]
        return None

    bench = await make(script)
    await bench.ask("hello")
    assert not bench.sees("continueAnswerButton")


async def test_that_each_answer_names_the_version_that_gave_it(make: Make) -> None:
    bench = await make()
    await bench.ask("one")
    bench.services.sessions.select(version(number="2"))
    await bench.ask("two")
    given = [node.answer.model for node in bench.presenter.conversation.branch() if node.answer]
    assert given == ["tiny/1", "tiny/2"]
    transcript = bench.pane.transcript
    authors = [transcript.message(one).view.author for one in transcript.message_ids()]
    assert authors == ["You", "tiny · version 1", "You", "tiny · version 2"]


async def test_that_a_cut_answer_of_another_version_cannot_be_continued(make: Make) -> None:
    bench = await make(_cut_script)
    await bench.ask("hello")
    assert bench.sees("continueAnswerButton")
    bench.services.sessions.select(version(number="2"))
    assert not bench.sees("continueAnswerButton")


@pytest.mark.parametrize(
    ("done", "told", "is_known"),
    [
        pytest.param(512, "512 of 1\u202f164 tokens", True, id="in-parts"),
        pytest.param(0, "1\u202f164 tokens", False, id="in-one-piece"),
    ],
)
async def test_that_the_progress_of_the_prompt_is_shown(
    make: Make, done: int, told: str, is_known: bool
) -> None:
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if not isinstance(asked, Generate):
            return None

        def events() -> Iterable[AnyEvent]:
            yield PromptProgress(done=done, total=1164)
            asyncio.run_coroutine_threadsafe(held.wait(), loop).result(WAIT_S)
            yield _finished("read")

        return events()

    bench = await make(script)
    bench.send("hello")
    await bench.until(lambda: bench.answer.state is AnswerState.READING)

    def is_told() -> bool:
        labels = [label for label in bench.pane.findChildren(QLabel) if label.isVisible()]
        return any(one.text().startswith(f"Reading the prompt · {told}") for one in labels)

    deadline = time.monotonic() + WAIT_S
    while not is_told():  # it is drawn a moment after the change that it tells of
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    bar = next(one for one in bench.pane.findChildren(QProgressBar) if one.isVisible())
    assert (bar.maximum() > 0) == is_known
    held.set()
    await bench.until(lambda: not bench.presenter.is_answering)


async def test_that_a_running_load_can_be_cancelled_and_the_question_is_not_lost(
    make: Make,
) -> None:
    bench = await make()
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(asked, Load):
            asyncio.run_coroutine_threadsafe(held.wait(), loop).result(WAIT_S)
        return None

    bench.host._script = script
    bench.send("hello")
    await bench.until(lambda: bench.answer.state is AnswerState.LOADING)
    bench.button("stopButton").click()
    held.set()
    await bench.until(lambda: not bench.presenter.is_answering)
    assert bench.answer.state is AnswerState.STOPPED
    assert bench.shown[0] == "hello"
    assert bench.sees("regenerateAnswerButton")


async def test_that_the_draft_is_counted_by_the_model_once_it_is_loaded(make: Make) -> None:
    bench = await make()
    told: list[ContextUse] = []
    bench.presenter.context_changed.connect(told.append)
    bench.host.capabilities = replace(STREAMING, context_length=4096)
    bench.pane.composer.set_draft("four words of text")
    await bench.until(lambda: bench.line() == "Tokens not known until a model is loaded")
    await bench.services.sessions.load()
    await bench.until(lambda: bench.line() == "7 tokens · 7 of 4\u202f096 in context once sent")
    assert told[-1] == ContextUse(0, 4096, 7)
    await bench.ask("Madrid it is")
    await bench.until(lambda: bench.line() == "0 tokens · 6 of 4\u202f096 in context")
    assert told[-1] == ContextUse(6, 4096)


async def test_that_a_draft_too_long_for_the_context_is_said_before_it_is_sent(
    make: Make,
) -> None:
    bench = await make()
    bench.host.capabilities = replace(STREAMING, context_length=3)
    await bench.services.sessions.load()
    bench.pane.composer.set_draft("five words are too many")
    await bench.until(lambda: "Longer than" in bench.line())
    assert "by 6 tokens" in bench.line()


async def test_that_a_new_conversation_begins_with_nothing(make: Make) -> None:
    bench = await make()
    bench.send("endless words")
    await bench.until(lambda: bench.answer.text != "")
    bench.presenter.new_conversation()
    assert bench.shown == []
    assert not bench.presenter.is_answering
    answer = await bench.ask("hello")
    assert answer.text == "hello "
    assert bench.generated()[-1].messages == (Message("user", "hello"),)


async def test_that_the_first_step_loads_the_model_and_then_offers_a_question(make: Make) -> None:
    bench = await make()
    engine = bench.services.sessions.current
    assert engine is not None
    bench.button("nextStepButton").click()
    await bench.until(lambda: engine.is_loaded)
    bench.button("nextStepButton").click()
    assert bench.pane.composer.draft() == "What is the capital of Spain?"


@DIES
async def test_that_a_death_between_two_questions_is_told_in_the_pane(make: Make) -> None:
    bench = await make()
    await bench.ask("hello")
    engine = bench.services.sessions.current
    assert engine is not None
    async for _ in bench.services.prompt.complete(engine, "die", Sampling()):
        pass
    await bench.until(lambda: bench.sees("reloadButton"))
    assert bench.shown == ["hello", "hello "]
