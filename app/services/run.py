"""One request on its way through an engine."""

import asyncio
import math
import time
from collections.abc import AsyncIterator

from msgspec.structs import replace

from app.services.ports import Child
from wrappers.contract import (
    AnyEvent,
    Failed,
    Finished,
    Generate,
    NextTokens,
    TextPiece,
    Timings,
    Usage,
    is_closing,
)


class Run:
    """Follows the answer to `request`, and ends it: kindly, then with its process."""

    def __init__(
        self,
        child: Child,
        request: Generate | NextTokens,
        *,
        grace_s: float,
        load_s: float | None,
    ) -> None:
        self.was_killed = False
        self._child = child
        self._request = request
        self._grace_s = grace_s
        self._load_s = load_s
        self._stream = child.ask(request)
        self._closed = False
        self._grace: asyncio.TimerHandle | None = None
        self._stopped_at: float | None = None
        self._text: list[str] = []
        self._token_ids: list[int] | None = []

    async def batches(self) -> AsyncIterator[list[AnyEvent]]:
        """The answer as it comes. A kill that was asked for ends it as a stopped answer."""
        async for batch in self._stream:
            yield [self._follow(event) for event in batch]

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to end, and has not yet."""
        return self._stopped_at is not None and not self._closed

    def stop(self, patience_s: float = math.inf) -> None:
        """Ask the child to end the answer at its next step, and see to it after the grace; or at
        once, where it was asked to longer than `patience_s` ago."""
        now = time.monotonic()
        if self._closed:
            return
        if self._stopped_at is not None:
            if now - self._stopped_at >= patience_s:
                self._kill()
            return
        self._stopped_at = now
        self._child.stop(self._stream)
        self._grace = asyncio.get_running_loop().call_later(self._grace_s, self._kill)

    async def end(self) -> None:
        """Return once the child is done with the answer; stops what nobody reads to its end."""
        try:
            if not self._closed:
                self.stop()
                async for batch in self._stream:
                    for event in batch:
                        self._follow(event)
        finally:
            if self._grace is not None:
                self._grace.cancel()

    def _kill(self) -> None:
        self.was_killed = True
        self._child.kill()

    def _follow(self, event: AnyEvent) -> AnyEvent:
        self._closed = is_closing(event)
        if isinstance(event, TextPiece):
            self._text.append(event.text)
            if event.token_ids is None:
                self._token_ids = None
            elif self._token_ids is not None:
                self._token_ids.extend(event.token_ids)
        elif isinstance(event, Finished):
            return replace(event, timings=replace(event.timings, load_s=self._load_s))
        elif (
            isinstance(event, Failed)
            and event.kind == "cancelled"
            and isinstance(self._request, Generate)
        ):
            return self._stopped(event.id, self._request)
        return event

    def _stopped(self, request_id: int, request: Generate) -> Finished:
        """What is known of an answer whose process was ended under it."""
        ids = None if self._token_ids is None or not self._text else tuple(self._token_ids)
        return Finished(
            id=request_id,
            text="".join(self._text),
            token_ids=ids,
            stop_reason="cancelled",
            usage=Usage(completion_tokens=None if ids is None else len(ids)),
            timings=Timings(load_s=self._load_s),
            through_predict=request.through_predict,
        )
