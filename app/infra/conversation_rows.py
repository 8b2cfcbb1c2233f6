"""Conversations as rows: SQL, and nothing of threads or files."""

import sqlite3
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.conversation_summary import ConversationSummary, opening_of
from app.infra.clock import later_than, now_ms
from app.infra.conversation_index import forget

_to_json = msgspec.json.Encoder().encode
_to_answer = msgspec.json.Decoder(Answer).decode
_to_choices = msgspec.json.Decoder(dict[str, str]).decode

Mark = Literal["title", "pinned", "deleted_ms"]


def write_conversation(
    database: sqlite3.Connection, conversation: Conversation, before: Conversation | None
) -> None:
    """Write what `conversation` has and `before`, as it was written or read last, has not.

    A node that is there already is written over; one that is no longer in the tree stays. That a
    node is deleted is written by itself: another window may be writing the node's answer. Something
    new in a conversation that another window has deleted brings it back.
    """
    there = database.execute(
        """
        SELECT c.deleted_ms, CASE WHEN c.deleted_ms IS NOT NULL
            THEN (SELECT count(*) FROM nodes n WHERE n.conversation = c.id) END
        FROM conversations c WHERE c.id = ?
        """,
        [conversation.id],
    ).fetchone()
    if there is None:
        before = None  # it was erased meanwhile, with all that was written of it
    known = {} if before is None else before.nodes
    differing = [node for node in conversation.nodes.values() if not _is_same(known, node)]
    changed = [node for node in differing if not _is_same_but_for_its_mark(known, node)]
    marked = [node for node in differing if _mark_before(known, node) != node.deleted_ms]
    (latest,) = database.execute("SELECT max(updated_ms) FROM conversations").fetchone()
    now = later_than(latest)
    if before is None or _head(conversation) != _head(before):
        database.execute(
            """
            INSERT INTO conversations (id, system, leaf, choices, opening, created_ms, updated_ms)
            VALUES (:id, :system, :leaf, :choices, :opening, :now, :now)
            ON CONFLICT (id) DO UPDATE
            SET system = :system, leaf = :leaf, choices = :choices, opening = :opening
            """,
            {
                "id": conversation.id,
                "system": storable(conversation.system),
                "leaf": conversation.leaf,
                "choices": _to_json(conversation.choices).decode()
                if conversation.choices
                else None,
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
    database.executemany(
        "UPDATE nodes SET deleted_ms = ? WHERE conversation = ? AND id = ?",
        ((node.deleted_ms, conversation.id, node.id) for node in marked),
    )
    if there is not None and there[0] is not None:
        database.execute(
            """
            UPDATE conversations SET deleted_ms = NULL WHERE id = :id
            AND :count < (SELECT count(*) FROM nodes WHERE conversation = :id)
            """,
            {"id": conversation.id, "count": there[1]},
        )


def read_conversation(database: sqlite3.Connection, conversation_id: str) -> Conversation | None:
    """As it was written; an answer that never came to its end is one that was stopped.

    ``None`` for one that is not there, or is deleted. Raises `msgspec.ValidationError` for an
    answer that is none.
    """
    head = database.execute(
        "SELECT system, leaf, choices FROM conversations WHERE id = ? AND deleted_ms IS NULL",
        [conversation_id],
    ).fetchone()
    if head is None:
        return None
    rows = database.execute(
        """
        SELECT id, parent, role, text, answer, created_ms, deleted_ms FROM nodes
        WHERE conversation = ? ORDER BY number
        """,
        [conversation_id],
    )
    nodes = (_node(row) for row in rows)
    system, leaf, choices = head
    return Conversation(
        conversation_id,
        system,
        {node.id: node for node in nodes},
        leaf,
        {} if choices is None else _to_choices(choices),
    ).settled()


def read_summaries(database: sqlite3.Connection) -> tuple[ConversationSummary, ...]:
    """Those with something to show, the latest first."""
    rows = database.execute(
        """
        SELECT id, opening, updated_ms, title, pinned FROM conversations
        WHERE leaf IS NOT NULL AND deleted_ms IS NULL ORDER BY updated_ms DESC, rowid DESC
        """
    )
    return tuple(
        ConversationSummary(key, opening, updated, title, bool(pinned))
        for key, opening, updated, title, pinned in rows
    )


def write_mark(database: sqlite3.Connection, conversation_id: str, mark: Mark, value: Any) -> None:
    """Put `value` into a column that is the user's own, and not the conversation's."""
    database.execute(
        f"UPDATE conversations SET {mark} = ? WHERE id = ?",  # noqa: S608 - a `Mark`
        [storable(value) if isinstance(value, str) else value, conversation_id],
    )


def erase_one(database: sqlite3.Connection, deleted_before_ms: int) -> bool:
    """Take a conversation that was deleted before then out of the file, with its drafts; whether
    there was one. Nothing is deleted before it was said last, whatever the clock said then."""
    found = database.execute(
        "SELECT id FROM conversations WHERE max(deleted_ms, updated_ms) < ? LIMIT 1",
        [deleted_before_ms],
    ).fetchone()
    if found is None:
        return False
    forget(database, *found)
    for statement in (
        "DELETE FROM nodes WHERE conversation = ?",
        "DELETE FROM titles WHERE conversation = ?",
        "DELETE FROM drafts WHERE key LIKE '%:' || ?",
        "DELETE FROM conversations WHERE id = ?",
    ):
        database.execute(statement, found)
    return True


def write_drafts(database: sqlite3.Connection, drafts: Iterable[tuple[str, str]]) -> None:
    """Put each text under its key; an empty one takes the key away."""
    now = now_ms()
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


def _is_same_but_for_its_mark(known: dict[str, Node], node: Node) -> bool:
    there = known.get(node.id)
    return there is not None and replace(there, deleted_ms=node.deleted_ms) == node


def _mark_before(known: dict[str, Node], node: Node) -> int | None:
    there = known.get(node.id)
    return None if there is None else there.deleted_ms


def _head(conversation: Conversation) -> tuple[str, str | None, dict[str, str]]:
    return conversation.system, conversation.leaf, conversation.choices


def _node_row(conversation_id: str, node: Node) -> tuple[Any, ...]:
    text, answer = storable(node.text), None
    if node.answer is not None:
        answer = _to_json(_storable_answer(node.answer)).decode()
    return (conversation_id, node.id, node.parent, node.role, text, answer, node.created_ms)


def _storable_answer(answer: Answer) -> Answer:
    """With every text that a person or a model may have written made storable."""
    prompt, system, sampling = answer.prompt, answer.system, answer.sampling
    if sampling is not None and sampling.stop:
        stops = tuple(map(storable, sampling.stop))
        sampling = msgspec.structs.replace(sampling, stop=stops)
    return replace(
        answer,
        text=storable(answer.text),
        comment=storable(answer.comment),
        prompt=None if prompt is None else storable(prompt),
        system=None if system is None else storable(system),
        sampling=sampling,
    )


def _node(row: tuple[Any, ...]) -> Node:
    key, parent, role, text, json, created_ms, deleted_ms = row
    answer = None if json is None else _to_answer(json)
    if answer is not None and not answer.state.is_final:
        answer = replace(answer, state=AnswerState.STOPPED)
    return Node(key, parent, role, text, answer, created_ms, deleted_ms)
