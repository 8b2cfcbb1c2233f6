"""One run of one model, with what it costs."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec import Struct

from app.domain.answer import Answer
from app.domain.comparison.record import Piece, Run
from app.domain.comparison.tape import Tape
from app.services.answering import followed
from app.services.engines import Engine, EngineState
from app.services.traces import Place, Traces
from wrappers.contract import AnyEvent, Finished, Generate, PromptProgress, TextPiece


class Take(Struct, frozen=True):
    """What has come of a run so far."""

    answer: Answer
    pieces: tuple[Piece, ...] = ()
    reading_s: float | None = None
    finished: Finished | None = None

    def as_run(self, *, went_first: bool, shown: Answer | None) -> Run:
        """What is kept of it beside the answer `shown`; ``None``: that is its own."""
        finished = self.finished
        return Run(
            went_first=went_first,
            timings=self.answer.timings,
            usage=self.answer.usage,
            stop_reason=self.answer.stop_reason,
            peak_memory_bytes=None if finished is None else finished.peak_memory_bytes,
            same_answer=self._is_same(self.answer if shown is None else shown),
            failure=self.answer.failure,
        )

    def _is_same(self, shown: Answer) -> bool | None:
        mine = self.answer
        if self.finished is None or mine.stop_reason == "cancelled":
            return None
        if mine.token_ids is not None and shown.token_ids is not None:
            return mine.token_ids == shown.token_ids
        return mine.text == shown.text


async def take(
    engine: Engine, request: Generate, traces: Traces | None = None, place: Place | None = None
) -> AsyncGenerator[Take, None]:
    """The states of a run, the last one with its end. Raises nothing.

    With `traces` and a `place` its answer is recorded.
    """
    clock = _Clock(engine)
    tape = Tape()
    reading_s: float | None = None
    finished: Finished | None = None
    try:
        async with aclosing(followed(engine, request, traces, place)) as states:
            async for answer, events in states:
                at_s = clock.at_s(events)
                tape.add(at_s, "".join(one.text for one in events if isinstance(one, TextPiece)))
                if events and isinstance(events[-1], Finished):
                    finished = events[-1]
                    tape.complete(at_s, answer.text)
                if reading_s is None and (not tape.is_empty or answer.state.is_final):
                    reading_s = at_s
                yield Take(answer, tape.pieces, reading_s, finished)
    finally:
        clock.close()


class _Clock:
    """Counts from when the engine takes the request: waiting for others is no part of a run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state = engine.state
        self._began = time.monotonic()
        self._has_begun = False
        self.close = engine.changed.connect(self._look)

    def _look(self) -> None:
        before, self._state = self._state, self._engine.state
        is_taken = self._state is EngineState.BUSY and before is not EngineState.BUSY
        if is_taken and not self._has_begun:
            self._began = time.monotonic()

    def at_s(self, events: list[AnyEvent]) -> float:
        if any(isinstance(one, PromptProgress | TextPiece | Finished) for one in events):
            self._has_begun = True
        return time.monotonic() - self._began
