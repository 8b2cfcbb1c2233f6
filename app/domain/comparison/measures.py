"""What two models' runs say beside each other: numbers of plain numbers.

What is not known is ``None``, and nothing is made of it.
"""

import statistics
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from app.domain.answer import Answer
from app.domain.comparison.record import Run, Side, SideFacts, Slot, Turn
from wrappers.contract import Sampling

Measure = Literal["time_to_first_token_s", "prefill_tokens_per_s", "decode_tokens_per_s", "total_s"]
"""The fields of `Timings` that are compared."""

MEASURES: Final[tuple[Measure, ...]] = (
    "time_to_first_token_s",
    "prefill_tokens_per_s",
    "decode_tokens_per_s",
    "total_s",
)
RATES: Final[frozenset[Measure]] = frozenset(("prefill_tokens_per_s", "decode_tokens_per_s"))
"""Of these more is quicker, of the others less."""

FEWEST_FOR_QUARTILES: Final = 4

WhyNone = Literal["not_measured", "token_counts_unknown", "token_counts_differ"]


class Spread(Struct, frozen=True):
    """Some runs' values of one number."""

    values: tuple[float, ...]
    """In the order of the runs; at least one."""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def lowest(self) -> float:
        return min(self.values)

    @property
    def highest(self) -> float:
        return max(self.values)

    @property
    def quartiles(self) -> tuple[float, float] | None:
        """The first and the third, interpolated between values; ``None`` for fewer than four."""
        if len(self.values) < FEWEST_FOR_QUARTILES:
            return None
        first, _, third = statistics.quantiles(self.values, n=4, method="inclusive")
        return first, third


class Ratio(Struct, frozen=True):
    """How the sides' medians of one number compare."""

    measure: Measure
    value: float | None = None
    """How many times as quick the quicker side is: at least 1."""
    quicker: int | None = None
    """Which side; ``None`` also where both are the same."""
    why_none: WhyNone | None = None
    """Where there is no value."""


def counted(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Those that came to their end by themselves: what a cut run measured is not comparable."""
    return tuple(one for one in runs if one.failure is None and one.stop_reason != "cancelled")


def spread(runs: Iterable[Run], measure: Measure) -> Spread | None:
    """Of the runs that have the number; ``None`` where none has."""
    values = tuple(
        value for one in counted(runs) if (value := getattr(one.timings, measure)) is not None
    )
    return Spread(values) if values else None


def ratio(sides: tuple[Side, Side], measure: Measure) -> Ratio:
    """The quicker side's advantage. Total times are only compared where both always wrote as many
    tokens as the other: a longer answer takes longer, and that says nothing of speed."""
    first, second = (spread(side.runs, measure) for side in sides)
    if measure == "total_s" and (why := _why_no_total(sides)) is not None:
        return Ratio(measure, why_none=why)
    if first is None or second is None:
        return Ratio(measure, why_none="not_measured")
    mine, other = first.median, second.median
    if min(mine, other) <= 0:
        return Ratio(measure, why_none="not_measured")
    if mine == other:
        return Ratio(measure, 1.0)
    is_first_quicker = (mine > other) == (measure in RATES)
    return Ratio(measure, max(mine, other) / min(mine, other), 0 if is_first_quicker else 1)


def ratios(sides: tuple[Side, Side]) -> tuple[Ratio, ...]:
    """Of every number, in the order of `MEASURES`."""
    return tuple(ratio(sides, measure) for measure in MEASURES)


def _why_no_total(sides: tuple[Side, Side]) -> WhyNone | None:
    counts = [{one.usage.completion_tokens for one in counted(side.runs)} for side in sides]
    if not all(counts):
        return "not_measured"
    if None in counts[0] | counts[1]:
        return "token_counts_unknown"
    return None if len(counts[0] | counts[1]) == 1 else "token_counts_differ"


def peak_memory(side: Side) -> int | None:
    """The highest that any of its runs has told, the warm-up's too: it is the same process."""
    runs = side.runs if side.warm_up is None else (side.warm_up, *side.runs)
    told = [one.peak_memory_bytes for one in runs if one.peak_memory_bytes is not None]
    return max(told, default=None)


def first_difference(first: Sequence[int] | None, second: Sequence[int] | None) -> int | None:
    """Where two answers' tokens part; at the end of the shorter one where the longer one begins
    with all of it. ``None`` where they are the same, or either is not known."""
    if first is None or second is None:
        return None
    same = tokens_in_common(first, second)
    return None if same == len(first) == len(second) else same


def tokens_in_common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = zip(first, second, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second))
    )


def comparable_difference(turn: Turn) -> int | None:
    """`first_difference` of a turn's answers; ``None`` too where their tokens are known to be of
    two vocabularies."""
    if turn.same_vocabulary is False:
        return None
    first, second = turn.sides
    return first_difference(first.answer.token_ids, second.answer.token_ids)


def same_vocabulary(first: Answer, second: Answer) -> bool | None:
    """Whether both number their tokens alike, as far as one prompt that both have read tells."""
    known = None not in (first.prompt, first.prompt_token_ids, second.prompt_token_ids)
    if not known or first.prompt != second.prompt:
        return None
    return first.prompt_token_ids == second.prompt_token_ids


def knobs_lacking(slot: Slot, facts: SideFacts | None) -> tuple[str, ...]:
    """What `slot` asks for and its model does not honour, by the names of `Sampling`'s fields."""
    if facts is None:
        return ()
    nothing = Sampling()
    return tuple(
        name
        for name in Sampling.__struct_fields__
        if getattr(slot.sampling, name) != getattr(nothing, name) and name not in facts.parameters
    )


def context_used(answer: Answer) -> float | None:
    """The part of the model's context that prompt and answer take, 0 to 1."""
    usage = answer.usage
    if not answer.context_length or usage.prompt_tokens is None:
        return None
    return (usage.prompt_tokens + (usage.completion_tokens or 0)) / answer.context_length
