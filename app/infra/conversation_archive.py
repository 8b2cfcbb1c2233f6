"""Exports and imports, each on a thread of its own that can be cancelled."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from app.domain.conversation import Conversation
from app.domain.export.record import Exported, Format, Imported
from app.infra.conversation_files import export, import_file
from app.services.ports import Report

_REPORT_S: Final = 0.1


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
        return await _on_a_thread(lambda: export(self._store, target, form, turn, only), turn)

    async def read(self, source: Path, report: Report) -> Imported:
        turn = _Turn(report)
        return await _on_a_thread(lambda: import_file(self._store, source, turn), turn)


async def _on_a_thread[T](work: Callable[[], T], turn: _Turn) -> T:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever awaits it has it
            future.set_exception(error)

    thread = threading.Thread(target=run, name="parley-archive", daemon=True)
    thread.start()
    ended = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        turn.end()
        await asyncio.wait([ended])
        ended.exception()
        raise
    finally:
        turn.end()
        thread.join()
