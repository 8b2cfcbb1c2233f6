"""Keeps conversations and drafts in SQLite, from one thread of its own."""

import contextlib
import logging
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Final

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
from app.infra.conversation_schema import transaction
from app.infra.conversation_search import search
from app.infra.store_thread import DELETED_S, GATHER_S, StoreThread, drop
from app.services.errors import ServiceError

_log = logging.getLogger(__name__)

_STEPS_BETWEEN: Final = 10_000
"""Of SQLite's machine, between two looks at whether a search has been given up."""
_REMEMBERED: Final = 8
"""Conversations whose last written state is remembered, so that only what is new is written."""


class SqliteConversationStore(StoreThread):
    """Implements `app.services.ports.ConversationStore`.

    What could not be written is what `load` gives meanwhile.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)

        # The loop's own.
        self._outline: tuple[str, int, str | None] | None = None
        """Of the conversation that was saved last: id, number of nodes, and leaf."""

        # Both sides', under `_wake`.
        self._unsaved: dict[str, Conversation] = {}
        self._unsaved_marks: dict[tuple[str, Mark], Any] = {}
        self._unsaved_drafts: dict[str, str] = {}

        # The thread's own.
        self._written: dict[str, Conversation] = {}
        """As they were written or read last."""
        self._may_erase = self._may_index = False
        """Whether there may be something to erase, or to index; both can wait for all else."""

    # -- on the loop

    def save(self, conversation: Conversation) -> None:
        outline = (conversation.id, len(conversation.nodes), conversation.leaf)
        goes_on = outline == self._outline and _is_being_answered(conversation)
        self._outline = outline
        with self._wake:
            self._unsaved[conversation.id] = conversation
            self._write_in(GATHER_S if goes_on else 0)
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
            self._write_in(GATHER_S)
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

    # -- in the thread

    def _has_unsaved(self) -> bool:
        return bool(self._unsaved or self._unsaved_marks or self._unsaved_drafts)

    def _has_chores(self) -> bool:
        return self._may_erase or self._may_index

    def _write_all(self) -> None:
        with self._wake:
            conversations, drafts = dict(self._unsaved), dict(self._unsaved_drafts)
            marks = dict(self._unsaved_marks)
        self._commit(conversations, marks, drafts)
        for conversation in conversations.values():
            self._remember(conversation)
            # One on its way changes again in a moment.
            self._may_index |= not _is_being_answered(conversation)
        self._may_index |= bool(marks)
        with self._wake:
            drop(self._unsaved, conversations)
            drop(self._unsaved_marks, marks)
            drop(self._unsaved_drafts, drafts)

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
                    before_ms = (int(time.time()) - DELETED_S) * 1000
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

    def _connected(self, database: sqlite3.Connection) -> None:
        with contextlib.suppress(sqlite3.Error):  # without it, a search takes longer
            open_index(database)
        self._may_erase = self._may_index = True

    def _remember(self, conversation: Conversation) -> None:
        self._written.pop(conversation.id, None)
        self._written[conversation.id] = conversation
        while len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]


def _is_being_answered(conversation: Conversation) -> bool:
    leaf = None if conversation.leaf is None else conversation.nodes[conversation.leaf]
    return leaf is not None and leaf.answer is not None and not leaf.answer.state.is_final
