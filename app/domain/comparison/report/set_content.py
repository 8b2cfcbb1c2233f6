"""What a report says of a prompt set, as plain data."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.domain.comparison.record import Comparison, PromptSet, Slot
from app.domain.comparison.report.charts import Chart
from app.domain.comparison.report.content import (
    TurnSheet,
    model_facts,
    moment,
    plan_sentence,
    turn_sheet,
)
from app.domain.comparison.report.numbers import KINDS, UNKNOWN, NumberRow, spread_text
from app.domain.comparison.sentences import names_of
from app.domain.comparison.set_rows import (
    FIGURES,
    Figure,
    SetRow,
    Tally,
    figures,
    medians,
    rows_of,
    tally,
)
from app.domain.quantities import number


class RowSheet(Struct, frozen=True):
    """One prompt of the set, and what came of it."""

    title: str
    """``12``, or ``12 · its id`` where the file names it otherwise."""
    row: SetRow
    facts: tuple[str, ...]
    """As `ROW_HEAD` names them, from the third on."""
    turn: TurnSheet | None
    """``None`` for one that was not run."""


ROW_HEAD: Final = ("Row", "Prompt", "Tokens", "First token", "Tokens/s", "Answers")


class SetSheet(Struct, frozen=True):
    """A whole report."""

    title: str
    lines: tuple[str, ...]
    """When, how, and what came of it: a sentence each."""
    names: tuple[str, str]
    models: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
    medians: tuple[NumberRow, ...]
    charts: tuple[Chart, ...]
    rows: tuple[RowSheet, ...]


def set_sheet(prompt_set: PromptSet, zone: tzinfo | None = UTC) -> SetSheet:
    """All of a set, as far as it was run."""
    names = set_names(prompt_set.slots)
    rows = rows_of(prompt_set)
    counts = tally(rows)
    return SetSheet(
        title=prompt_set.name or "A prompt set",
        lines=(
            f"{names[0]} and {names[1]}",
            moment(prompt_set.created_ms, zone),
            plan_sentence(prompt_set.plan),
            _came_to(counts),
        ),
        names=names,
        models=(
            model_facts(prompt_set.slots[0], prompt_set.facts[0]),
            model_facts(prompt_set.slots[1], prompt_set.facts[1]),
        ),
        medians=_medians(rows),
        charts=set_charts(rows, names),
        rows=tuple(_row(prompt_set, row, names) for row in rows),
    )


def set_names(slots: tuple[Slot, Slot]) -> tuple[str, str]:
    return names_of(Comparison("", slots))


def set_charts(rows: list[SetRow], names: tuple[str, str]) -> tuple[Chart, ...]:
    """The distribution of each figure that a side has, over the rows that are done."""
    made = []
    for figure in FIGURES:
        first, second = figures(rows, figure)
        if first or second:
            title, _, tick = _SHOWN[figure]
            values = (tuple(first), tuple(second))
            made.append(Chart(figure, title, names, values, _SHOWN[figure][1], tick))
    return tuple(made)


# --------------------------------------------------------------------------------------------


def _count_text(value: float) -> str:
    return f"{value:g} tokens" if value < 1000 else f"{number(round(value))} tokens"


_first, _decode = (
    next(kind for kind in KINDS if kind.key == key)
    for key in ("time_to_first_token_s", "decode_tokens_per_s")
)
_SHOWN: Final[dict[Figure, tuple[str, Callable[[float], str], Callable[[float], str]]]] = {
    "time_to_first_token_s": (_first.title, _first.text, _first.tick),
    "decode_tokens_per_s": (f"{_decode.title}, {_decode.unit}", _decode.text, _decode.tick),
    "completion_tokens": ("Length of the answer, tokens", _count_text, lambda value: f"{value:g}"),
}
"""Title, a value with its unit, the same for an axis."""


def _came_to(counts: Tally) -> str:
    said = f"{counts.done} of {counts.prompts} prompts have an answer of both"
    if counts.done:
        said += f"; {counts.same} of these answers are the same on both sides"
    if counts.failed:
        said += f"; {counts.failed} failed or were stopped"
    if counts.waiting:
        said += f"; {counts.waiting} were not run yet"
    return f"{said}."


def _medians(rows: list[SetRow]) -> tuple[NumberRow, ...]:
    told = []
    for figure in FIGURES:
        title, text, _ = _SHOWN[figure]
        values = figures(rows, figure)
        first, second = medians(rows, figure)
        if first is None and second is None:
            continue
        spreads = [spread_text(side, text) for side in values]
        told.append(
            NumberRow(
                title.partition(",")[0],
                (_known(first, text), _known(second, text)),
                (spreads[0], spreads[1]),
            )
        )
    return tuple(told)


def _row(prompt_set: PromptSet, row: SetRow, names: tuple[str, str]) -> RowSheet:
    place = str(row.index + 1)
    title = place if row.prompt.id == place else f"{place} · {row.prompt.id}"
    turn = prompt_set.results.get(row.index)
    return RowSheet(
        title=title,
        row=row,
        facts=(
            *(_both(row, figure) for figure in ("completion_tokens", *FIGURES[:2])),
            {True: "the same", False: "differ", None: _STATES[row.state]}[row.is_same],
        ),
        turn=None
        if turn is None
        else _without_measurements(
            turn_sheet(_alone(prompt_set), turn, title, names), prompt_set.plan.repeats
        ),
    )


_STATES: Final = {
    "waiting": "not run yet",
    "running": "running",
    "done": "",
    "failed": "not whole",
}


def _alone(prompt_set: PromptSet) -> Comparison:
    return Comparison(
        id="",
        slots=prompt_set.slots,
        kind=prompt_set.kind,
        plan=prompt_set.plan,
        facts=prompt_set.facts,
    )


def _without_measurements(told: TurnSheet, repeats: int) -> TurnSheet:
    """The drawings are of all rows together; each row's numbers stand in its line."""
    kept = told.repeats if repeats > 1 else ()
    return replace(told, charts=(), numbers=(), sentences=(), repeats=kept)


def _both(row: SetRow, figure: Figure) -> str:
    if row.state == "waiting":
        return ""
    told = []
    for side in row.sides:
        value = getattr(side, figure)
        if value is None:
            told.append("–")
        elif figure == "time_to_first_token_s":
            told.append(_first.text(value))
        else:
            told.append(f"{value:.1f}" if figure == "decode_tokens_per_s" else f"{value:g}")
    return " / ".join(told)


def _known(value: float | None, text: Callable[[float], str]) -> str:
    return UNKNOWN if value is None else text(value)
