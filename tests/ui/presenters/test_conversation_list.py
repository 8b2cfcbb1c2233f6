"""Names, pins, deletions and dates in the list, and the search over it, on a real store."""

from datetime import date, datetime, timedelta

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.answer import AnswerState
from app.infra.conversation_store import SqliteConversationStore
from app.ui.item_models.conversation_model import ConversationRole
from tests.support.conversation_windows import Open, Window, restored
from tests.support.waiting import until


def _id_of(window: Window, title: str) -> str:
    model = window.sidebar.conversations.model()
    found: str = model.index(window.rows.index(title), 0).data(ConversationRole.ID)
    return found


async def _search(window: Window, text: str) -> None:
    """Type it, and wait for what is found."""
    view, field = window.sidebar.conversations, window.sidebar.conversation_search
    field.clear()
    QTest.keyClicks(field, text)
    await until(lambda: window.search._search is not None)
    search = window.search._search
    assert search is not None
    await until(search.done)
    assert view.is_searching


# -- dates


async def test_that_conversations_stand_under_dates_and_move_on_after_midnight(
    open_window: Open,
) -> None:
    window = open_window()
    await window.ask("one")
    assert window.rows == ["Today", "one"]
    (row,) = window.presenter._rows.values()
    said_on = datetime.fromtimestamp(row.updated_ms / 1000).date()  # noqa: DTZ006 - of this machine
    window.today[0] = said_on + timedelta(days=1)
    window.presenter.look_at_day()
    assert window.rows == ["Yesterday", "one"]
    window.today[0] = date(2099, 1, 1)
    window.presenter.look_at_day()
    assert window.rows[0].split()[-1] == str(said_on.year)


# -- names and pins


async def test_that_a_name_is_shown_at_once_and_after_a_restart(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.sidebar.conversations.rename_wanted.emit(_id_of(first, "one"), "  A\nname ")
    assert first.listed == ["A name"]
    await first.ask("more")
    assert first.listed == ["A name"], "it stays where the conversation goes on"
    await first.close()
    second = open_window()
    await restored(second)
    assert second.listed == ["A name"]
    second.presenter.rename(_id_of(second, "A name"), "")
    assert second.listed == ["one"]


async def test_that_pinned_ones_come_first_now_and_after_a_restart(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.presenter.new()
    await first.ask("two")
    first.sidebar.conversations.pin_wanted.emit(_id_of(first, "one"), True)
    assert first.rows == ["Pinned", "one", "Today", "two"]
    await first.close()
    second = open_window()
    await restored(second)
    assert second.rows == ["Pinned", "one", "Today", "two"]
    second.sidebar.conversations.pin_wanted.emit(_id_of(second, "one"), False)
    assert second.rows == ["Today", "two", "one"]


# -- deletions


async def test_that_a_deleted_conversation_is_gone_and_comes_back_as_it_was(
    open_window: Open,
) -> None:
    window = open_window()
    await window.ask("one")
    window.write("unsent")
    window.presenter.new()
    await window.ask("two")
    window.presenter.delete(_id_of(window, "one"))
    assert window.listed == ["two"]
    assert window.said == ["two", "two "], "another than the open one was deleted"
    ((text, undo),) = window.offers
    assert "one" in text
    undo()
    assert window.listed == ["two", "one"]
    await window.choose("one")
    assert window.said == ["one", "one "]
    assert window.draft == "unsent"


async def test_that_deleting_the_open_conversation_begins_another_and_undo_opens_it(
    open_window: Open,
) -> None:
    window = open_window()
    asked = await window.ask("one")
    window.presenter.delete(asked.id)
    assert window.listed == []
    assert window.said == []
    assert not window.sidebar.conversations.currentIndex().isValid()
    window.offers[-1][1]()
    await until(lambda: window.said == ["one", "one "])
    assert window.marked == "one"
    await window.ask("two")
    await window.close()
    again = open_window()
    await restored(again)
    assert again.listed == ["one"]


async def test_that_deleting_a_conversation_stops_its_answer_and_undo_has_what_was_written(
    open_window: Open,
) -> None:
    window = open_window()
    window.write("endless words")
    window.chat.send()
    await until(lambda: window.said[-1:] == ["endless words "])
    window.presenter.delete(window.chat.conversation.id)
    assert window.rows == []
    assert await window.services.conversations.summaries() == ()
    window.offers[-1][1]()
    await until(lambda: window.said == ["endless words", "endless words "])
    answer = window.chat.conversation.branch()[-1].answer
    assert answer is not None
    assert answer.state is AnswerState.STOPPED


async def test_that_a_deleted_conversation_stays_deleted_after_a_restart(
    open_window: Open,
) -> None:
    first = open_window()
    asked = await first.ask("one")
    first.presenter.delete(asked.id)
    await first.close()
    second = open_window()
    await restored(second)
    assert second.listed == []


async def test_that_one_that_another_window_has_deleted_is_told_of_and_leaves_the_list(
    open_window: Open,
) -> None:
    first = open_window()
    asked = await first.ask("one")
    second = open_window()
    await restored(second)
    first.presenter.delete(asked.id)
    await first.services.conversations.summaries()
    second.presenter.new()
    second.sidebar.conversations.conversation_chosen.emit(asked.id)
    await until(lambda: second.told)
    assert second.told[-1].kind == "not_found"
    assert second.listed == []


# -- search


async def test_that_a_search_shows_hits_and_its_end_the_list(open_window: Open) -> None:
    window = open_window()
    await window.ask("the lighthouse")
    window.presenter.new()
    await window.ask("something else")
    await _search(window, "lighth")
    model = window.sidebar.conversations.model()
    contexts = [model.index(row, 0).data(ConversationRole.CONTEXT) for row in range(2)]
    assert contexts == ["the lighthouse", "the lighthouse"], "question and answer"
    QTest.keyClick(window.sidebar.conversation_search, Qt.Key.Key_Escape)
    assert window.listed == ["something else", "the lighthouse"]
    assert window.marked == "something else"


async def test_that_enter_opens_a_conversation_at_the_message_that_was_found(
    open_window: Open,
) -> None:
    window = open_window()
    asked = await window.ask("the lighthouse")
    for number in range(4):
        await window.ask(f"question {number}")
    window.pane.resize(600, 200)
    window.pane.show()
    window.presenter.new()
    await _search(window, "lighthouse")
    field = window.sidebar.conversation_search
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Down)
    view = window.sidebar.conversations
    QTest.keyClick(view, Qt.Key.Key_Down)
    message = view.currentIndex().data(ConversationRole.MESSAGE_ID)
    assert message == asked.branch()[0].id
    QTest.keyClick(view, Qt.Key.Key_Return)
    await until(lambda: window.chat.conversation.id == asked.id)
    transcript = window.pane.transcript

    def is_in_sight() -> bool:
        shown = transcript.message(message)
        top = shown.mapTo(transcript.viewport(), shown.rect().topLeft()).y()
        return 0 <= top < transcript.viewport().height()

    await until(is_in_sight)
    assert not transcript.follows


async def test_that_a_hit_in_another_version_brings_its_branch_into_sight(
    open_window: Open,
) -> None:
    window = open_window()
    await window.ask("one")
    answer = window.chat.conversation.branch()[-1]
    window.chat.regenerate(answer.id)
    await until(lambda: not window.chat.is_answering)
    await window.ask("two")
    newer = window.chat.conversation.branch()[1].id
    assert newer != answer.id
    window.presenter.open_at(window.chat.conversation.id, answer.id)
    await until(lambda: window.chat.conversation.leaf == answer.id)
    assert window.pane.transcript.message_ids()[-1] == answer.id


async def test_that_no_other_branch_takes_the_place_of_an_answer_on_its_way(
    open_window: Open,
) -> None:
    window = open_window()
    await window.ask("one")
    answer = window.chat.conversation.branch()[-1]
    before = window.chat.conversation
    window.chat.change(before.with_node(replace(answer, id="other")).showing(answer.id))
    window.write("endless words")
    window.chat.send()
    await until(lambda: window.said[-1:] == ["endless words "])
    leaf = window.chat.conversation.leaf
    window.chat.reveal("other")
    assert window.chat.conversation.leaf == leaf
    window.chat.stop()
    await until(lambda: not window.chat.is_answering)


async def test_that_what_another_window_has_begun_is_found_opened_and_listed_with_its_name(
    open_window: Open,
) -> None:
    first, second = open_window(), open_window()
    await restored(second)
    asked = await first.ask("the lighthouse")
    first.presenter.rename(asked.id, "A name")
    await first.services.conversations.summaries()
    await _search(second, "lighthouse")
    second.presenter.open_at(asked.id, asked.branch()[0].id)
    await until(lambda: second.chat.conversation.id == asked.id)
    await second.ask("more")
    second.sidebar.conversation_search.clear()
    assert second.listed == ["A name"]
    assert second.marked == "A name"


async def test_that_nothing_found_is_said_in_words(open_window: Open) -> None:
    window = open_window()
    await window.ask("one")
    await _search(window, "nowhere ")
    remark = window.sidebar.conversations.accessibleDescription()
    assert remark == "No conversation says “nowhere”."
    assert window.listed == []


async def test_that_only_the_last_of_what_is_typed_is_shown(open_window: Open) -> None:
    window = open_window()
    await window.ask("alpha")
    window.presenter.new()
    await window.ask("beta")
    field = window.sidebar.conversation_search
    field.setText("alpha")
    window.search._begin()
    earlier = window.search._search
    assert earlier is not None
    field.setText("beta")
    await until(
        lambda: set(window.listed) == {"beta"} and window.sidebar.conversations.is_searching
    )
    assert earlier.cancelled()


async def test_that_more_is_shown_where_there_is_more(open_window: Open) -> None:
    window = open_window()
    for number in range(35):
        window.presenter.new()
        await window.ask(f"word {number}")
    await _search(window, "word")
    assert len(window.listed) == 50
    window.sidebar.conversations.scrollToBottom()
    await until(lambda: len(window.listed) == 70)
    window.sidebar.conversations.scrollToBottom()
    await window.services.conversations.summaries()
    assert len(window.listed) == 70


async def test_that_the_list_goes_on_behind_a_search(open_window: Open) -> None:
    window = open_window()
    await window.ask("one")
    await _search(window, "one")
    window.presenter.new()
    await window.ask("two")
    assert set(window.listed) == {"one"}
    window.sidebar.conversation_search.clear()
    assert window.listed == ["two", "one"]


@pytest.mark.expects_log("The conversations in|could not be kept")
async def test_that_a_search_that_fails_is_told_and_the_list_is_there(
    open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    await window.ask("one")
    store = window.services.conversations
    assert isinstance(store, SqliteConversationStore)
    await store._read(lambda: store._connect().execute("DROP TABLE titles").fetchall())
    window.sidebar.conversation_search.setText("one")
    await until(lambda: window.told)
    assert window.listed == ["one"]
    assert not window.sidebar.conversations.is_searching
