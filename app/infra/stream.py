"""The answer to one request, as the loop sees it."""

import asyncio

from app.infra.mailbox import append
from wrappers.contract import AnyEvent, AnyRequest, is_closing


class Stream:
    """Implements `app.services.ports.EventStream`. All of it on the loop."""

    def __init__(self, request: AnyRequest) -> None:
        self.request = request
        self._events: list[AnyEvent] = []
        self._closed = False
        self._over = False
        self._waiter: asyncio.Future[None] | None = None

    @property
    def request_id(self) -> int:
        return self.request.id

    def feed(self, event: AnyEvent) -> None:
        """Take the next event; what follows the closing one is passed over."""
        if self._closed:
            return
        append(self._events, event)
        self._closed = is_closing(event)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> "Stream":
        return self

    async def __anext__(self) -> list[AnyEvent]:
        if self._over:
            raise StopAsyncIteration
        while not self._events:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        events, self._events = self._events, []
        self._over = self._closed
        return events
