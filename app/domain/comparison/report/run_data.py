"""A comparison as what one MLflow run holds of it.

Metrics: ``turn_1/first/X`` has a step per measured run (a run that was cut or failed has no value),
``first/X`` a step per turn with the median of its runs, ``first/median/X`` the median of those;
``ratio/X`` is the second model's median over the first one's, per turn, where they can be compared.
"""

import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final, Literal

import msgspec

from app.domain.comparison import measures
from app.domain.comparison.record import Comparison, Plan, Side, SideFacts, Slot, Turn
from app.domain.comparison.report.charts import repeats, standalone
from app.domain.comparison.report.content import Sheet, sheet
from app.domain.comparison.report.html import sheet_html
from app.domain.comparison.report.markdown import joined, literal, number_table, sheet_markdown
from app.domain.comparison.report.numbers import KINDS, value_of
from app.domain.comparison.report.numbers import charts as charts_of
from app.domain.comparison.votes import hides_sides
from app.domain.load_choice import load_words
from wrappers.contract import LogRun

SIDES: Final = ("first", "second")
"""What the slots are called in names of params and metrics, as a vote calls them."""
TABLE: Final = "answers.json"
_NOTE: Final = 7900
"""Characters: somewhat less than a tag of MLflow takes."""

Metrics = dict[str, tuple[float | None, ...]]


WhyNot = Literal["nothing", "running", "hidden"]


def why_not(comparison: Comparison) -> WhyNot | None:
    """Why a comparison cannot be logged now."""
    if not comparison.turns:
        return "nothing"
    if comparison.is_running:
        return "running"
    return "hidden" if hides_sides(comparison) else None


def comparison_run(
    comparison: Comparison, logged_from: Mapping[str, Any], zone: tzinfo | None = UTC
) -> LogRun:
    """What to log of a comparison none of whose turns is hidden. `logged_from` tells of this
    machine."""
    turns = comparison.turns
    told = sheet(comparison, zone)
    return LogRun(
        id=0,
        name=clean(told.title),
        params=_params(comparison),
        metrics=_metrics(turns) | _votes(turns),
        tags={
            "parley.kind": "comparison",
            "parley.comparison": comparison.id,
            **side_tags(comparison.slots),
            "mlflow.note.content": _note(told),
        },
        tables={TABLE: table(_rows(comparison))} if turns else {},
        files=_files(comparison, told, logged_from),
        models=model_ids(comparison.slots),
        traces=trace_ids(turns),
    )


def plain(value: object) -> Any:
    """`value` as it can be written as JSON by anybody: no lone surrogates, no infinities."""
    match value:
        case str():
            return clean(value)
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {clean(str(key)): plain(one) for key, one in value.items()}
        case list() | tuple():
            return [plain(one) for one in value]
        case _:
            return value


def clean(text: str) -> str:
    """`text` with a question mark for each half of a character that stands by itself."""
    return text.encode("utf-8", "replace").decode()


def as_json(value: object) -> str:
    written = msgspec.json.encode(plain(msgspec.to_builtins(value)))
    return msgspec.json.format(written, indent=2).decode()


def side_params(slots: tuple[Slot, Slot], facts: Sequence[SideFacts | None]) -> dict[str, str]:
    """What both models are, and what each was asked with."""
    params: dict[str, str] = {}
    for side, slot, known in zip(SIDES, slots, facts, strict=True):
        told: dict[str, object] = {
            "model": slot.name,
            "uri": slot.reference,
            "model_id": slot.model_id,
            "mode": slot.mode,
            "loaded_as": load_words(slot.options) or None,
        }
        if known is not None:
            told |= {
                "engine": known.engine,
                "device": known.device,
                "dtype": known.dtype,
                "threads": known.threads,
                "context_length": known.context_length,
                "size_bytes": known.size_bytes,
            }
        told |= {name: _text(value) for name, value in msgspec.to_builtins(slot.sampling).items()}
        params |= {
            f"{side}.{name}": clean(str(value)) for name, value in told.items() if value is not None
        }
    return params


def plan_params(plan: Plan) -> dict[str, str]:
    return {f"plan.{name}": str(value) for name, value in msgspec.to_builtins(plan).items()}


def side_tags(slots: tuple[Slot, Slot]) -> dict[str, str]:
    return {f"parley.{side}": clean(slot.called) for side, slot in zip(SIDES, slots, strict=True)}


def model_ids(slots: tuple[Slot, Slot]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(slot.model_id for slot in slots if slot.model_id))


def trace_ids(turns: Sequence[Turn]) -> tuple[str, ...]:
    traces = (side.answer.trace for turn in turns for side in turn.sides)
    return tuple(trace.id for trace in traces if trace is not None)


def medians(turns: Sequence[Turn | None]) -> Metrics:
    """Per turn, and over all of them; nothing where a row of a set has none."""
    found: Metrics = {}
    for at, side in enumerate(SIDES):
        for kind in KINDS:
            steps = tuple(
                None if turn is None else _median(_values(turn.sides[at], kind.key))
                for turn in turns
            )
            if any(step is not None for step in steps):
                found[f"{side}/{kind.key}"] = steps
                found[f"{side}/median/{kind.key}"] = (_median(steps),)
        for name, of in _COUNTS.items():
            steps = tuple(None if turn is None else of(turn.sides[at]) for turn in turns)
            if any(step is not None for step in steps):
                found[f"{side}/{name}"] = steps
    for measure in measures.MEASURES:
        ratios = tuple(None if turn is None else _ratio(turn, measure) for turn in turns)
        if any(step is not None for step in ratios):
            found[f"ratio/{measure}"] = ratios
    return found


def answer_row(turn: Turn, at: int, slot: Slot) -> dict[str, Any]:
    """One side of one turn, as a line of the table."""
    side = turn.sides[at]
    answer, contract = side.answer, side.contract
    row: dict[str, Any] = {
        "side": SIDES[at],
        "model": slot.called,
        "asked": turn.text,
        "prompt": answer.prompt,
        "answer": answer.text,
        "stop_reason": answer.stop_reason,
        "failure": None if answer.failure is None else answer.failure.message,
        "prompt_tokens": answer.usage.prompt_tokens,
        "completion_tokens": answer.usage.completion_tokens,
        "total_tokens": answer.usage.total_tokens,
        "load_s": answer.timings.load_s,
    }
    row |= {kind.key: _median(_values(side, kind.key)) for kind in KINDS}
    row |= {
        "repeats": len(measures.counted(side.runs)),
        "token_ids": None if answer.token_ids is None else " ".join(map(str, answer.token_ids)),
        "payload": None if contract is None else contract.payload,
        "returned": None if contract is None else contract.returned,
        "vote": None if turn.vote is None else turn.vote.choice,
        "trace_id": None if answer.trace is None else answer.trace.id,
    }
    return {name: plain(value) for name, value in row.items()}


def table(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Column to values, for rows that all have the same columns."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def environment(
    slots: tuple[Slot, Slot], facts: Sequence[SideFacts | None], logged_from: Mapping[str, Any]
) -> str:
    """What both models ran on, as JSON: as it was when they were asked."""
    sides = {
        side: {"model": slot.called, **({} if known is None else msgspec.to_builtins(known))}
        for side, slot, known in zip(SIDES, slots, facts, strict=True)
    }
    return as_json({**sides, "logged_from": dict(logged_from)})


def shortened(paragraphs: Sequence[str], limit: int = _NOTE) -> str:
    """As many of the paragraphs as fit."""
    kept: list[str] = []
    room = limit
    for one in paragraphs:
        room -= len(one) + 2
        if room < 0:
            kept.append("…")
            break
        kept.append(one)
    return joined(kept)


# --------------------------------------------------------------------------------------------


def _params(comparison: Comparison) -> dict[str, str]:
    return {
        "kind": comparison.kind,
        "turns": str(len(comparison.turns)),
        **({"system": clean(comparison.system)} if comparison.system else {}),
        **plan_params(comparison.plan),
        **side_params(comparison.slots, comparison.facts),
    }


def _metrics(turns: Sequence[Turn]) -> Metrics:
    found: Metrics = {}
    for number, turn in enumerate(turns, start=1):
        for at, side in enumerate(SIDES):
            for kind in KINDS:
                steps = _steps(turn.sides[at], kind.key)
                if any(step is not None for step in steps):
                    found[f"turn_{number}/{side}/{kind.key}"] = steps
    return found | medians(turns)


def _votes(turns: Sequence[Turn]) -> Metrics:
    choices = [turn.vote.choice for turn in turns if turn.vote is not None]
    return {f"votes/{choice}": (float(choices.count(choice)),) for choice in dict.fromkeys(choices)}


def _rows(comparison: Comparison) -> list[dict[str, Any]]:
    return [
        {"turn": number, **answer_row(turn, at, comparison.slots[at])}
        for number, turn in enumerate(comparison.turns, start=1)
        for at in (0, 1)
    ]


def _files(comparison: Comparison, told: Sheet, logged_from: Mapping[str, Any]) -> dict[str, str]:
    files = {
        "report.html": sheet_html(told),
        "report.md": sheet_markdown(told),
        "comparison.json": as_json(comparison),
        "environment.json": environment(comparison.slots, comparison.facts, logged_from),
    }
    for number, turn in enumerate(comparison.turns, start=1):
        for at, name in enumerate(SIDES):
            answer = turn.sides[at].answer
            if answer.prompt is not None:
                files[f"prompts/turn-{number}-{name}.txt"] = clean(answer.prompt)
            files[f"answers/turn-{number}-{name}.txt"] = clean(answer.text)
        for chart in charts_of(turn, told.names):
            files[f"charts/turn-{number}-{chart.key}.svg"] = standalone(repeats(chart))
    return files


def _note(told: Sheet) -> str:
    """What MLflow shows on the run's page: Markdown."""
    parts = [literal(told.plan)]
    for turn in told.turns:
        parts += [f"**{literal(turn.title)}**", number_table(turn.numbers, told.names)]
        parts += [f"- {literal(line)}" for line in turn.sentences]
    return shortened([part for part in parts if part])


def _steps(side: Side, key: Any) -> tuple[float | None, ...]:
    """One for each measured run; those that are not counted have none."""
    counted = {id(run) for run in measures.counted(side.runs)}
    return tuple(_finite(value_of(run, key)) if id(run) in counted else None for run in side.runs)


def _values(side: Side, key: Any) -> tuple[float, ...]:
    return tuple(step for step in _steps(side, key) if step is not None)


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _ratio(turn: Turn, measure: measures.Measure) -> float | None:
    if measures.ratio(turn.sides, measure).value is None:
        return None
    first, second = (_median(_values(side, measure)) for side in turn.sides)
    return None if not first or second is None else _finite(second / first)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _count(value: int | None) -> float | None:
    return None if value is None else float(value)


_COUNTS: Final[Mapping[str, Callable[[Side], float | None]]] = {
    "prompt_tokens": lambda side: _count(side.answer.usage.prompt_tokens),
    "completion_tokens": lambda side: _count(side.answer.usage.completion_tokens),
    "load_s": lambda side: _finite(side.answer.timings.load_s),
}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
