"""The Prompt pane on real services, whose hosts follow a script."""

from collections.abc import AsyncIterator, Callable, Iterable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.call_code import Call
from app.domain.context_use import ContextUse
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.program import Services
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.tasks import Tasks
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from tests.support.scripted_services import load_current
from tests.support.waiting import until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
    Generate,
    Load,
    Message,
    PromptProgress,
    Rendered,
    RenderTemplate,
    Sampling,
)

CAPABILITIES = msgspec.structs.replace(
    STREAMING,
    mode="template",
    context_length=8,
    special_tokens=("<|user|>", "<|end|>"),
    counts_tokens=True,
)


class Desk:
    """The pane with its presenter, and what a test looks at."""

    def __init__(self, services: Services, host: ScriptedHost, qtbot: QtBot) -> None:
        self.services = services
        self.host = host
        self.pane = PromptPane()
        qtbot.addWidget(self.pane)
        self.pane.resize(640, 480)
        self.pane.show()
        self.tasks = Tasks()
        self.logs: list[str] = []
        self.contexts: list[ContextUse] = []
        self.messages: tuple[Message, ...] = ()
        self.presenter = PromptPresenter(
            services,
            self.pane,
            self.tasks,
            ensure_ready=self._ensure_ready,
            show_log=lambda title, _path, tail: self.logs.append(f"{title}: {tail}"),
            sampling=lambda: Sampling(max_tokens=7),
            conversation=lambda: self.messages,
        )
        self.presenter.context_changed.connect(self.contexts.append)

    async def _ensure_ready(self) -> Engine | None:
        return await load_current(self.services)

    def button(self, name: str) -> QPushButton:
        button = self.pane.findChild(QPushButton, name)
        assert button is not None
        return button

    def line(self, name: str = "usageLine") -> str:
        label = self.pane.findChild(QLabel, name)
        assert label is not None
        return label.text()

    def requests(self, kind: type) -> list[AnyRequest]:
        return [one for one in self.host.requests if isinstance(one, kind)]

    async def generate(self, prompt: str) -> None:
        self.pane.editor.set_prompt(prompt)
        self.button("generateButton").click()
        await until(lambda: not self.presenter.is_generating)


@pytest.fixture
def host() -> ScriptedHost:
    host = ScriptedHost()
    host.capabilities = CAPABILITIES
    return host


@pytest.fixture
async def desk(qtbot: QtBot, host: ScriptedHost, services: Services) -> AsyncIterator[Desk]:
    desk = Desk(services, host, qtbot)
    services.sessions.select(version(mode="template", wrapper="onnx_genai"))
    yield desk
    desk.presenter.close()
    await desk.tasks.cancel_all()


def play(host: ScriptedHost, answer: Callable[[AnyRequest], Iterable[AnyEvent] | None]) -> None:
    """Let `answer` give the events for the requests that it knows."""
    host._script = answer


async def test_that_generate_writes_the_completion_on_in_the_text(desk: Desk) -> None:
    await desk.generate("tell me")
    assert desk.pane.editor.prompt() == "tell metell me "
    assert [mark.start for mark in desk.pane.editor.marks] == [7]
    assert desk.line() == (
        "2 prompt + 2 completion = 4 tokens · first token not timed · stop: end of turn"
    )


async def test_that_the_prompt_and_the_parameters_go_as_they_stand(desk: Desk) -> None:
    await desk.generate("<|user|>\nHi\u00a0there<|end|>")
    (asked,) = desk.requests(Generate)
    assert isinstance(asked, Generate)
    assert asked.prompt == "<|user|>\nHi\u00a0there<|end|>"
    assert asked.messages is None
    assert asked.sampling == Sampling(max_tokens=7)


async def test_that_the_call_to_copy_is_the_prompt_without_its_completion(desk: Desk) -> None:
    assert desk.presenter.call() is None
    await desk.generate("one")
    assert desk.presenter.call() == Call(prompt="one")
    desk.presenter.undo()
    desk.pane.editor.set_prompt("two")
    assert desk.presenter.call() == Call(prompt="two")


async def test_that_undo_takes_the_generation_back_and_its_numbers(desk: Desk) -> None:
    await desk.generate("one")
    desk.button("undoButton").click()
    assert desk.pane.editor.prompt() == "one"
    assert desk.line() == ""
    assert not desk.button("undoButton").isEnabled()


async def test_that_continue_goes_on_from_the_end(desk: Desk) -> None:
    await desk.generate("one")
    desk.button("continueButton").click()
    await until(lambda: not desk.presenter.is_generating)
    assert desk.pane.editor.prompt() == "oneone oneone "
    assert len(desk.pane.editor.marks) == 2


async def test_that_regenerate_asks_the_same_prompt_again(desk: Desk) -> None:
    await desk.generate("one")
    desk.button("regenerateButton").click()
    await until(lambda: not desk.presenter.is_generating)
    asked = desk.requests(Generate)
    assert [one.prompt for one in asked if isinstance(one, Generate)] == ["one", "one"]
    assert desk.pane.editor.prompt() == "oneone "


async def test_that_escape_stops_and_keeps_the_text_already_shown(desk: Desk) -> None:
    desk.pane.editor.set_prompt("endless words")
    desk.button("generateButton").click()
    await until(lambda: len(desk.pane.editor.prompt()) > len("endless words"))
    QTest.keyClick(desk.pane.editor, Qt.Key.Key_Escape)
    await until(lambda: not desk.presenter.is_generating)
    assert desk.pane.editor.prompt() == "endless wordsendless words "
    assert "stop: by you" in desk.line()
    assert desk.line().endswith("cut")
    assert desk.button("continueButton").isEnabled()


async def test_that_while_it_generates_stop_is_offered_and_nothing_else(desk: Desk) -> None:
    desk.pane.editor.set_prompt("endless")
    desk.button("generateButton").click()
    await until(lambda: desk.button("stopButton").isVisible())
    assert not desk.button("generateButton").isEnabled()
    assert not desk.button("undoButton").isEnabled()
    desk.button("stopButton").click()
    await until(lambda: not desk.presenter.is_generating)
    assert not desk.button("stopButton").isVisible()
    assert desk.button("generateButton").isEnabled()


async def test_that_the_focus_goes_to_the_text_when_its_button_is_pressed(
    desk: Desk, qtbot: QtBot
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    columns = QHBoxLayout(window)
    columns.addWidget(desk.pane)
    columns.addWidget(QPushButton("of another column"))
    window.show()
    window.activateWindow()
    button = desk.button("generateButton")
    button.setFocus()
    await until(button.hasFocus)
    desk.pane.editor.set_prompt("endless")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await until(lambda: desk.button("stopButton").isVisible())
    has_focus = desk.pane.editor.hasFocus()
    desk.button("stopButton").click()
    await until(lambda: not desk.presenter.is_generating)
    desk.pane.setParent(None)
    assert has_focus


async def test_that_a_stop_before_the_model_is_asked_leaves_the_prompt_alone(desk: Desk) -> None:
    desk.pane.editor.set_prompt("endless")
    desk.presenter.generate()
    desk.presenter.stop()
    await until(lambda: not desk.presenter.is_generating)
    assert desk.pane.editor.prompt() == "endless"
    assert desk.requests(Generate) == []


async def test_that_reading_the_prompt_is_shown(desk: Desk) -> None:
    def read_half(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, Generate):
            return [PromptProgress(done=512, total=1164)]
        return None

    play(desk.host, read_half)
    desk.pane.editor.set_prompt("long")
    desk.button("generateButton").click()
    await until(
        lambda: any("512 of 1\u202f164 tokens" in label.text() for label in _labels(desk.pane))
    )
    await desk.services.sessions.unload()
    await until(lambda: not desk.presenter.is_generating)


@pytest.mark.expects_log("ended")
async def test_that_a_death_is_told_in_a_band_and_the_text_stays(desk: Desk) -> None:
    await desk.generate("please die now")
    assert desk.pane.editor.prompt().startswith("please die nowplease die now")
    assert desk.button("reloadButton").isVisible()
    assert desk.button("generateButton").isEnabled()
    desk.button("reloadButton").click()
    await until(lambda: not desk.button("reloadButton").isVisible())


async def test_that_a_load_that_fails_is_told_though_another_model_was_chosen_meanwhile(
    desk: Desk,
) -> None:
    def fail(request: AnyRequest) -> list[AnyEvent] | None:
        return (
            [Failed(kind="bad_model", message="It is cut.")] if isinstance(request, Load) else None
        )

    async def fail_and_choose_another() -> None:
        with pytest.raises(ServiceError):
            await desk.services.sessions.load()
        desk.services.sessions.select(version("other"))

    play(desk.host, fail)
    desk.presenter._ensure_ready = fail_and_choose_another
    await desk.generate("tell me")

    assert any("It is cut." in label.text() for label in _labels(desk.pane))


async def test_that_an_empty_prompt_is_not_sent(desk: Desk) -> None:
    desk.pane.editor.set_prompt(" \n")
    desk.button("generateButton").click()
    assert desk.line().startswith("The prompt is empty.")
    assert desk.requests(Generate) == []


async def test_that_without_a_model_one_is_asked_for(desk: Desk) -> None:
    wanted: list[bool] = []
    desk.presenter.model_wanted.connect(lambda: wanted.append(True))
    desk.services.sessions.deselect()
    desk.pane.editor.set_prompt("Hi")
    desk.presenter.generate()
    assert wanted == [True]
    assert desk.line() == "Choose a model in the registry first."


async def test_that_a_model_of_messages_alone_is_not_offered_a_prompt(desk: Desk) -> None:
    desk.services.sessions.select(version("agent", mode="messages", wrapper="pyfunc"))
    assert not desk.button("generateButton").isEnabled()
    assert desk.line() == "This model takes messages only. Use it in Chat."


async def test_that_tokens_are_counted_while_one_writes(desk: Desk) -> None:
    await desk.services.sessions.load()
    desk.pane.editor.set_prompt("one two three")
    await until(lambda: desk.contexts[-1:] == [ContextUse(3, 8)])
    assert desk.line("promptTokens") == "3 of 8 tokens"


async def test_that_a_prompt_longer_than_the_context_says_by_how_much(desk: Desk) -> None:
    await desk.services.sessions.load()
    desk.pane.editor.set_prompt("a b c d e f g h i j")
    await until(lambda: desk.line("promptTokens") == "10 of 8 tokens")
    assert desk.line("promptWarning").startswith("Longer than the model's context by 2 tokens.")


async def test_that_the_model_s_own_tokens_are_highlighted_once_it_is_loaded(desk: Desk) -> None:
    await desk.services.sessions.load()
    desk.pane.editor.set_prompt("<|user|><|other|>")
    (one,) = desk.pane.editor.document().firstBlock().layout().formats()
    assert (one.start, one.length) == (0, 8)


async def test_that_a_template_is_rendered_by_the_model_and_its_placeholder_selected(
    desk: Desk,
) -> None:
    def render(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, RenderTemplate):
            written = "".join(f"<|{one.role}|>{one.content}" for one in request.messages)
            return [Rendered(prompt=f"{written}<|assistant|>")]
        return None

    play(desk.host, render)
    desk.pane.template_chosen.emit("outline:system")
    await until(lambda: desk.pane.editor.prompt() != "")
    assert desk.pane.editor.prompt() == (
        "<|system|>You are a helpful assistant.<|user|>Your question<|assistant|>"
    )
    assert desk.pane.editor.textCursor().selectedText() == "Your question"


async def test_that_the_conversation_is_put_in_place_of_the_text(desk: Desk) -> None:
    def render(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, RenderTemplate):
            return [Rendered(prompt=f"<|user|>{request.messages[0].content}")]
        return None

    play(desk.host, render)
    desk.pane.editor.set_prompt("old")
    desk.messages = (Message("user", "Hello"),)
    desk.button("fromConversationButton").click()
    await until(lambda: desk.pane.editor.prompt() == "<|user|>Hello")
    desk.pane.editor.undo()
    assert desk.pane.editor.prompt() == "old"


async def test_that_a_template_which_raises_is_told_in_a_band(desk: Desk) -> None:
    def fail(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, RenderTemplate):
            return [Failed(kind="template_failed", message="The template raised.", advice="Mend.")]
        return None

    play(desk.host, fail)
    desk.pane.template_chosen.emit("outline:user")
    await until(lambda: any(label.text() == "The template raised." for label in _labels(desk.pane)))
    assert desk.pane.editor.prompt() == ""


async def test_that_the_cookbook_s_prompt_is_a_preset_to_the_last_character(desk: Desk) -> None:
    desk.pane.template_chosen.emit("preset:stand-up_comedian.txt")
    assert desk.pane.editor.prompt() == (
        "<|system|>You are a stand-up comedian.<|end|><|user|>Tell me a joke about atoms.<|end|>"
        "<|assistant|>"
    )


def _labels(pane: PromptPane) -> list[QLabel]:
    return [label for label in pane.findChildren(QLabel) if label.isVisible()]
