"""Conversations as rows: SQL, and nothing of threads or files."""

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.conversation_summary import ConversationSummary, opening_of

_to_json = msgspec.json.Encoder().encode
_to_answer = msgspec.json.Decoder(Answer).decode


def write_conversation(
    database: sqlite3.Connection, conversation: Conversation, before: Conversation | None
) -> None:
    """Write what `conversation` has and `before`, as it was written or read last, has not.

    A node that is there already is written over; one that is no longer in the tree stays.
    """
    known = {} if before is None else before.nodes
    changed = [node for node in conversation.nodes.values() if not _is_same(known, node)]
    now = _now_ms()
    head = (conversation.system, conversation.leaf)
    if before is None or head != (before.system, before.leaf):
        database.execute(
            """
            INSERT INTO conversations (id, system, leaf, opening, created_ms, updated_ms)
            VALUES (:id, :system, :leaf, :opening, :now, :now)
            ON CONFLICT (id) DO UPDATE SET system = :system, leaf = :leaf, opening = :opening
            """,
            {
                "id": conversation.id,
                "system": storable(conversation.system),
                "leaf": conversation.leaf,
                "opening": storable(opening_of(conversation)),
                "now": now,
            },
        )
    if changed:
        database.execute(
            "UPDATE conversations SET updated_ms = ? WHERE id = ?", [now, conversation.id]
        )
    database.executemany(
        """
        INSERT INTO nodes (conversation, id, parent, role, text, answer, created_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (conversation, id) DO UPDATE SET text = excluded.text, answer = excluded.answer
        """,
        (_node_row(conversation.id, node) for node in changed),
    )


def read_conversation(database: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    """As it was written; an answer that never came to its end is one that was stopped.

    Raises `msgspec.ValidationError` for an answer that is none.
    """
    head = database.execute(
        "SELECT system, leaf FROM conversations WHERE id = ?", [conversation_id]
    ).fetchone()
    if head is None:
        return None
    rows = database.execute(
        """
        SELECT id, parent, role, text, answer, created_ms FROM nodes
        WHERE conversation = ? ORDER BY number
        """,
        [conversation_id],
    )
    nodes = (_node(row) for row in rows)
    return Conversation(conversation_id, head[0], {node.id: node for node in nodes}, head[1])


def read_summaries(database: sqlite3.Connection) -> tuple[ConversationSummary, ...]:
    """Those with something to show, the latest first."""
    rows = database.execute(
        """
        SELECT id, opening, updated_ms, title, pinned FROM conversations
        WHERE leaf IS NOT NULL ORDER BY updated_ms DESC, rowid DESC
        """
    )
    return tuple(
        ConversationSummary(key, opening, updated, title, bool(pinned))
        for key, opening, updated, title, pinned in rows
    )


def write_drafts(database: sqlite3.Connection, drafts: Iterable[tuple[str, str]]) -> None:
    """Put each text under its key; an empty one takes the key away."""
    now = _now_ms()
    for key, text in drafts:
        if text:
            database.execute(
                """
                INSERT INTO drafts (key, text, changed_ms) VALUES (:key, :text, :now)
                ON CONFLICT (key) DO UPDATE SET text = :text, changed_ms = :now
                """,
                {"key": key, "text": storable(text), "now": now},
            )
        else:
            database.execute("DELETE FROM drafts WHERE key = ?", [key])


def read_drafts(database: sqlite3.Connection) -> dict[str, str]:
    """By their key, the one changed last first."""
    return dict(database.execute("SELECT key, text FROM drafts ORDER BY changed_ms DESC, key"))


def storable(text: str) -> str:
    """`text` with each lone half of a UTF-16 pair, which no file can hold, as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _is_same(known: dict[str, Node], node: Node) -> bool:
    there = known.get(node.id)
    return there is node or there == node


def _node_row(conversation_id: str, node: Node) -> tuple[Any, ...]:
    text, answer = storable(node.text), None
    if node.answer is not None:
        prompt = node.answer.prompt
        sound = replace(
            node.answer,
            text=storable(node.answer.text),
            comment=storable(node.answer.comment),
            prompt=None if prompt is None else storable(prompt),
        )
        answer = _to_json(sound).decode()
    return (conversation_id, node.id, node.parent, node.role, text, answer, node.created_ms)


def _node(row: tuple[Any, ...]) -> Node:
    key, parent, role, text, json, created_ms = row
    answer = None if json is None else _to_answer(json)
    if answer is not None and not answer.state.is_final:
        answer = replace(answer, state=AnswerState.STOPPED)
    return Node(key, parent, role, text, answer, created_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
