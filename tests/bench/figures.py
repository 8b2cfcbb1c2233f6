"""What a benchmark tells: one figure, how far its measurements lie apart, and against what."""

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

PAIRS = 5
"""Alternating pairs behind a ratio, where nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    value: float
    """The median."""
    spread: tuple[float, float]
    """The least and the greatest of what the median is of."""
    ours: tuple[float, ...]
    """Each measurement, in `unit`."""
    floor: tuple[float, ...] = ()
    """Each floor, in the same order; empty for a figure that is no ratio."""
    unit: str = "s"
    notes: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {key: _rounded(value) for key, value in asdict(self).items()}


def ratio(ours: list[float], floor: list[float], unit: str = "s", **notes: Any) -> Figure:
    """The median over pairs of one over the other."""
    ratios = [one / other for one, other in zip(ours, floor, strict=True)]
    return Figure(
        statistics.median(ratios),
        (min(ratios), max(ratios)),
        tuple(ours),
        tuple(floor),
        unit,
        notes,
    )


def plain(values: list[float], unit: str, **notes: Any) -> Figure:
    """The median of measurements that stand by themselves."""
    return Figure(
        statistics.median(values), (min(values), max(values)), tuple(values), (), unit, notes
    )


async def pairs(
    ours: Callable[[], Awaitable[float]], floor: Callable[[], Awaitable[float]], count: int
) -> tuple[list[float], list[float]]:
    """Both in turn, the first one alternating: what the machine does meanwhile hits either."""
    mine: list[float] = []
    theirs: list[float] = []
    for at in range(count):
        if at % 2 == 0:
            mine.append(await ours())
            theirs.append(await floor())
        else:
            theirs.append(await floor())
            mine.append(await ours())
    return mine, theirs


def percentile(values: list[float], percent: float) -> float:
    """By the nearest rank."""
    ordered = sorted(values)
    return ordered[min(round(percent / 100 * len(ordered)), len(ordered) - 1)]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, tuple | list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return value
