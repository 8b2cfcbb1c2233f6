"""The conversations, in the left column and in the store."""

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication

from app.domain.conversation import Conversation
from app.domain.conversation_summary import ConversationSummary, opening_of
from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.ui.item_models.conversation_model import ConversationEntry, shorten
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.tasks import Tasks
from wrappers.contract import Failed


class ConversationsPresenter:
    """Keeps every conversation that something was said in, and lists them, the latest first.

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
    ) -> None:
        """`tell` shows what could not be kept or read."""
        self._store = store
        self._chat = chat
        self._sidebar = sidebar
        self._drafts = drafts
        self._tasks = tasks
        self._tell = tell
        self._rows: dict[str, ConversationSummary] = {}
        self._current = chat.conversation
        self._outline: tuple[str, str | None, int, bool] | None = None
        """What the list shows of the current conversation depends on no more than this."""
        self._unsent: Conversation | None = None
        """The one that was left before anything was said in it."""
        self._wanted: str | None = None
        """The one that is being read."""
        sidebar.new_conversation.connect(self.new)
        sidebar.conversations.conversation_chosen.connect(self._choose)
        self._disconnects = (
            chat.changed.connect(self._chat_changed),
            store.failed.connect(tell),
        )
        self._chat_changed()
        tasks.start(self._restore(), "read the conversations")

    def close(self) -> None:
        """Keep the drafts, and listen no more; who owns the store ends it."""
        for disconnect in self._disconnects:
            disconnect()
        self._drafts.close()

    def new(self) -> None:
        """Begin another, or go on with the one that was begun; all others stay in the list."""
        self._wanted = None
        if self._chat.conversation.nodes:
            unsent, self._unsent = self._unsent, None
            if unsent is None:
                self._chat.new_conversation()
            else:
                self._chat.show(unsent)
        self._drafts.focus()

    def open(self, conversation_id: str) -> None:
        """Go on with one that is kept."""
        self._choose(conversation_id)

    def refresh(self) -> None:
        """Others may have come into the store."""
        self._tasks.start(self._read_rows(), "list the conversations again")

    def name_of(self, conversation: Conversation) -> str:
        """What the list calls it, or how it begins; empty for one with nothing in it."""
        row = self._rows.get(conversation.id)
        return (row and row.title) or opening_of(conversation)

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

    async def _open(self, conversation_id: str) -> None:
        self._wanted = conversation_id
        if conversation_id == self._chat.conversation.id:
            return
        try:
            conversation = await self._store.load(conversation_id)
        except ServiceError as error:
            self._tell(error.failed)
            conversation = None
        if self._wanted != conversation_id:
            return  # the user has thought better of it
        self._wanted = None
        if conversation is None:
            self._show()
        else:
            self._chat.show(conversation)

    # -- keeping

    def _chat_changed(self) -> None:
        before, current = self._current, self._chat.conversation
        self._current = current
        if before.id != current.id and not before.nodes:
            self._unsent = before
        if current is not before and (current.nodes or current.id in self._rows):
            self._store.save(current)
        # A change comes with every frame of an answer; the list seldom has one to show.
        outline = (current.id, current.leaf, len(current.nodes), self._chat.is_answering)
        if outline != self._outline:
            self._outline = outline
            self._update_row(current, was_open=before.id == current.id)
            self._show()

    def _update_row(self, current: Conversation, *, was_open: bool) -> None:
        if not current.nodes:
            # The only question was taken back: its model could not be loaded.
            self._rows.pop(current.id, None)
            return
        row = self._rows.get(current.id) or ConversationSummary(current.id, "", _now_ms())
        updated_ms = _now_ms() if was_open else row.updated_ms
        self._rows[current.id] = replace(row, opening=opening_of(current), updated_ms=updated_ms)

    # -- showing

    def _show(self) -> None:
        untitled = QCoreApplication.translate("conversations", "New conversation")
        rows = sorted(self._rows.values(), key=lambda one: one.updated_ms, reverse=True)
        current = self._chat.conversation.id
        entries = tuple(
            ConversationEntry(
                one.id,
                shorten(one.title or one.opening) or untitled,
                one.id == current and self._chat.is_answering,
            )
            for one in rows
        )
        self._sidebar.show_conversations(entries, current if current in self._rows else None)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
