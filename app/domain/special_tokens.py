"""Where in a text its special tokens stand, and how Qt counts positions."""

import re
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from msgspec import Struct

_GENERIC: Final = re.compile(r"<\|[^<>|\s]{1,64}\|>")
"""The shape that most models give their special tokens, for when a model tells of none."""


class Span(NamedTuple):
    """A part of a text, in characters: from `start` up to but not with `end`."""

    start: int
    end: int


class _Index(Struct, frozen=True):
    first: re.Pattern[str]
    """Where a token may begin."""
    lengths: dict[str, tuple[int, ...]]
    """By their first two characters: the lengths of tokens, longest first."""
    tokens: frozenset[str]


def special_spans(text: str, tokens: tuple[str, ...] = ()) -> list[Span]:
    """The special tokens of `text` in order, the longest where several begin at one place.

    Without `tokens`, anything that looks like ``<|name|>``. Tokens of blanks alone stand in no
    prompt on purpose and are passed over. Linear in the text, whatever the number of tokens.
    """
    index = _index(tokens)
    if index is None:
        return [Span(*found.span()) for found in _GENERIC.finditer(text)]
    spans: list[Span] = []
    position = 0
    while (candidate := index.first.search(text, position)) is not None:
        start = candidate.start()
        position = start + 1
        for length in index.lengths.get(text[start : start + 2], ()):
            if text[start : start + length] in index.tokens:
                spans.append(Span(start, start + length))
                position = start + length
                break
    return spans


@lru_cache(maxsize=16)
def _index(tokens: tuple[str, ...]) -> _Index | None:
    usable = frozenset(token for token in tokens if len(token.strip()) > 1)
    if not usable:
        return None
    lengths: dict[str, set[int]] = {}
    for token in usable:
        lengths.setdefault(token[:2], set()).add(len(token))
    heads = "|".join(re.escape(head) for head in sorted(lengths))
    return _Index(
        first=re.compile(heads),
        lengths={head: tuple(sorted(found, reverse=True)) for head, found in lengths.items()},
        tokens=usable,
    )


def utf16_offsets(text: str) -> list[int] | None:
    """For every character of `text`, and its end, the position in Qt's UTF-16 units.

    ``None`` where the two counts agree, which is the rule: no character beyond U+FFFF.
    """
    if text.isascii() or max(text, default="") <= "\uffff":
        return None
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]
