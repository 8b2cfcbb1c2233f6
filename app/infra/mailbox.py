"""From the thread that reads a child to the loop: events, a few batches a second."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Protocol

from msgspec.structs import replace

from wrappers.contract import AnyEvent, TextPiece, is_closing

INTERVAL_S = 0.06
"""The loop is woken at most this often, but for the end of an answer: a little more often than the
window shows words."""


class Scheduler(Protocol):
    """The part of an event loop that a mailbox uses."""

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object: ...

    def call_later(
        self, delay: float, callback: Callable[[], object], /
    ) -> asyncio.TimerHandle: ...


class Mailbox:
    """Hands what any thread posts to `deliver`, on the loop.

    The first event wakes the loop at once, what follows is gathered for `INTERVAL_S`. The end of
    an answer does not wait.
    """

    def __init__(self, loop: Scheduler, deliver: Callable[[list[AnyEvent]], None]) -> None:
        self._loop = loop
        self._deliver = deliver
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
            self._timer = self._loop.call_later(INTERVAL_S, self.drain)
            self._deliver(events)

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
