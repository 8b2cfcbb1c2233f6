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
from typing import Any, Final

import msgspec

from app.domain.conversation import Conversation
from app.domain.conversation_search import SearchPage
from app.domain.conversation_summary import ConversationSummary
from app.infra.conversation_index import index_some, open_index
from app.infra.conversation_rows import (
    Mark,
    erase_one,
    read_conversation,
    read_drafts,
    read_summaries,
    write_conversation,
    write_drafts,
    write_mark,
)
from app.infra.conversation_schema import open_database, transaction
from app.infra.conversation_search import search
from app.services.errors import ServiceError
from app.services.signal import Signal
from wrappers.contract import Failed

_log = logging.getLogger(__name__)

_GATHER_S: Final = 0.4
"""Drafts, and later states of an answer on its way, wait this long for what comes after them."""
_RETRY_S: Final = 5.0
_TELL_AGAIN_S: Final = 60.0
_DELETED_S: Final = 24 * 3600
"""What was deleted longer ago than this is erased at a start."""
_STEPS_BETWEEN: Final = 10_000
"""Of SQLite's machine, between two looks at whether a search has been given up."""
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
        self._unsaved_marks: dict[tuple[str, Mark], Any] = {}
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
        self._may_erase = self._may_index = False
        """Whether there may be something to erase, or to index; both can wait for all else."""

    # -- on the loop

    def save(self, conversation: Conversation) -> None:
        outline = (conversation.id, len(conversation.nodes), conversation.leaf)
        goes_on = outline == self._outline and _is_being_answered(conversation)
        self._outline = outline
        with self._wake:
            self._unsaved[conversation.id] = conversation
            self._write_in(_GATHER_S if goes_on else 0)
        self._start()

    def rename(self, conversation_id: str, title: str | None) -> None:
        self._mark(conversation_id, "title", title)

    def pin(self, conversation_id: str, is_pinned: bool) -> None:
        self._mark(conversation_id, "pinned", is_pinned)

    def delete(self, conversation_id: str) -> None:
        self._mark(conversation_id, "deleted_ms", time.time_ns() // 1_000_000)

    def restore(self, conversation_id: str) -> None:
        self._mark(conversation_id, "deleted_ms", None)

    def _mark(self, conversation_id: str, mark: Mark, value: Any) -> None:
        with self._wake:
            self._unsaved_marks[conversation_id, mark] = value
            self._write_in(0)
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

    async def search(self, text: str, limit: int = 50, after: int | None = None) -> SearchPage:
        given_up = threading.Event()

        def read() -> SearchPage:
            database = self._connect()
            database.set_progress_handler(given_up.is_set, _STEPS_BETWEEN)
            try:
                return search(database, text, limit, after)
            except sqlite3.OperationalError:
                if given_up.is_set():
                    return SearchPage()
                raise
            finally:
                database.set_progress_handler(None, 0)

        try:
            # Not all at once: what is said meanwhile is written in between.
            while await self._read(self._index_some):
                pass
            return await self._read(read)
        finally:
            given_up.set()

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
            while not (self._is_wanted() or self._may_erase or self._may_index):
                self._wake.wait(self._time_left())
            is_idle = not self._is_wanted()
            reads, self._reads = self._reads, []
            is_closing = self._is_closing
        self._write()
        for read in reads:
            read()
        if is_idle:
            self._do_chore()
        if is_closing and (self._unsaved or self._unsaved_marks or self._unsaved_drafts):
            _log.warning("What was said last could not be kept in %s", self._path)
        return not is_closing

    def _is_wanted(self) -> bool:
        return bool(self._reads) or self._is_closing or self._time_left() == 0

    def _time_left(self) -> float | None:
        return None if self._due is None else max(self._due - time.monotonic(), 0)

    def _write(self) -> None:
        """Everything there is, in one transaction."""
        with self._wake:
            conversations, drafts = dict(self._unsaved), dict(self._unsaved_drafts)
            marks = dict(self._unsaved_marks)
            self._due = None
        if self._refusal is not None or not (conversations or marks or drafts):
            return
        try:
            self._in_words(lambda: self._commit(conversations, marks, drafts))
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
            # One on its way changes again in a moment.
            self._may_index |= not _is_being_answered(conversation)
        self._may_index |= bool(marks)
        with self._wake:
            # A later state may have come meanwhile.
            _drop(self._unsaved, conversations)
            _drop(self._unsaved_marks, marks)
            _drop(self._unsaved_drafts, drafts)

    def _commit(
        self,
        conversations: dict[str, Conversation],
        marks: dict[tuple[str, Mark], Any],
        drafts: dict[str, str],
    ) -> None:
        database = self._connect()
        with transaction(database):
            for key, conversation in conversations.items():
                write_conversation(database, conversation, self._written.get(key))
            # After what is said: a conversation that is deleted may have been left just now.
            for (key, mark), value in marks.items():
                write_mark(database, key, mark, value)
            write_drafts(database, drafts.items())

    def _do_chore(self) -> None:
        """A little of what has no hurry. Where it fails, the next start tries again."""
        may_erase, self._may_erase = self._may_erase, False
        may_index, self._may_index = self._may_index, False
        with contextlib.suppress(sqlite3.Error, OSError, ServiceError):
            if may_erase:
                with transaction(self._connect()):
                    before_ms = (int(time.time()) - _DELETED_S) * 1000
                    self._may_erase = erase_one(self._connect(), before_ms)
                self._may_index = may_index
            else:
                self._may_index = self._index_some()

    def _index_some(self) -> bool:
        """Whether there may be more. What is not indexed is not found, all else is."""
        try:
            return index_some(self._connect())
        except sqlite3.Error as error:
            _log.info("What was said in %s is not all indexed: %s", self._path, error)
            return False

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
            with contextlib.suppress(sqlite3.Error):  # without it, a search takes longer
                open_index(database)
            self._may_erase = self._may_index = True
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


def _drop[K, T](unsaved: dict[K, T], written: dict[K, T]) -> None:
    for key, value in written.items():
        if key in unsaved and unsaved[key] is value:
            del unsaved[key]
