"""Comparisons and prompt sets as rows: SQL, and nothing of threads or files."""

import sqlite3
from typing import Any

import msgspec
from msgspec.structs import replace

from app.domain.comparison.record import (
    Comparison,
    ComparisonSummary,
    PromptSet,
    PromptSetSummary,
    SideFacts,
    Turn,
    settled,
)
from app.domain.conversation_summary import opening_words
from app.infra.clock import later_than, now_ms
from app.infra.conversation_rows import storable

Facts = tuple[SideFacts | None, SideFacts | None]

_encode = msgspec.json.Encoder().encode
_to_comparison = msgspec.json.Decoder(Comparison).decode
_to_turn = msgspec.json.Decoder(Turn).decode
_to_set = msgspec.json.Decoder(PromptSet).decode
_to_facts = msgspec.json.Decoder(Facts).decode


def write_comparison(
    database: sqlite3.Connection, comparison: Comparison, before: Comparison | None
) -> None:
    """Write what `comparison` has and `before`, as it was written or read last, has not.

    A turn that was in `before` and is no more is taken out; one that neither has, another window
    has added, and it stays. A new turn brings a comparison back that was deleted.
    """
    there = database.execute("SELECT 1 FROM comparisons WHERE id = ?", [comparison.id]).fetchone()
    if there is None:
        before = None  # it was erased meanwhile, with all that was written of it
    known = {} if before is None else {turn.id: turn for turn in before.turns}
    changed = [turn for turn in comparison.turns if known.get(turn.id) is not turn]
    gone = known.keys() - {turn.id for turn in comparison.turns}
    is_longer = any(turn.id not in known for turn in changed)
    (latest,) = database.execute("SELECT max(updated_ms) FROM comparisons").fetchone()
    now = later_than(latest)
    if before is None or changed or gone or _head(comparison) != _head(before):
        database.execute(
            """
            INSERT INTO comparisons (id, head, title, first_name, second_name, updated_ms)
            VALUES (:id, :head, :title, :first, :second, :now)
            ON CONFLICT (id) DO UPDATE SET head = :head, title = :title, first_name = :first,
                second_name = :second, updated_ms = iif(:is_new, :now, updated_ms),
                deleted_ms = iif(:is_longer AND :was_known, NULL, deleted_ms)
            """,
            {
                "id": comparison.id,
                "head": _json(_head(comparison)),
                "title": storable(_title(comparison)),
                "first": storable(comparison.slots[0].called),
                "second": storable(comparison.slots[1].called),
                "now": now,
                "is_new": bool(changed),
                "is_longer": is_longer,
                "was_known": before is not None,
            },
        )
    database.executemany(
        """
        INSERT INTO comparison_turns (comparison, id, turn) VALUES (?, ?, ?)
        ON CONFLICT (comparison, id) DO UPDATE SET turn = excluded.turn
        """,
        ((comparison.id, turn.id, _json(turn)) for turn in changed),
    )
    database.executemany(
        "DELETE FROM comparison_turns WHERE comparison = ? AND id = ?",
        ((comparison.id, turn_id) for turn_id in gone),
    )


def read_comparison(database: sqlite3.Connection, comparison_id: str) -> Comparison | None:
    """As it was written; a turn that never came to its end is one that was stopped.

    ``None`` for one that is not there, or is deleted. Raises `msgspec.MsgspecError` for what is
    none.
    """
    found = database.execute(
        "SELECT head FROM comparisons WHERE id = ? AND deleted_ms IS NULL", [comparison_id]
    ).fetchone()
    if found is None:
        return None
    rows = database.execute(
        "SELECT turn FROM comparison_turns WHERE comparison = ? ORDER BY number", [comparison_id]
    )
    turns = tuple(settled(_to_turn(json)) for (json,) in rows)
    return replace(_to_comparison(found[0]), turns=turns)


def read_comparisons(database: sqlite3.Connection) -> tuple[ComparisonSummary, ...]:
    """Those with a turn, the latest first."""
    rows = database.execute(
        """
        SELECT id, title, first_name, second_name, updated_ms,
            (SELECT count(*) FROM comparison_turns t WHERE t.comparison = c.id) AS turns
        FROM comparisons c WHERE deleted_ms IS NULL AND turns > 0
        ORDER BY updated_ms DESC, rowid DESC
        """
    )
    return tuple(
        ComparisonSummary(key, title, (first, second), turns, updated)
        for key, title, first, second, updated, turns in rows
    )


def write_deletion(
    database: sqlite3.Connection, comparison_id: str, deleted_ms: int | None
) -> None:
    """Put it out of sight, or with ``None`` back."""
    database.execute(
        "UPDATE comparisons SET deleted_ms = ? WHERE id = ?", [deleted_ms, comparison_id]
    )


def erase_deleted(database: sqlite3.Connection, deleted_before_ms: int) -> None:
    """Take comparisons that were deleted before then out of the file. Nothing is deleted before
    its last turn, whatever the clock said then."""
    database.execute(
        """
        DELETE FROM comparison_turns WHERE comparison IN
            (SELECT id FROM comparisons WHERE max(deleted_ms, updated_ms) < ?)
        """,
        [deleted_before_ms],
    )
    database.execute(
        "DELETE FROM comparisons WHERE max(deleted_ms, updated_ms) < ?", [deleted_before_ms]
    )


# -- prompt sets


def write_set(database: sqlite3.Connection, prompt_set: PromptSet) -> None:
    """All but its results and its facts."""
    database.execute(
        """
        INSERT INTO prompt_sets (id, head, name, first_name, second_name, prompts, updated_ms)
        VALUES (:id, :head, :name, :first, :second, :prompts, :now)
        ON CONFLICT (id) DO UPDATE SET head = :head, name = :name, first_name = :first,
            second_name = :second, prompts = :prompts, updated_ms = :now
        """,
        {
            "id": prompt_set.id,
            "head": _json(replace(prompt_set, results={}, facts=(None, None))),
            "name": storable(prompt_set.name),
            "first": storable(prompt_set.slots[0].called),
            "second": storable(prompt_set.slots[1].called),
            "prompts": len(prompt_set.prompts),
            "now": now_ms(),
        },
    )


def write_facts(database: sqlite3.Connection, set_id: str, facts: Facts) -> None:
    """Those of a set; of one that is not there, nothing."""
    database.execute("UPDATE prompt_sets SET facts = ? WHERE id = ?", [_json(facts), set_id])


def write_result(database: sqlite3.Connection, set_id: str, index: int, result: Turn) -> None:
    """Of a set that is there; where it was deleted meanwhile, nothing."""
    database.execute(
        """
        INSERT INTO prompt_set_results (prompt_set, position, turn)
        SELECT id, :position, :turn FROM prompt_sets WHERE id = :set
        ON CONFLICT (prompt_set, position) DO UPDATE SET turn = excluded.turn
        """,
        {"set": set_id, "position": index, "turn": _json(result)},
    )
    database.execute("UPDATE prompt_sets SET updated_ms = ? WHERE id = ?", [now_ms(), set_id])


def read_set(database: sqlite3.Connection, set_id: str) -> PromptSet | None:
    """With its results. Raises `msgspec.MsgspecError` for what is none."""
    found = database.execute(
        "SELECT head, facts FROM prompt_sets WHERE id = ?", [set_id]
    ).fetchone()
    if found is None:
        return None
    head, facts = found
    rows = database.execute(
        "SELECT position, turn FROM prompt_set_results WHERE prompt_set = ? ORDER BY position",
        [set_id],
    )
    return replace(
        _to_set(head),
        facts=(None, None) if facts is None else _to_facts(facts),
        results={position: _to_turn(json) for position, json in rows},
    )


def read_sets(database: sqlite3.Connection) -> tuple[PromptSetSummary, ...]:
    """The latest first."""
    rows = database.execute(
        """
        SELECT id, name, first_name, second_name, prompts, updated_ms,
            (SELECT count(*) FROM prompt_set_results r WHERE r.prompt_set = s.id)
        FROM prompt_sets s ORDER BY updated_ms DESC, rowid DESC
        """
    )
    return tuple(
        PromptSetSummary(key, name, (first, second), prompts, done, updated)
        for key, name, first, second, prompts, updated, done in rows
    )


def erase_set(database: sqlite3.Connection, set_id: str) -> None:
    """With its results."""
    database.execute("DELETE FROM prompt_set_results WHERE prompt_set = ?", [set_id])
    database.execute("DELETE FROM prompt_sets WHERE id = ?", [set_id])


# --


def _head(comparison: Comparison) -> Comparison:
    return replace(comparison, turns=())


def _title(comparison: Comparison) -> str:
    if comparison.title is not None:
        return comparison.title
    return opening_words(comparison.turns[0].text) if comparison.turns else ""


def _json(value: Any) -> str:
    """Also of text with half a UTF-16 pair, which no file can hold."""
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:
        return _encode(_storable(msgspec.to_builtins(value, str_keys=True))).decode()


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {_storable(key): _storable(one) for key, one in value.items()}
        case list() | tuple():
            return [_storable(one) for one in value]
        case _:
            return value
