"""What the window says of a comparison: from numbers to the user's language."""

from collections.abc import Callable

from app.domain.answer import Answer
from app.domain.comparison.measures import (
    Measure,
    Ratio,
    Spread,
    comparable_difference,
    knobs_lacking,
    peak_memory,
    ratio,
    spread,
    tokens_in_common,
)
from app.domain.comparison.record import Comparison, Phase, Plan, Side, SideFacts, Slot, Turn
from app.domain.plain_text import one_line
from app.domain.quantities import duration, number, seconds_text, size_text
from app.ui import wording
from app.ui.translation import tr
from app.ui.widgets.compare_views import ChanceView, FactView, ReportView
from app.ui.widgets.marked_text import visible
from app.ui.wording import SEPARATOR
from wrappers.contract import TokenChance

_SHOWN_CHANCES = 6


def slot_label(slot: Slot) -> str:
    """``phi3-mini · v3``, and how it is loaded where that is not as it was logged."""
    name, slash, number = one_line(slot.name).rpartition("/")
    label = tr("{name} · v{version}").format(name=name, version=number) if slash else number
    words = wording.load_words(slot.options)
    return SEPARATOR.join((label, words)) if words else label


def plan_line(plan: Plan) -> str:
    """``one after the other, 1 warm-up, 3 repeats``."""
    order = tr("in parallel, sharing the machine") if plan.parallel else tr("one after the other")
    parts = [order]
    if plan.warm_up:
        parts.append(tr("1 warm-up"))
    parts.append(
        tr("1 repeat")
        if plan.repeats == 1
        else tr("{count} repeats").format(count=number(plan.repeats))
    )
    return tr(", ").join(parts)


def phase_line(turn: Turn, plan: Plan) -> str:
    """What goes on with both."""
    match turn.phase:
        case Phase.WAITING:
            return tr("Starting")
        case Phase.LOADING:
            return tr("Loading the models")
        case Phase.WARMING_UP:
            return tr("Warming up")
        case Phase.MEASURING:
            return tr("Measuring: run {number} of {count}").format(
                number=max(1, turn.step), count=plan.repeats
            )
        case Phase.PARTING:
            return tr("Asking both what could have come where they part")
        case Phase.CONTRACT:
            return tr("Asking MLflow's predict")
        case _:
            return ""


# --------------------------------------------------------------------------------------------
# The numbers of one side


def facts(comparison: Comparison, turn: Turn, at: int) -> tuple[FactView, ...]:
    """The rows at the foot of the card of slot `at`."""
    side = turn.sides[at]
    return (
        FactView("usage", tr("Prompt + completion"), _or_soon(_usage(side.answer), side)),
        _first_token(turn, at),
        _rate(turn, at, "decode_tokens_per_s", "speed", tr("Speed")),
        _rate(turn, at, "prefill_tokens_per_s", "prefill", tr("Reading the prompt")),
        FactView("load", tr("Load · peak memory"), _load(side, comparison.facts[at])),
        FactView("stop", tr("Stop reason"), _or_soon(_stop(side.answer), side)),
        FactView(
            "context",
            tr("Context used"),
            _or_soon(_context(side.answer, comparison.facts[at]), side),
        ),
        FactView("same", tr("Same tokens as the other"), _or_soon(_same(turn, at), *turn.sides)),
    )


def _or_soon(said: str, *sides: Side) -> str:
    """What is not known may still come while a side answers."""
    is_over = all(side.answer.state.is_final for side in sides)
    return said if is_over or said != unknown() else "…"


def unknown() -> str:
    return tr("not known")


def _usage(answer: Answer) -> str:
    usage = answer.usage
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    if prompt is None and completion is None:
        return unknown() if usage.total_tokens is None else wording.tokens(usage.total_tokens)
    parts = " + ".join(unknown() if one is None else number(one) for one in (prompt, completion))
    if prompt is None or completion is None:
        return parts
    return f"{parts} = {number(prompt + completion)}"


def _first_token(turn: Turn, at: int) -> FactView:
    measure: Measure = "time_to_first_token_s"
    label = tr("First token")
    found = spread(turn.sides[at].runs, measure)
    if found is None:
        return FactView("first", label, _unmeasured(turn, at, measure))
    how = ratio(turn.sides, measure)
    emphasis = ""
    if how.value is not None and how.quicker == at:
        emphasis = _sooner(how)
    return FactView("first", label, duration(found.median), emphasis, _range(found, duration))


def _rate(turn: Turn, at: int, measure: Measure, key: str, label: str) -> FactView:
    found = spread(turn.sides[at].runs, measure)
    if found is None:
        return FactView(key, label, _unmeasured(turn, at, measure))
    how = ratio(turn.sides, measure)
    emphasis = times(how) if how.value is not None and how.quicker == at else ""
    return FactView(
        key, label, wording.speed(found.median), emphasis, _range(found, lambda one: f"{one:.1f}")
    )


def _unmeasured(turn: Turn, at: int, measure: Measure) -> str:
    """Of the shown answer alone, while no run has been measured."""
    answer = turn.sides[at].answer
    value = getattr(answer.timings, measure)
    if value is None:
        return unknown() if answer.state.is_final else "…"
    shown = duration(value) if measure == "time_to_first_token_s" else wording.speed(value)
    if turn.phase.is_final:
        return tr("{value}, not measured").format(value=shown)
    return tr("{value}, not measured yet").format(value=shown)


def times(how: Ratio) -> str:
    """``1.9×``; of hardly any difference, nothing."""
    value = how.value
    return "" if value is None or value < 1.05 else f"{value:.1f}×" if value < 100 else ">100×"


def _sooner(how: Ratio) -> str:
    said = times(how)
    return tr("{times} sooner").format(times=said) if said else ""


def _range(found: Spread, shown: Callable[[float], str]) -> str:
    """``180–190 ms``: the lowest and the highest of the repeats."""
    if len(found.values) < 2:
        return ""
    lowest, highest = shown(found.lowest), shown(found.highest)
    if lowest == highest:
        return ""
    head, _, unit = lowest.rpartition(" ")
    if head and highest.endswith(f" {unit}"):
        lowest = head
    return f"({lowest}–{highest})"


def _load(side: Side, known: SideFacts | None) -> str:
    load_s = None if known is None else known.load_s
    memory = peak_memory(side)
    none = _or_soon(unknown(), side)
    parts = [
        none if load_s is None else seconds_text(load_s),
        none if memory is None else size_text(memory),
    ]
    return none if parts[0] == parts[1] else SEPARATOR.join(parts)


def _stop(answer: Answer) -> str:
    return unknown() if answer.stop_reason is None else wording.stop_reason(answer.stop_reason)


def _context(answer: Answer, known: SideFacts | None) -> str:
    usage = answer.usage
    length = answer.context_length or (None if known is None else known.context_length)
    if usage.prompt_tokens is None:
        return unknown()
    used = number(usage.prompt_tokens + (usage.completion_tokens or 0))
    if length is None:
        return used
    return tr("{used} of {length}").format(used=used, length=number(length))


def _same(turn: Turn, at: int) -> str:
    if turn.same_vocabulary is False:
        return tr("not comparable")
    mine, other = (turn.sides[one].answer.token_ids for one in (at, 1 - at))
    if mine is None or other is None:
        return unknown()
    if mine == other:
        return tr("all {count}").format(count=number(len(mine)))
    return tr("first {same} of {count}").format(
        same=number(tokens_in_common(mine, other)), count=number(len(mine))
    )


# --------------------------------------------------------------------------------------------
# What came of it


def report(comparison: Comparison, turn: Turn, names: tuple[str, str]) -> ReportView:
    """In sentences; `names` are what the sides are called."""
    if not turn.phase.is_final:
        return ReportView()
    sentences = [
        *_same_tokens(turn),
        *_total(turn, names),
        *_lacking(comparison, names),
        *_shared(comparison, turn),
        *_repeats(turn, names),
        *_predict(turn, names),
    ]
    return ReportView(
        headline=_headline(turn, names),
        sentences=tuple(sentences),
        sides=names,
        chances=_chances(turn),
    )


def _headline(turn: Turn, names: tuple[str, str]) -> str:
    first = ratio(turn.sides, "time_to_first_token_s")
    rate = ratio(turn.sides, "decode_tokens_per_s")
    said = (times(first), times(rate))
    if first.value is None and rate.value is None:
        if turn.phase is Phase.STOPPED:
            return tr("Stopped before there was anything to compare.")
        return tr("There are no times to compare.")
    if not any(said):
        return tr("Both began as soon and wrote as fast.")
    if all(said) and first.quicker == rate.quicker and first.quicker is not None:
        return tr("{name} began {sooner} sooner and wrote {faster} as fast.").format(
            name=names[first.quicker], sooner=said[0], faster=said[1]
        )
    parts = []
    if said[0] and first.quicker is not None:
        parts.append(
            tr("{name} began {sooner} sooner.").format(name=names[first.quicker], sooner=said[0])
        )
    if said[1] and rate.quicker is not None:
        parts.append(
            tr("{name} wrote {faster} as fast.").format(name=names[rate.quicker], faster=said[1])
        )
    return " ".join(parts)


def _same_tokens(turn: Turn) -> list[str]:
    mine, other = (side.answer.token_ids for side in turn.sides)
    if turn.same_vocabulary is False:
        return [tr("They count in different tokens, so no token is the first that differs.")]
    if mine is None or other is None:
        return []
    if mine == other:
        return [tr("Both wrote the same {count} tokens.").format(count=number(len(mine)))]
    same = comparable_difference(turn)
    if not same:
        return [tr("They differ from the first token on.")]
    return [
        tr("Both begin with the same token.")
        if same == 1
        else tr("Both begin with the same {count} tokens.").format(count=number(same))
    ]


def _total(turn: Turn, names: tuple[str, str]) -> list[str]:
    how = ratio(turn.sides, "total_s")
    match how.why_none:
        case None if how.quicker is not None and times(how):
            return [
                tr("For as many tokens {name} took {times} less time in all.").format(
                    name=names[how.quicker], times=times(how)
                )
            ]
        case None:
            return [tr("For as many tokens both took as long in all.")]
        case "token_counts_differ":
            return [
                tr(
                    "They wrote different numbers of tokens, so their total times are not "
                    "compared: a longer answer takes longer."
                )
            ]
        case "token_counts_unknown":
            return [tr("How many tokens they wrote is not known, so total times are not compared.")]
        case _:
            return []


def _lacking(comparison: Comparison, names: tuple[str, str]) -> list[str]:
    found = []
    for at in (0, 1):
        lacking = knobs_lacking(comparison.slots[at], comparison.facts[at])
        if lacking:
            found.append(
                tr("{name} does not have {knobs}: it answered without.").format(
                    name=names[at], knobs=tr(", ").join(lacking)
                )
            )
    return found


def _shared(comparison: Comparison, turn: Turn) -> list[str]:
    if not comparison.plan.parallel:
        return []
    if turn.not_parallel is not None:
        return [tr("Both are one loaded model, so it was asked one after the other all the same.")]
    return [
        tr("Both ran at the same time and shared the machine: the numbers are neither's own speed.")
    ]


def _repeats(turn: Turn, names: tuple[str, str]) -> list[str]:
    found = []
    for name, side in zip(names, turn.sides, strict=True):
        told = [one.same_answer for one in side.runs if one.same_answer is not None]
        other = told.count(False)
        if other:
            found.append(
                tr("In {other} of {count} repeats {name} wrote something else.").format(
                    other=other, count=len(told), name=name
                )
            )
    return found


def _predict(turn: Turn, names: tuple[str, str]) -> list[str]:
    return [
        tr("Through MLflow's predict, {name} said something else.").format(name=name)
        for name, side in zip(names, turn.sides, strict=True)
        if side.contract is not None and side.contract.same_text is False
    ]


def _chances(turn: Turn) -> tuple[ChanceView, ...]:
    """Both sides' likeliest tokens where they part, the ones that were written first."""
    parting = turn.parting
    if parting is None or parting.chances == (None, None):
        return ()
    told: list[dict[int, TokenChance]] = [
        {one.token.id: one for one in chances or ()} for chances in parting.chances
    ]
    wrote = [_at(side.answer.token_ids, parting.index) for side in turn.sides]
    order = [one for one in wrote if one is not None]
    for one in sorted(
        (*told[0].values(), *told[1].values()), key=lambda chance: -chance.probability
    ):
        if one.token.id not in order:
            order.append(one.token.id)
    rows = []
    for token_id in dict.fromkeys(order):
        known = told[0].get(token_id) or told[1].get(token_id)
        rows.append(
            ChanceView(
                token=f"#{token_id}" if known is None else _quoted(known.token.text),
                chances=(
                    _chance(parting.chances[0], told[0].get(token_id)),
                    _chance(parting.chances[1], told[1].get(token_id)),
                ),
                marks=(wrote[0] == token_id, wrote[1] == token_id),
            )
        )
    return tuple(rows[:_SHOWN_CHANCES])


def _chance(told: tuple[TokenChance, ...] | None, found: TokenChance | None) -> str:
    if told is None:
        return unknown()
    if found is None:
        return tr("less likely")
    return percent(found.probability)


def percent(part: float) -> str:
    """``62.0 %``; what is not nothing is never shown as nothing."""
    hundred = 100 * part
    return "< 0.1 %" if 0 < hundred < 0.1 else f"{hundred:.1f} %"


def _quoted(text: str) -> str:
    return f"“{visible(text)}”"


def _at(ids: tuple[int, ...] | None, index: int) -> int | None:
    return ids[index] if ids is not None and index < len(ids) else None
