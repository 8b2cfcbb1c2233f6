"""Conversations and drafts in a real file, and what happens when it cannot be written."""

import asyncio
import dataclasses
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node, Role
from app.domain.conversation_summary import OPENING_LENGTH, opening_of
from app.infra.conversation_rows import read_conversation, storable, write_conversation
from app.infra.conversation_schema import MIGRATIONS, open_database, transaction
from app.infra.conversation_store import SqliteConversationStore
from app.services.errors import ServiceError
from wrappers.contract import Failed, Sampling, Timings, Usage

FAILS = pytest.mark.expects_log("The conversations in|could not be kept")
DONE = Answer("tiny/1", state=AnswerState.DONE, text="Madrid.", token_ids=(1, 2))
STREAMING = Answer("tiny/1", state=AnswerState.STREAMING, text="Mad")

Open = Callable[[], SqliteConversationStore]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "conversations.db"


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


def asked(conversation_id: str = "c", text: str = "What is the capital?") -> Conversation:
    return Conversation(conversation_id, "Be brief.").with_node(
        Node("q", None, "user", text, created_ms=1)
    )


def answered(answer: Answer = DONE, conversation_id: str = "c") -> Conversation:
    return asked(conversation_id).with_node(Node("a", "q", "assistant", "", answer, 2))


async def seen_anew(open_store: Open, conversation_id: str = "c") -> Conversation | None:
    """What another window reads."""
    other = open_store()
    found = await other.load(conversation_id)
    await other.close()
    return found


# -- any conversation comes back as it was

_whole = st.none() | st.integers(0, 10**6)
_seconds = st.none() | st.floats(0, 1e6)
_tokens = st.none() | st.lists(st.integers(0, 200_000), max_size=5).map(tuple)
_text = st.text(max_size=40)
_samplings = st.none() | st.builds(
    Sampling,
    temperature=_seconds,
    top_k=_whole,
    max_tokens=_whole,
    stop=st.lists(_text, max_size=3).map(tuple),
    seed=_whole,
)
_answers = st.builds(
    Answer,
    model=_text,
    state=st.sampled_from(AnswerState),
    text=_text,
    stage=_text,
    prompt_done=_whole,
    prompt_total=_whole,
    tokens_so_far=_whole,
    prompt=st.none() | _text,
    prompt_token_ids=_tokens,
    token_ids=_tokens,
    stop_reason=st.sampled_from([None, "end_of_turn", "length", "cancelled", "context_full"]),
    usage=st.builds(Usage, _whole, _whole, _whole),
    timings=st.builds(
        Timings, load_s=_seconds, time_to_first_token_s=_seconds, reused_prompt_tokens=_whole
    ),
    through_predict=st.booleans(),
    failure=st.none()
    | st.builds(
        Failed, kind=st.sampled_from(["died", "disk"]), message=_text, advice=_text, detail=_text
    ),
    edited=st.booleans(),
    continued_at=st.integers(0, 40),
    sampling=_samplings,
    defaults=_samplings,
    context_length=_whole,
    system=st.none() | _text,
    messages_dropped=st.integers(0, 100),
    tracking_uri=st.none() | _text,
)


_roles: st.SearchStrategy[Role] = st.sampled_from(("user", "assistant"))


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """Any tree, with any node of it as the visible leaf, or with a version chosen in it and others
    deleted."""
    conversation = Conversation(uuid4().hex, draw(_text))
    for number in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from([None, *conversation.nodes]))
        role = draw(_roles)
        answer = draw(_answers) if role == "assistant" else None
        created_ms = draw(st.integers(0, 2**53))
        node = Node(f"n{number}", parent, role, draw(_text), answer, created_ms)
        conversation = conversation.with_node(node)
    if not conversation.nodes or draw(st.booleans()):
        return dataclasses.replace(
            conversation, leaf=draw(st.sampled_from([None, *conversation.nodes]))
        )
    nodes = st.sampled_from(list(conversation.nodes))
    conversation = conversation.showing(draw(nodes))
    for node_id in draw(st.lists(nodes, max_size=3)):
        conversation = conversation.without(node_id, draw(st.integers(0, 2**53)))
    return conversation


def as_read(conversation: Conversation) -> Conversation:
    """What is not final was cut: the process that wrote it may be no more."""
    for node in conversation.nodes.values():
        if node.answer is not None and not node.answer.state.is_final:
            cut = replace(node.answer, state=AnswerState.STOPPED)
            conversation = conversation.with_answer(node.id, cut)
    return conversation


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    opened = open_database(tmp_path_factory.mktemp("rows") / "conversations.db")
    yield opened
    opened.close()


@settings(deadline=None)
@given(first=conversations(), answers=st.lists(_answers, max_size=3))
def test_that_any_conversation_comes_back_as_it_was_with_its_siblings_in_order(
    database: sqlite3.Connection, first: Conversation, answers: list[Answer]
) -> None:
    states = [first]
    for answer in answers:
        last = states[-1]
        node = Node(f"later{len(states)}", last.leaf, "assistant", "", answer)
        states.append(last.with_node(node))
    if (leaf := states[-1].leaf) is not None:
        states.append(states[-1].without(leaf, 7))
        states.append(states[-1].restored(leaf))
    written = None
    for state in states:
        with transaction(database):
            write_conversation(database, state, written)
        written = state
        found = read_conversation(database, state.id)
        assert found == as_read(state)
        assert list(found.nodes) == list(state.nodes)


@given(st.text(st.characters(codec=None), max_size=30))
def test_that_text_with_half_a_pair_is_kept_but_for_that_half(text: str) -> None:
    kept = storable(text)
    assert kept.encode().decode() == kept
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        assert kept == text


async def test_that_half_a_pair_in_what_was_asked_does_not_keep_an_answer_from_being_kept(
    open_store: Open,
) -> None:
    odd = replace(DONE, system="be \ud800", sampling=Sampling(stop=("\udc00",)))
    store = open_store()
    conversation = Conversation("c").with_node(Node("q", None, "user", "Spain?"))
    store.save(conversation.with_node(Node("a", "q", "assistant", "", odd)))
    found = await store.load("c")
    assert found is not None
    kept = found.nodes["a"].answer
    assert kept is not None
    assert (kept.text, kept.system) == ("Madrid.", "be \ufffd")
    assert kept.sampling == Sampling(stop=("\ufffd",))


# -- what is kept, and when


async def test_that_a_message_is_there_for_another_window_at_once(open_store: Open) -> None:
    store = open_store()
    store.save(asked())
    assert await store.load("c") == asked()
    assert await seen_anew(open_store) == asked()


async def test_that_an_answer_without_an_end_is_marked_as_stopped_with_its_text(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(answered(STREAMING))
    await store.close()
    found = await seen_anew(open_store)
    assert found is not None
    assert found.nodes["a"].answer == replace(STREAMING, state=AnswerState.STOPPED)


async def test_that_closing_keeps_the_last_of_many_states(open_store: Open) -> None:
    store = open_store()
    conversation = answered(STREAMING)
    for number in range(200):
        growing = replace(STREAMING, text="word " * number)
        conversation = conversation.with_answer("a", growing)
        store.save(conversation)
    await store.close()
    assert await seen_anew(open_store) == as_read(conversation)


async def test_that_states_of_an_answer_on_its_way_are_gathered(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(answered(STREAMING))
    await store.summaries()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE writes (n)")
    database.execute(
        "CREATE TRIGGER count_writes AFTER UPDATE ON nodes BEGIN INSERT INTO writes VALUES (1); END"
    )
    for number in range(200):
        store.save(answered(replace(STREAMING, text="word " * number)))
        await asyncio.sleep(0)
    await store.summaries()
    (writes,) = database.execute("SELECT count(*) FROM writes").fetchone()
    database.close()
    assert 0 < writes < 100


async def test_that_a_withdrawn_question_leaves_no_row_in_the_list(open_store: Open) -> None:
    store = open_store()
    store.save(answered(STREAMING))
    store.save(Conversation("c", "Be brief."))
    assert await store.summaries() == ()


async def test_that_the_list_has_the_latest_first_and_what_was_asked(open_store: Open) -> None:
    store = open_store()
    for key in ("a", "b", "c"):
        store.save(asked(key, f"Question\n{key}"))
        await store.summaries()
    await _next_millisecond()
    store.save(answered(DONE, "a"))
    listed = await store.summaries()
    assert listed[0].id == "a"
    assert {one.id: one.opening for one in listed if one.id != "a"} == {
        "b": "Question b",
        "c": "Question c",
    }
    assert [one.title for one in listed] == [None] * 3


def test_that_an_opening_is_one_short_line() -> None:
    assert opening_of(Conversation("c")) == ""
    assert opening_of(asked(text="  What\n\n is it? ")) == "What is it?"
    assert len(opening_of(asked(text="word " * 1000))) <= OPENING_LENGTH


async def test_that_opening_a_conversation_changes_nothing_in_it(open_store: Open) -> None:
    store = open_store()
    store.save(answered())
    (before,) = await store.summaries()
    other = open_store()
    found = await other.load("c")
    assert found is not None
    other.save(found)
    assert await other.summaries() == (before,)


async def test_that_drafts_come_back_the_last_first_and_an_empty_one_goes(
    open_store: Open,
) -> None:
    store = open_store()
    store.set_draft("a", "Once")
    await store.drafts()
    await _next_millisecond()
    store.set_draft("b", "And then")
    assert list(await store.drafts()) == ["b", "a"]
    await _next_millisecond()
    store.set_draft("a", "Once upon")
    assert list((await store.drafts()).items()) == [("a", "Once upon"), ("b", "And then")]
    store.set_draft("b", "")
    await store.close()
    assert await open_store().drafts() == {"a": "Once upon"}


async def test_that_what_was_never_kept_is_not_found(open_store: Open) -> None:
    store = open_store()
    assert await store.load("nothing") is None
    assert await store.summaries() == ()
    assert await store.drafts() == {}


# -- two windows


async def test_that_two_windows_keep_each_its_own_nodes_of_one_conversation(
    open_store: Open,
) -> None:
    one, two = open_store(), open_store()
    one.save(answered(STREAMING))
    in_one = answered(STREAMING)
    in_two = await _loaded(one, two)
    in_two = in_two.with_node(Node("q2", "a", "user", "And Portugal?"))
    two.save(in_two)
    await two.summaries()
    in_one = in_one.with_answer("a", DONE)
    one.save(in_one)
    await one.summaries()
    found = await seen_anew(open_store)
    assert found is not None
    assert list(found.nodes) == ["q", "a", "q2"]
    assert found.nodes["a"].answer == DONE, "the window that has the answer says how it ends"
    assert found.leaf == "q2", "what the other shows is not taken back"


async def test_that_many_windows_may_begin_at_once_on_a_store_that_is_not_there_yet(
    open_store: Open,
) -> None:
    stores = [open_store() for _ in range(8)]
    for number, store in enumerate(stores):
        store.save(asked(f"c{number}"))
    await asyncio.gather(*(store.summaries() for store in stores))
    assert {one.id for one in await open_store().summaries()} == {f"c{n}" for n in range(8)}


async def test_that_a_message_deleted_in_one_window_stays_so_while_another_writes_its_answer(
    open_store: Open,
) -> None:
    one, two = open_store(), open_store()
    in_one = answered(STREAMING)
    one.save(in_one)
    in_two = (await _loaded(one, two)).without("a", 7)
    two.save(in_two)
    await two.summaries()
    one.save(in_one.with_answer("a", DONE))
    await one.summaries()
    found = await seen_anew(open_store)
    assert found is not None
    assert found.nodes["a"].deleted_ms == 7
    assert found.nodes["a"].answer == DONE
    assert found.leaf == "q"


async def test_that_a_deletion_in_one_window_takes_no_text_back_that_another_has_written(
    open_store: Open,
) -> None:
    one, two = open_store(), open_store()
    in_one = answered(STREAMING)
    one.save(in_one)
    in_two = await _loaded(one, two)
    one.save(in_one.with_answer("a", DONE))
    await one.summaries()
    two.save(in_two.without("a", 7).restored("a"))
    two.save(in_two.without("a", 7))
    await two.summaries()
    found = await seen_anew(open_store)
    assert found is not None
    assert found.nodes["a"].answer == DONE
    assert found.nodes["a"].is_deleted


async def test_that_a_deleted_conversation_s_messages_are_there_to_be_had_back(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(answered())
    store.save(answered().without("q", 7))
    assert await store.summaries() == ()
    found = await seen_anew(open_store)
    assert found is not None
    assert found.branch() == ()
    assert found.restored("q") == answered()


# -- what cannot be kept


async def _failure(store: SqliteConversationStore) -> Failed:
    """The next that the store tells of."""
    told: asyncio.Queue[Failed] = asyncio.Queue()
    disconnect = store.failed.connect(told.put_nowait)
    try:
        return await asyncio.wait_for(told.get(), 30)
    finally:
        disconnect()


@FAILS
async def test_that_a_newer_store_is_refused_in_words_and_the_window_forgets_nothing(
    open_store: Open, path: Path
) -> None:
    open_database(path, (*MIGRATIONS, lambda _: None)).close()
    store = open_store()
    store.save(asked())
    failed = await _failure(store)
    assert failed.kind == "database_newer"
    assert await store.load("c") == asked()
    with pytest.raises(ServiceError) as caught:
        await store.summaries()
    assert caught.value.failed == failed


@FAILS
async def test_that_a_folder_that_cannot_be_written_loses_nothing_and_is_tried_again(
    open_store: Open, path: Path
) -> None:
    path.parent.write_text("in the way")
    store = open_store()
    store.save(asked("a"))
    store.set_draft("prompt", "Once")
    failed = await _failure(store)
    assert failed.kind == "disk"
    assert str(path) in failed.message
    assert failed.advice
    assert await store.load("a") == asked("a")
    path.parent.unlink()
    store.save(asked("b"))
    await store.close()
    other = open_store()
    assert {one.id for one in await other.summaries()} == {"a", "b"}
    assert await other.drafts() == {"prompt": "Once"}


@FAILS
async def test_that_a_store_in_a_read_only_folder_is_told_and_left_as_it_is(
    open_store: Open, path: Path
) -> None:
    open_database(path).close()
    _set_writable(path, False)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write anywhere")
    store = open_store()
    store.save(asked())
    failed = await _failure(store)
    assert failed.kind == "disk"
    assert "cannot be written" in failed.message
    assert await store.load("c") == asked()
    _set_writable(path, True)
    store.set_draft("prompt", "Once")
    await store.close()
    assert await seen_anew(open_store) == asked()


@FAILS
async def test_that_a_full_disk_is_told_and_what_did_not_fit_is_kept_later(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(asked("a"))
    await store.summaries()
    # As many pages as the file has: the connection that finds no room is not used again.
    await store._read(lambda: store._connect().execute("PRAGMA max_page_count = 1").fetchall())
    large = asked("b", "word " * 10_000)
    store.save(large)
    failed = await _failure(store)
    assert "is full" in failed.message
    assert await store.load("b") == large
    store.save(asked("c"))
    await store.close()
    other = open_store()
    assert {one.id for one in await other.summaries()} == {"a", "b", "c"}
    assert await other.load("b") == large


@FAILS
async def test_that_an_answer_that_cannot_be_read_is_said_and_stays_in_the_file(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(answered())
    await store.summaries()
    with sqlite3.connect(path) as database:
        database.execute("""UPDATE nodes SET answer = '{"model": 1}' WHERE id = 'a'""")
    database.close()
    with pytest.raises(ServiceError) as caught:
        await store.load("c")
    assert "cannot be read" in caught.value.failed.message
    database = sqlite3.connect(path)
    assert database.execute("SELECT answer FROM nodes WHERE id = 'a'").fetchone() == (
        '{"model": 1}',
    )
    database.close()


async def _loaded(writer: SqliteConversationStore, reader: SqliteConversationStore) -> Conversation:
    """What `reader` has of conversation ``c`` once `writer` has written it."""
    await writer.summaries()
    found = await reader.load("c")
    assert found is not None
    return found


def _set_writable(path: Path, writable: bool) -> None:
    path.chmod(0o600 if writable else 0o400)
    path.parent.chmod(0o700 if writable else 0o500)


async def _next_millisecond() -> None:
    """The order of two things is known once the clock has gone on between them."""
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == now:  # noqa: ASYNC110 - a clock has no events
        await asyncio.sleep(0)
