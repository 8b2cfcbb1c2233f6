"""The index over all that was said: SQLite's FTS5, beside the rows.

Whoever writes a row marks it in the same transaction (triggers put its number into ``unindexed``).
What is marked is indexed in an idle moment, and at the latest before a search: so an answer on its
way, which is written twice a second, costs no more than its mark, and what a killed process has
written is found. A library without FTS5 leaves the marks, and searches the rows themselves.
"""

import re
import sqlite3
from typing import Final

import msgspec

from app.infra.conversation_schema import transaction

TITLES: Final = 1 << 61
"""A title's number in the index is its own beyond this, a message's is that of its node; so titles
stand before messages, and what came last before what came first."""

OPENING: Final = "\x02"
CLOSING: Final = "\x03"
"""Around a hit, as the index gives it; no text in it has them."""
_NEVER_INDEXED: Final = str.maketrans(dict.fromkeys(f"\0{OPENING}{CLOSING}", " "))

BREAK: Final = "\u200b"
"""Parts the letters of scripts that are written without spaces: each is then a word to FTS5."""
_WITHOUT_SPACES: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff])"
)


class _Said(msgspec.Struct):
    """All of an answer's JSON that is looked for."""

    text: str = ""


_to_said = msgspec.json.Decoder(_Said).decode


def can_index(database: sqlite3.Connection) -> bool:
    """Whether the library has FTS5, and the file an index."""
    return bool(
        database.execute(
            """
            SELECT EXISTS (SELECT 1 FROM pragma_module_list WHERE name = 'fts5')
               AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'said')
            """
        ).fetchone()[0]
    )


def open_index(database: sqlite3.Connection) -> None:
    """Make the index where there is none and the library knows how."""
    has_fts5 = database.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone()
    if not has_fts5 or can_index(database):
        return
    with transaction(database):
        database.execute(
            """
            CREATE VIRTUAL TABLE IF NOT EXISTS said
            USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')
            """
        )


def index_some(database: sqlite3.Connection, limit: int = 100) -> bool:
    """Index so many of the rows that are marked, in a transaction of its own; whether any were."""
    if not can_index(database) or not _marked(database, 1):
        return False
    with transaction(database):
        for number, text, answer in _marked(database, limit):
            said = indexed(_said(text, answer))
            if said:
                database.execute("REPLACE INTO said (rowid, text) VALUES (?, ?)", [number, said])
            else:
                database.execute("DELETE FROM said WHERE rowid = ?", [number])
            database.execute("DELETE FROM unindexed WHERE number = ?", [number])
    return True


def forget(database: sqlite3.Connection, conversation_id: str) -> None:
    """Within the transaction that takes the conversation out of the file, and before it does."""
    numbers = f"""
        SELECT number FROM nodes WHERE conversation = :id
        UNION ALL SELECT number + {TITLES} FROM titles WHERE conversation = :id
    """  # noqa: S608 - a number of our own
    for table, key in (("unindexed", "number"), ("said", "rowid")):
        if table == "unindexed" or can_index(database):
            database.execute(
                f"DELETE FROM {table} WHERE {key} IN ({numbers})",  # noqa: S608 - no input
                {"id": conversation_id},
            )


def indexed(text: str) -> str:
    """`text` as the index holds it."""
    return _WITHOUT_SPACES.sub(f"{BREAK}\\1{BREAK}", text.translate(_NEVER_INDEXED))


def _marked(database: sqlite3.Connection, limit: int) -> list[tuple[int, str | None, str | None]]:
    """Number, text and answer."""
    return database.execute(
        f"""
        SELECT u.number, coalesce(n.text, c.title), n.answer FROM unindexed u
        LEFT JOIN nodes n ON n.number = u.number
        LEFT JOIN titles t ON t.number = u.number - {TITLES}
        LEFT JOIN conversations c ON c.id = t.conversation
        ORDER BY u.number DESC LIMIT ?
        """,  # noqa: S608 - a number of our own
        [limit],
    ).fetchall()


def _said(text: str | None, answer: str | None) -> str:
    if answer is None:
        return text or ""
    try:
        return _to_said(answer).text
    except msgspec.MsgspecError:
        return ""  # an answer that cannot be read is told of where it is opened
