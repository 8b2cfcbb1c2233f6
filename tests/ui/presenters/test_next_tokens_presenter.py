"""What could come next at the cursor, on a scripted model."""

from collections.abc import Iterable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from tests.support.prompt_windows import TELLING, OpenPrompt, PromptWindow, child
from tests.ui.presenters.conftest import until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
    Generate,
    Load,
    NextTokens,
    NextTokensFound,
    Sampling,
    Token,
    TokenChance,
)

SENTENCE = "nextTokenSentence"


def tokens_of(window: PromptWindow) -> list[str]:
    return [one.token.text for one in window.pane.views.next_tokens.table.model.chances]


def before(window: PromptWindow) -> list[str]:
    return [one.token.text for one in window.pane.views.next_tokens.before.model.chances]


def put_cursor(window: PromptWindow, position: int) -> None:
    cursor = window.pane.editor.textCursor()
    cursor.setPosition(position)
    window.pane.editor.setTextCursor(cursor)


async def test_that_the_text_up_to_the_cursor_is_what_is_asked(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.sampling = Sampling(temperature=0.5, top_k=3)
    window.write("🙂 one two\nthree")
    put_cursor(window, 6)
    await window.asked()
    (asked,) = window.requests(NextTokens)
    assert asked.prompt == "🙂 one"
    assert asked.sampling == Sampling(temperature=0.5, top_k=3)
    assert tokens_of(window) == ["🙂", "one"]
    assert window.pane.views.shown == "chances"
    assert window.label(SENTENCE) == ""
    assert window.label("nextTokensLine") == "🙂·one · temperature 0.5, top_k 3"


async def test_that_the_table_before_stays_beside_the_new_one(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("one two")
    await window.asked()
    assert not window.pane.views.next_tokens.before.isVisible()
    window.write("uno")
    await window.asked()
    assert (tokens_of(window), before(window)) == (["uno"], ["one", "two"])
    assert window.pane.views.next_tokens.before.isVisible()
    window.pane.resize(500, 700)
    assert not window.pane.views.next_tokens.before.isVisible()


async def test_that_enter_inserts_a_token_which_undo_takes_back(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("one two three")
    put_cursor(window, 7)
    await window.asked()
    view = window.pane.views.next_tokens.table.view
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert view.hasFocus()
    assert window.text == "one twotwo three"
    assert [(one.start, one.end) for one in window.pane.editor.marks] == [(7, 10)]
    await until(lambda: not window.parts.next_tokens.is_asking)
    assert [one.prompt for one in window.requests(NextTokens)] == ["one two", "one twotwo"]
    window.press("undoButton")
    assert window.text == "one two three"
    window.pane.editor.undo()
    assert window.text == "one twotwo three"
    window.pane.editor.undo()
    assert window.text == "one two three"


async def test_that_a_click_inserts_a_token(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("one two")
    window.pane.editor.moveCursor(QTextCursor.MoveOperation.End)
    await window.asked()
    view = window.pane.views.next_tokens.table.view
    place = view.visualRect(view.model().index(0, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert window.text == "one twoone"


async def test_that_nothing_is_inserted_elsewhere_than_it_was_asked_for(
    open_prompt: OpenPrompt,
) -> None:
    window = open_prompt()
    window.write("one two")
    await window.asked()
    put_cursor(window, 0)
    assert window.pane.views.next_tokens.table.is_stale
    window.parts.next_tokens.choose("one")
    assert window.text == "one two"
    assert "The cursor has moved" in window.label(SENTENCE)


async def test_that_a_part_of_a_character_is_not_inserted(open_prompt: OpenPrompt) -> None:
    def script(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, NextTokens):
            return [
                NextTokensFound(chances=(TokenChance(Token(1, "\ufffd"), 0.5),), prompt_tokens=1)
            ]
        return None

    window = open_prompt(script)
    window.write("one")
    await window.asked()
    window.parts.next_tokens.choose("\ufffd")
    assert window.text == "one"
    assert "part of a character" in window.label(SENTENCE)


async def test_that_a_model_which_cannot_tell_is_said_to(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.host.capabilities = msgspec.structs.replace(TELLING, next_token_probabilities=False)
    window.write("one")
    await window.asked()
    told = "tiny · version 1 does not tell how likely tokens are: its wrapper gives text alone."
    assert window.label(SENTENCE) == told
    assert window.requests(NextTokens) == []
    assert not child(window.pane, QPushButton, "nextTokensButton").isEnabled()


async def test_that_a_failure_is_told_in_place_and_the_table_stays(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("one")
    await window.asked()

    def fail(request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, NextTokens):
            return [Failed(kind="out_of_memory", message="It has no room.", advice="Make some.")]
        return None

    window.host._script = fail
    await window.asked()
    assert window.label(SENTENCE) == "It has no room. Make some."
    assert tokens_of(window) == ["one"]


@pytest.mark.parametrize("text", ["", "one"])
async def test_that_nothing_before_the_cursor_is_said_to_be_nothing(
    open_prompt: OpenPrompt, text: str
) -> None:
    window = open_prompt()
    window.write(text)
    put_cursor(window, 0)
    await window.asked()
    assert window.label(SENTENCE).startswith("Nothing stands before the cursor")
    assert window.requests(NextTokens) == []


async def test_that_a_load_that_was_declined_is_said(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.loads = False
    window.write("one")
    await window.asked()
    assert window.label(SENTENCE).startswith("The model was not loaded")


async def test_that_the_latest_question_wins(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("endless")
    window.parts.next_tokens.ask()
    await until(lambda: len(window.requests(NextTokens)) == 1)
    window.write("one two")
    await window.asked()
    assert tokens_of(window) == ["one", "two"]
    assert window.label(SENTENCE) == ""


async def test_that_escape_gives_the_question_up(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("endless")
    window.parts.next_tokens.ask()
    await until(lambda: len(window.requests(NextTokens)) == 1)
    QTest.keyClick(window.pane.editor, Qt.Key.Key_Escape)
    await until(lambda: not window.parts.next_tokens.is_asking)
    assert tokens_of(window) == []


async def test_that_none_is_asked_while_the_model_writes(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("endless")
    window.press("generateButton")
    await until(lambda: window.prompt.is_streaming)
    window.parts.next_tokens.ask()
    assert window.label(SENTENCE) == "The model is writing. Ask once it is done."
    assert window.requests(NextTokens) == []
    window.press("stopButton")
    await until(lambda: not window.prompt.is_generating)
    assert "Ask to see" in window.label(SENTENCE)


async def test_that_a_generation_ends_the_question_that_runs(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    window.write("endless")
    window.parts.next_tokens.ask()
    await until(lambda: len(window.requests(NextTokens)) == 1)
    window.press("generateButton")
    await until(lambda: window.requests(Generate))
    assert not window.parts.next_tokens.is_asking
    window.prompt.stop()
    await until(lambda: not window.prompt.is_generating)


async def test_that_following_asks_once_the_cursor_rests_and_loads_nothing(
    open_prompt: OpenPrompt,
) -> None:
    window = open_prompt()
    window.write("one two")
    window.pane.views.show_view("chances")
    window.press("followCursorButton")
    await until(lambda: window.label(SENTENCE) == "Load the model to follow the cursor.")
    assert window.requests(Load) == []
    await window.ensure_ready()
    put_cursor(window, 2)
    put_cursor(window, 3)
    await until(lambda: tokens_of(window) == ["one"])
    assert [one.prompt for one in window.requests(NextTokens)] == ["one"]
    window.pane.views.show_view("")
    put_cursor(window, 7)
    assert not window.parts.next_tokens._timer.isActive()
