"""A host and the worker thread that owns it."""

import asyncio
import contextlib
import itertools
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec.structs import replace

from app.infra.endings import cancelled, died, log_tail
from app.infra.mailbox import Mailbox
from app.infra.stream import Stream
from app.services.errors import ServiceError
from app.services.ports import EventStream, Role
from app.services.signal import Signal
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
    Request,
    Stop,
    decode_event,
    encode_line,
    is_closing,
)

_log = logging.getLogger(__name__)

CLOSE_GRACE_S = 2.0
"""How long a host may take to leave once its requests have ended."""


class Transport(Protocol):
    """How lines get to a host and back."""

    log_path: Path

    @property
    def pid(self) -> int | None: ...

    def run(self, started: Callable[[], None], received: Callable[[bytes], None]) -> int | None:
        """Start the host, tell `received` each of its lines, and return its exit code once it is
        gone with all that belonged to it. The worker thread spends its life here.

        Raises `OSError` where it cannot be started."""

    def send(self, line: bytes) -> None:
        """Never blocks; from any thread."""

    def hang_up(self) -> None:
        """End the requests; the host then leaves. From any thread."""

    def kill(self) -> None:
        """End the host now, from any thread, started or not."""


class HostChild:
    """Implements `app.services.ports.Child` over any `Transport`."""

    def __init__(
        self, role: Role, transport: Transport, memory_of: Callable[[int], int | None]
    ) -> None:
        """Begins at once; await `started` before anything else."""
        self.ended: Signal[Failed] = Signal()
        self._role = role
        self._transport = transport
        self._memory_of = memory_of
        self._loop = asyncio.get_running_loop()
        self._mailbox = Mailbox(self._loop, self._deliver)
        self._ids = itertools.count(1)
        self._streams: dict[int, Stream] = {}
        self._killed = False
        self._closing = False
        self._epitaph: Failed | None = None
        self._has_started: asyncio.Future[None] = self._loop.create_future()
        self._is_gone: asyncio.Future[None] = self._loop.create_future()
        self._worker = threading.Thread(target=self._work, name=f"parley-{role}", daemon=True)
        self._worker.start()

    async def started(self) -> None:
        """Return once the host runs. Raises `ServiceError`."""
        await asyncio.shield(self._has_started)

    @property
    def pid(self) -> int | None:
        return self._transport.pid

    @property
    def log_path(self) -> Path:
        return self._transport.log_path

    @property
    def alive(self) -> bool:
        return self._epitaph is None and not self._killed and not self._closing

    def memory_bytes(self) -> int | None:
        pid = self.pid
        return self._memory_of(pid) if self.alive and pid is not None else None

    # -- the loop's side

    def ask(self, request: AnyRequest) -> EventStream:
        request = replace(request, id=next(self._ids))
        stream = Stream(request)
        if self._epitaph is not None:
            stream.feed(replace(self._epitaph, id=request.id))
            return stream
        self._streams[request.id] = stream
        self._transport.send(encode_line(request))
        return stream

    def stop(self, stream: EventStream) -> None:
        if stream.request_id in self._streams:
            self._send(Stop(id=next(self._ids), target=stream.request_id))

    def kill(self) -> None:
        if self._epitaph is None:
            self._killed = True
            self._transport.kill()

    async def close(self) -> None:
        if self._epitaph is None:
            self._closing = True
            self._transport.hang_up()
            try:
                async with asyncio.timeout(CLOSE_GRACE_S):
                    await asyncio.shield(self._is_gone)
            except TimeoutError:
                self._killed = True
                self._transport.kill()
            except asyncio.CancelledError:
                self.kill()
                raise
        await asyncio.shield(self._is_gone)

    def _send(self, request: Request) -> None:
        self._transport.send(encode_line(request))

    def _deliver(self, events: list[AnyEvent]) -> None:
        for event in events:
            stream = self._streams.get(event.id)
            if stream is None:
                continue
            if is_closing(event):
                del self._streams[event.id]
            stream.feed(event)

    def _begun(self) -> None:
        if not self._has_started.done():
            self._has_started.set_result(None)

    def _fail(self, error: Exception) -> None:
        """The worker's last message where the host could not be started, or not be read."""
        if not self._has_started.done():
            self._closing = True
            self._has_started.set_exception(
                ServiceError.of(
                    "internal",
                    f"A process for the {self._role} could not be started ({error}).",
                    "Close other programs and try again.",
                )
            )
        else:
            _log.error("The %s's worker has failed", self._role, exc_info=error)
        self._bury(None, "")

    def _bury(self, returncode: int | None, tail: str) -> None:
        """The worker's last message: the host is gone."""
        self._worker.join()
        self._mailbox.close()
        self._epitaph = self._word(returncode, None, tail)
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            told = self._word(returncode, stream.request, tail)
            stream.feed(replace(told, id=stream.request_id))
        if self._epitaph.kind == "died":
            _log.warning("%s Its log: %s", self._epitaph.message, self.log_path)
        self._begun()
        self._is_gone.set_result(None)
        if not self._closing:
            self.ended.emit(self._epitaph)

    def _word(self, returncode: int | None, request: AnyRequest | None, tail: str) -> Failed:
        if self._killed or self._closing:
            return cancelled(self._role)
        return died(self._role, returncode, request, tail)

    # -- the worker thread

    def _work(self) -> None:
        returncode: int | None = None
        try:
            returncode = self._transport.run(lambda: self._tell(self._begun), self._received)
        except Exception as error:  # noqa: BLE001 - whoever waits for the host has to be told
            failed = error
            self._tell(lambda: self._fail(failed))
            return
        tail = log_tail(self._transport.log_path)
        self._tell(lambda: self._bury(returncode, tail))

    def _received(self, line: bytes) -> None:
        try:
            event = decode_event(line)
        except msgspec.DecodeError as error:
            _log.error("The %s's process sent what is no event (%s)", self._role, error)
            return
        self._mailbox.post(event)

    def _tell(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(call)
