"""What there is to say of a comparison in plain English, for the command line and the report."""

from collections.abc import Callable, Iterator
from typing import Final

from app.domain.comparison.measures import (
    Measure,
    Ratio,
    Spread,
    comparable_difference,
    counted,
    knobs_lacking,
    ratios,
)
from app.domain.comparison.record import Comparison, Contract, Parting, Plan, Side, Turn
from app.domain.quantities import seconds_text
from wrappers.contract import Token, TokenChance

Names = tuple[str, str]

_SHARED: Final = (
    "Both ran at the same time and shared the machine: the numbers are of the two together, and "
    "not of either alone."
)
_SAME_MODEL: Final = (
    "Both sides are one loaded model, which does one thing at a time: they ran one after the "
    "other, not in parallel."
)
_VOCABULARIES: Final = (
    "The two models have different vocabularies, so no token is the first that differs."
)
_WHERE: Final[dict[Measure, str]] = {
    "time_to_first_token_s": "to the first token",
    "prefill_tokens_per_s": "at reading the prompt",
    "decode_tokens_per_s": "at writing",
    "total_s": "over the whole answer",
}
_SHORTEST_S: Final = 0.0995
"""Below this, a time is told in milliseconds."""


def names_of(comparison: Comparison) -> Names:
    """What the sides are called: by the model, and where that is one, by where they stand."""
    first, second = (slot.shown_name for slot in comparison.slots)
    return (first, second) if first != second else (f"{first} (A)", f"{second} (B)")


def notes(comparison: Comparison, turn: Turn) -> tuple[str, ...]:
    """All that belongs beside the numbers of a turn that has come to its end."""
    names = names_of(comparison)
    return (
        *_about_fairness(comparison, turn, names),
        *_about_runs(comparison.plan, turn, names),
        *_about_speed(turn, names),
        *_about_answers(turn, names),
        *_about_contracts(turn, names),
    )


def ratio_sentence(ratio: Ratio, turn: Turn, names: Names) -> str:
    """Who was quicker by how much, or why nobody can say."""
    where = _WHERE[ratio.measure]
    match ratio.why_none:
        case "not_measured":
            return f"Which one is faster {where} is not known: not both tell that number."
        case "token_counts_unknown":
            return "Total times are not compared: not both models tell how many tokens they wrote."
        case "token_counts_differ":
            first, second = (_token_counts(side) for side in turn.sides)
            return (
                "Total times are not compared, since a longer answer takes longer: "
                f"{names[0]} wrote {first}, {names[1]} {second}."
            )
        case None if ratio.value is None or ratio.quicker is None:
            return f"Both are equally fast {where}."
        case None:
            quicker, slower = names[ratio.quicker], names[1 - ratio.quicker]
            return f"{quicker} is {ratio.value:.2f} times as fast as {slower} {where}."


def spread_text(spread: Spread | None, show: Callable[[float], str]) -> str:
    """Such as ``31.4 (30.9 to 31.8)``: the median and the extremes; with four values or more, the
    quartiles too. A dash for what is not known."""
    if spread is None:
        return "–"
    if len(spread.values) == 1:
        return show(spread.median)
    text = f"{show(spread.median)} ({show(spread.lowest)} to {show(spread.highest)}"
    if spread.quartiles is not None:
        low, high = map(show, spread.quartiles)
        text += f"; half of them {low} to {high}"
    return f"{text})"


def shown(measure: Measure) -> Callable[[float], str]:
    """How a value of `measure` is written."""
    return _rate if measure.endswith("_per_s") else _time


def parting_sentence(parting: Parting, turn: Turn, names: Names) -> str:
    """Where the answers part, and what each side thought of the two tokens."""
    begin = f"The answers part at token {parting.index + 1}"
    told = [
        f"{name} {_about_token(_token_at(side, parting.index), chances)}"
        for name, side, chances in zip(names, turn.sides, parting.chances, strict=True)
    ]
    return f"{begin}: {told[0]}; {told[1]}."


def contract_sentence(contract: Contract, name: str) -> str:
    """What came of asking MLflow's ``predict``."""
    if contract.failure is not None:
        return f"MLflow's predict of {name} could not be asked. {contract.failure.message}"
    match contract.same_text:
        case True:
            return f"MLflow's predict of {name} gives the same text."
        case False:
            return f"MLflow's predict of {name} gives another text than the streamed answer."
        case None:
            return f"MLflow's predict of {name} was stopped."


def _about_fairness(comparison: Comparison, turn: Turn, names: Names) -> Iterator[str]:
    first, second = comparison.slots
    if turn.not_parallel == "same_model":
        yield _SAME_MODEL
    elif comparison.plan.parallel:
        yield _SHARED
    if first.sampling != second.sampling:
        yield "The two were asked with different parameters."
    for slot, facts, name in zip(comparison.slots, comparison.facts, names, strict=True):
        if lacking := knobs_lacking(slot, facts):
            yield f"{name} does not know {_listed(lacking)}, and answered without."


def _about_runs(plan: Plan, turn: Turn, names: Names) -> Iterator[str]:
    for name, side in zip(names, turn.sides, strict=True):
        runs = counted(side.runs)
        if side.answer.failure is not None and not runs:
            yield f"{name} has no answer. {side.answer.failure.message}"
            continue
        if len(runs) < plan.repeats:
            yield f"{name} was measured {len(runs)} of {plan.repeats} times."
        for run in side.runs:
            if run.failure is not None:
                yield f"A run of {name} failed. {run.failure.message}"
        others = sum(run.same_answer is False for run in runs)
        if others:
            yield f"{name} wrote something else than what is shown in {others} of {len(runs)} runs."


def _about_speed(turn: Turn, names: Names) -> Iterator[str]:
    if all(counted(side.runs) for side in turn.sides):
        yield from (ratio_sentence(one, turn, names) for one in ratios(turn.sides))


def _about_answers(turn: Turn, names: Names) -> Iterator[str]:
    first, second = (side.answer.token_ids for side in turn.sides)
    if first is None or second is None:
        return
    if turn.same_vocabulary is False:
        yield _VOCABULARIES
    elif turn.parting is not None:
        yield parting_sentence(turn.parting, turn, names)
    elif (index := comparable_difference(turn)) is not None:
        yield f"The answers part at token {index + 1}."
    else:
        yield f"Both wrote the same {_tokens(len(first))}."


def _about_contracts(turn: Turn, names: Names) -> Iterator[str]:
    for name, side in zip(names, turn.sides, strict=True):
        if side.contract is not None:
            yield contract_sentence(side.contract, name)


def _token_at(side: Side, index: int) -> int | None:
    ids = side.answer.token_ids or ()
    return ids[index] if index < len(ids) else None


def _about_token(token_id: int | None, chances: tuple[TokenChance, ...] | None) -> str:
    if token_id is None:
        return "had ended there"
    found = [one for one in chances or () if one.token.id == token_id]
    if not found:
        return f"wrote token {token_id}"
    return f"wrote {_quoted(found[0].token)}, which it thought {_percent(found[0].probability)}"


def _quoted(token: Token) -> str:
    return '"' + token.text.replace("\n", "\\n") + '"'


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f} % likely"


def _token_counts(side: Side) -> str:
    told = {run.usage.completion_tokens for run in counted(side.runs)}
    counts = sorted(count for count in told if count is not None)
    if len(counts) == 1:
        return _tokens(counts[0])
    return f"{counts[0]} to {counts[-1]} tokens"


def _tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"


def _listed(names: tuple[str, ...]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < _SHORTEST_S else _precise(seconds)


def _precise(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 9.995 else seconds_text(seconds)


def _rate(rate: float) -> str:
    return f"{rate:.1f}" if rate < 99.95 else f"{rate:.0f}"
