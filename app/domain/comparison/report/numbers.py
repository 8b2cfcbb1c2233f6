"""A turn's numbers as a report has them: rows of a table, every run, what is drawn."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from app.domain.answer import Answer
from app.domain.comparison import measures
from app.domain.comparison.measures import Measure
from app.domain.comparison.record import Run, Side, Turn
from app.domain.comparison.report.charts import Chart
from app.domain.quantities import duration, number, size_text

UNKNOWN: Final = "not known"

ENDS: Final = {
    "end_of_turn": "end of turn",
    "stop_string": "stop string",
    "length": "cut: as long as allowed",
    "context_full": "cut: the context is full",
    "cancelled": "stopped",
}
"""Stop reasons in words."""

Key = Measure | Literal["peak_memory_bytes"]


class Kind(Struct, frozen=True):
    """How one number of a run is shown."""

    key: Key
    """As in the contract, and so in MLflow."""
    title: str
    text: Callable[[float], str]
    tick: Callable[[float], str]
    unit: str = ""
    """Of `tick`, where it has none itself."""
    more: str = ""
    """What the quicker side is, after how many times."""


def rate_text(value: float) -> str:
    """``31.4 tokens/s``."""
    return f"{value:.1f} tokens/s" if value < 999.95 else f"{number(round(value))} tokens/s"


def _short(value: float) -> str:
    return f"{value:g}" if value < 1000 else number(round(value))


def _size(value: float) -> str:
    return size_text(round(value))


KINDS: Final = (
    Kind("time_to_first_token_s", "First token", duration, duration, more="sooner"),
    Kind(
        "prefill_tokens_per_s",
        "Reading the prompt",
        rate_text,
        _short,
        unit="tokens/s",
        more="as fast",
    ),
    Kind("decode_tokens_per_s", "Writing", rate_text, _short, unit="tokens/s", more="as fast"),
    Kind("total_s", "Whole answer", duration, duration, more="as fast"),
    Kind("peak_memory_bytes", "Peak memory", _size, _size),
)


class NumberRow(Struct, frozen=True):
    """A line of the table: both sides, each with its spread and what it is ahead by."""

    title: str
    values: tuple[str, str]
    spreads: tuple[str, str] = ("", "")
    ahead: tuple[str, str] = ("", "")


class RepeatRow(Struct, frozen=True):
    """One run of one side."""

    title: str
    cells: tuple[str, ...]
    """As `REPEAT_HEAD` names them."""


REPEAT_HEAD: Final = ("Run", *(kind.title for kind in KINDS), "Tokens", "End", "Same answer")


def value_of(run: Run, key: Key) -> float | None:
    """What `run` has of it."""
    value = run.peak_memory_bytes if key == "peak_memory_bytes" else getattr(run.timings, key)
    return None if value is None else float(value)


def values_of(turn: Turn, key: Key) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """What the runs of both sides have of it that came to their end."""
    return _pair(_values(side, key) for side in turn.sides)


def numbers(turn: Turn) -> tuple[NumberRow, ...]:
    """Medians over the repeats, and what was the same in each."""
    rows = []
    for kind in KINDS:
        values = values_of(turn, kind.key)
        if kind.key == "peak_memory_bytes":
            shown = _pair(_peak(side) for side in turn.sides)
            rows.append(NumberRow(kind.title, shown))
            continue
        rows.append(
            NumberRow(
                kind.title,
                _pair(_median(side, kind) for side in values),
                _pair(spread_text(side, kind.text) for side in values),
                _ahead(turn, kind.key, kind.more),
            )
        )
    answers = [side.answer for side in turn.sides]
    rows += [
        NumberRow("Prompt + completion", _pair(_usage(answer) for answer in answers)),
        NumberRow("End", _pair(ENDS.get(answer.stop_reason or "", UNKNOWN) for answer in answers)),
        NumberRow("Context used", _pair(_context(answer) for answer in answers)),
    ]
    return tuple(row for row in rows if row.values != (UNKNOWN, UNKNOWN))


def repeats(turn: Turn, names: tuple[str, str]) -> tuple[RepeatRow, ...]:
    """Every run in the order in which they were made, those that are not counted first."""
    rows = []
    for name, side in zip(names, turn.sides, strict=True):
        if side.warm_up is not None:
            rows.append(_repeat(f"{name}, warm-up", side.warm_up))
    for index in range(max(len(side.runs) for side in turn.sides)):
        both = [
            (name, side.runs[index])
            for name, side in zip(names, turn.sides, strict=True)
            if index < len(side.runs)
        ]
        for name, run in sorted(both, key=lambda one: not one[1].went_first):
            rows.append(_repeat(f"{name}, {index + 1}", run))
    return tuple(rows)


def charts(turn: Turn, names: tuple[str, str]) -> tuple[Chart, ...]:
    """One of each number that a side has; whole answers only where they are as long."""
    made = []
    for kind in KINDS:
        values = values_of(turn, kind.key)
        is_unlike = kind.key == "total_s" and measures.ratio(turn.sides, "total_s").value is None
        if any(values) and not is_unlike:
            made.append(chart(kind, names, values))
    return tuple(made)


def chart(
    kind: Kind, names: tuple[str, str], values: tuple[tuple[float, ...], tuple[float, ...]]
) -> Chart:
    title = f"{kind.title}, {kind.unit}" if kind.unit else kind.title
    return Chart(kind.key, title, names, values, kind.text, kind.tick)


def spread_text(values: Sequence[float], text: Callable[[float], str]) -> str:
    """``30.8 to 31.4 tokens/s``; empty for a single value."""
    if len(values) < 2:
        return ""
    least, most = text(min(values)), text(max(values))
    if least == most:
        return f"always {least}"
    unit = least.rpartition(" ")[2]
    return f"{least.removesuffix(f' {unit}') if most.endswith(f' {unit}') else least} to {most}"


# --------------------------------------------------------------------------------------------


def _pair[T](values: Iterable[T]) -> tuple[T, T]:
    first, second = values
    return first, second


def _values(side: Side, key: Key) -> tuple[float, ...]:
    told = (value_of(run, key) for run in measures.counted(side.runs))
    return tuple(value for value in told if value is not None)


def _median(values: Sequence[float], kind: Kind) -> str:
    return kind.text(statistics.median(values)) if values else UNKNOWN


def _peak(side: Side) -> str:
    peak = measures.peak_memory(side)
    return UNKNOWN if peak is None else size_text(peak)


def _ahead(turn: Turn, measure: Measure, more: str) -> tuple[str, str]:
    found = measures.ratio(turn.sides, measure)
    if found.value is None or found.quicker is None:
        return "", ""
    said = f"{found.value:.1f}× {more}" if found.value >= 1.05 else ""
    return ("", said) if found.quicker else (said, "")


def _usage(answer: Answer) -> str:
    prompt, completion = answer.usage.prompt_tokens, answer.usage.completion_tokens
    if prompt is None and completion is None:
        return UNKNOWN
    if prompt is None or completion is None:
        return " + ".join("?" if one is None else number(one) for one in (prompt, completion))
    return f"{number(prompt)} + {number(completion)} = {number(prompt + completion)}"


def _context(answer: Answer) -> str:
    part = measures.context_used(answer)
    if part is None or answer.context_length is None:
        return UNKNOWN
    return f"{part:.1%} of {number(answer.context_length)} tokens"


def _repeat(title: str, run: Run) -> RepeatRow:
    cells = []
    for kind in KINDS:
        value = value_of(run, kind.key)
        cells.append(UNKNOWN if value is None else kind.text(value))
    count = run.usage.completion_tokens
    cells.append(UNKNOWN if count is None else number(count))
    cells.append(ENDS.get(run.stop_reason or "", UNKNOWN))
    cells.append({True: "yes", False: "no", None: UNKNOWN}[run.same_answer])
    if run.failure is not None:
        cells[-2] = f"failed: {run.failure.message}"
    return RepeatRow(title, tuple(cells))
