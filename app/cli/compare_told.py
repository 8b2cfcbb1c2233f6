"""A comparison on its way, told as it goes."""

import sys
from abc import ABC, abstractmethod
from typing import Any

import msgspec

from app.cli.output import Output
from app.domain.answer import Answer, AnswerState
from app.domain.comparison.record import Comparison, Phase, Run, Side, Turn
from app.domain.comparison.schedule import BOTH
from app.domain.comparison.sentences import names_of


class Told(ABC):
    """Is given every state, and tells what is new in it."""

    @abstractmethod
    def follow(self, comparison: Comparison) -> None: ...


class Events(Told):
    """Each event as one JSON object, with the side and the run that it is of: 0 the warm-up, then
    1 and on."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._before: Turn | None = None

    def follow(self, comparison: Comparison) -> None:
        turn = comparison.turns[-1]
        before, self._before = self._before, turn
        run = 0 if comparison.plan.warm_up else 1
        for side in BOTH:
            then = None if before is None else before.sides[side]
            self._tell(side, run, then, turn.sides[side])

    def _tell(self, side: int, first: int, then: Side | None, now: Side) -> None:
        if then is None or then is now:
            return
        before, answer = then.answer, now.answer
        if answer.state is AnswerState.LOADING and answer.stage != before.stage:
            self._event("load", side, None, stage=answer.stage)
        if answer.prompt_done is not None and answer.prompt_done != before.prompt_done:
            self._event("prompt", side, first, done=answer.prompt_done, total=answer.prompt_total)
        if (text := _grown(before, answer)) and answer.state is AnswerState.STREAMING:
            self._event("text", side, first, text=text)
        if answer.state.is_final and not before.state.is_final:
            self._end(side, first, before, now)
        if now.warm_up is None and not then.runs:
            return  # what the shown run has cost is told with its answer
        for number, run in enumerate(now.runs[len(then.runs) :], len(then.runs) + 1):
            if run.failure is None:
                self._event("finished", side, number, **_costs(run))
            else:
                self._fail(side, number, run.failure)

    def _end(self, side: int, first: int, before: Answer, now: Side) -> None:
        answer = now.answer
        if text := _grown(before, answer):
            self._event("text", side, first, text=text)
        if answer.failure is not None:
            self._fail(side, first, answer.failure)
        elif answer.stop_reason is not None or answer.state is AnswerState.DONE:
            run = now.warm_up or (now.runs[0] if now.runs else None)
            self._event(
                "finished",
                side,
                first,
                text=answer.text,
                prompt=answer.prompt,
                prompt_token_ids=answer.prompt_token_ids,
                token_ids=answer.token_ids,
                stop_reason=answer.stop_reason,
                usage=answer.usage,
                timings=answer.timings,
                peak_memory_bytes=None if run is None else run.peak_memory_bytes,
            )

    def _fail(self, side: int, run: int, failure: msgspec.Struct) -> None:
        value = msgspec.to_builtins(failure)
        for name in ("id", "event"):
            value.pop(name, None)
        self._event("error", side, run, **value)

    def _event(self, event: str, side: int, run: int | None, **values: Any) -> None:
        where = {"side": side} if run is None else {"side": side, "run": run}
        self._output.object(
            {"event": event} | where | {name: _plain(one) for name, one in values.items()}
        )


class Reading(Told):
    """Both answers for people, the second one after the first, also where it comes earlier."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._side = -1
        self._printed = 0
        self._noted: object = None
        self._failed: set[int] = set()

    def follow(self, comparison: Comparison) -> None:
        turn = comparison.turns[-1]
        self._note_progress(comparison, turn)
        for side in BOTH:
            answer = turn.sides[side].answer
            failure = answer.failure
            if answer.text and self._side < side and self._may_begin(turn, side):
                self._begin(side, names_of(comparison)[side])
            if self._side == side:
                self._output.text(answer.text[self._printed :])
                self._printed = len(answer.text)
            if failure is not None and side not in self._failed and self._has_its_turn(turn, side):
                self._failed.add(side)
                self._output.error(failure)

    def _begin(self, side: int, name: str) -> None:
        self._output.end_line()
        if self._side >= 0:
            self._output.line()
        self._output.line(f"=== {name} ===")
        self._side, self._printed = side, 0

    def _may_begin(self, turn: Turn, side: int) -> bool:
        return side == 0 or turn.sides[0].answer.state.is_final

    def _has_its_turn(self, turn: Turn, side: int) -> bool:
        """Not in the midst of the other one's answer."""
        other = turn.sides[1 - side].answer
        return other.state.is_final or not other.text

    def _note_progress(self, comparison: Comparison, turn: Turn) -> None:
        """Where somebody sits before a terminal: what they wait for."""
        if not sys.stderr.isatty():
            return
        now: tuple[object, ...] = (turn.phase, turn.step)
        names = names_of(comparison)
        text = ""
        match turn.phase:
            case Phase.LOADING:
                stages = [
                    (side, turn.sides[side].answer.stage) for side in BOTH if turn.asking[side]
                ]
                now = (turn.phase, *stages)
                text = "; ".join(f"Loading {names[side]}: {stage}" for side, stage in stages)
            case Phase.MEASURING:
                text = f"Run {turn.step} of {comparison.plan.repeats}"
            case Phase.PARTING:
                text = "Asking what could have come where they part"
            case Phase.CONTRACT:
                text = "Asking MLflow's predict"
            case _:
                pass
        if text and now != self._noted and not self._is_mid_answer(turn):
            self._noted = now
            self._output.note(text)

    def _is_mid_answer(self, turn: Turn) -> bool:
        return any(side.answer.state is AnswerState.STREAMING for side in turn.sides)


def _grown(before: Answer, now: Answer) -> str:
    """What `now` says beyond what was told of `before`."""
    return now.text[len(before.text) :] if now.text.startswith(before.text) else ""


def _costs(run: Run) -> dict[str, Any]:
    return {
        "stop_reason": run.stop_reason,
        "usage": run.usage,
        "timings": run.timings,
        "peak_memory_bytes": run.peak_memory_bytes,
        "went_first": run.went_first,
        "same_answer": run.same_answer,
    }


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
