"""Keeps conversations and drafts in SQLite, from one thread of its own."""

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

from app.domain.conversation import Conversation
from app.domain.conversation_summary import ConversationSummary
from app.infra.conversation_rows import (
    read_conversation,
    read_drafts,
    read_summaries,
    write_conversation,
    write_drafts,
)
from app.infra.conversation_schema import open_database, transaction
from app.services.errors import ServiceError
from app.services.signal import Signal
from wrappers.contract import Failed

_log = logging.getLogger(__name__)

_GATHER_S: Final = 0.4
"""Drafts, and later states of an answer on its way, wait this long for what comes after them."""
_RETRY_S: Final = 5.0
_TELL_AGAIN_S: Final = 60.0
_REMEMBERED: Final = 8
"""Conversations whose last written state is remembered, so that only what is new is written."""


class SqliteConversationStore:
    """Implements `app.services.ports.ConversationStore`.

    The thread starts with the first call and owns the only connection. What could not be written
    stays in memory, is tried again until it can be, and is what `load` gives meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.failed: Signal[Failed] = Signal()
        self._path = path

        # The loop's own.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ended: Future[None] = Future()
        self._outline: tuple[str, int, str | None] | None = None
        """Of the conversation that was saved last: id, number of nodes, and leaf."""

        # Both sides', under `_wake`.
        self._wake = threading.Condition()
        self._unsaved: dict[str, Conversation] = {}
        self._unsaved_drafts: dict[str, str] = {}
        self._reads: list[Callable[[], None]] = []
        self._due: float | None = None
        """When to write, as `time.monotonic` counts; ``None`` while there is nothing to."""
        self._is_closing = False

        # The thread's own.
        self._database: sqlite3.Connection | None = None
        self._refusal: ServiceError | None = None
        """Why the file is not touched at all."""
        self._written: dict[str, Conversation] = {}
        """As they were written or read last."""
        self._told: tuple[Failed, float] | None = None

    # -- on the loop

    def save(self, conversation: Conversation) -> None:
        outline = (conversation.id, len(conversation.nodes), conversation.leaf)
        goes_on = outline == self._outline and _is_being_answered(conversation)
        self._outline = outline
        with self._wake:
            self._unsaved[conversation.id] = conversation
            self._write_in(_GATHER_S if goes_on else 0)
        self._start()

    def set_draft(self, key: str, text: str) -> None:
        with self._wake:
            self._unsaved_drafts[key] = text
            # Never before the message that a draft has become.
            self._write_in(_GATHER_S)
        self._start()

    async def summaries(self) -> tuple[ConversationSummary, ...]:
        return await self._read(lambda: read_summaries(self._connect()))

    async def load(self, conversation_id: str) -> Conversation | None:
        def read() -> Conversation | None:
            with self._wake:
                unsaved = self._unsaved.get(conversation_id)
            if unsaved is not None:
                return unsaved
            found = read_conversation(self._connect(), conversation_id)
            if found is not None:
                self._remember(found)
            return found

        return await self._read(read)

    async def drafts(self) -> dict[str, str]:
        return await self._read(lambda: read_drafts(self._connect()))

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
            self._thread = threading.Thread(target=self._run, name="parley-store", daemon=True)
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
            while not (self._reads or self._is_closing or self._time_left() == 0):
                self._wake.wait(self._time_left())
            reads, self._reads = self._reads, []
            is_closing = self._is_closing
        self._write()
        for read in reads:
            read()
        if is_closing and (self._unsaved or self._unsaved_drafts):
            _log.warning("What was said last could not be kept in %s", self._path)
        return not is_closing

    def _time_left(self) -> float | None:
        return None if self._due is None else max(self._due - time.monotonic(), 0)

    def _write(self) -> None:
        """Everything there is, in one transaction."""
        with self._wake:
            conversations, drafts = dict(self._unsaved), dict(self._unsaved_drafts)
            self._due = None
        if self._refusal is not None or not (conversations or drafts):
            return
        try:
            self._in_words(lambda: self._commit(conversations, drafts))
        except ServiceError as error:
            self._disconnect()
            self._tell(error.failed)
            if self._refusal is None:
                with self._wake:
                    self._write_in(_RETRY_S)
            return
        self._told = None
        for conversation in conversations.values():
            self._remember(conversation)
        with self._wake:
            # A later state may have come meanwhile.
            _drop(self._unsaved, conversations)
            _drop(self._unsaved_drafts, drafts)

    def _commit(self, conversations: dict[str, Conversation], drafts: dict[str, str]) -> None:
        database = self._connect()
        with transaction(database):
            for key, conversation in conversations.items():
                write_conversation(database, conversation, self._written.get(key))
            write_drafts(database, drafts.items())

    def _connect(self) -> sqlite3.Connection:
        if self._refusal is not None:
            raise self._refusal
        if self._database is None:
            try:
                self._database = open_database(self._path)
            except ServiceError as error:
                self._refusal = error
                raise
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
            _log.warning("The conversations in %s: %s", self._path, error)
            raise ServiceError(failure_of(error, self._path)) from error

    def _remember(self, conversation: Conversation) -> None:
        self._written.pop(conversation.id, None)
        self._written[conversation.id] = conversation
        while len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]

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


def failure_of(error: Exception, path: Path) -> Failed:
    """`error` in a sentence for the user, and what to do."""
    kept = "What you see stays in this window, and is kept as soon as it can be."
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    match error:
        case msgspec.MsgspecError():
            message = f"A conversation in {path} cannot be read."
            advice = "It is left as it is. The other conversations are not affected."
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


def _is_being_answered(conversation: Conversation) -> bool:
    leaf = None if conversation.leaf is None else conversation.nodes[conversation.leaf]
    return leaf is not None and leaf.answer is not None and not leaf.answer.state.is_final


def _drop[T](unsaved: dict[str, T], written: dict[str, T]) -> None:
    for key, value in written.items():
        if unsaved.get(key) is value:
            del unsaved[key]
