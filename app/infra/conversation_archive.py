"""Exports and imports, each on a thread of its own that can be cancelled."""

import asyncio
import contextlib
import threading
import time
from pathlib import Path
from typing import Final

from app.domain.conversation import Conversation
from app.domain.export.formats import Format
from app.domain.export.record import Exported, Imported
from app.infra.conversation_files import export, import_file
from app.infra.threads import on_a_thread
from app.services.ports import Report

_REPORT_S: Final = 0.1
_NAME: Final = "parley-archive"


class _EndedError(Exception):
    """Nobody waits for it any more."""


class _Turn:
    """Carries progress from the thread to the loop, and the wish to end the other way."""

    def __init__(self, report: Report) -> None:
        self._loop = asyncio.get_running_loop()
        self._report = report
        self._ended = threading.Event()
        self._due = 0.0

    def end(self) -> None:
        self._ended.set()

    def step(self, done: int, total: int) -> None:
        if self._ended.is_set():
            raise _EndedError
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _REPORT_S
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._tell, done, total)

    def _tell(self, done: int, total: int) -> None:
        if not self._ended.is_set():
            self._report(done, total)


class FileArchive:
    """Implements `app.services.ports.ConversationArchive` over the store's file.

    It has a connection of its own: what is said while a long export runs is kept as ever. An
    import holds the store for as long as it writes, and other writers wait for it.
    """

    def __init__(self, store: Path) -> None:
        self._store = store

    async def write(
        self, target: Path, form: Format, report: Report, only: Conversation | None = None
    ) -> Exported:
        turn = _Turn(report)
        return await on_a_thread(
            lambda: export(self._store, target, form, turn, only), _NAME, turn.end
        )

    async def read(self, source: Path, report: Report) -> Imported:
        turn = _Turn(report)
        return await on_a_thread(lambda: import_file(self._store, source, turn), _NAME, turn.end)
