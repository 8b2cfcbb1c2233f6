"""From the thread that reads a child to the loop: events, a few batches a second."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from msgspec.structs import replace

from wrappers.contract import AnyEvent, TextPiece, is_closing

INTERVAL_S: Final = 0.06
"""The loop is woken at most this often, but for the end of an answer: a little more often than the
window shows words."""
LONGEST_S: Final = 0.15
"""And this often at least, where there is something: rarer words would come in jerks."""
SHARE: Final = 0.02
"""Of a core, for all that the loop's thread does meanwhile, within those bounds. A model that wants
all cores waits for each of its threads, so that what the window takes may cost all of them."""


class Scheduler(Protocol):
    """The part of an event loop that a mailbox uses."""

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object: ...

    def call_later(
        self, delay: float, callback: Callable[[], object], /
    ) -> asyncio.TimerHandle: ...


class Mailbox:
    """Hands what any thread posts to `deliver`, on the loop.

    The first event wakes the loop at once, what follows is gathered for `INTERVAL_S`, or for as
    much longer as the loop's thread took for what came before. The end of an answer does not wait.
    """

    def __init__(
        self,
        loop: Scheduler,
        deliver: Callable[[list[AnyEvent]], None],
        thread_time: Callable[[], float] = time.thread_time,
    ) -> None:
        self._loop = loop
        self._deliver = deliver
        self._thread_time = thread_time
        self._delivered_at = thread_time()
        """By this clock, the batch before."""
        self._lock = threading.Lock()
        self._events: list[AnyEvent] = []
        self._awaited = False
        """Whether the loop will come for the events by itself, at once or by its timer."""
        self._woken = False
        self._timer: asyncio.TimerHandle | None = None

    def post(self, event: AnyEvent) -> None:
        """From any thread; never blocks."""
        with self._lock:
            append(self._events, event)
            if self._woken or (self._awaited and not is_closing(event)):
                return
            self._awaited = self._woken = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self.drain)

    def drain(self) -> None:
        """Deliver what there is now. On the loop."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        with self._lock:
            events, self._events = self._events, []
            self._woken = False
            self._awaited = bool(events)
        if events:
            self._timer = self._loop.call_later(self._interval(), self.drain)
            self._deliver(events)

    def _interval(self) -> float:
        """Seconds from this batch to the next."""
        before, self._delivered_at = self._delivered_at, self._thread_time()
        return min(max(INTERVAL_S, (self._delivered_at - before) / SHARE), LONGEST_S)

    def close(self) -> None:
        """Deliver what is left and end the timer. On the loop, when nothing is posted any more."""
        self.drain()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def append(events: list[AnyEvent], event: AnyEvent) -> None:
    """Add `event`, joined with the last one where both are pieces of the same text."""
    last = events[-1] if events else None
    if isinstance(event, TextPiece) and isinstance(last, TextPiece) and last.id == event.id:
        events[-1] = joined(last, event)
    else:
        events.append(event)


def joined(first: TextPiece, second: TextPiece) -> TextPiece:
    """Both as one piece; its ids are unknown where either's are."""
    ids = None
    if first.token_ids is not None and second.token_ids is not None:
        ids = first.token_ids + second.token_ids
    return replace(first, text=first.text + second.text, token_ids=ids)
