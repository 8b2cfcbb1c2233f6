"""One run of one prompt set: row by row, each kept before the next begins."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.domain.comparison.record import Phase, PromptSet, SideFacts, Turn
from app.services.comparing import Comparing, new_turn
from app.services.comparison_ports import ComparisonStore
from app.services.errors import ServiceError
from wrappers.contract import ErrorKind, Failed, Message

MOST_DEATHS: Final = 3
"""Rows one after the other in which a model's process may end, before the run does."""

_OF_THE_ROW: Final[frozenset[ErrorKind]] = frozenset(
    ("context_too_long", "empty_prompt", "model_raised", "template_failed", "unsupported", "usage")
)
"""Failures that another row need not have."""

_DEATHS: Final[frozenset[ErrorKind]] = frozenset(("died", "out_of_memory", "internal"))
"""Failures that a model loaded anew need not have. Any other one is of every row."""


class RunState(StrEnum):
    """What the run of a set has come to."""

    RUNNING = "running"
    PAUSING = "pausing"
    """The row that is on its way is still run to its end."""
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    BROKEN = "broken"
    """It cannot go on; `Progress.failure` says why."""

    @property
    def is_final(self) -> bool:
        return self in (RunState.DONE, RunState.STOPPED, RunState.BROKEN)


class Progress(Struct, frozen=True):
    """A moment of a run."""

    prompt_set: PromptSet
    """With the results so far."""
    state: RunState
    index: int | None = None
    """The row that is on its way."""
    turn: Turn | None = None
    """What it has come to."""
    ran: int = 0
    """Rows that this run is through with."""
    to_run: int = 0
    """Of how many."""
    elapsed_s: float = 0.0
    """Without the pauses."""
    remaining_s: float | None = None
    """By the rows so far; ``None`` before the first has ended."""
    failure: Failed | None = None


class SetRun:
    """One run of one set."""

    def __init__(
        self,
        prompt_set: PromptSet,
        again: Sequence[int],
        comparing: Comparing,
        store: ComparisonStore,
    ) -> None:
        self.set_id = prompt_set.id
        self._set = prompt_set
        self._rows = [
            index
            for index in range(len(prompt_set.prompts))
            if index not in prompt_set.results or index in again
        ]
        self._comparing = comparing
        self._store = store
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()
        self._is_stopping = False
        self._took: list[float] = []
        """Seconds of each row so far."""
        self._began: float | None = None
        """While a row is on its way: when it began."""
        self._is_warm = False
        self._deaths = [0, 0]

    def pause(self) -> None:
        self._may_go_on.clear()

    def go_on(self) -> None:
        self._may_go_on.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._may_go_on.set()
        if self._began is not None:
            self._comparing.stop()

    def broken(self, failure: Failed) -> Progress:
        return replace(self._moment(RunState.BROKEN), failure=failure)

    async def moments(self) -> AsyncGenerator[Progress, None]:
        for index in self._rows:
            if not self._may_go_on.is_set():
                yield self._moment(RunState.PAUSED)
                await self._may_go_on.wait()
            if self._is_stopping:
                break
            turn: Turn | None = None
            async with aclosing(self._row(index)) as turns:
                async for turn in turns:
                    yield self._moment(self._state, index, turn)
            before = len(self._took)
            failure = await self._end_row(index, turn)
            if failure is not None:
                yield self.broken(failure)
                return
            if len(self._took) == before:
                break
            yield self._moment(self._state)
        is_through = len(self._took) == len(self._rows)
        yield self._moment(RunState.DONE if is_through else RunState.STOPPED)

    async def _row(self, index: int) -> AsyncGenerator[Turn, None]:
        """The states of one row."""
        prompt = self._set.prompts[index]
        history = tuple(Message(role, content) for role, content in prompt.messages)
        plan = self._set.plan
        if self._is_warm:
            plan = replace(plan, warm_up=False)
        turns = self._comparing.run_turn(
            self._set.slots,
            self._set.kind,
            plan,
            new_turn(self._set.slots, prompt.text),
            (history, history),
            self._set.facts,
            session=self._set.id,
            # Neither always finds the machine as the other has left it.
            first=index % 2,
        )
        self._began = time.monotonic()
        async with aclosing(turns):
            async for turn, facts in turns:
                self._learn(facts)
                yield turn

    def _learn(self, facts: tuple[SideFacts | None, SideFacts | None]) -> None:
        if facts != self._set.facts and None not in facts:
            self._set = replace(self._set, facts=facts)
            self._store.save_facts(self._set.id, facts)

    async def _end_row(self, index: int, turn: Turn | None) -> Failed | None:
        """Keep the row's result. What it returns ends the run."""
        took = 0.0 if self._began is None else time.monotonic() - self._began
        self._began = None
        if turn is None or turn.phase is Phase.STOPPED:
            if self._is_stopping:
                return None
            return Failed(
                kind="cancelled",
                message="A model was stopped or unloaded while the set ran.",
                advice="Go on when it may be loaded again; no result is lost.",
            )
        failures = [side.answer.failure for side in turn.sides]
        for failure in failures:
            if failure is not None and failure.kind not in _OF_THE_ROW | _DEATHS:
                return failure
        kept = for_keeping(turn)
        try:
            await self._store.save_result(self._set.id, index, kept)
        except ServiceError as error:
            return error.failed
        self._set = replace(self._set, results=self._set.results | {index: kept})
        self._took.append(took)
        died = [failure is not None and failure.kind in _DEATHS for failure in failures]
        # What is loaded again reads its first prompt slower.
        self._is_warm = not any(died)
        return self._too_many_deaths(died, failures)

    def _too_many_deaths(
        self, died: Sequence[bool], failures: Sequence[Failed | None]
    ) -> Failed | None:
        for at, (has_died, failure) in enumerate(zip(died, failures, strict=True)):
            self._deaths[at] = self._deaths[at] + 1 if has_died else 0
            if self._deaths[at] >= MOST_DEATHS and failure is not None:
                name = self._set.slots[at].name
                return Failed(
                    kind=failure.kind,
                    message=f"{name} failed in {MOST_DEATHS} prompts one after the other, and was "
                    f"loaded again each time. {failure.message}",
                    advice="Free some memory or look at its log, then run the failed ones again.",
                    detail=failure.detail,
                )
        return None

    @property
    def _state(self) -> RunState:
        return RunState.RUNNING if self._may_go_on.is_set() else RunState.PAUSING

    def _moment(
        self, state: RunState, index: int | None = None, turn: Turn | None = None
    ) -> Progress:
        now = 0.0 if self._began is None else time.monotonic() - self._began
        # The first row has the loads and the warm-up in it.
        usual = self._took[1:] or self._took
        remaining = None
        if usual:
            left = len(self._rows) - len(self._took)
            remaining = max(left * sum(usual) / len(usual) - now, 0.0)
        return Progress(
            prompt_set=self._set,
            state=state,
            index=index,
            turn=turn,
            ran=len(self._took),
            to_run=len(self._rows),
            elapsed_s=sum(self._took) + now,
            remaining_s=remaining,
        )


def for_keeping(turn: Turn) -> Turn:
    """Without the pieces as they came: ten thousand rows of them do not fit into memory, and a
    row is not replayed."""
    first, second = (replace(side, pieces=()) for side in turn.sides)
    return replace(turn, sides=(first, second))
