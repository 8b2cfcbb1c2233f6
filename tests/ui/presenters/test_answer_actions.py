"""The menu of an answer: its details, and its code, from the services."""

import ast
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from msgspec.structs import replace
from msgspec.structs import replace as with_values
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from app.services.program import Services
from app.ui.dialogs.answer_details import AnswerDetailsDialog
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.answer_actions import AnswerActions
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.exact_text import ExactText
from tests.support.scripted_host import ScriptedHost, version
from tests.support.scripted_services import load_current
from tests.ui.presenters.conftest import dialog_named, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Decoded,
    DecodeTokens,
    DescribeModel,
    Failed,
    Finished,
    Generate,
    ModelCard,
    Sampling,
    Trust,
)


@dataclass
class Bench:
    host: ScriptedHost
    services: Services
    window: QWidget
    pane: ChatPane
    chat: ChatPresenter

    async def ask(self, text: str) -> str:
        """The id of the answer."""
        self.pane.composer.set_draft(text)
        self.chat.send()
        await until(lambda: not self.chat.is_answering)
        leaf = self.chat.conversation.leaf
        assert leaf is not None
        return leaf

    async def copied(self, node_id: str) -> str:
        QGuiApplication.clipboard().clear()
        self.chat.actions.run(node_id, "copy_code")
        await until(lambda: bool(QGuiApplication.clipboard().text()))
        code = QGuiApplication.clipboard().text()
        ast.parse(code)
        return code

    def line(self) -> str:
        found = self.pane.findChild(QLabel, "draftLine")
        assert found is not None
        return found.text()


@pytest.fixture
async def bench(
    qtbot: QtBot,
    host: ScriptedHost,
    services: Services,
    tasks: Tasks,
    window: QWidget,
    dialogs: Dialogs,
) -> AsyncIterator[Bench]:
    host.card = ModelCard(
        version=version(wrapper="transformers"),
        signature_inputs=[{"name": "messages", "type": "array", "required": True}],
        trust=Trust(runs_code=False),
    )
    pane = ChatPane()
    qtbot.addWidget(pane)
    pane.show()

    chat = ChatPresenter(
        services,
        pane,
        tasks,
        ensure_ready=lambda: load_current(services),
        show_log=lambda *_: None,
        sampling=lambda: Sampling(max_tokens=24),
    )
    AnswerActions(services, chat, pane.composer, dialogs, tasks)
    services.sessions.select(version())
    yield Bench(host, services, window, pane, chat)
    chat.close()


async def test_that_answers_have_details_and_code_and_questions_have_not(bench: Bench) -> None:
    await bench.ask("hello")
    question, answer = bench.chat.conversation.branch()
    actions = bench.chat.actions
    assert "details" in actions.quick(answer)
    assert "copy_code" in actions.menu(answer)
    assert not {"details", "copy_code"} & {*actions.quick(question), *actions.menu(question)}


async def test_that_details_open_beside_the_conversation(bench: Bench) -> None:
    bench.chat.actions.run(await bench.ask("hello"), "details")
    dialog = await dialog_named(bench.window, AnswerDetailsDialog, "answerDetailsDialog")
    assert not dialog.isModal()
    assert dialog.windowTitle() == "Answer of tiny · version 1"
    prompt = dialog.findChild(QPlainTextEdit, "promptText")
    assert prompt is not None
    assert prompt.placeholderText() == "not known"
    dialog.close()


async def test_that_a_loaded_model_tells_what_the_tokens_stand_for(bench: Bench) -> None:
    def script(asked: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(asked, Generate):
            return [Finished(text="x", prompt_token_ids=(1, 2), token_ids=(3,))]
        if isinstance(asked, DecodeTokens):
            return [Decoded(texts=tuple(f"\n{one}" for one in asked.token_ids))]
        return None

    bench.host._script = script
    bench.chat.actions.run(await bench.ask("hello"), "details")
    dialog = await dialog_named(bench.window, AnswerDetailsDialog, "answerDetailsDialog")
    tabs = dialog.findChild(QTabWidget, "answerDetailsTabs")
    assert tabs is not None
    tabs.setCurrentIndex(1)
    views = [dialog.findChild(ExactText, one) for one in ("promptTokenIds", "answerTokenIds")]
    prompt, answer = views
    assert prompt is not None
    assert answer is not None
    await until(lambda: answer.text() == '      3  "\\n3"')
    assert prompt.text().split("\n") == ['      1  "\\n1"', '      2  "\\n2"']
    dialog.close()


async def test_that_details_closed_before_the_model_has_told_disturb_nothing(
    bench: Bench,
) -> None:
    node_id = await bench.ask("hello")
    bench.chat.actions.run(node_id, "details")
    dialog = await dialog_named(bench.window, AnswerDetailsDialog, "answerDetailsDialog")
    dialog.close()
    await bench.ask("again")


async def test_that_details_of_an_old_answer_need_no_model(bench: Bench) -> None:
    node_id = await bench.ask("hello")
    await bench.services.sessions.unload()
    bench.services.sessions.deselect()
    bench.chat.actions.run(node_id, "details")
    dialog = await dialog_named(bench.window, AnswerDetailsDialog, "answerDetailsDialog")
    dialog.close()


async def test_that_the_code_of_an_earlier_turn_asks_that_turn(bench: Bench) -> None:
    bench.pane.composer.set_system("Be brief.")
    first = await bench.ask("one")
    await bench.ask("two")
    bench.pane.composer.set_system("Be a poet.")
    code = await bench.copied(first)
    assert '{"role": "system", "content": "Be brief."}' in code
    assert '{"role": "user", "content": "one"}' in code
    assert "two" not in code
    assert '"max_tokens": 24' in code
    assert bench.services.catalog.tracking_uri in code
    assert bench.line() == "Copied as MLflow code"


async def test_that_the_card_is_fetched_where_the_model_is_not_the_current_one(
    bench: Bench,
) -> None:
    node_id = await bench.ask("hello")
    bench.services.sessions.select(version("other"))
    bench.host.requests.clear()
    await bench.copied(node_id)
    assert [one.model for one in bench.host.requests if isinstance(one, DescribeModel)] == [
        "tiny/1"
    ]


async def test_that_a_model_that_is_gone_is_told_in_words(bench: Bench) -> None:
    node_id = await bench.ask("hello")
    bench.services.sessions.deselect()
    failure = Failed(kind="not_found", message="There is no tiny/1.", advice="Register it again.")
    bench.host._script = lambda asked: [failure] if isinstance(asked, DescribeModel) else None
    bench.chat.actions.run(node_id, "copy_code")
    await until(lambda: bench.line() == "There is no tiny/1. Register it again.")


async def test_that_an_answer_of_another_registry_is_not_asked_of_this_one(bench: Bench) -> None:
    node_id = await bench.ask("hello")
    conversation = bench.chat.conversation
    answer = conversation.nodes[node_id].answer
    assert answer is not None
    assert answer.tracking_uri == bench.services.catalog.tracking_uri
    elsewhere = with_values(answer, tracking_uri="http://elsewhere:5000")
    bench.chat.change(conversation.with_answer(node_id, elsewhere))
    bench.chat.actions.run(node_id, "copy_code")
    await until(lambda: "Open http://elsewhere:5000 first." in bench.line())


async def test_that_a_prompt_that_nobody_knows_is_rendered_by_the_loaded_model_or_told(
    bench: Bench,
) -> None:
    bench.host.card = replace(
        bench.host.card, version=version(mode="template", wrapper="onnx_genai")
    )
    await bench.ask("one")
    node_id = await bench.ask("two")
    bench.services.sessions.deselect()
    bench.chat.actions.run(node_id, "copy_code")
    await until(lambda: bench.line().startswith("The prompt of this answer is not known."))
