"""Comparisons and prompt sets in a real file, and what happens when it cannot be written."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.comparison.record import Comparison, Phase, Plan, PromptSet, SetPrompt
from app.domain.conversation import Conversation, Node
from app.infra.comparison_rows import read_comparison
from app.infra.comparison_store import SqliteComparisonStore
from app.infra.conversation_schema import MIGRATIONS, open_database
from app.infra.conversation_store import SqliteConversationStore
from app.services.errors import ServiceError
from tests.support import comparisons
from tests.support.drive_comparisons import ROWS, SET
from wrappers.contract import Failed

FAILS = pytest.mark.expects_log("The comparisons in|could not be kept")
ROOT = Path(__file__).parents[4]
PROMPTS = PromptSet(
    "set",
    "capitals.jsonl",
    comparisons.SLOTS,
    "messages",
    Plan(repeats=1),
    (SetPrompt("1", "Spain?", (("system", "Be brief."),), "Madrid"), SetPrompt("2", "Portugal?")),
)

Open = Callable[[], SqliteComparisonStore]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "conversations.db"


@pytest.fixture
async def open_store(path: Path) -> AsyncIterator[Open]:
    """Opens a store as another window would; all are closed at the end."""
    opened: list[SqliteComparisonStore] = []

    def open_another() -> SqliteComparisonStore:
        opened.append(SqliteComparisonStore(path))
        return opened[-1]

    yield open_another
    for one in opened:
        await one.close()


async def seen_anew(open_store: Open, comparison_id: str = "comparison-1") -> Comparison | None:
    """What another window reads."""
    other = open_store()
    found = await other.load(comparison_id)
    await other.close()
    return found


# -- comparisons


async def test_that_a_comparison_comes_back_as_it_was(open_store: Open) -> None:
    whole = comparisons.comparison(3)
    store = open_store()
    store.save(whole)
    assert await store.load(whole.id) == whole
    assert await seen_anew(open_store) == whole


async def test_that_a_turn_without_an_end_is_read_as_one_that_was_stopped(
    open_store: Open,
) -> None:
    store = open_store()
    going = comparisons.running()
    store.save(going)
    await store.close()
    found = await seen_anew(open_store)
    assert found is not None
    (turn,) = found.turns
    assert turn.phase is Phase.STOPPED
    assert turn.asking == (False, False)
    assert [side.answer.state for side in turn.sides] == [AnswerState.DONE, AnswerState.STOPPED]
    assert turn.sides[1].answer.text == going.turns[0].sides[1].answer.text


async def test_that_states_of_a_turn_on_its_way_are_gathered_and_its_end_is_not(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(comparisons.running())
    await store.settle()
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE writes (n)")
    database.execute(
        "CREATE TRIGGER count_writes AFTER UPDATE ON comparison_turns "
        "BEGIN INSERT INTO writes VALUES (1); END"
    )
    for _ in range(200):
        store.save(comparisons.running())
        await asyncio.sleep(0)
    store.save(comparisons.comparison())
    await store.settle()
    (writes,) = database.execute("SELECT count(*) FROM writes").fetchone()
    (turn,) = database.execute("SELECT turn FROM comparison_turns").fetchone()
    database.close()
    assert 0 < writes < 100
    assert json.loads(turn)["phase"] == "done"


async def test_that_the_list_has_the_latest_first_with_names_and_no_empty_one(
    open_store: Open,
) -> None:
    store = open_store()
    for key in ("a", "b"):
        store.save(replace(comparisons.comparison(), id=key))
        await store.settle()
        await _next_millisecond()
    store.save(replace(comparisons.comparison(), id="empty", turns=()))
    store.save(replace(comparisons.comparison(2), id="a", title="Capitals"))
    listed = await store.summaries()
    assert [(one.id, one.title, one.turns) for one in listed] == [
        ("a", "Capitals", 2),
        ("b", "What is the capital of Spain?", 1),
    ]
    assert listed[0].slots == ("phi3-mini/3", "phi3-onnx/1")


async def test_that_opening_a_comparison_changes_nothing_in_it(open_store: Open) -> None:
    store = open_store()
    store.save(comparisons.comparison())
    before = await store.summaries()
    await _next_millisecond()
    other = open_store()
    found = await other.load("comparison-1")
    assert found is not None
    other.save(found)
    assert await other.summaries() == before


async def test_that_a_turn_taken_out_here_is_gone_and_one_of_another_window_stays(
    open_store: Open,
) -> None:
    one, two = open_store(), open_store()
    one.save(comparisons.comparison(2))
    await one.settle()
    in_two = await two.load("comparison-1")
    assert in_two is not None
    more = comparisons.turn("More?", at=7)
    two.save(replace(in_two, turns=(*in_two.turns, more)))
    await two.settle()
    one.save(comparisons.comparison(1))
    await one.settle()
    found = await seen_anew(open_store)
    assert found is not None
    assert [turn.id for turn in found.turns] == ["turn-0", "turn-7"]


async def test_that_a_deleted_comparison_is_out_of_sight_until_it_is_restored(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(comparisons.comparison())
    store.delete("comparison-1")
    assert await store.summaries() == ()
    assert await seen_anew(open_store) is None
    store.restore("comparison-1")
    assert len(await store.summaries()) == 1
    assert await seen_anew(open_store) == comparisons.comparison()


async def test_that_the_end_of_a_turn_does_not_bring_a_deleted_comparison_back_and_a_new_one_does(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(comparisons.running())
    await store.settle()
    store.delete("comparison-1")
    await store.settle()
    store.save(comparisons.comparison())
    assert await store.summaries() == ()
    store.save(comparisons.comparison(2))
    assert len(await store.summaries()) == 1


async def test_that_what_was_deleted_a_day_ago_is_erased_at_a_start(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(replace(comparisons.comparison(), id="old"))
    store.save(replace(comparisons.comparison(), id="young"))
    store.delete("old")
    store.delete("young")
    await store.close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE comparisons SET deleted_ms = 1, updated_ms = 1 WHERE id = 'old'")
    database.close()
    other = open_store()
    await other.summaries()
    while _rows(path, "comparisons") == 2:  # noqa: ASYNC110 - an idle moment has no event
        await asyncio.sleep(0.01)
    assert _rows(path, "comparison_turns") == 1
    other.restore("young")
    assert len(await other.summaries()) == 1


async def test_that_half_a_pair_in_what_was_asked_does_not_keep_it_from_being_kept(
    open_store: Open,
) -> None:
    store = open_store()
    store.save(replace(comparisons.comparison(), system="be \ud800"))
    await store.close()
    found = await seen_anew(open_store)
    assert found is not None
    assert found.system == "be \ufffd"
    assert found.turns == comparisons.comparison().turns


async def test_that_a_record_of_fewer_fields_is_read_with_what_stands_for_them(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(comparisons.comparison())
    await store.close()
    with sqlite3.connect(path) as database:
        (json_text,) = database.execute("SELECT turn FROM comparison_turns").fetchone()
        value = json.loads(json_text)
        for name in ("same_vocabulary", "not_parallel", "is_blind", "vote", "parting"):
            del value[name]
        for side in value["sides"]:
            del side["contract"]
        value["of_a_later_version"] = 1
        database.execute("UPDATE comparison_turns SET turn = ?", [json.dumps(value)])
    database.close()
    found = await seen_anew(open_store)
    assert found is not None
    assert found.turns[0].parting is None
    assert found.turns[0].sides[0].contract is None
    assert found.turns[0].sides[0].runs == comparisons.side(0).runs


# -- prompt sets


async def test_that_a_set_comes_back_with_its_facts_and_the_results_so_far(
    open_store: Open,
) -> None:
    facts = (comparisons.facts(0), comparisons.facts(1))
    store = open_store()
    store.save_set(PROMPTS)
    assert await store.load_set("set") == PROMPTS
    store.save_facts("set", facts)
    await store.save_result("set", 1, comparisons.turn(at=1))
    store.save_set(replace(PROMPTS, name="renamed.jsonl"))
    await store.settle()
    other = open_store()
    found = await other.load_set("set")
    assert found == replace(
        PROMPTS, name="renamed.jsonl", facts=facts, results={1: comparisons.turn(at=1)}
    )
    (listed,) = await other.sets()
    assert (listed.name, listed.prompts, listed.done) == ("renamed.jsonl", 2, 1)
    assert listed.slots == ("phi3-mini/3", "phi3-onnx/1")


async def test_that_a_deleted_set_is_gone_with_its_results_also_those_that_come_later(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save_set(PROMPTS)
    await store.save_result("set", 0, comparisons.turn())
    store.delete_set("set")
    await store.save_result("set", 1, comparisons.turn())
    assert await store.sets() == ()
    assert await store.load_set("set") is None
    await store.close()
    assert _rows(path, "prompt_set_results") == 0


async def test_that_a_result_is_written_also_where_nobody_waits_for_it(open_store: Open) -> None:
    store = open_store()
    store.save_set(PROMPTS)
    task = asyncio.create_task(store.save_result("set", 0, comparisons.turn()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await store.close()
    found = await open_store().load_set("set")
    assert found is not None
    assert list(found.results) == [0]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
async def test_that_no_acknowledged_result_is_lost_with_a_killed_process(
    open_store: Open, path: Path
) -> None:
    told: list[int] = []
    for wanted in (1, 7, 20):
        with subprocess.Popen(  # noqa: ASYNC220 - nothing else goes on
            [sys.executable, "-m", "tests.support.drive_comparisons", str(path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            while len(told) < wanted:
                told.append(int(process.stdout.readline()))
            os.kill(process.pid, signal.SIGKILL)
            told += [int(line) for line in process.stdout if line.endswith("\n")]
        store = open_store()
        found = await store.load_set(SET.id)
        assert found is not None
        assert set(told) <= set(found.results)
        assert {turn.text for turn in found.results.values()} == {
            f"question {index}" for index in found.results
        }
        # One may have been written, and killed before it told so.
        told = sorted(found.results)
    assert told == list(range(len(told)))
    assert len(told) <= ROWS


# -- beside conversations


async def test_that_conversations_and_comparisons_are_written_to_one_file_at_once(
    open_store: Open, path: Path
) -> None:
    conversations = SqliteConversationStore(path)
    store = open_store()
    for number in range(30):
        question = Node("q", None, "user", f"Question {number}?", created_ms=1)
        conversations.save(Conversation(f"c{number}", "").with_node(question))
        store.save(replace(comparisons.comparison(), id=f"k{number}"))
    assert len(await store.summaries()) == 30
    assert len(await conversations.summaries()) == 30
    await conversations.close()


# -- what cannot be kept


async def _failure(store: SqliteComparisonStore) -> Failed:
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
    store.save(comparisons.comparison())
    failed = await _failure(store)
    assert failed.kind == "database_newer"
    assert await store.load("comparison-1") == comparisons.comparison()
    with pytest.raises(ServiceError) as caught:
        await store.summaries()
    assert caught.value.failed == failed
    with pytest.raises(ServiceError):
        await store.save_result("set", 0, comparisons.turn())


@FAILS
async def test_that_a_folder_that_cannot_be_written_loses_nothing_and_is_tried_again(
    open_store: Open, path: Path
) -> None:
    path.parent.write_text("in the way")
    store = open_store()
    store.save(comparisons.comparison())
    store.save_set(PROMPTS)
    failed = await _failure(store)
    assert failed.kind == "disk"
    assert str(path) in failed.message
    assert await store.load("comparison-1") == comparisons.comparison()
    with pytest.raises(ServiceError) as caught:
        await store.save_result("set", 0, comparisons.turn())
    assert caught.value.failed == failed
    path.parent.unlink()
    await store.save_result("set", 1, comparisons.turn())
    await store.close()
    other = open_store()
    assert len(await other.summaries()) == 1
    found = await other.load_set("set")
    assert found is not None
    assert list(found.results) == [0, 1]


@FAILS
async def test_that_a_comparison_that_cannot_be_read_is_said_and_stays_in_the_file(
    open_store: Open, path: Path
) -> None:
    store = open_store()
    store.save(comparisons.comparison())
    await store.close()
    with sqlite3.connect(path) as database:
        database.execute("""UPDATE comparison_turns SET turn = '{"id": 1}'""")
    database.close()
    with pytest.raises(ServiceError) as caught:
        await open_store().load("comparison-1")
    assert caught.value.failed.message.startswith("A comparison in")
    assert _rows(path, "comparison_turns") == 1


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_that_a_file_of_an_older_version_takes_comparisons_beside_what_it_has(
    version: int, open_store: Open, path: Path
) -> None:
    path.parent.mkdir()
    older = ROOT / "tests" / "support" / "stores" / f"version_{version}.sqlite"
    path.write_bytes(older.read_bytes())
    store = open_store()
    store.save(comparisons.comparison())
    await store.close()
    database = open_database(path)
    assert read_comparison(database, "comparison-1") == comparisons.comparison()
    assert database.execute("SELECT id FROM conversations").fetchall() == [("spain",)]
    database.close()


def _rows(path: Path, table: str) -> int:
    database = sqlite3.connect(path)
    try:
        (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    finally:
        database.close()
    return int(count)


async def _next_millisecond() -> None:
    """The order of two things is known once the clock has gone on between them."""
    now = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == now:  # noqa: ASYNC110 - a clock has no events
        await asyncio.sleep(0)
