"""The conversations of this session, in the left column."""

from PySide6.QtCore import QCoreApplication

from app.domain.conversation import Conversation
from app.ui.item_models.conversation_model import ConversationEntry, title_of
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.chat_presenter import ChatPresenter


class ConversationsPresenter:
    """Keeps every conversation that something was said in, the latest first."""

    def __init__(self, chat: ChatPresenter, sidebar: Sidebar) -> None:
        self._chat = chat
        self._sidebar = sidebar
        self._kept: dict[str, Conversation] = {}
        self._shown: tuple[tuple[ConversationEntry, ...], str | None] | None = None
        sidebar.new_conversation.connect(self.new)
        sidebar.conversations.conversation_chosen.connect(self._choose)
        self._unfollow = chat.changed.connect(self._chat_changed)
        self._chat_changed()

    def close(self) -> None:
        """Listen no more."""
        self._unfollow()

    def new(self) -> None:
        """Begin another; the one that is shown stays in the list."""
        self._chat.new_conversation()

    def _choose(self, conversation_id: str) -> None:
        kept = self._kept.get(conversation_id)
        if kept is not None and conversation_id != self._chat.conversation.id:
            self._chat.show(kept)

    def _chat_changed(self) -> None:
        current = self._chat.conversation
        if current.nodes:
            self._kept[current.id] = current
        untitled = QCoreApplication.translate("conversations", "New conversation")
        entries = tuple(
            ConversationEntry(one.id, title_of(one, untitled), one.is_answering)
            for one in reversed(self._kept.values())
        )
        chosen = current.id if current.id in self._kept else None
        # A change comes with every frame of an answer; the list seldom has one to show.
        if (entries, chosen) != self._shown:
            self._shown = (entries, chosen)
            self._sidebar.show_conversations(entries, chosen)
