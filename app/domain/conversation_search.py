"""What a search over the conversations finds."""

import re
from typing import Final

from msgspec import Struct

Span = tuple[int, int]
"""From a first character up to, and without, a last."""

_BEFORE: Final = 14
"""Characters shown before a hit: few, so that it is in sight in a narrow column."""
_AFTER: Final = 160
_SPACES: Final = re.compile(r"\s+")
_CUT: Final = "…"


class SearchHit(Struct, frozen=True):
    """One message in which all the words are, or the title of a conversation."""

    conversation_id: str
    message_id: str | None
    """``None`` where it is the title that says it."""
    title: str
    """The conversation's name, or else how it begins."""
    context: str
    """One line around the first hit."""
    marks: tuple[Span, ...]
    """Where the words are in `context`."""


class SearchPage(Struct, frozen=True):
    """Hits in titles before hits in messages, and the latest first."""

    hits: tuple[SearchHit, ...] = ()
    more: int | None = None
    """Where the next page begins; ``None`` for the last."""


def excerpt(text: str, marks: tuple[Span, ...]) -> tuple[str, tuple[Span, ...]]:
    """One line of `text` around the first mark, and where the marks are in it."""
    first = marks[0][0] if marks else 0
    start = _word_start(text, first)
    end = _word_end(text, first)
    parts: list[str] = []
    shown: list[Span] = []
    length = 0

    def add(part: str) -> None:
        nonlocal length
        parts.append(part)
        length += len(part)

    if start:
        add(_CUT)
    at = start
    for low, high in marks:
        if low >= end:
            break
        add(_one_line(text[at:low], at_start=length == 0))
        begin = length
        add(_one_line(text[low : min(high, end)]))
        shown.append((begin, length))
        at = high
    add(_one_line(text[at:end], at_start=length == 0).rstrip() if at < end else "")
    if end < len(text):
        add(_CUT)
    return "".join(parts), tuple(shown)


def _one_line(text: str, *, at_start: bool = False) -> str:
    line = _SPACES.sub(" ", text)
    return line.lstrip() if at_start else line


def _word_start(text: str, first: int) -> int:
    """Where the context begins: with a word, if there is one near."""
    if first <= _BEFORE:
        return 0
    start = first - _BEFORE
    found = _SPACES.search(text, start, first)
    return start if found is None else found.end()


def _word_end(text: str, first: int) -> int:
    """Where the context ends: after a word, if there is one near."""
    end = first + _AFTER
    if end >= len(text):
        return len(text)
    last = max(text.rfind(space, first + 1, end) for space in " \n")
    return end if last < 0 else last
