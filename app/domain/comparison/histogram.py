"""How often values lie where, for two sides beside each other."""

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

MOST_BINS: Final = 24
_STEPS: Final = (1, 2, 5, 10)


class Histogram(Struct, frozen=True):
    """Bins of one width; a value on the edge of two belongs to the upper one."""

    start: float
    width: float
    counts: tuple[tuple[int, ...], tuple[int, ...]]
    """Per side, how many values each bin has; both are as long."""


def histogram(
    first: Sequence[float], second: Sequence[float], *, are_whole: bool = False
) -> Histogram | None:
    """Of all values of both sides, in bins with round edges; ``None`` where there is no value.

    With `are_whole` numbers, a bin has one number at least, in its middle where it is one.
    """
    values = [*first, *second]
    if not values:
        return None
    low, high = min(values), max(values)
    width = _round_width((high - low) or abs(high) or 1.0)
    start = math.floor(low / width) * width
    if are_whole:
        width = max(width, 1.0)
        start = math.floor(low / width) * width - 0.5
    bins = max(1, math.floor((high - start) / width + 1e-9) + 1)
    return Histogram(
        start, width, (_counted(first, start, width, bins), _counted(second, start, width, bins))
    )


def _round_width(span: float) -> float:
    least = span / (MOST_BINS - 1)
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def _counted(values: Sequence[float], start: float, width: float, bins: int) -> tuple[int, ...]:
    counts = [0] * bins
    for value in values:
        counts[min(max(math.floor((value - start) / width + 1e-9), 0), bins - 1)] += 1
    return tuple(counts)
