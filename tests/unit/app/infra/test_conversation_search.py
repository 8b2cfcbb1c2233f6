"""Finding what was said, and what is deleted and had back, in a real file."""

import asyncio
import dataclasses
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.conversation_search import SearchHit, SearchPage
from app.infra import conversation_index, conversation_search, conversation_store
from app.infra.conversation_index import can_index, index_some, open_index
from app.infra.conversation_rows import (
    erase_one,
    read_drafts,
    write_conversation,
    write_drafts,
    write_mark,
)
from app.infra.conversation_schema import open_database, transaction
from app.infra.conversation_search import match_of, search
from app.infra.conversation_store import SqliteConversationStore

STORES = Path(__file__).parents[3] / "support" / "stores"
Open = Callable[[], SqliteConversationStore]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
async def open_store(path: Path) -> AsyncIterator[Open]:
    """Opens a store as another window would; all are closed at the end."""
    opened: list[SqliteConversationStore] = []

    def open_another() -> SqliteConversationStore:
        opened.append(SqliteConversationStore(path))
        return opened[-1]

    yield open_another
    for one in opened:
        await one.close()


def said(*texts: str, key: str = "c") -> Conversation:
    """Questions and answers in turn, of which the last may be on its way still."""
    conversation = Conversation(key)
    for number, text in enumerate(texts):
        is_answer = number % 2 == 1
        answer = Answer("tiny/1", AnswerState.DONE, text=text) if is_answer else None
        node = Node(
            f"{key}{number}",
            conversation.leaf,
            "assistant" if is_answer else "user",
            "" if is_answer else text,
            answer,
        )
        conversation = conversation.with_node(node)
    return conversation


def growing(text: str, state: AnswerState = AnswerState.STREAMING) -> Conversation:
    conversation = said("Tell me", "")
    return conversation.with_answer("c1", Answer("tiny/1", state, text=text))


async def found(store: SqliteConversationStore, query: str) -> list[tuple[str, str | None]]:
    page = await store.search(query)
    return [(hit.conversation_id, hit.message_id) for hit in page.hits]


def marked(hit: SearchHit) -> list[str]:
    return [hit.context[low:high] for low, high in hit.marks]


# -- what is found


async def test_that_questions_answers_and_names_are_found_names_first_and_the_latest_first(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(said("What is the capital of Spain?", "Madrid.", key="a"))
    store.save(said("And of Portugal?", "Lisbon, not Madrid.", key="b"))
    store.rename("a", "Capitals: Madrid")
    assert await found(store, "madrid") == [("a", None), ("b", "b1"), ("a", "a1")]
    assert await found(store, "portugal") == [("b", "b0")]


async def test_that_every_version_of_a_message_is_found(open_store: Open) -> None:
    store = open_store()
    conversation = said("Name a fruit", "Apple")
    other = Node("other", "c0", "assistant", "", Answer("t/1", AnswerState.DONE, text="Pear"))
    store.save(conversation.with_node(other))
    assert await found(store, "apple") == [("c", "c1")]
    assert await found(store, "pear") == [("c", "other")]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("lighthouse keeper", True),
        ("keeper lighthouse", True),
        ("lighthouse sailor", False),
        ("lighth", True),
        ("lighth keeper", False),
        ('"the lighthouse"', True),
        ('"lighthouse the"', False),
        ('"lighth"', False),
        ('keeper "the light', True),
        ("LIGHTHOUSE", True),
        ("cafe", True),
        ("café", True),
        ("keeper's", True),
        ("keeper - lighthouse", True),
        ("text:keeper", False),
        ("(keeper OR", False),
        ("NOT keeper NEAR", False),
        ("keeper*", True),
        ("^keeper + {lighthouse} :", True),
        ("", False),
        ("   ", False),
        ('"', False),
        ("灯台", True),
        ("台守", True),
        ("守台", False),
        ("🎉", True),
        ("->", True),
        ("=>", False),
        ("100%", True),
        ("_", False),
    ],
)
async def test_that_a_search_finds_what_somebody_would_mean_by_it(
    open_store: Open, query: str, is_found: bool
) -> None:
    store = open_store()
    store.save(said("The keeper's café -> the lighthouse\n日本の灯台守 🎉 100% a"))
    assert await found(store, query) == ([("c", "c0")] if is_found else [])


@given(st.text(st.characters(codec=None), max_size=30) | st.text('ab"*()-+^:{}\0 ', max_size=20))
def test_that_nothing_that_can_be_typed_is_an_error(query: str) -> None:
    database = sqlite3.connect(":memory:", autocommit=True)
    try:
        database.execute("CREATE VIRTUAL TABLE said USING fts5 (text)")
        match = match_of(query.encode("utf-8", "replace").decode())
        if match:
            database.execute("SELECT * FROM said WHERE said MATCH ?", [match]).fetchall()
    finally:
        database.close()


async def test_that_a_query_as_long_as_a_book_or_with_half_a_pair_finds_nothing(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(said("Hello"))
    assert await store.search("word " * 100_000) == SearchPage()
    assert await store.search("\ud83d") == SearchPage()
    assert await store.search("a\0b") == SearchPage()


async def test_that_a_hit_shows_its_words_within_one_line_around_the_first(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(said("once " * 500 + "upon\n\na \x02time\x03 there\twas a keeper " + "and " * 500))
    (hit,) = (await store.search("time keeper")).hits
    assert hit.context.startswith("…")
    assert hit.context.endswith("and…")
    assert "\n" not in hit.context
    assert "upon a " in hit.context
    assert len(hit.context) < 220
    assert marked(hit) == ["time", "keeper"]
    assert hit.context.index("time") < 25


async def test_that_a_hit_has_the_name_of_its_conversation_or_its_first_words(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(said("First words", "Answer"))
    assert [hit.title for hit in (await store.search("answer")).hits] == ["First words"]
    store.rename("c", "A name")
    assert [hit.title for hit in (await store.search("answer")).hits] == ["A name"]


async def test_that_a_name_that_is_taken_back_is_found_no_more(open_store: Open) -> None:
    store = open_store()
    store.save(said("First words"))
    store.rename("c", "Lighthouse")
    assert await found(store, "lighthouse") == [("c", None)]
    store.rename("c", "Keeper")
    assert await found(store, "lighthouse") == []
    store.rename("c", None)
    assert await found(store, "keeper") == []
    (summary,) = await store.summaries()
    assert summary.title is None


async def test_that_pages_follow_each_other_and_leave_nothing_out(open_store: Open) -> None:
    store = open_store()
    for number in range(7):
        store.save(said("the same word", "word", key=f"c{number}"))
    store.rename("c0", "word")
    hits: list[SearchHit] = []
    after: int | None = None
    for _ in range(5):
        page = await store.search("word", limit=3, after=after)
        hits += page.hits
        after = page.more
    assert after is None
    assert len({(hit.conversation_id, hit.message_id) for hit in hits}) == len(hits) == 15


# -- an answer on its way


async def test_that_an_answer_on_its_way_is_found_with_what_it_has_come_to(
    open_store: Open,
) -> None:
    store = open_store()
    for text, state in (
        ("Once upon", AnswerState.STREAMING),
        ("Once upon a time", AnswerState.STREAMING),
        ("Once upon a time. The end", AnswerState.DONE),
    ):
        store.save(growing(text, state))
        assert await found(store, text) == [("c", "c1")]


async def test_that_the_words_of_an_answer_are_not_indexed_while_it_changes(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    await store.summaries()
    async with asyncio.timeout(20):
        # Asked in its thread, between two chores: within one it does not know what is left to do.
        while await store._read(store._has_chores):
            pass
    store.save(growing("Once"))
    store.save(growing("Once upon a time"))
    await store.summaries()
    assert not store._may_index
    database = sqlite3.connect(path)
    assert database.execute("SELECT count(*) FROM unindexed").fetchone() == (2,)
    store.save(growing("Once upon a time.", AnswerState.DONE))
    async with asyncio.timeout(20):
        while database.execute("SELECT count(*) FROM unindexed").fetchone() != (0,):
            await store.summaries()
    assert database.execute("SELECT count(*) FROM said WHERE said MATCH 'time'").fetchone() == (1,)
    database.close()


async def test_that_an_answer_cut_by_the_end_of_its_process_is_found_after_a_start(
    open_store: Open, path: Path
) -> None:
    database = open_database(path)
    open_index(database)
    with transaction(database):
        write_conversation(database, growing("Once upon a time"), None)
    database.close()
    assert await found(open_store(), "upon") == [("c", "c1")]


# -- stores without an index


async def test_that_what_an_older_parley_kept_is_found(open_store: Open, path: Path) -> None:
    shutil.copy(STORES / "version_1.sqlite", path)
    store = open_store()
    assert [hit for _, hit in await found(store, "capital spain")] == ["q"]
    assert len(await found(store, "madrid")) == 1


async def test_that_the_index_of_an_older_store_is_made_in_idle_moments(
    open_store: Open, path: Path
) -> None:
    shutil.copy(STORES / "version_1.sqlite", path)
    store = open_store()
    await store.summaries()
    database = sqlite3.connect(path)
    async with asyncio.timeout(20):
        while database.execute("SELECT count(*) FROM unindexed").fetchone() != (0,):
            await store.summaries()
    assert database.execute("SELECT count(*) FROM said WHERE said MATCH 'spain'").fetchone() == (1,)
    database.close()


async def test_that_without_fts5_a_search_finds_the_same_and_the_index_is_made_later(
    open_store: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    with monkeypatch.context() as without:
        for module in (conversation_index, conversation_search):
            without.setattr(module, "can_index", lambda _: False)
        without.setattr(conversation_store, "open_index", lambda _: None)
        store.save(said("What is the capital of Spain?", "Madrid 100%."))
        store.rename("c", "Capitals")
        assert await found(store, "CAPITAL") == [("c", None), ("c", "c0")]
        assert await found(store, "madrid 100%") == [("c", "c1")]
        assert await found(store, "10_%") == []
        await store.close()
    assert await found(open_store(), "madrid") == [("c", "c1")]
    database = sqlite3.connect(path)
    assert can_index(database)
    database.close()


async def test_that_a_deleted_message_and_what_follows_it_are_not_found(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(said("word -> one", "word -> two", "word -> three", "word -> four"))
    await store.summaries()
    with sqlite3.connect(path) as database:
        if ("deleted_ms",) not in database.execute("SELECT name FROM pragma_table_info('nodes')"):
            database.execute("ALTER TABLE nodes ADD COLUMN deleted_ms INTEGER")
        database.execute("UPDATE nodes SET deleted_ms = 1 WHERE id = 'c2'")
    database.close()
    assert await found(store, "word") == [("c", "c1"), ("c", "c0")]
    assert await found(store, "->") == [("c", "c1"), ("c", "c0")]


async def test_that_what_another_program_writes_into_the_rows_is_found(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(said("first"))
    assert await found(store, "first") == [("c", "c0")]
    with sqlite3.connect(path) as database:
        database.execute("UPDATE conversations SET title = 'Lighthouse'")
        database.execute("UPDATE nodes SET text = 'second'")
    database.close()
    assert await found(store, "lighthouse") == [("c", None)]
    assert await found(store, "first") == []
    assert await found(store, "second") == [("c", "c0")]


async def test_that_an_answer_that_cannot_be_read_hides_no_other_hit(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(said("the word", "word"))
    await store.summaries()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE nodes SET answer = '{' WHERE id = 'c1'")
    database.close()
    assert await found(store, "word") == [("c", "c0")]
    assert await found(store, "!") == []


async def test_that_a_search_given_up_neither_fails_nor_keeps_the_store_from_the_next(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(said("the word"))
    searches = [asyncio.create_task(store.search("word")) for _ in range(20)]
    await asyncio.sleep(0)
    for one in searches[:-1]:
        one.cancel()
    await asyncio.wait(searches)
    assert [hit.message_id for hit in searches[-1].result().hits] == ["c0"]


# -- pinned, deleted, had back


async def test_that_a_pin_and_a_name_change_nothing_of_when_something_was_said(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(said("one"))
    (before,) = await store.summaries()
    store.pin("c", True)
    store.rename("c", "A name \ud83d")
    (after,) = await store.summaries()
    assert after == replace(before, title="A name \ufffd", is_pinned=True)
    store.pin("c", False)
    assert [one.is_pinned for one in await store.summaries()] == [False]


async def test_that_a_deleted_conversation_is_out_of_sight_and_comes_back_whole(
    open_store: Open,
) -> None:
    store = open_store()
    conversation = said("one", "word")
    store.save(conversation)
    store.rename("c", "word")
    store.delete("c")
    assert await store.summaries() == ()
    assert await found(store, "word") == []
    assert await found(store, "->") == []
    assert await open_store().load("c") is None
    store.restore("c")
    assert len(await store.summaries()) == 1
    assert len(await found(store, "word")) == 2
    assert await open_store().load("c") == conversation


async def test_that_what_is_left_and_deleted_at_once_stays_deleted(open_store: Open) -> None:
    store = open_store()
    store.save(growing("Once"))
    await store.summaries()
    store.save(growing("Once upon", AnswerState.STOPPED))
    store.delete("c")
    assert await store.summaries() == ()


def test_that_only_what_was_deleted_before_then_is_erased_with_all_that_belongs_to_it(
    path: Path,
) -> None:
    database = open_database(path)
    open_index(database)
    with transaction(database):
        for key in "abc":
            write_conversation(database, said("one", "word", key=key), None)
            write_mark(database, key, "title", "word")
        write_mark(database, "a", "deleted_ms", 1000)
        write_mark(database, "b", "deleted_ms", 2000)
        database.execute("UPDATE conversations SET updated_ms = 0")
        write_drafts(database, [("message:a", "unsent"), ("message:b", "unsent"), ("prompt", "x")])
    assert not erase_one(database, 1000)
    while index_some(database):
        pass
    assert _rows(database) == {"conversations": 3, "nodes": 6, "titles": 3, "said": 9}
    assert erase_one(database, 1001)
    assert not erase_one(database, 1001)
    assert _rows(database) == {"conversations": 2, "nodes": 4, "titles": 2, "said": 6}
    assert set(read_drafts(database)) == {"message:b", "prompt"}
    assert {hit.conversation_id for hit in search(database, "word", 9).hits} == {"c"}
    assert database.execute("SELECT count(*) FROM unindexed").fetchone() == (0,)
    database.execute("INSERT INTO said (said) VALUES ('integrity-check')")
    database.close()


def _rows(database: sqlite3.Connection) -> dict[str, int]:
    tables = ("conversations", "nodes", "titles", "said")
    count = "SELECT count(*) FROM "
    return {table: database.execute(count + table).fetchone()[0] for table in tables}


async def test_that_a_start_erases_what_was_deleted_a_day_ago_and_keeps_what_was_just_now(
    open_store: Open, path: Path
) -> None:
    first = open_store()
    for key in "ab":
        first.save(said("one", key=key))
        first.delete(key)
    await first.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE conversations SET deleted_ms = 1, updated_ms = 1 WHERE id = 'a'")
    second = open_store()
    async with asyncio.timeout(20):
        while database.execute("SELECT count(*) FROM conversations").fetchone() != (1,):
            await second.summaries()
    database.close()
    second.restore("b")
    assert [one.id for one in await second.summaries()] == ["b"]


# -- two windows


async def test_that_names_and_pins_of_two_windows_stand_side_by_side(open_store: Open) -> None:
    one, two = open_store(), open_store()
    one.save(said("first", key="a"))
    await one.summaries()
    in_two = await two.load("a")
    assert in_two is not None
    one.rename("a", "A name")
    await one.summaries()
    two.pin("a", True)
    two.save(in_two.with_node(Node("new", "a0", "user", "and then")))
    two.save(said("second", key="b"))
    await two.summaries()
    one.save(said("third", key="c"))
    listed = {row.id: (row.title, row.is_pinned) for row in await one.summaries()}
    assert listed == {"a": ("A name", True), "b": (None, False), "c": (None, False)}


async def test_that_something_new_in_one_window_brings_back_what_the_other_deleted(
    open_store: Open,
) -> None:
    one, two = open_store(), open_store()
    one.save(said("first", "word"))
    await one.summaries()
    in_two = await two.load("c")
    assert in_two is not None
    one.delete("c")
    assert await one.summaries() == ()
    two.save(dataclasses.replace(in_two, system="Be brief."))
    assert await two.summaries() == (), "nothing was said"
    in_two = in_two.with_node(Node("new", "c1", "user", "and then"))
    two.save(in_two)
    await two.summaries()
    assert len(await one.summaries()) == 1
    assert [node.id for node in (await _read(open_store)).branch()] == ["c0", "c1", "new"]


async def test_that_a_conversation_that_was_erased_meanwhile_is_written_again_as_a_whole(
    open_store: Open, path: Path
) -> None:
    two = open_store()
    two.save(said("first", "word"))
    in_two = await two.load("c")
    assert in_two is not None
    database = open_database(path)
    with transaction(database):
        write_mark(database, "c", "deleted_ms", 1)
        database.execute("UPDATE conversations SET updated_ms = 1")
        assert erase_one(database, 2)
    database.close()
    two.save(in_two.with_node(Node("new", "c1", "user", "and then")))
    await two.summaries()
    assert [node.id for node in (await _read(open_store)).branch()] == ["c0", "c1", "new"]
    assert await found(two, "word") == [("c", "c1")]


async def _read(open_store: Open) -> Conversation:
    conversation = await open_store().load("c")
    assert conversation is not None
    return conversation


def test_that_a_long_backlog_is_indexed_a_little_at_a_time(path: Path) -> None:
    database = open_database(path)
    with transaction(database):
        write_conversation(database, said(*["word"] * 10), None)
    open_index(database)
    turns = 0
    while index_some(database, limit=4):
        turns += 1
    assert turns == 3
    assert len(search(database, "word", 20).hits) == 10
    database.close()
