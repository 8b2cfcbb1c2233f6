"""From a comparison to what the two cards show."""

import json
import time
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.comparison.differences import Differences, differences
from app.domain.comparison.record import Comparison, Contract, Phase, Side, SideFacts, Turn
from app.domain.comparison.votes import Cover, hidden, standing
from app.domain.signature import Signature, signature_of_schemas
from app.services.engines import Engine
from app.ui.presenters import chat_views
from app.ui.presenters.chat_views import Pace
from app.ui.translation import tr
from app.ui.widgets.compare_views import ContractView, SideView, TokenView
from app.ui.widgets.views import ActivityView, BandView
from wrappers.contract import Failed

Ids = tuple[int, ...]


class Shown(Struct):
    """What the user has asked the cards to show."""

    tokens: bool = False
    contract: bool = False


class Drawing(Struct):
    """Makes the views of the turns, and keeps those of turns that have not changed."""

    shown: Shown = field(default_factory=Shown)
    is_recording: bool = False
    """Whether what is not over yet is played, not run: it has no clock of its own."""
    texts: dict[tuple[str, Ids], tuple[str, ...]] = field(default_factory=dict)
    """What tokens stand for, by the slot's reference and their ids."""
    _kept: dict[str, tuple[object, tuple[SideView, SideView]]] = field(default_factory=dict)
    _differences: dict[str, tuple[str, str, Differences]] = field(default_factory=dict)
    _paces: dict[tuple[str, int], Pace] = field(default_factory=dict)
    _signatures: dict[str, tuple[SideFacts, Signature]] = field(default_factory=dict)

    def sides(
        self,
        comparison: Comparison,
        engines: tuple[Engine | None, Engine | None],
        names: tuple[str, str],
    ) -> tuple[tuple[SideView, ...], tuple[SideView, ...]]:
        """For the first card and the second: by where they stand, not by slot."""
        both = [
            self._turn(comparison, turn, at, engines, names)
            for at, turn in enumerate(comparison.turns)
        ]
        gone = self._kept.keys() - {turn.id for turn in comparison.turns}
        for turn_id in gone:
            del self._kept[turn_id]
            self._differences.pop(turn_id, None)
        return tuple(one for one, _ in both), tuple(other for _, other in both)

    def follow(self, turn: Turn) -> None:
        """Take note of how fast the answers of `turn` come."""
        now = time.monotonic()
        for at, side in enumerate(turn.sides):
            self._paces.setdefault((turn.id, at), Pace(started=now)).follow(side.answer, now)

    def forget(self) -> None:
        """More is known of what tokens stand for: draw all anew."""
        self._kept.clear()

    # -- one turn

    def _turn(
        self,
        comparison: Comparison,
        turn: Turn,
        number: int,
        engines: tuple[Engine | None, Engine | None],
        names: tuple[str, str],
    ) -> tuple[SideView, SideView]:
        key = (turn, comparison.facts, self.shown.tokens, self.shown.contract, names, number)
        kept = self._kept.get(turn.id)
        if kept is not None and turn.phase.is_final and _same(kept[0], key):
            return kept[1]
        marks = self._marks(turn)
        slots = (1, 0) if turn.is_swapped and turn.is_hidden else (0, 1)
        views = tuple(
            self._side(
                comparison, turn, number, at, engines[at], self._name(turn, at, names), marks
            )
            for at in slots
        )
        pair = (views[0], views[1])
        if kept is not None:
            # A widget that is shown the same view does nothing.
            pair = (
                kept[1][0] if kept[1][0] == pair[0] else pair[0],
                kept[1][1] if kept[1][1] == pair[1] else pair[1],
            )
        self._kept[turn.id] = (key, pair)
        return pair

    @staticmethod
    def _name(turn: Turn, at: int, names: tuple[str, str]) -> str:
        if not turn.is_hidden:
            return names[at]
        return tr("A") if (at == 0) != turn.is_swapped else tr("B")

    def _marks(self, turn: Turn) -> Differences:
        """Between the prompts."""
        first, second = (side.answer.prompt or "" for side in turn.sides)
        if not (first and second) or first == second:
            return Differences((), ())
        kept = self._differences.get(turn.id)
        if kept is None or kept[0] is not first or kept[1] is not second:
            kept = (first, second, differences(first, second, exact=True))
            self._differences[turn.id] = kept
        return kept[2]

    def _side(
        self,
        comparison: Comparison,
        turn: Turn,
        number: int,
        at: int,
        engine: Engine | None,
        name: str,
        marks: Differences,
    ) -> SideView:
        side, known = turn.sides[at], comparison.facts[at]
        answer = side.answer
        if turn.is_hidden:
            return self._hidden(turn, at, name)
        reference = comparison.slots[at].reference
        parting = None if turn.parting is None else turn.parting.index
        is_read = all(one.answer.prompt is not None for one in turn.sides)
        view = SideView(
            id=turn.id,
            label=name,
            question="" if is_read and number == 0 else turn.text,
            prompt=answer.prompt,
            prompt_note=_prompt_note(answer),
            special=() if known is None else known.special_tokens,
            prompt_marks=marks[at],
            answer=answer.text,
            is_live=not answer.state.is_final,
            note=_note(answer),
            activity=self._activity(turn, at, engine),
            band=_band(answer, engine),
        )
        if self.shown.tokens:
            view = replace(
                view,
                prompt_tokens=self._tokens(reference, answer.prompt_token_ids),
                answer_tokens=self._tokens(reference, answer.token_ids, parting),
            )
        if self.shown.contract:
            view = replace(view, contract=self._contract(reference, side, known))
        return view

    def _hidden(self, turn: Turn, at: int, name: str) -> SideView:
        """Nothing that tells the sides apart: the answers come at once, when both are there."""
        told = hidden(turn)
        note, activity = "", None
        match told.cover:
            case Cover.VOID:
                note = tr("At least one of the two gave no answer.")
            case Cover.WRITING:
                waiting = tr("Answering: both are shown once both are there")
                activity = ActivityView(waiting, is_busy=True)
        return SideView(
            id=turn.id,
            label=name,
            question=told.question,
            prompt_note=tr("Shown after your vote"),
            answer="" if told.texts is None else told.texts[standing(turn).index(at)],
            note=note,
            activity=activity,
        )

    # -- parts of a side

    def _activity(self, turn: Turn, at: int, engine: Engine | None) -> ActivityView | None:
        answer = turn.sides[at].answer
        if turn.phase.is_final:
            return None
        if self.is_recording:
            return _recorded_activity(answer)
        if not answer.state.is_final:
            if not turn.asking[at] and answer.state is AnswerState.QUEUED:
                if turn.phase is Phase.LOADING:
                    return ActivityView(tr("Waiting for the load"))
                return ActivityView(tr("Waiting for its turn"))
            pace = self._paces.setdefault((turn.id, at), Pace(started=time.monotonic()))
            view = chat_views.answer_activity(answer, pace, engine)
            return replace(view, is_load=False, is_busy=view.is_busy or view.is_load)
        if turn.asking[at] and turn.phase is Phase.MEASURING:
            return ActivityView(tr("Measuring run {number}").format(number=max(1, turn.step)))
        if turn.asking[at] and turn.phase is Phase.CONTRACT:
            return ActivityView(tr("Asking MLflow's predict"))
        return None

    def _tokens(
        self, reference: str, ids: Ids | None, marked: int | None = None
    ) -> tuple[TokenView, ...] | None:
        if ids is None:
            return None
        texts = self.texts.get((reference, ids), ())
        return tuple(
            TokenView(one, texts[at] if at < len(texts) else "", at == marked)
            for at, one in enumerate(ids)
        )

    def _contract(self, reference: str, side: Side, known: SideFacts | None) -> ContractView | None:
        if known is None and side.contract is None:
            return None
        signature = None
        if known is not None:
            kept = self._signatures.get(reference)
            if kept is None or kept[0] is not known:
                kept = (
                    known,
                    signature_of_schemas(
                        known.signature_inputs, known.signature_outputs, known.signature_params
                    ),
                )
                self._signatures[reference] = kept
            signature = kept[1]
        told = side.contract or Contract()
        return ContractView(
            signature=signature,
            payload=_indented(told.payload),
            returned=_indented(told.returned),
            note=_contract_note(side.contract),
        )


def _same(kept: object, key: tuple[object, ...]) -> bool:
    """Whether it is the same turn, by identity where equality would read long texts."""
    if not isinstance(kept, tuple) or len(kept) != len(key):
        return False
    return kept[0] is key[0] and kept[1:] == key[1:]


def _prompt_note(answer: Answer) -> str:
    if answer.prompt is not None:
        return ""
    return tr("Not known") if answer.state.is_final else tr("Known once it has answered")


def _recorded_activity(answer: Answer) -> ActivityView | None:
    match answer.state:
        case AnswerState.QUEUED:
            return ActivityView(tr("Waiting for its turn"))
        case AnswerState.READING:
            return ActivityView(tr("Reading the prompt"))
        case AnswerState.STREAMING:
            return ActivityView(tr("Writing"))
        case _:
            return None


def _note(answer: Answer) -> str:
    match answer.state:
        case AnswerState.STOPPED if not answer.text:
            return tr("Stopped before its first word.")
        case AnswerState.STOPPED:
            return tr("Cut: it was stopped.")
        case AnswerState.DONE if answer.stop_reason == "length":
            return tr("Cut: it came to its limit of tokens.")
        case AnswerState.DONE if answer.stop_reason == "context_full":
            return tr("Cut: its context is full.")
        case AnswerState.DONE if not answer.text:
            return tr("It said nothing.")
        case _:
            return ""


def _band(answer: Answer, engine: Engine | None) -> BandView | None:
    if answer.state is not AnswerState.FAILED or answer.failure is None:
        return None
    can_reload = engine is not None and not engine.is_loaded and engine.loading_since is None
    return chat_views.band_view(answer.failure, kept=bool(answer.text), can_reload=can_reload)


def _contract_note(contract: Contract | None) -> str:
    if contract is None:
        return tr("MLflow's predict was not asked.")
    if contract.failure is not None:
        return f"{contract.failure.message} {contract.failure.advice}".strip()
    if contract.same_text is None:
        return ""
    return (
        tr("Through MLflow's predict it says the same.")
        if contract.same_text
        else tr("Through MLflow's predict it says something else.")
    )


def _indented(text: str | None) -> str:
    """JSON for reading; as it came where it is none."""
    if not text:
        return ""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def log_of(failure: Failed | None, engine: Engine | None) -> tuple[Path | None, str]:
    """Where the log of a failed side is, and what else is told."""
    path = None if engine is None else engine.log_path
    return path, "" if failure is None else failure.detail
