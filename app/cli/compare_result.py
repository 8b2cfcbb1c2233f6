"""What a comparison has come to: one object for programs, a table for people. Pure."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from app.cli.wording import reason, size
from app.domain.comparison.measures import (
    MEASURES,
    Measure,
    comparable_difference,
    context_used,
    counted,
    knobs_lacking,
    peak_memory,
    ratios,
    spread,
    tokens_in_common,
)
from app.domain.comparison.record import Comparison, Side, SideFacts, Turn
from app.domain.comparison.schedule import BOTH
from app.domain.comparison.sentences import names_of, notes, shown, spread_text
from app.domain.quantities import seconds_text

_LABELS: Final[dict[Measure, str]] = {
    "time_to_first_token_s": "first token",
    "prefill_tokens_per_s": "prefill, tokens/s",
    "decode_tokens_per_s": "decode, tokens/s",
    "total_s": "whole answer",
}


def as_object(comparison: Comparison) -> dict[str, Any]:
    """The last line of ``--json``, of the last turn."""
    turn = comparison.turns[-1]
    first, second = (side.answer.token_ids for side in turn.sides)
    is_known = first is not None and second is not None
    value: dict[str, Any] = {
        "event": "comparison",
        "id": comparison.id,
        "kind": comparison.kind,
        "system": comparison.system,
        "text": turn.text,
        "phase": turn.phase,
        "plan": comparison.plan,
        "not_parallel": turn.not_parallel,
        "sides": [_side(comparison, turn, side) for side in BOTH],
        "first_difference": comparable_difference(turn),
        "tokens_in_common": tokens_in_common(first or (), second or ()) if is_known else None,
        "same_vocabulary": turn.same_vocabulary,
        "parting": turn.parting,
        "ratios": {
            one.measure: {"value": one.value, "quicker": one.quicker, "why_none": one.why_none}
            for one in ratios(turn.sides)
        },
        "notes": notes(comparison, turn),
    }
    built: dict[str, Any] = msgspec.to_builtins(value)
    return built


def _side(comparison: Comparison, turn: Turn, at: int) -> dict[str, Any]:
    side, slot, facts = turn.sides[at], comparison.slots[at], comparison.facts[at]
    answer = side.answer
    runs = counted(side.runs)
    return {
        "model": slot.name,
        "model_id": slot.model_id,
        "options": slot.options,
        "state": answer.state,
        "prompt": answer.prompt,
        "prompt_token_ids": answer.prompt_token_ids,
        "text": answer.text,
        "token_ids": answer.token_ids,
        "usage": answer.usage,
        "stop_reason": answer.stop_reason,
        "peak_memory_bytes": peak_memory(side),
        "load_s": None if facts is None else facts.load_s,
        "repeats": [
            {measure: getattr(run.timings, measure) for measure in MEASURES}
            | {
                "completion_tokens": run.usage.completion_tokens,
                "reused_prompt_tokens": run.timings.reused_prompt_tokens,
                "stop_reason": run.stop_reason,
                "peak_memory_bytes": run.peak_memory_bytes,
                "went_first": run.went_first,
                "same_answer": run.same_answer,
            }
            for run in runs
        ],
        "median": {measure: _median(side, measure) for measure in MEASURES},
        "spread": {measure: _ends(side, measure) for measure in MEASURES},
        "warm_up": side.warm_up,
        "failure": answer.failure,
        "failed_runs": [run.failure for run in side.runs if run.failure is not None],
        "sampling": slot.sampling,
        "lacking": knobs_lacking(slot, facts),
        "context_length": answer.context_length,
        "context_used": context_used(answer),
        "contract": side.contract,
        "trace_id": None if answer.trace is None else answer.trace.id,
        "facts": facts,
    }


def _median(side: Side, measure: Measure) -> float | None:
    found = spread(side.runs, measure)
    return None if found is None else found.median


def _ends(side: Side, measure: Measure) -> dict[str, Any] | None:
    found = spread(side.runs, measure)
    if found is None:
        return None
    return {"lowest": found.lowest, "highest": found.highest, "quartiles": found.quartiles}


def table_of(comparison: Comparison) -> list[tuple[str, ...]]:
    """The last turn's numbers: a heading, then what each row is of, and both sides."""
    sides, facts = comparison.turns[-1].sides, comparison.facts
    rows: list[tuple[str, ...]] = [("", *names_of(comparison))]

    def add(label: str, tell: Callable[[Side, SideFacts | None], str]) -> None:
        told = [tell(side, fact) for side, fact in zip(sides, facts, strict=True)]
        rows.append((label, *told))

    add("engine", lambda _, fact: _or_dash(None if fact is None else fact.engine))
    add("load", lambda _, fact: _seconds(None if fact is None else fact.load_s))
    for measure in MEASURES:
        add(
            _LABELS[measure],
            lambda side, _, measure=measure: spread_text(  # type: ignore[misc]
                spread(side.runs, measure), shown(measure)
            ),
        )
    add("peak memory", lambda side, _: size(peak_memory(side)))
    add("prompt tokens", lambda side, _: _or_dash(side.answer.usage.prompt_tokens))
    add("completion tokens", lambda side, _: _or_dash(side.answer.usage.completion_tokens))
    add("total tokens", lambda side, _: _or_dash(side.answer.usage.total_tokens))
    add("context used", lambda side, _: _part(context_used(side.answer)))
    add("ended by", lambda side, _: reason(side.answer.stop_reason))
    return rows


def _seconds(value: float | None) -> str:
    return "–" if value is None else seconds_text(value)


def _part(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)
