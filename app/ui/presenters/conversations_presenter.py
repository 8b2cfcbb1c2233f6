"""The conversations, in the left column and in the store."""

import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Final
from uuid import uuid4

from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer

from app.domain.conversation import Conversation
from app.domain.conversation_summary import ConversationSummary, opening_of
from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.ui.item_models.conversation_model import shorten
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.conversation_rows import rows_of
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed

_CLOCK_MS: Final = 60_000
"""Between two looks at the day. A timer until midnight would sleep with the machine."""

OfferUndo = Callable[[str, Callable[[], None]], None]
"""Says what was taken away, and is given the way to have it back."""


class ConversationsPresenter:
    """Keeps every conversation that something was said in, and lists them by date.

    The window begins where the user last wrote something and did not send it, else with a new
    conversation.
    """

    def __init__(
        self,
        store: ConversationStore,
        chat: ChatPresenter,
        sidebar: Sidebar,
        drafts: DraftsPresenter,
        tasks: Tasks,
        *,
        tell: Callable[[Failed], None],
        offer_undo: OfferUndo,
        today: Callable[[], date] = date.today,
    ) -> None:
        """`tell` shows what could not be kept or read."""
        self._store = store
        self._chat = chat
        self._sidebar = sidebar
        self._drafts = drafts
        self._tasks = tasks
        self._tell = tell
        self._offer_undo = offer_undo
        self._today = today
        self._day = today()
        self._rows: dict[str, ConversationSummary] = {}
        self._emptied: dict[str, ConversationSummary] = {}
        """Those without a visible message by now; one may come back, with its title."""
        self._current = chat.conversation
        self._outline: tuple[str, str | None, int, bool] | None = None
        """What the list shows of the current conversation depends on no more than this."""
        self._unsent: Conversation | None = None
        """The one that was left before anything was said in it."""
        self._wanted: str | None = None
        """The one that is being read."""
        sidebar.new_conversation.connect(self.new)
        sidebar.conversations.conversation_chosen.connect(self._choose)
        sidebar.conversations.rename_wanted.connect(self.rename)
        sidebar.conversations.pin_wanted.connect(self.pin)
        sidebar.conversations.delete_wanted.connect(self.delete)
        self._clock = QTimer(sidebar)
        self._clock.setTimerType(Qt.TimerType.VeryCoarseTimer)
        self._clock.setInterval(_CLOCK_MS)
        self._clock.timeout.connect(self.look_at_day)
        self._clock.start()
        self._disconnects = (
            chat.changed.connect(self._chat_changed),
            store.failed.connect(tell),
        )
        self._chat_changed()
        tasks.start(self._restore(), "read the conversations")

    def close(self) -> None:
        """Keep the drafts, and listen no more; who owns the store ends it."""
        self._clock.stop()
        for disconnect in self._disconnects:
            disconnect()
        self._drafts.close()

    def new(self) -> None:
        """Begin another, or go on with the one that was begun; all others stay in the list."""
        self._begin_anew()
        self._drafts.focus()

    def _begin_anew(self) -> None:
        self._wanted = None
        if self._chat.conversation.leaf is not None:
            unsent, self._unsent = self._unsent, None
            self._chat.show(unsent or Conversation(id=uuid4().hex))

    def open_at(self, conversation_id: str, message_id: str = "") -> None:
        """Open a conversation where that message stands; at its end for none."""
        self._tasks.start(self._open(conversation_id, message_id), "open a conversation")

    def refresh(self) -> None:
        """Others may have come into the store."""
        self._tasks.start(self._read_rows(), "list the conversations again")

    def name_of(self, conversation: Conversation) -> str:
        """What the list calls it, or how it begins; empty for one with nothing in it."""
        row = self._rows.get(conversation.id)
        return (row and row.title) or opening_of(conversation)

    # -- names, pins and deletions

    def rename(self, conversation_id: str, title: str) -> None:
        """An empty name is none: the first words stand there again."""
        name = " ".join(title.split()) or None
        if self._change(conversation_id, title=name):
            self._store.rename(conversation_id, name)

    def pin(self, conversation_id: str, is_pinned: bool) -> None:
        if self._change(conversation_id, is_pinned=is_pinned):
            self._store.pin(conversation_id, is_pinned)

    def delete(self, conversation_id: str) -> None:
        """Take it out of the list; it can be had back."""
        row = self._rows.get(conversation_id)
        if row is None:
            return
        was_open = self._chat.conversation.id == conversation_id
        if was_open:
            # What is being answered in it is stopped and kept, then all of it goes.
            self._begin_anew()
        del self._rows[conversation_id]
        self._store.delete(conversation_id)
        self._show()
        name = shorten(row.title or row.opening)
        self._offer_undo(
            tr("“{name}” deleted.").format(name=name) if name else tr("Conversation deleted."),
            partial(self._restore_deleted, row, was_open),
        )

    def _restore_deleted(self, row: ConversationSummary, was_open: bool) -> None:
        self._rows[row.id] = row
        self._store.restore(row.id)
        self._show()
        if was_open:
            self._choose(row.id)

    def _change(self, conversation_id: str, **values: object) -> bool:
        row = self._rows.get(conversation_id)
        changed = None if row is None else replace(row, **values)
        if changed is None or changed == row:
            return False
        self._rows[conversation_id] = changed
        self._show()
        return True

    # -- reading

    async def _read_rows(self) -> None:
        try:
            stored = await self._store.summaries()
        except ServiceError as error:
            self._tell(error.failed)
        else:
            self._rows = {one.id: one for one in stored} | self._rows
            self._show()

    async def _restore(self) -> None:
        try:
            last = await self._drafts.restore()
            stored = await self._store.summaries()
            self._rows = {one.id: one for one in stored} | self._rows
            self._show()
            if last is not None and self._drafts.is_untouched and self._wanted is None:
                if last in self._rows:
                    await self._open(last)
                else:
                    self._drafts.adopt(last)
        except ServiceError as error:
            self._tell(error.failed)

    def _choose(self, conversation_id: str) -> None:
        self._tasks.start(self._open(conversation_id), "open a conversation")

    async def _open(self, conversation_id: str, message_id: str = "") -> None:
        self._wanted = conversation_id
        if conversation_id != self._chat.conversation.id:
            try:
                conversation = await self._store.load(conversation_id)
            except ServiceError as error:
                self._tell(error.failed)
                conversation = None
            else:
                if conversation is None:
                    self._tell_gone(conversation_id)
                elif conversation_id not in self._rows:
                    await self._read_rows()  # another window has begun it
            if self._wanted != conversation_id:
                return  # the user has thought better of it
            if conversation is None:
                self._wanted = None
                self._show()
                return
            self._chat.show(conversation)
        self._wanted = None
        if message_id:
            self._chat.reveal(message_id)

    def _tell_gone(self, conversation_id: str) -> None:
        self._rows.pop(conversation_id, None)
        self._tell(
            Failed(
                kind="not_found",
                message=tr("This conversation was deleted in another window."),
                advice=tr("It can be had back there."),
            )
        )

    # -- keeping

    def _chat_changed(self) -> None:
        before, current = self._current, self._chat.conversation
        self._current = current
        if before.id != current.id and before.leaf is None:
            self._unsent = before
        if current is not before and (current.nodes or current.id in self._rows):
            self._store.save(current)
        # A change comes with every frame of an answer; the list seldom has one to show.
        outline = (current.id, current.leaf, len(current.nodes), self._chat.is_answering)
        if outline != self._outline:
            self._outline = outline
            self._update_row(
                current,
                # Another version to look at is nothing new.
                has_more=before.id == current.id
                and (self._chat.is_answering or len(before.nodes) < len(current.nodes)),
            )
            self._show()

    def _update_row(self, current: Conversation, *, has_more: bool) -> None:
        if current.leaf is None:
            # The only question was deleted, or taken back: its model could not be loaded.
            if current.id in self._rows:
                self._emptied[current.id] = self._rows.pop(current.id)
            return
        row = (
            self._rows.get(current.id)
            or self._emptied.pop(current.id, None)
            or ConversationSummary(current.id, "", _now_ms())
        )
        updated_ms = _now_ms() if has_more else row.updated_ms
        self._rows[current.id] = replace(row, opening=opening_of(current), updated_ms=updated_ms)

    # -- showing

    def look_at_day(self) -> None:
        """After midnight, what was today is yesterday."""
        if self._today() != self._day:
            self._show()

    def _show(self) -> None:
        self._day = self._today()
        rows = sorted(self._rows.values(), key=lambda one: one.updated_ms, reverse=True)
        current = self._chat.conversation.id
        self._sidebar.show_conversations(
            rows_of(rows, self._day), current if current in self._rows else None
        )
        self._sidebar.conversations.show_answering(current if self._chat.is_answering else None)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
