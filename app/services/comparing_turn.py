"""One question to two models, from their loads to the last number."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from msgspec.structs import replace as with_changes

from app.domain.answer import Answer, AnswerState
from app.domain.comparison.measures import first_difference, same_vocabulary
from app.domain.comparison.record import (
    Kind,
    Parting,
    Phase,
    Plan,
    Run,
    Side,
    SideFacts,
    Slot,
    Turn,
    settled,
)
from app.domain.comparison.schedule import BOTH, Step, goes_on, steps
from app.domain.registry_uri import without_credentials
from app.services.comparing_facts import contract_of, facts_of
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.lanes import Lanes
from app.services.load_stages import stages_of
from app.services.measuring import Take, take
from app.services.traces import Place, Traces
from wrappers.contract import Failed, Generate, Message, TokenChance

_log = logging.getLogger(__name__)

Facts = tuple[SideFacts | None, SideFacts | None]
History = tuple[tuple[Message, ...], tuple[Message, ...]]
State = tuple[Turn, Facts]
Find = Callable[[Slot], Awaitable[Engine]]
"""The engine of a slot. Raises `ServiceError`."""


class Asked(Struct, frozen=True):
    """What a turn is run with."""

    slots: tuple[Slot, Slot]
    kind: Kind
    plan: Plan
    history: History = ((), ())
    """Per side, what it reads before the turn's own text, a system prompt first."""
    session: str | None = None
    """The comparison or the prompt set, in the traces of the answers that are shown."""
    first: int = 0
    """The side that begins the first measured round."""


class TurnRun:
    """Runs one turn, once."""

    def __init__(
        self,
        asked: Asked,
        find: Find,
        turn: Turn,
        facts: Facts,
        traces: Traces,
        registry: str,
    ) -> None:
        """`registry` is the tracking URI that the models are of."""
        self.turn = turn
        self.facts = facts
        self._asked = asked
        self._find = find
        self._engines: list[Engine | None] = [None, None]
        self._traces = traces
        self._registry = without_credentials(registry)
        self._is_stopping = False
        self._stop: Callable[[], None] = _nothing
        """Ends what is being done right now."""

    def stop(self) -> None:
        """End it at its next step."""
        self._is_stopping = True
        self._stop()

    async def states(self) -> AsyncGenerator[State, None]:
        """The last one has a final phase. Raises nothing."""
        try:
            for work in (self._load(), self._measure(), self._part(), self._ask_predict()):
                async with aclosing(work):
                    async for _ in work:
                        yield self._state
        except Exception as error:  # noqa: BLE001 - it is told in the answers
            _log.exception("A comparison could not be run to its end")
            failed = Failed(
                kind="internal",
                message="Parley made a mistake in comparing.",
                advice="Ask again.",
                detail=repr(error),
            )
            for side in BOTH:
                if not self.turn.sides[side].answer.state.is_final:
                    self._fail(side, failed)
        self._end()
        yield self._state

    @property
    def _state(self) -> State:
        return self.turn, self.facts

    # -- loading

    async def _load(self) -> AsyncGenerator[None, None]:
        """One after the other: two at once would take each other's time, and both count it."""
        for side in BOTH:
            try:
                self._engines[side] = await self._find(self._asked.slots[side])
            except ServiceError as error:
                self._fail(side, error.failed)
        for side in BOTH:
            engine = self._engines[side]
            if engine is not None and not self._is_stopping:
                if not engine.is_loaded:
                    self._become(Phase.LOADING, side)
                    yield
                    async with aclosing(self._load_one(side, engine)) as stages:
                        async for _ in stages:
                            yield
                if engine.is_loaded:
                    self._take_facts(side, engine)
        first, second = self._engines
        if self._asked.plan.parallel and first is second is not None:
            self.turn = replace(self.turn, not_parallel="same_model")

    async def _load_one(self, side: int, engine: Engine) -> AsyncGenerator[None, None]:
        is_ours = engine.state is not EngineState.LOADING
        lanes = Lanes({side: stages_of(engine)})
        try:
            async with aclosing(self._read(lanes, lambda: lanes.give_up(side))) as stages:
                async for _, stage in stages:
                    self._change(side, partial(_loading, stage=stage))
                    yield
        except ServiceError as error:
            self._fail(side, error.failed)
        finally:
            if is_ours and engine.state is EngineState.LOADING:
                engine.cancel_load()

    def _take_facts(self, side: int, engine: Engine) -> None:
        facts = facts_of(engine)
        self.facts = (facts, self.facts[1]) if side == 0 else (self.facts[0], facts)
        self._change(side, lambda answer: replace(answer, state=AnswerState.QUEUED, stage=""))

    # -- measuring

    async def _measure(self) -> AsyncGenerator[None, None]:
        plan = self._asked.plan
        together = plan.parallel and self.turn.not_parallel is None
        for step in steps(plan, together=together, first=self._asked.first):
            sides = [side for side in step.sides if self._may_run(side)]
            if sides and not self._is_stopping:
                phase = Phase.MEASURING if step.number else Phase.WARMING_UP
                self._become(phase, *sides, step=step.number)
                yield
                async with aclosing(self._run(step, sides)) as runs:
                    async for _ in runs:
                        yield

    def _may_run(self, side: int) -> bool:
        one = self.turn.sides[side]
        is_cut = one.answer.state in (AnswerState.FAILED, AnswerState.STOPPED)
        return not is_cut and goes_on(one)

    async def _run(self, step: Step, sides: list[int]) -> AsyncGenerator[None, None]:
        """The first run of a side is the one that is shown; of later ones only the end is."""
        shown = {side: self.turn.sides[side].answer for side in sides}
        is_first = {side: not shown[side].state.is_final for side in sides}
        takes = {side: self._take(side, is_shown=is_first[side]) for side in sides}
        async with aclosing(self._follow(takes)) as states:
            async for side, state in states:
                is_over = state.answer.state.is_final
                if is_first[side]:
                    self._show(side, state)
                if is_over:
                    run = state.as_run(
                        went_first=step.went_first, shown=None if is_first[side] else shown[side]
                    )
                    self._add(side, run, is_warm_up=not step.number)
                    self._rest(side)
                if is_first[side] or is_over:
                    yield
        self._rest(*sides)
        yield

    def _add(self, side: int, run: Run, *, is_warm_up: bool) -> None:
        one = self.turn.sides[side]
        if is_warm_up:
            self._put(side, replace(one, warm_up=run))
        else:
            self._put(side, replace(one, runs=(*one.runs, run)))

    def _take(self, side: int, *, is_shown: bool) -> AsyncGenerator[Take, None]:
        place = None
        if is_shown:
            place = Place("compare", self._asked.session, f"{self.turn.id}/{side}")
        return take(self._engine(side), self._request(side), self._traces, place)

    def _show(self, side: int, state: Take) -> None:
        before = self._asked.history[side]
        answer = replace(
            state.answer,
            system=before[0].content if before and before[0].role == "system" else None,
            tracking_uri=self._registry,
        )
        one = self.turn.sides[side]
        self._put(side, replace(one, answer=answer, pieces=state.pieces, reading_s=state.reading_s))

    # -- where they part

    async def _part(self) -> AsyncGenerator[None, None]:
        """The first token that differs, and what each side thought could come there."""
        first, second = (side.answer for side in self.turn.sides)
        index = first_difference(first.token_ids, second.token_ids)
        if index is None or self._is_stopping:
            return
        self._become(Phase.PARTING)
        yield
        is_same = await self._has_same_vocabulary()
        self.turn = replace(self.turn, same_vocabulary=is_same)
        if is_same is False:
            return
        self.turn = replace(self.turn, parting=Parting(index))
        for side in BOTH:
            facts = self.facts[side]
            can_tell = facts is not None and facts.has_probabilities
            if not can_tell or not self._asked.plan.chances or self._is_stopping:
                continue
            self._become(Phase.PARTING, side)
            yield
            async with aclosing(self._ask_chances(side, index)) as found:
                async for chances in found:
                    parting = self.turn.parting or Parting(index)
                    mine, other = parting.chances
                    both = (chances, other) if side == 0 else (mine, chances)
                    self.turn = replace(self.turn, parting=replace(parting, chances=both))
        self._rest(*BOTH)
        yield

    async def _has_same_vocabulary(self) -> bool | None:
        first, second = self.turn.sides
        told = same_vocabulary(first.answer, second.answer)
        if told is not None:
            return told
        if self._engines[0] is self._engines[1]:
            return True
        # Whatever the two have written: where each reads it the same, their tokens are the same.
        text = first.answer.text + "\n" + second.answer.text
        read = [await self._engine(side).tokenize(text) for side in BOTH]
        ids = [None if one is None else [token.id for token in one] for one in read]
        return None if None in ids else ids[0] == ids[1]

    async def _ask_chances(
        self, side: int, index: int
    ) -> AsyncGenerator[tuple[TokenChance, ...], None]:
        ids = [one.answer.token_ids or () for one in self.turn.sides]
        request = self._request(side)

        async def ask() -> AsyncGenerator[tuple[TokenChance, ...], None]:
            found = await self._engine(side).next_tokens(
                messages=request.messages,
                prompt=request.prompt,
                continuation=ids[side][:index],
                sampling=request.sampling,
                also=tuple(one[index] for one in ids if index < len(one)),
            )
            yield found.chances

        lanes = Lanes({side: ask()})
        try:
            async with aclosing(self._read(lanes, lambda: lanes.give_up(side))) as found:
                async for _, chances in found:
                    yield chances
        except ServiceError as error:
            # It is told as not known; the answers and their numbers stand.
            _log.info("No probabilities where the answers part: %s", error)

    # -- the contract

    async def _ask_predict(self) -> AsyncGenerator[None, None]:
        """MLflow's own ``predict``, once a side."""
        for side in BOTH:
            one = self.turn.sides[side]
            is_asked = self._asked.plan.through_predict and not self._is_stopping
            if not is_asked or one.answer.state is not AnswerState.DONE or not goes_on(one):
                continue
            self._become(Phase.CONTRACT, side)
            yield
            request = with_changes(self._request(side), through_predict=True)
            last: Take | None = None
            async with aclosing(self._follow({side: take(self._engine(side), request)})) as states:
                async for _, state in states:
                    last = state
            if last is not None and last.answer.state.is_final:
                contract = contract_of(last, one.answer.text)
                self._put(side, replace(self.turn.sides[side], contract=contract))
            self._rest(side)
            yield

    # -- what all of it is made of

    async def _follow(
        self, takes: Mapping[int, AsyncGenerator[Take, None]]
    ) -> AsyncGenerator[tuple[int, Take], None]:
        lanes = Lanes(takes)
        last: dict[int, Take] = {}

        def stop() -> None:
            for side in takes:
                self._end_request(lanes, side, last.get(side))

        async with aclosing(self._read(lanes, stop)) as states:
            async for side, state in states:
                last[side] = state
                yield side, state

    def _end_request(self, lanes: Lanes[Take], side: int, state: Take | None) -> None:
        """Kindly where the engine is at it; while it does somebody else's, by going away."""
        if state is None or state.answer.state is AnswerState.QUEUED:
            lanes.give_up(side)
        elif not state.answer.state.is_final:
            self._engine(side).stop()

    async def _read[T](
        self, lanes: Lanes[T], stop: Callable[[], None]
    ) -> AsyncGenerator[tuple[int, T], None]:
        """What comes of `lanes`, which `stop` is to end."""
        if self._is_stopping:
            return
        self._stop = stop
        try:
            async with aclosing(lanes.read()) as came:
                async for one in came:
                    yield one
        finally:
            self._stop = _nothing

    def _engine(self, side: int) -> Engine:
        engine = self._engines[side]
        assert engine is not None  # noqa: S101 - a side without one has failed
        return engine

    def _request(self, side: int) -> Generate:
        sampling = self._asked.slots[side].sampling
        if self._asked.kind == "prompt":
            return Generate(id=0, prompt=self.turn.text, sampling=sampling, reuse_prompt=False)
        messages = (*self._asked.history[side], Message("user", self.turn.text))
        return Generate(id=0, messages=messages, sampling=sampling, reuse_prompt=False)

    def _become(self, phase: Phase, *sides: int, step: int = 0) -> None:
        asking = (0 in sides, 1 in sides)
        self.turn = replace(self.turn, phase=phase, asking=asking, step=max(step, self.turn.step))

    def _rest(self, *sides: int) -> None:
        first, second = self.turn.asking
        self.turn = replace(self.turn, asking=(first and 0 not in sides, second and 1 not in sides))

    def _put(self, side: int, one: Side) -> None:
        first, second = self.turn.sides
        self.turn = replace(self.turn, sides=(one, second) if side == 0 else (first, one))

    def _change(self, side: int, change: Callable[[Answer], Answer]) -> None:
        one = self.turn.sides[side]
        self._put(side, replace(one, answer=change(one.answer)))

    def _fail(self, side: int, failed: Failed) -> None:
        state = AnswerState.STOPPED if failed.kind == "cancelled" else AnswerState.FAILED
        self._change(side, lambda answer: replace(answer, state=state, failure=failed, stage=""))

    def _end(self) -> None:
        self.turn = settled(self.turn)
        answers = [side.answer for side in self.turn.sides]
        if self._is_stopping or any(one.state is AnswerState.STOPPED for one in answers):
            return
        is_answered = any(one.state is AnswerState.DONE or one.text for one in answers)
        phase = Phase.DONE if is_answered else Phase.FAILED
        self.turn = replace(self.turn, phase=phase)


def _loading(answer: Answer, *, stage: str) -> Answer:
    return replace(answer, state=AnswerState.LOADING, stage=stage)


def _nothing() -> None:
    """There is nothing to stop."""
