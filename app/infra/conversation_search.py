"""Finding what was said: from what a user types to hits with their context."""

import re
import sqlite3
from typing import Final, NamedTuple

from app.domain.conversation_search import SearchHit, SearchPage, Span, excerpt
from app.infra.conversation_index import BREAK, CLOSING, OPENING, TITLES, can_index, indexed

_BEFORE: Final = 200
_AFTER: Final = 1000
"""Characters around the first hit that an excerpt is cut from."""

_LONGEST: Final = 400
"""Characters of a query that are looked at: what is pasted by mistake may be a book."""
_QUOTED_OR_WORD: Final = re.compile(r'"([^"]*)("?)|([^\s"]+)')

_SHOWN: Final = "c.deleted_ms IS NULL AND c.leaf IS NOT NULL"

# What follows a deleted message is hidden with it.
_NOT_DELETED: Final = """
    AND NOT (
        EXISTS (SELECT 1 FROM nodes d WHERE d.conversation = c.id AND d.deleted_ms IS NOT NULL)
        AND EXISTS (
            WITH RECURSIVE up (parent, deleted_ms) AS (
                SELECT parent, deleted_ms FROM nodes o WHERE o.conversation = c.id AND o.id = %s
                UNION ALL
                SELECT o.parent, o.deleted_ms FROM up JOIN nodes o
                ON o.conversation = c.id AND o.id = up.parent
            )
            SELECT 1 FROM up WHERE deleted_ms IS NOT NULL
        )
    )
"""

# CROSS JOIN keeps this order of the tables, in which the index gives its rows newest first and
# stops at the limit; a sort would come after all the hits that there are.
_INDEXED: Final = f"""
    SELECT said.rowid, highlight(said, 0, '{OPENING}', '{CLOSING}'),
        n.id, c.id, coalesce(c.title, c.opening)
    FROM said
    LEFT JOIN nodes n ON n.number = said.rowid
    LEFT JOIN titles t ON t.number = said.rowid - {TITLES}
    CROSS JOIN conversations c ON c.id = coalesce(n.conversation, t.conversation)
    WHERE said MATCH :match AND said.rowid < :before AND {_SHOWN} %s
    ORDER BY said.rowid DESC LIMIT :limit
"""  # noqa: S608 - words of our own

_ROWS: Final = f"""
    SELECT at, said, node, c.id, coalesce(c.title, c.opening) FROM (
        SELECT t.number + {TITLES} AS at, c.title AS said, NULL AS node, c.id AS conversation
        FROM titles t JOIN conversations c ON c.id = t.conversation
        UNION ALL
        SELECT number, CASE
            WHEN answer IS NULL THEN text
            WHEN json_valid(answer) THEN json_extract(answer, '$.text')
        END, id, conversation FROM nodes
    )
    JOIN conversations c ON c.id = conversation
    WHERE at < :before AND {_SHOWN} %s AND %s
    ORDER BY at DESC LIMIT :limit
"""  # noqa: S608 - words of our own


class Word(NamedTuple):
    """A word, or several in quotes that are to stand together."""

    text: str
    is_whole: bool
    """Whether it is all of a word, and not the beginning of one."""


def words_of(query: str) -> tuple[Word, ...]:
    """What is looked for: the last is a beginning as long as it may still be typed."""
    words: list[Word] = []
    for found in _QUOTED_OR_WORD.finditer(query[:_LONGEST]):
        phrase, closing, word = found.groups()
        text = (phrase if word is None else word).strip()
        if text:
            words.append(Word(text, is_whole=bool(closing)))
    return tuple(
        word if number == len(words) - 1 else word._replace(is_whole=True)
        for number, word in enumerate(words)
    )


def match_of(query: str) -> str:
    """`query` in the index's own language; empty where there is no letter or digit in it.

    Every word is quoted, so nothing that is typed is an operator.
    """
    terms = []
    for word in words_of(query):
        if any(letter.isalnum() for letter in word.text):
            quoted = indexed(word.text).strip(BREAK).replace('"', '""')
            terms.append(f'"{quoted}"' + ("" if word.is_whole else " *"))
    return " ".join(terms)


def search(
    database: sqlite3.Connection, query: str, limit: int, after: int | None = None
) -> SearchPage:
    """Titles and messages in which every word is; `after` is the `SearchPage.more` before."""
    query = query.encode("utf-8", "replace").decode()
    words = words_of(query)
    if not words:
        return SearchPage()
    place = {"before": (1 << 62) if after is None else after, "limit": limit + 1}
    match = match_of(query)
    if match and can_index(database):
        rows = database.execute(
            _INDEXED % (_NOT_DELETED % "n.id"), {**place, "match": match}
        ).fetchall()
        found = [(row, *_unmarked(row[1])) for row in rows[:limit]]
    else:
        # Signs are in no index; and where there is none at all, this is slower, but finds.
        wanted = {f"word{number}": _like(word.text) for number, word in enumerate(words)}
        has_all = " AND ".join(rf"said LIKE :{name} ESCAPE '\'" for name in wanted)
        rows = database.execute(
            _ROWS % (_NOT_DELETED % "node", has_all), {**place, **wanted}
        ).fetchall()
        found = [(row, row[1], _found_in(row[1], words)) for row in rows[:limit]]
    hits = tuple(
        SearchHit(row[3], row[2], row[4], *excerpt(text, marks)) for row, text, marks in found
    )
    return SearchPage(hits, rows[limit - 1][0] if len(rows) > limit else None)


def _unmarked(text: str) -> tuple[str, tuple[Span, ...]]:
    """The surroundings of the first hit, as they were said, and where the hits are in them."""
    first = max(text.find(OPENING), 0)
    is_cut = first > _BEFORE
    text = text[first - _BEFORE if is_cut else 0 : first + _AFTER].replace(BREAK, "")
    parts = re.split(f"([{OPENING}{CLOSING}])", text)
    plain, marks, length, begin = [], [], 0, None
    for part in parts:
        if part == OPENING:
            begin = length
        elif part == CLOSING:
            if begin is not None:
                marks.append((begin, length))
            begin = None
        else:
            plain.append(part)
            length += len(part)
    return "".join(plain), tuple(marks)


def _like(text: str) -> str:
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def _found_in(text: str, words: tuple[Word, ...]) -> tuple[Span, ...]:
    """Where the words are; SQLite's LIKE takes no more than ASCII's capitals for small ones."""
    pattern = "|".join(re.escape(word.text) for word in words)
    return tuple(found.span() for found in re.finditer(pattern, text, re.IGNORECASE))
