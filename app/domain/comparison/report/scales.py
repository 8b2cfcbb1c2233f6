"""Axes and bins: round numbers around values."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

_MOST_BINS: Final = 24
_LEAST: Final = 1e-9
"""Smaller numbers and differences are none."""


class Axis(NamedTuple):
    """From `start` to `end`, with a line at each of `ticks`."""

    start: float
    end: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Of the whole length, 0 to 1."""
        return (value - self.start) / (self.end - self.start)


def axis(values: Sequence[float], ticks: int = 4) -> Axis:
    """Around values that are not negative: from zero on, so that lengths compare by eye."""
    largest = max(values, default=0.0)
    if largest < _LEAST:
        largest = 1.0
    step = round_step(largest / ticks)
    count = max(1, math.ceil(largest / step - 1e-9))
    end = max(step * count, largest)  # which the product may miss by its last digit
    return Axis(0.0, end, tuple(step * number for number in range(count + 1)))


def round_step(least: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1, 2, 2.5, 5, 10):
        if factor * power >= least * (1 - 1e-9):
            return factor * power
    return 10 * power


class Bins(NamedTuple):
    """How many values lie in each stretch of `width`, from `start` on."""

    start: float
    width: float
    counts: tuple[tuple[int, ...], ...]
    """One for each group of values."""


def bins(groups: Sequence[Sequence[float]]) -> Bins:
    """Of values that are not negative: the same stretches for all groups, about as wide as
    Freedman and Diaconis have them."""
    together = sorted(value for group in groups for value in group)
    if not together:
        return Bins(0.0, 1.0, tuple(() for _ in groups))
    smallest, largest = together[0], together[-1]
    spread = largest - smallest
    if spread <= max(_LEAST, largest * _LEAST):
        width = smallest / 10 if smallest > _LEAST else 1.0
        return Bins(smallest - width / 2, width, tuple((len(group),) for group in groups))
    quarter = len(together) // 4
    quartiles = together[-1 - quarter] - together[quarter]
    wanted = 2 * quartiles / len(together) ** (1 / 3) or spread / 8
    width = round_step(max(wanted, spread / _MOST_BINS))
    start = math.floor(smallest / width + 1e-9) * width
    number = int((largest - start) / width + 1e-9) + 1
    counts = []
    for group in groups:
        found = [0] * number
        for value in group:
            found[min(number - 1, max(0, int((value - start) / width + 1e-9)))] += 1
        counts.append(tuple(found))
    return Bins(start, width, tuple(counts))
