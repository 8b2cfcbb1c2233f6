"""What a report says, as plain data: the same for a page and for a text."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

from msgspec import Struct

from app.domain.answer import Answer, AnswerState
from app.domain.comparison.differences import Differences, differences
from app.domain.comparison.record import (
    Comparison,
    Phase,
    Plan,
    Side,
    SideFacts,
    Slot,
    Turn,
    Vote,
)
from app.domain.comparison.report.charts import Chart
from app.domain.comparison.report.numbers import (
    ENDS,
    NumberRow,
    RepeatRow,
    charts,
    numbers,
    repeats,
)
from app.domain.comparison.sentences import names_of, notes
from app.domain.load_choice import load_words
from app.domain.quantities import duration, number, size_text
from app.domain.signature import type_text
from app.domain.special_tokens import Span, special_spans
from wrappers.contract import Sampling, TokenChance

PLACES: Final = ("A", "B")
"""What the sides of a blind turn are called, from the left, until its vote."""
_MOST_CHANCES: Final = 10
_KEPT_BACK: Final = (
    "Which answer is whose, with all that would tell, is kept back until this turn is voted on."
)
_LATER: Final = (
    "What the models read and gave here would tell the answers of an earlier turn apart, which is "
    "not voted on yet."
)
_PHASES: Final = {
    Phase.DONE: "",
    Phase.STOPPED: "Stopped before it was through; what had been measured by then is below.",
    Phase.FAILED: "Neither model has an answer.",
}


class Marked(NamedTuple):
    """A piece of a text, and what there is to be seen of it."""

    text: str
    is_special: bool = False
    """A special token."""
    is_only: bool = False
    """The other side has it not."""


class SideSheet(Struct, frozen=True):
    """One side of a turn; only a name and an answer where the rest is kept back."""

    name: str
    mode: str = ""
    prompt: tuple[Marked, ...] = ()
    answer: tuple[Marked, ...] = ()
    notes: tuple[str, ...] = ()
    """What went otherwise than it should have: a failure, a cut."""
    payload: str = ""
    returned: str = ""
    token_ids: str = ""


class ChancesSheet(NamedTuple):
    """What one side thought could come where the answers part."""

    name: str
    chances: tuple[TokenChance, ...]


class TurnSheet(Struct, frozen=True):
    title: str
    asked: tuple[Marked, ...]
    sides: tuple[SideSheet, SideSheet]
    note: str = ""
    is_kept_back: bool = False
    numbers: tuple[NumberRow, ...] = ()
    repeats: tuple[RepeatRow, ...] = ()
    charts: tuple[Chart, ...] = ()
    sentences: tuple[str, ...] = ()
    parting: tuple[ChancesSheet, ...] = ()
    """Of the sides that can tell."""
    vote: str = ""


class Sheet(Struct, frozen=True):
    """A whole report."""

    title: str
    when: str
    names: tuple[str, str]
    models: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
    """Per side what is known of it: what, and the value."""
    plan: str
    system: str
    turns: tuple[TurnSheet, ...]


def sheet(comparison: Comparison, zone: tzinfo | None = UTC) -> Sheet:
    """All that may be told now; moments are those of `zone`, or of this machine's."""
    names = names_of(comparison)
    turns = []
    is_telling_kept_back = False
    for index, turn in enumerate(comparison.turns):
        if turn.is_hidden:
            turns.append(_hidden(turn, index, comparison.kind == "prompt"))
            # Later prompts hold the answers of this one.
            is_telling_kept_back |= comparison.kind == "messages"
        else:
            told = turn_sheet(
                comparison, turn, _title(index), names, kept_back=is_telling_kept_back
            )
            turns.append(told)
    return Sheet(
        title=comparison.title or f"{names[0]} and {names[1]}",
        when=moment(_begun_ms(comparison), zone),
        names=names,
        models=(
            model_facts(comparison.slots[0], comparison.facts[0]),
            model_facts(comparison.slots[1], comparison.facts[1]),
        ),
        plan=plan_sentence(comparison.plan),
        system=comparison.system,
        turns=tuple(turns),
    )


def moment(at_ms: int, zone: tzinfo | None) -> str:
    """Empty where it is not known."""
    if at_ms <= 0:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")


def plan_sentence(plan: Plan) -> str:
    """How both were asked."""
    runs = "once" if plan.repeats == 1 else f"{plan.repeats} times"
    warm = " after one run that is not counted" if plan.warm_up else ", the first run counted too"
    if plan.parallel:
        how = (
            "Both models were asked at the same time and shared the machine, so their speeds are "
            "not what each reaches alone."
        )
    else:
        how = "One model was asked after the other, and which one went first alternated."
    return f"{how} Each was asked {runs}{warm}, and read its prompt anew every time."


def model_facts(slot: Slot, known: SideFacts | None) -> tuple[tuple[str, str], ...]:
    """What is known of one side; what is not is left out."""
    rows = [
        ("Model", slot.reference),
        ("Logged model", slot.model_id or ""),
        ("Loaded as", load_words(slot.options) or ("it was logged" if known else "")),
        ("Takes", {"messages": "messages", "template": "a prompt", None: ""}[slot.mode]),
    ]
    if known is not None:
        rows += [
            ("Engine", known.engine or ""),
            ("Device", known.device or ""),
            ("Dtype", known.dtype or ""),
            ("Threads", "" if known.threads is None else str(known.threads)),
            ("Context", _tokens(known.context_length)),
            ("Size", "" if known.size_bytes is None else size_text(known.size_bytes)),
            ("Loaded in", "" if known.load_s is None else duration(known.load_s)),
            (
                "Memory after the load",
                "" if known.memory_bytes is None else size_text(known.memory_bytes),
            ),
        ]
    rows.append(("Parameters", sampling_text(slot.sampling) or "the model's own"))
    if known is not None:
        rows += [
            ("Its own defaults", sampling_text(known.defaults)),
            ("Input", _columns(known.signature_inputs)),
            ("Output", _columns(known.signature_outputs)),
            ("Params", _columns(known.signature_params)),
            ("Versions", ", ".join(f"{name} {at}" for name, at in known.versions.items() if at)),
        ]
    return tuple((name, value) for name, value in rows if value)


def sampling_text(sampling: Sampling) -> str:
    """Such as ``temperature 0, max tokens 256``; what is left alone is left out."""
    parts = []
    for name in ("temperature", "top_p", "top_k", "max_tokens", "seed"):
        value = getattr(sampling, name)
        if value is not None:
            parts.append(
                f"{name.replace('_', ' ')} {value:g}" if name != "seed" else f"seed {value}"
            )
    if sampling.stop:
        parts.append("stop " + ", ".join(repr(one) for one in sampling.stop))
    return ", ".join(parts)


def marked(
    text: str, special: Sequence[Span] = (), only: Sequence[Span] = ()
) -> tuple[Marked, ...]:
    """`text` in pieces; both kinds of spans are in order, and those of a kind do not overlap."""
    edges = sorted({0, len(text), *(edge for span in (*special, *only) for edge in span)})
    pieces = []
    kinds = [list(reversed(special)), list(reversed(only))]
    for start, end in pairwise(edges):
        found = []
        for spans in kinds:
            while spans and spans[-1].end <= start:
                spans.pop()
            found.append(bool(spans) and spans[-1].start <= start)
        pieces.append(Marked(text[start:end], *found))
    return tuple(pieces)


def turn_sheet(
    comparison: Comparison,
    turn: Turn,
    title: str,
    names: tuple[str, str],
    *,
    kept_back: bool = False,
) -> TurnSheet:
    """A turn that is not hidden; of one that is `kept_back` only what was asked and answered."""
    is_prompt = comparison.kind == "prompt"
    known = comparison.facts
    answers, prompts = _answers(turn.sides), _prompts(turn.sides, known)
    first, second = (
        _side(name, slot, side, answer, None if kept_back else prompt)
        for name, slot, side, answer, prompt in zip(
            names, comparison.slots, turn.sides, answers, prompts, strict=True
        )
    )
    note = _PHASES.get(turn.phase, "Not through yet.")
    special = [one for each in known if each is not None for one in each.special_tokens]
    told = TurnSheet(
        title=title,
        asked=_asked(turn, tuple(special), is_prompt=is_prompt),
        sides=(first, second),
        note=f"{note} {_LATER}".strip() if kept_back else note,
        vote=_vote(turn.vote, names),
    )
    if kept_back:
        return told
    return TurnSheet(
        title=told.title,
        asked=told.asked,
        sides=told.sides,
        note=told.note,
        numbers=numbers(turn),
        repeats=repeats(turn, names),
        charts=charts(turn, names),
        sentences=notes(comparison, turn) if turn.phase.is_final else (),
        parting=_parting(turn, names),
        vote=told.vote,
    )


# --------------------------------------------------------------------------------------------


def _hidden(turn: Turn, index: int, is_prompt: bool) -> TurnSheet:
    order = (1, 0) if turn.is_swapped else (0, 1)
    left, right = (
        SideSheet(name=PLACES[place], answer=(Marked(turn.sides[slot].answer.text),))
        for place, slot in enumerate(order)
    )
    return TurnSheet(
        title=_title(index),
        asked=_asked(turn, (), is_prompt=is_prompt),
        sides=(left, right),
        note=_KEPT_BACK,
        is_kept_back=True,
    )


def _asked(turn: Turn, special: tuple[str, ...], *, is_prompt: bool) -> tuple[Marked, ...]:
    return marked(turn.text, special_spans(turn.text, special) if is_prompt else ())


def _side(
    name: str,
    slot: Slot,
    side: Side,
    answer: tuple[Marked, ...],
    prompt: tuple[Marked, ...] | None,
) -> SideSheet:
    """Without a prompt nothing is told but the answer."""
    if prompt is None:
        return SideSheet(name, slot.mode or "", answer=answer, notes=_notes(side.answer))
    contract = side.contract
    ids = side.answer.token_ids
    return SideSheet(
        name=name,
        mode=slot.mode or "",
        prompt=prompt,
        answer=answer,
        notes=_notes(side.answer),
        payload=(contract.payload or "") if contract is not None else "",
        returned=(contract.returned or "") if contract is not None else "",
        token_ids="" if ids is None else " ".join(map(str, ids)),
    )


def _notes(answer: Answer) -> tuple[str, ...]:
    notes = []
    if answer.failure is not None:
        notes.append(answer.failure.message)
    elif answer.state is AnswerState.STOPPED:
        notes.append("It was stopped; the text ends where it was.")
    elif not answer.state.is_final:
        notes.append("It is not complete yet.")
    elif answer.is_cut:
        notes.append(f"It is {ENDS[answer.stop_reason or 'length']}.")
    if not answer.text and answer.state is AnswerState.DONE:
        notes.append("The answer is empty.")
    return tuple(notes)


def _parting(turn: Turn, names: tuple[str, str]) -> tuple[ChancesSheet, ...]:
    """The likeliest of each side, and what both have written wherever it stands."""
    parting = turn.parting
    if parting is None:
        return ()
    written = {
        ids[parting.index]
        for side in turn.sides
        if (ids := side.answer.token_ids) is not None and parting.index < len(ids)
    }
    return tuple(
        ChancesSheet(
            name,
            tuple(
                one
                for place, one in enumerate(chances)
                if place < _MOST_CHANCES or one.token.id in written
            ),
        )
        for name, chances in zip(names, parting.chances, strict=True)
        if chances
    )


def _begun_ms(comparison: Comparison) -> int:
    told = (comparison.created_ms, *(turn.created_ms for turn in comparison.turns))
    return next((at_ms for at_ms in told if at_ms > 0), 0)


def _vote(vote: Vote | None, names: tuple[str, str]) -> str:
    if vote is None:
        return ""
    blind = "Voted blind" if vote.is_blind else "Voted with the names in sight"
    said = {
        "first": f"the answer of {names[0]} is better",
        "second": f"the answer of {names[1]} is better",
        "tie": "a tie",
        "both_bad": "both are bad",
    }[vote.choice]
    return f"{blind}: {said}."


def _answers(sides: tuple[Side, Side]) -> tuple[tuple[Marked, ...], tuple[Marked, ...]]:
    texts = [side.answer.text for side in sides]
    apart = differences(*texts) if all(texts) else Differences((), ())
    return marked(texts[0], only=apart.first), marked(texts[1], only=apart.second)


def _prompts(
    sides: tuple[Side, Side], facts: tuple[SideFacts | None, SideFacts | None]
) -> tuple[tuple[Marked, ...], tuple[Marked, ...]]:
    texts = [side.answer.prompt or "" for side in sides]
    apart = differences(*texts, exact=True) if all(texts) else Differences((), ())
    first, second = (
        marked(text, special_spans(text, () if known is None else known.special_tokens), only)
        for text, known, only in zip(texts, facts, apart, strict=True)
    )
    return first, second


def _columns(schema: object) -> str:
    if not isinstance(schema, list):
        return ""
    parts = []
    for column in schema[:20]:
        name = column.get("name") if isinstance(column, dict) else None
        kind = type_text(column)
        parts.append(f"{name}: {kind}" if isinstance(name, str) and name else kind)
    return ", ".join(parts) + (", …" if len(schema) > 20 else "")


def _tokens(count: int | None) -> str:
    return "" if count is None else f"{number(count)} tokens"


def _title(index: int) -> str:
    return f"Turn {index + 1}"
