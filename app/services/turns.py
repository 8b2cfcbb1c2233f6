"""Whose turn it is: one at a time, in the order they came."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Turns:
    """The requests of one engine."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is told whenever `waiting` has changed."""
        self.waiting = 0
        self._changed = changed
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Have the turn within the block; who is cancelled before leaves the queue."""
        queued = self._turn.locked()
        if queued:
            self._wait(1)
        try:
            await self._turn.acquire()
        finally:
            if queued:
                self._wait(-1)
        try:
            yield
        finally:
            self._turn.release()

    def _wait(self, more: int) -> None:
        self.waiting += more
        self._changed()
