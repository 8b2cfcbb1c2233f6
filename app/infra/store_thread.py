"""A thread that owns a connection to the file that all is kept in, and writes behind the window."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import msgspec

from app.infra.conversation_schema import open_database
from app.services.errors import ServiceError
from app.services.signal import Signal
from wrappers.contract import Failed

_log = logging.getLogger(__name__)

GATHER_S: Final = 0.4
"""What grows waits this long for what comes after it."""
DELETED_S: Final = 24 * 3600
"""What was deleted longer ago than this is erased at a start."""
_RETRY_S: Final = 5.0
_TELL_AGAIN_S: Final = 60.0


class StoreThread:
    """What a store is made of, whatever it keeps.

    The thread starts with the first call and owns the only connection. A store hands over under
    `_wake` what is to be written, has it written by `_write_all`, and reads through `_read`. What
    could not be written stays in memory and is tried again until it can be.
    """

    _name = "parley-store"
    """Of the thread."""
    _what = "conversations"
    """What is kept, in a sentence of the log."""
    _one = "conversation"

    def __init__(self, path: Path) -> None:
        self.failed: Signal[Failed] = Signal()
        self._path = path

        # The loop's own.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ended: Future[None] = Future()

        # Both sides', under `_wake`.
        self._wake = threading.Condition()
        self._reads: list[Callable[[], None]] = []
        self._due: float | None = None
        """When to write, as `time.monotonic` counts; ``None`` while there is nothing to."""
        self._is_closing = False

        # The thread's own.
        self._database: sqlite3.Connection | None = None
        self._refusal: ServiceError | None = None
        """Why the file is not touched at all."""
        self._told: tuple[Failed, float] | None = None

    # -- what a store says for itself, in the thread

    def _write_all(self) -> None:
        """Write what there is, in one transaction, and let go of it. Raises what SQLite raises."""
        raise NotImplementedError

    def _has_unsaved(self) -> bool:
        """Whether there is something to write; called under `_wake`."""
        raise NotImplementedError

    def _connected(self, database: sqlite3.Connection) -> None:
        """A connection was opened."""

    def _has_chores(self) -> bool:
        """Whether there is something to do that can wait for all else; called under `_wake`."""
        return False

    def _do_chore(self) -> None:
        """A little of what has no hurry. Raises nothing that is a matter of the file."""

    # -- on the loop

    async def settle(self) -> None:
        if self._thread is not None:
            await self._read(lambda: None)

    async def close(self) -> None:
        if self._thread is None:
            return
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        await asyncio.wrap_future(self._ended)
        self._thread.join()

    async def _read[T](self, read: Callable[[], T]) -> T:
        """What `read` returns in the thread, once all is written. Raises `ServiceError`."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(self._in_words(read))
            except Exception as error:  # noqa: BLE001 - whoever awaits it has it
                future.set_exception(error)

        with self._wake:
            self._reads.append(run)
            self._wake.notify()
        self._start()
        return await asyncio.wrap_future(future)

    def _start(self) -> None:
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _write_in(self, seconds: float) -> None:
        """Under `_wake`. A time that is set already is only brought forward."""
        due = time.monotonic() + seconds
        if self._due is None or due < self._due:
            self._due = due
            self._wake.notify()

    # -- in the thread

    def _run(self) -> None:
        try:
            while self._take_turn():
                pass
        finally:
            self._disconnect()
            self._ended.set_result(None)

    def _take_turn(self) -> bool:
        """Wait for something to do, and do it; whether there may be more."""
        with self._wake:
            while not (self._is_wanted() or self._has_chores()):
                self._wake.wait(self._time_left())
            is_idle = not self._is_wanted()
            reads, self._reads = self._reads, []
            is_closing = self._is_closing
        self._write()
        for read in reads:
            read()
        if is_idle:
            self._do_chore()
        if is_closing:
            with self._wake:
                is_lost = self._has_unsaved()
            if is_lost:
                _log.warning("What was said last could not be kept in %s", self._path)
        return not is_closing

    def _is_wanted(self) -> bool:
        return bool(self._reads) or self._is_closing or self._time_left() == 0

    def _time_left(self) -> float | None:
        return None if self._due is None else max(self._due - time.monotonic(), 0)

    def _write(self) -> None:
        with self._wake:
            self._due = None
            has_unsaved = self._has_unsaved()
        if self._refusal is not None or not has_unsaved:
            return
        try:
            self._in_words(self._write_all)
        except ServiceError as error:
            self._disconnect()
            self._tell(error.failed)
            if self._refusal is None:
                with self._wake:
                    self._write_in(_RETRY_S)
            return
        self._told = None

    def _why_unsaved(self) -> Failed | None:
        """What the last write failed with; ``None`` where it did not."""
        if self._refusal is not None:
            return self._refusal.failed
        return None if self._told is None else self._told[0]

    def _connect(self) -> sqlite3.Connection:
        if self._refusal is not None:
            raise self._refusal
        if self._database is None:
            try:
                database = open_database(self._path)
            except ServiceError as error:
                self._refusal = error
                raise
            self._database = database
            self._connected(database)
        return self._database

    def _disconnect(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _in_words[T](self, work: Callable[[], T]) -> T:
        """What `work` returns; what it raises becomes a `ServiceError`."""
        try:
            return work()
        except ServiceError:
            raise
        except Exception as error:
            _log.warning("The %s in %s: %s", self._what, self._path, error)
            raise ServiceError(failure_of(error, self._path, self._one)) from error

    def _tell(self, failed: Failed) -> None:
        """Once, and again after a while where it is to be tried again."""
        now = time.monotonic()
        last, when = self._told or (None, now)
        if last == failed and now - when < _TELL_AGAIN_S:
            return
        self._told = (failed, now)
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self.failed.emit, failed)


def failure_of(error: Exception, path: Path, one: str = "conversation") -> Failed:
    """`error` in a sentence for the user, and what to do; `one` is what the file keeps many of."""
    kept = "What you see stays in this window, and is kept as soon as it can be."
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    match error:
        case msgspec.MsgspecError():
            message = f"A {one} in {path} cannot be read."
            advice = f"It is left as it is. The other {one}s are not affected."
        case sqlite3.Error() if primary == sqlite3.SQLITE_FULL:
            message = f"What is said cannot be kept: the disk of {path.parent} is full."
            advice = f"Make room on it. {kept}"
        case sqlite3.Error() if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            message = f"What is said cannot be kept yet: another program holds {path}."
            advice = f"Wait for that one, or end it. {kept}"
        case sqlite3.Error() if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            message = f"The conversations in {path} are damaged."
            advice = "Put a copy of the file in its place. What you see stays in this window."
        case sqlite3.Error() | OSError():
            message = f"What is said cannot be kept: {path} cannot be written or read."
            advice = f"See that its folder is there and may be written to. {kept}"
        case _:
            return Failed(
                kind="internal",
                message="Parley made a mistake in keeping what is said.",
                advice="Copy what matters to you from this window, and start Parley again.",
                detail=repr(error),
            )
    return Failed(kind="disk", message=message, advice=advice, detail=str(error))


def drop[K, T](unsaved: dict[K, T], written: dict[K, T]) -> None:
    """Let go of what is written; under `_wake`. A later state may have come meanwhile."""
    for key, value in written.items():
        if key in unsaved and unsaved[key] is value:
            del unsaved[key]
