"""Every turn as an MLflow trace, and ratings as assessments on it, written behind the window.

What could not be written waits in memory for the registry to be there again; nobody who answers or
asks ever waits for it.
"""

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.feedback import Rating, TraceRef
from app.domain.model_names import reference
from app.domain.registry_uri import without_credentials
from app.services.catalog import Catalog, CatalogState
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.ports import PreferenceStore
from app.services.signal import Signal
from wrappers.contract import ErrorKind, Failed, Generate, LogFeedback, LogTrace, LogVote

_log = logging.getLogger(__name__)

RETRY_S: Final = 30.0
"""After the registry could not be written to. Reconnecting starts a process: not every turn."""
FLUSH_S: Final = 3.0
"""How long the program's end may wait for what is still to be written."""
LONGEST_QUEUE: Final = 500
"""A turn holds its whole conversation: what waits may not grow without end."""

_PASSING: Final[frozenset[ErrorKind]] = frozenset(("unreachable", "disk", "cancelled"))
"""Kinds of failures after which the same may work later."""


Writable = LogTrace | LogFeedback | LogVote


class Place(Struct, frozen=True):
    """Where an answer stands."""

    pane: Literal["chat", "prompt", "compare"]
    session: str | None = None
    """The conversation, or the comparison."""
    message: str | None = None


class Recording:
    """One turn, from the asking to its end."""

    def __init__(
        self, traces: "Traces", trace: TraceRef, engine: Engine, place: Place, request: Generate
    ) -> None:
        self.trace = trace
        self._traces = traces
        self._version = engine.version
        self._name = engine.called
        self._place = place
        self._request = request
        self._started_ms: int | None = None
        self._started = 0.0
        """As `time.monotonic` counts: a clock may be set back in the midst of a turn."""

    def follow(self, answer: Answer) -> None:
        """Take note of when the model begins; waiting and loading are no part of the turn."""
        if self._started_ms is None and answer.state not in (
            AnswerState.QUEUED,
            AnswerState.LOADING,
        ):
            self._started_ms, self._started = _now_ms(), time.monotonic()

    def end(self, answer: Answer) -> None:
        """Have the turn written as it ended. One that was withdrawn before it reached the model is
        none."""
        was_asked = self._started_ms is not None and (
            answer.state is not AnswerState.STOPPED or answer.text or answer.stop_reason
        )
        if was_asked:
            self._traces.write(self._as_trace(answer), self.trace)

    def _as_trace(self, answer: Answer) -> LogTrace:
        started_ms = self._started_ms or 0
        ended_ms = started_ms + round((time.monotonic() - self._started) * 1000)
        if answer.timings.total_s is not None:
            # What the window hears first is not when the model began to read.
            started_ms = min(started_ms, ended_ms - round(answer.timings.total_s * 1000))
        failure = answer.failure if answer.state is AnswerState.FAILED else None
        return LogTrace(
            id=0,
            trace_id=self.trace.id,
            session=self._place.session,
            message=self._place.message,
            pane=self._place.pane,
            model=reference(self._version),
            name=self._name,
            model_id=self._version.model_id,
            messages=self._request.messages,
            prompt=self._request.prompt,
            text=answer.text,
            sampling=self._request.sampling,
            usage=answer.usage,
            timings=answer.timings,
            stop_reason=answer.stop_reason,
            through_predict=answer.through_predict,
            status=_status(answer.state),
            error="" if failure is None else failure.message,
            started_ms=started_ms,
            ended_ms=ended_ms,
        )


class _Waiting(Struct, frozen=True):
    request: Writable
    registry: str


class Traces:
    """Writes in the order in which turns ended, one after the other.

    Signals: `changed`, the switch; `failed`, once for a registry that cannot be written to;
    `recovered`, once it can be again; `written`, each thing that the registry has.
    """

    def __init__(self, catalog: Catalog, preferences: PreferenceStore) -> None:
        self.changed: Signal[()] = Signal()
        self.failed: Signal[Failed] = Signal()
        self.recovered: Signal[()] = Signal()
        self.written: Signal[Writable] = Signal()
        self._catalog = catalog
        self._preferences = preferences
        self._waiting: deque[_Waiting] = deque()
        self._writing: _Waiting | None = None
        self._task: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._is_told = False
        self._is_closing = False
        self._was_ready = catalog.state is CatalogState.READY
        self._openings = 0
        """How often a registry was opened."""
        self._unfollow = catalog.changed.connect(self._catalog_changed)

    @property
    def is_on(self) -> bool:
        return self._preferences.load().traces

    def switch(self, *, on: bool) -> None:
        """Record turns from the next one on, or no more; what waits is written all the same."""
        if on != self.is_on:
            self._preferences.save(replace(self._preferences.load(), traces=on))
            self.changed.emit()

    @property
    def waiting(self) -> int:
        """How much is still to be written."""
        return len(self._waiting)

    # -- what is written

    def begin(self, engine: Engine, place: Place, request: Generate) -> Recording | None:
        """A turn that is being asked; ``None`` while traces are off."""
        if not self.is_on:
            return None
        registry = without_credentials(self._catalog.tracking_uri)
        trace = TraceRef(f"tr-{uuid.uuid4().hex}", registry)
        return Recording(self, trace, engine, place, request)

    def is_within_reach(self, trace: TraceRef) -> bool:
        """Whether the trace is in the registry that is open."""
        return trace.registry == without_credentials(self._catalog.tracking_uri)

    def rate(self, trace: TraceRef, rating: Rating | None, comment: str) -> None:
        """Have the trace say this of its answer; ``None`` and no comment take it back."""
        good = None if rating is None else rating == "good"
        self._withdraw(lambda one: isinstance(one, LogFeedback) and one.trace_id == trace.id)
        self.write(LogFeedback(id=0, trace_id=trace.id, good=good, comment=comment), trace)

    def vote(self, request: LogVote, trace: TraceRef) -> None:
        """Have the traces of both answers say this; `trace` is either's."""
        self._withdraw(lambda one: isinstance(one, LogVote) and one.traces == request.traces)
        self.write(request, trace)

    @property
    def waiting_votes(self) -> int:
        """How many of what is still to be written are votes."""
        return sum(isinstance(one.request, LogVote) for one in self._waiting)

    def _withdraw(self, is_outdated: Callable[[Writable], bool]) -> None:
        """Only the last word counts; what is being written already is let through."""
        self._waiting = deque(
            one for one in self._waiting if one is self._writing or not is_outdated(one.request)
        )

    def write(self, request: Writable, trace: TraceRef) -> None:
        """Keep `request` until it is written. Never waits."""
        if len(self._waiting) >= LONGEST_QUEUE:
            self._waiting.popleft()
            _log.warning("Too many turns wait to be recorded: the oldest is let go")
        self._waiting.append(_Waiting(request, trace.registry))
        if self._retry is None:
            self._go_on()

    async def close(self) -> None:
        """Write what waits, for a moment; what is left then is let go."""
        self._unfollow()
        self._is_closing = True
        self._go_on()
        if self._task is not None:
            _, unfinished = await asyncio.wait([self._task], timeout=FLUSH_S)
            for task in unfinished:
                task.cancel()
                await asyncio.wait([task])
        self._forget_retry()
        if self._waiting:
            _log.warning("Not recorded as traces when the program ended: %d", len(self._waiting))
            self._waiting.clear()

    # -- writing

    def _catalog_changed(self) -> None:
        """Each page of a listing tells of a change; what matters is that a registry was opened."""
        was_ready, self._was_ready = self._was_ready, self._catalog.state is CatalogState.READY
        if self._was_ready and not was_ready:
            self._openings += 1
            self._go_on()

    def _go_on(self) -> None:
        self._forget_retry()
        if self._task is None and self._next() is not None:
            self._task = asyncio.create_task(self._write_all(), name="write traces")
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._task is task:  # cancelled before its first step
            self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("Traces could not be written", exc_info=error)

    def _next(self) -> _Waiting | None:
        """What can be written to the registry that is open."""
        if self._catalog.state in (CatalogState.CLOSED, CatalogState.OPENING):
            return None
        registry = without_credentials(self._catalog.tracking_uri)
        return next((one for one in self._waiting if one.registry == registry), None)

    async def _write_all(self) -> None:
        try:
            await self._write_each()
        finally:
            # Not in a callback, which comes later: what is added until then would wait for ever.
            self._task = self._writing = None

    async def _write_each(self) -> None:
        killer: _Waiting | None = None
        while (one := self._next()) is not None:
            self._writing = one
            openings = self._openings
            try:
                await self._catalog.record(one.request, self._catalog.tracking_uri)
            except ServiceError as error:
                if error.failed.kind == "died" and one is not killer:
                    killer = one  # once more, in a new process: it may have been ended by chance
                elif error.failed.kind in _PASSING:
                    if openings != self._openings:
                        continue  # it went with the process that was asked before: not an outage
                    self._wait_for_better(error.failed)
                    return
                else:
                    self._give_up(one, error.failed)
            except UnicodeEncodeError as error:
                # Half a character, which no pipe can carry.
                self._give_up(one, Failed(kind="usage", message=str(error)))
            else:
                self._drop(one)
                self.written.emit(one.request)
                if self._is_told:
                    self._is_told = False
                    self.recovered.emit()

    def _wait_for_better(self, failed: Failed) -> None:
        if self._is_closing:
            return
        self._forget_retry()
        self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._retry_now)
        if not self._is_told:
            self._is_told = True
            self.failed.emit(_told(failed))

    def _retry_now(self) -> None:
        self._retry = None
        self._go_on()

    def _forget_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _give_up(self, one: _Waiting, failed: Failed) -> None:
        self._drop(one)
        _log.warning("A %s was not kept: %s", type(one.request).__name__, failed.message)
        if not self._is_closing:
            self.failed.emit(_told_of_one(one, failed))

    def _drop(self, one: _Waiting) -> None:
        if one in self._waiting:
            self._waiting.remove(one)


def _status(state: AnswerState) -> Literal["done", "stopped", "failed"]:
    match state:
        case AnswerState.DONE:
            return "done"
        case AnswerState.FAILED:
            return "failed"
        case _:
            return "stopped"


def _told(failed: Failed) -> Failed:
    return Failed(
        kind=failed.kind,
        message=f"Answers are not recorded as MLflow traces for now. {failed.message}",
        advice="Chatting goes on, and Parley tries again by itself. "
        "Traces can be switched off in the settings menu.",
        detail=failed.detail,
    )


def _told_of_one(one: _Waiting, failed: Failed) -> Failed:
    if isinstance(one.request, LogFeedback):
        return Failed(
            kind=failed.kind,
            message=f"The rating could not be put on the answer's trace. {failed.message}",
            advice="It is kept with the message.",
            detail=failed.detail,
        )
    if isinstance(one.request, LogVote):
        return Failed(
            kind=failed.kind,
            message=f"The vote could not be put on the answers' traces. {failed.message}",
            advice="It is kept with the comparison.",
            detail=failed.detail,
        )
    return Failed(
        kind=failed.kind,
        message=f"An answer could not be recorded as an MLflow trace. {failed.message}",
        advice="It is kept in the conversation; the log tells more.",
        detail=failed.detail,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
