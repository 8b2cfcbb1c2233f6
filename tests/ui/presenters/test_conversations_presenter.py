"""The list of conversations and the drafts, on a real store and a scripted model."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from app.domain.answer import AnswerState
from app.infra.conversation_schema import MIGRATIONS, open_database
from tests.support.conversation_windows import Open, restored
from tests.support.waiting import until

# -- the list


async def test_that_a_new_window_lists_what_was_said_and_begins_anew(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.presenter.new()
    await first.ask("two")
    await first.close()
    second = open_window()
    await restored(second)
    assert second.listed == ["two", "one"]
    assert second.marked is None
    assert second.said == []
    assert second.draft == ""


async def test_that_a_click_opens_a_conversation_with_all_that_was_said(open_window: Open) -> None:
    first = open_window()
    asked = await first.ask("one")
    asked = await first.ask("two")
    await first.close()
    second = open_window()
    await restored(second)
    await second.choose("one")
    assert second.chat.conversation == asked
    assert second.marked == "one"
    assert len(second.pane.transcript.message_ids()) == 4


async def test_that_a_conversation_that_goes_on_comes_to_the_top(open_window: Open) -> None:
    window = open_window()
    await window.ask("one")
    window.presenter.new()
    await window.ask("two")
    assert window.listed == ["two", "one"]
    await window.choose("one")
    assert window.listed == ["two", "one"], "to look at it is not to go on"
    await window.ask("three")
    assert window.listed == ["one", "two"]
    await window.close()
    again = open_window()
    await restored(again)
    assert again.listed == ["one", "two"]


async def test_that_leaving_an_answer_on_its_way_keeps_its_text_as_stopped(
    open_window: Open,
) -> None:
    window = open_window()
    window.write("endless words")
    window.chat.send()
    await until(lambda: window.said[-1:] == ["endless words "])
    window.presenter.new()
    assert window.said == []
    await window.choose("endless words")
    answer = window.chat.conversation.branch()[-1].answer
    assert answer is not None
    assert answer.state is AnswerState.STOPPED
    assert answer.text == "endless words "


async def test_that_closing_while_a_model_answers_keeps_all_that_was_shown(
    open_window: Open,
) -> None:
    first = open_window()
    first.write("endless words")
    first.chat.send()
    await until(lambda: first.said[-1:] == ["endless words "])
    await first.close()
    second = open_window()
    await restored(second)
    await second.choose("endless words")
    assert second.said == ["endless words", "endless words "]
    answer = second.chat.conversation.branch()[-1].answer
    assert answer is not None
    assert answer.state is AnswerState.STOPPED


async def test_that_a_question_whose_model_is_not_loaded_is_a_draft_again(
    open_window: Open,
) -> None:
    first = open_window(loads=False)
    await first.ask("one")
    assert first.listed == []
    assert first.draft == "one"
    await first.close()
    second = open_window()
    await restored(second)
    assert second.listed == []
    assert second.draft == "one"


async def test_that_a_system_prompt_comes_back_with_its_conversation(open_window: Open) -> None:
    first = open_window()
    first.pane.composer.set_system("Be brief.")
    await first.ask("one")
    first.pane.composer.set_system("Be very brief.")
    first.presenter.new()
    assert first.pane.composer.system() == ""
    await first.close()
    second = open_window()
    await restored(second)
    await second.choose("one")
    assert second.pane.composer.system() == "Be very brief."
    assert second.chat.conversation.system == "Be very brief."


# -- drafts


async def test_that_what_was_begun_is_there_again_after_a_restart(open_window: Open) -> None:
    first = open_window()
    first.pane.composer.set_system("Be brief.")
    first.write("What is")
    await first.close()
    second = open_window()
    await restored(second)
    assert second.draft == "What is"
    assert second.chat.conversation.system == "Be brief."
    await second.ask("What is it?")
    await second.close()
    third = open_window()
    await restored(third)
    assert third.draft == ""
    assert third.listed == ["What is it?"]


async def test_that_the_window_begins_where_something_was_left_unsent(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.write("and then")
    await first.close()
    second = open_window()
    await restored(second)
    assert second.said == ["one", "one "]
    assert second.draft == "and then"
    assert second.marked == "one"


async def test_that_what_is_written_while_the_drafts_are_read_is_kept(
    open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    store = window.services.conversations
    read, are_read, may_be_told = store.drafts, asyncio.Event(), asyncio.Event()

    async def slowly() -> dict[str, str]:
        found = await read()
        are_read.set()
        await may_be_told.wait()
        return found

    monkeypatch.setattr(store, "drafts", slowly)
    window.write("wh")
    await are_read.wait()
    await window.ask("one")
    window.write("for one")
    window.presenter.new()
    may_be_told.set()
    await until(lambda: not window.tasks._running)
    await window.choose("one")
    assert window.draft == "for one"


async def test_that_every_conversation_has_its_own_draft(open_window: Open) -> None:
    window = open_window()
    await window.ask("one")
    window.write("for one")
    window.presenter.new()
    assert window.draft == ""
    window.pane.composer.set_system("Be brief.")
    window.write("for a new one")
    await window.choose("one")
    assert window.draft == "for one"
    window.presenter.new()
    assert window.draft == "for a new one"
    assert window.pane.composer.system() == "Be brief."


async def test_that_typing_is_kept_while_the_window_stays_open(open_window: Open) -> None:
    window = open_window()
    await restored(window)
    composer = window.pane.findChild(QPlainTextEdit, "chatComposer")
    assert composer is not None
    QTest.keyClicks(composer, "hello")
    other = open_window()
    store = other.services.conversations

    async def is_kept() -> bool:
        return "hello" in (await store.drafts()).values()

    await until_asked(is_kept)


async def test_that_new_keeps_what_was_begun_in_a_conversation_without_a_message(
    open_window: Open,
) -> None:
    window = open_window()
    window.write("What is")
    window.presenter.new()
    assert window.draft == "What is"


# -- what cannot be kept


@pytest.mark.expects_log("The conversations in|could not be kept")
async def test_that_a_store_of_a_newer_parley_is_told_and_the_window_works_without(
    open_window: Open, tmp_path: Path
) -> None:
    open_database(tmp_path / "conversations.db", (*MIGRATIONS, lambda _: None)).close()
    window = open_window()
    await until(lambda: window.told)
    assert {one.kind for one in window.told} == {"database_newer"}
    await window.ask("one")
    window.presenter.new()
    await window.ask("two")
    await window.choose("one")
    assert window.said == ["one", "one "]


async def until_asked(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it holds; fails after 20 seconds."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - another window's file tells of nothing
            await asyncio.sleep(0)
