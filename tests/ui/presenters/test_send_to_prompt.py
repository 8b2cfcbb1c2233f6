"""From a turn of the chat to a prompt of what the model read."""

from collections.abc import Iterable

import pytest

from tests.support.prompt_windows import OpenPrompt, PromptWindow
from tests.ui.presenters.conftest import until
from wrappers.contract import AnyEvent, AnyRequest, Finished, Generate, TextPiece

READ = "<|user|>\nHi\u00a0there 🙂<|end|>\n<|assistant|>\n"


def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
    if not isinstance(request, Generate):
        return None
    return [TextPiece(text="Ho."), Finished(text="Ho.", prompt=READ, stop_reason="end_of_turn")]


async def asked(window: PromptWindow) -> PromptWindow:
    await window.restored()
    window.chat_pane.composer.set_draft("Hi")
    window.chat.send()
    await until(lambda: not window.chat.is_answering)
    return window


@pytest.mark.parametrize("turn", [0, 1])
async def test_that_a_turn_opens_what_the_model_read_byte_for_byte(
    open_prompt: OpenPrompt, turn: int
) -> None:
    window = await asked(open_prompt(script))
    window.write("mine")
    node = window.chat.conversation.branch()[turn]
    assert window.chat.actions.applies("to_prompt", node)
    window.chat.actions.run(node.id, "to_prompt")
    assert window.text == READ
    assert window.pages == ["prompt"]
    assert window.parts.sheets.count == 2
    assert window.titles[0] == "mine"


async def test_that_the_question_offers_it_once_it_is_answered(open_prompt: OpenPrompt) -> None:
    window = open_prompt(script)
    await window.restored()
    window.chat_pane.composer.set_draft("Hi")
    window.chat.send()
    question = window.chat_pane.transcript.message(window.chat.conversation.branch()[0].id)
    assert "to_prompt" not in question.view.menu
    await until(lambda: not window.chat.is_answering)
    assert "to_prompt" in question.view.menu


async def test_that_the_answer_is_a_version_that_can_be_shown(open_prompt: OpenPrompt) -> None:
    window = await asked(open_prompt(script))
    window.send.send(window.chat.conversation.branch()[1].id)
    assert window.parts.sheets.count == 1, "an empty prompt is used"
    assert window.version == "–/1"
    window.press("previousVersionButton")
    assert window.text == READ + "Ho."
    await window.close()
    again = await open_prompt().restored()
    assert again.text == READ + "Ho."
    assert len(again.prompt.sheet.completions) == 1


async def test_that_it_is_not_offered_where_nobody_knows_what_was_read(
    open_prompt: OpenPrompt,
) -> None:
    window = await asked(open_prompt())
    nodes = window.chat.conversation.branch()
    assert [window.chat.actions.applies("to_prompt", node) for node in nodes] == [False, False]


async def test_that_carriage_returns_which_an_editor_cannot_keep_are_said(
    open_prompt: OpenPrompt,
) -> None:
    window = await open_prompt().restored()
    window.parts.sheets.open("a\r\nb")
    assert window.label("usageLine").startswith("This prompt has carriage returns")
