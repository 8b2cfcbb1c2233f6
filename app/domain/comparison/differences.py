"""Where two texts differ, word by word."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

from app.domain.special_tokens import Span

MOST_WORDS: Final = 6_000
"""Of each text, after what both begin and end with: 32,000 characters of prose. Longer ones are
compared line by line, so that it takes no longer than a frame."""

_EXACT: Final = re.compile(r"<\|[^<>|\s]{1,64}\|>|\w+|\n|[^\S\n]+|[^\w\s]")
_WORDS: Final = re.compile(r"\w+|[^\w\s]")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


class Differences(NamedTuple):
    """What each of two texts has that the other has not, in order."""

    first: tuple[Span, ...]
    second: tuple[Span, ...]

    def __bool__(self) -> bool:
        return bool(self.first or self.second)


def differences(first: str, second: str, *, exact: bool = False) -> Differences:
    """Compare `first` to `second`.

    With `exact` every blank and line break counts and every special token is one word, as for
    prompts. Without it blanks do not count, and a few words that both happen to have between two
    longer differences belong to those, as a reader would see it.
    """
    if first == second:
        return Differences((), ())
    pattern = _EXACT if exact else _WORDS
    words = (_places(pattern, first), _places(pattern, second))
    gaps = _gaps(first, second, *words)
    if gaps is None:
        words = (_places(_LINES, first), _places(_LINES, second))
        gaps = _gaps(first, second, *words)
    if gaps is None:
        return Differences(_whole(first), _whole(second))
    if not exact:
        gaps = _without_islands(gaps)
    return Differences(
        tuple(_spans(words[0], ((gap.first, gap.first_end) for gap in gaps))),
        tuple(_spans(words[1], ((gap.second, gap.second_end) for gap in gaps))),
    )


class _Gap(NamedTuple):
    """Words `first` up to `first_end` of one text stand where the other has its own."""

    first: int
    first_end: int
    second: int
    second_end: int

    @property
    def size(self) -> int:
        return max(self.first_end - self.first, self.second_end - self.second)


def _places(pattern: re.Pattern[str], text: str) -> list[Span]:
    return [Span(*found.span()) for found in pattern.finditer(text)]


def _gaps(
    first: str, second: str, first_places: list[Span], second_places: list[Span]
) -> list[_Gap] | None:
    """``None`` where there is too much to compare."""
    ours = [first[place.start : place.end] for place in first_places]
    others = [second[place.start : place.end] for place in second_places]
    start = next(
        (at for at, (one, other) in enumerate(zip(ours, others, strict=False)) if one != other),
        min(len(ours), len(others)),
    )
    end = 0
    room = min(len(ours), len(others)) - start
    while end < room and ours[-1 - end] == others[-1 - end]:
        end += 1
    ours, others = ours[start : len(ours) - end], others[start : len(others) - end]
    if max(len(ours), len(others)) > MOST_WORDS:
        return None
    gaps: list[_Gap] = []
    for code in Indel.opcodes(ours, others):
        if code.tag == "equal":
            continue
        gap = _Gap(
            start + code.src_start,
            start + code.src_end,
            start + code.dest_start,
            start + code.dest_end,
        )
        if gaps and gaps[-1].first_end == gap.first and gaps[-1].second_end == gap.second:
            gap = _joined(gaps.pop(), gap)
        gaps.append(gap)
    return gaps


def _joined(one: _Gap, later: _Gap) -> _Gap:
    return _Gap(one.first, later.first_end, one.second, later.second_end)


def _without_islands(gaps: list[_Gap]) -> list[_Gap]:
    """Join gaps around less than either of them has."""
    kept: list[_Gap] = []
    for gap in gaps:
        joined = gap
        while kept and joined.first - kept[-1].first_end < min(kept[-1].size, joined.size):
            joined = _joined(kept.pop(), joined)
        kept.append(joined)
    return kept


def _spans(places: list[Span], ranges: Iterable[tuple[int, int]]) -> Iterable[Span]:
    for start, end in ranges:
        if start < end:
            yield Span(places[start].start, places[end - 1].end)


def _whole(text: str) -> tuple[Span, ...]:
    return (Span(0, len(text)),) if text else ()
