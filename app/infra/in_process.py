"""A host in a thread of this process, for debugging: no process to kill, no memory to get back."""

import os
import queue
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from app.infra.environment import ALWAYS
from app.services.ports import Role

HostFunction = Callable[[Role, Iterable[bytes], Callable[[bytes], None]], None]
"""``wrappers.host.serve``: serves a role until its lines end."""


class ThreadTransport:
    """Implements `app.infra.child.Transport`; the worker thread is the host.

    `kill` ends the requests, and so the running one at its next step; a load runs to its end.
    """

    def __init__(self, role: Role, serve: HostFunction, log: Path) -> None:
        self.log_path = log
        self._role: Role = role
        self._serve = serve
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    @property
    def pid(self) -> int | None:
        return None

    def send(self, line: bytes) -> None:
        self._inbox.put(line)

    def hang_up(self) -> None:
        self._inbox.put(None)

    def kill(self) -> None:
        self.hang_up()

    def run(self, started: Callable[[], None], received: Callable[[bytes], None]) -> int | None:
        os.environ.update(ALWAYS)
        started()
        try:
            self._serve(self._role, self._lines(), received)
        finally:
            self.hang_up()  # for a reader that still waits
        return None

    def _lines(self) -> Iterator[bytes]:
        while (line := self._inbox.get()) is not None:
            yield line
