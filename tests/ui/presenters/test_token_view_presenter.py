"""The prompt as its tokens, on a scripted model."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.ui.widgets.token_flow import TokenFlow
from tests.support.prompt_windows import OpenPrompt, PromptWindow, child
from tests.ui.presenters.conftest import until
from wrappers.contract import AnyEvent, AnyRequest, Token, Tokenize, Tokenized

SENTENCE = "tokenSentence"


def shown(window: PromptWindow) -> list[str]:
    return [one.text for one in window.pane.views.tokens.flow.tokens.tokens]


async def show(window: PromptWindow, *texts: str) -> TokenFlow:
    window.pane.views.show_view("tokens")
    await until(lambda: shown(window) == list(texts))
    return child(window.pane, TokenFlow, "tokenList")


async def test_that_the_tokens_follow_the_text(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    await window.ensure_ready()
    window.write("<|user|> Hi")
    await show(window, "<|user|>", "Hi")
    assert window.label("tokenLine").startswith("2 tokens · 1 special")
    window.write("<|user|> Hi there")
    await until(lambda: shown(window) == ["<|user|>", "Hi", "there"])
    assert [one.text for one in window.requests(Tokenize)] == ["<|user|> Hi", "<|user|> Hi there"]


async def test_that_nobody_is_asked_while_it_is_folded_away(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    await window.ensure_ready()
    window.write("one")
    assert not window.parts.tokens._timer.isActive()
    await show(window, "one")
    window.press("tokensButton")
    window.write("one two")
    assert window.pane.views.shown == ""
    assert not window.parts.tokens._timer.isActive()


async def test_that_choosing_a_token_selects_it_in_the_text(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    await window.ensure_ready()
    window.write("🙂 one two")
    flow = await show(window, "🙂", "one", "two")
    place = flow.visualRect(flow.tokens.index(1, 0)).center()
    QTest.mouseClick(flow.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.pane.editor.textCursor().selectedText() == "one"
    assert "token 2: one, id 1" in window.label("tokenLine")
    QTest.keyClick(flow, Qt.Key.Key_Right)
    assert window.pane.editor.textCursor().selectedText() == "two"


async def test_that_the_cursor_selects_its_token_and_the_text_stays_as_it_is(
    open_prompt: OpenPrompt,
) -> None:
    window = open_prompt()
    await window.ensure_ready()
    window.write("one two")
    flow = await show(window, "one", "two")
    cursor = window.pane.editor.textCursor()
    cursor.setPosition(5)
    window.pane.editor.setTextCursor(cursor)
    assert flow.currentIndex().data() == "two"
    assert not window.pane.editor.textCursor().hasSelection()


async def test_that_every_state_without_tokens_is_said(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("one")
    window.pane.views.show_view("tokens")
    await until(lambda: window.label(SENTENCE).startswith("Load the model"))
    await window.ensure_ready()
    await until(lambda: shown(window) == ["one"])
    window.write("")
    await until(lambda: window.label(SENTENCE).startswith("The prompt is empty"))


async def test_that_a_model_without_a_tokenizer_is_said_to_have_none(
    open_prompt: OpenPrompt,
) -> None:
    def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
        return [Tokenized(tokens=None)] if isinstance(request, Tokenize) else None

    window = open_prompt(script)
    await window.ensure_ready()
    window.write("one")
    window.pane.views.show_view("tokens")
    await until(lambda: "no tokenizer" in window.label(SENTENCE))


async def test_that_what_is_generated_is_shown_as_tokens_at_its_end(
    open_prompt: OpenPrompt,
) -> None:
    window = open_prompt()
    await window.ensure_ready()
    window.pane.views.show_view("tokens")
    await window.generate("one")
    await until(lambda: shown(window) == ["oneone"])
    assert [one.text for one in window.requests(Tokenize)][-1] == "oneone "


async def test_that_thousands_of_tokens_are_shown_and_scrolled_to(open_prompt: OpenPrompt) -> None:
    words = [f" w{at}" for at in range(8000)]

    def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, Tokenize):
            return [Tokenized(tokens=tuple(Token(at, one) for at, one in enumerate(words)))]
        return None

    window = open_prompt(script)
    await window.ensure_ready()
    window.write("".join(words))
    flow = await show(window, *words)
    last = flow.tokens.index(len(words) - 1, 0)
    await until(lambda: not flow.visualRect(last).isEmpty())
    flow.setCurrentIndex(last)
    assert window.pane.editor.textCursor().selectedText() == words[-1]
