"""Which parts of an edited text a model wrote.

Positions are those of the editor (UTF-16 units in Qt). A mark is cut where the user types into it
or deletes from it, so that what the user wrote never passes for the model's.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """The text from `start` up to `end`, written in generation number `generation`."""

    start: int
    end: int
    generation: int


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


def generations(marks: Iterable[Mark]) -> tuple[int, ...]:
    """The generations that still have text, oldest first."""
    return tuple(sorted({mark.generation for mark in marks}))
