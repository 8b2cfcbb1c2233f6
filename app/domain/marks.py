"""Which parts of an edited text a model wrote.

Positions are those of the editor (UTF-16 units in Qt). A mark is cut where the user types into it
or deletes from it, so that what the user wrote never passes for the model's.
"""

from array import array
from collections.abc import Iterable
from sys import byteorder
from typing import NamedTuple

from msgspec import Struct


class Mark(Struct, frozen=True):
    """The text from `start` up to `end`, written in generation number `generation`."""

    start: int
    end: int
    generation: int


class Edit(NamedTuple):
    """`removed` units at `position` have given way to `added` others."""

    position: int
    removed: int
    added: int


def after_edit(marks: Iterable[Mark], position: int, removed: int, added: int) -> tuple[Mark, ...]:
    """The marks once `removed` units at `position` have given way to `added` others."""
    gone = position + removed
    shift = added - removed
    kept: list[Mark] = []
    for mark in marks:
        before = Mark(mark.start, min(mark.end, position), mark.generation)
        after = Mark(max(mark.start, gone) + shift, mark.end + shift, mark.generation)
        if before.start < before.end:
            kept.append(before)
        if after.start < after.end:
            if kept and added == 0 and kept[-1] == before and before.end == after.start:
                kept[-1] = Mark(before.start, after.end, mark.generation)
            else:
                kept.append(after)
    return tuple(kept)


def narrowed(before: str, after: str, position: int, removed: int, added: int) -> Edit:
    """The edit that is told as `position`, `removed` and `added`, without what it left the same.

    An editor may tell of a whole paragraph where a word was put in. `before` and `after` are the
    whole texts; what is told may reach past their ends.
    """
    old = _units(before)[position : position + removed]
    new = _units(after)[position : position + added]
    head = _common_prefix(old, new)
    old, new = old[head:], new[head:]
    tail = _common_prefix(old[::-1], new[::-1])
    return Edit(position + head, len(old) - tail, len(new) - tail)


def _units(text: str) -> array[int]:
    """The UTF-16 units of `text`."""
    return array(
        "H", text.encode("utf-16-le" if byteorder == "little" else "utf-16-be", "surrogatepass")
    )


def _common_prefix(one: array[int], other: array[int]) -> int:
    """How many units are the same from the start on, by bisection: slices compare fast."""
    same, different = 0, min(len(one), len(other)) + 1
    while different - same > 1:
        middle = (same + different) // 2
        if one[same:middle] == other[same:middle]:
            same = middle
        else:
            different = middle
    return same


def generations(marks: Iterable[Mark]) -> tuple[int, ...]:
    """The generations that still have text, oldest first."""
    return tuple(sorted({mark.generation for mark in marks}))
