"""Text of strangers, fit to be shown: what cannot be seen is made visible, what is endless is cut.

A registry's names, tags and descriptions are whatever somebody wrote into it. Control characters
move a terminal's cursor, bidirectional marks turn the order of what follows, some characters take
no place at all, and a thousand combining marks on one letter cover the lines around it.
"""

import re
import unicodedata
from typing import Final

MAX_LINE: Final = 300
"""Characters of a value that stands in one line, where nobody says otherwise."""

_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of what has no form of its own."""

_JOINERS: Final = "\u200c\u200d"
"""Which words of some languages, and many emoji, are written with."""

_MAX_MARKS: Final = 8
"""Combining marks on one character; written languages need fewer."""

_LATIN: Final = re.compile(r"[ -~\u00a1-\u00ac\u00ae-\u00ff]*")
"""All of it can be seen; most texts are of no more. Left out are the space that does not break and
the hyphen that hides."""

_SHORT: Final = {"\t": " ", "\u00a0": " "}


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """`text` in one line of at most `limit` characters, each of which can be seen."""
    return _shown(text, limit, keep="")


def lines(text: str, limit: int = 10_000) -> str:
    """The same with its line breaks kept."""
    return _shown(text.replace("\r\n", "\n"), limit, keep="\n")


def _shown(text: str, limit: int, *, keep: str) -> str:
    if len(text) <= limit and _LATIN.fullmatch(text.replace(keep, "") if keep else text):
        return text
    made: list[str] = []
    length = marks = 0
    for place, one in enumerate(text):
        category = unicodedata.category(one)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > _MAX_MARKS:
            continue
        piece = one if one in keep else _visible(one, category)
        length += len(piece)
        if length > limit or place > 4 * limit:
            return _cut("".join(made), limit)
        made.append(piece)
    return "".join(made)


def _visible(one: str, category: str) -> str:
    if one in _SHORT:
        return _SHORT[one]
    if category not in _HIDDEN or one in _JOINERS:
        return one
    return "\N{REPLACEMENT CHARACTER}" if category == "Cs" else f"<U+{ord(one):04X}>"


def _cut(text: str, limit: int) -> str:
    return text[: max(0, limit - 1)] + "…"
