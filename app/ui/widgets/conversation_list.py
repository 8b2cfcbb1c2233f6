"""The list of conversations."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from app.ui.item_models.conversation_model import (
    ConversationEntry,
    ConversationModel,
    ConversationRole,
)
from app.ui.theme import notifier, scaled


class ConversationList(QListView):
    """One line per conversation.

    Signals:
        conversation_chosen(str): id of the one that the user has moved to.
    """

    conversation_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conversationList")
        self.setAccessibleName(self.tr("Conversations"))
        self._quiet = False
        self._model = ConversationModel(self)
        self.setModel(self._model)
        notifier().changed.connect(self._dress)
        self._dress()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)

    @Slot()
    def _dress(self) -> None:
        self.setStyleSheet(f"#conversationList::item {{ padding: {scaled(6)}px {scaled(6)}px; }}")

    def show_conversations(self, entries: Sequence[ConversationEntry], current: str | None) -> None:
        """Show these, newest first, with `current` marked; tells nobody."""
        self._quiet = True
        try:
            self._model.set_entries(entries)
            index = QModelIndex() if current is None else self._model.index_of(current)
            if index != self.currentIndex():
                self.setCurrentIndex(index)
        finally:
            self._quiet = False

    def currentChanged(  # noqa: N802 - Qt's name
        self,
        current: QModelIndex | QPersistentModelIndex,
        previous: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().currentChanged(current, previous)
        if not self._quiet and current.isValid():
            self.conversation_chosen.emit(current.data(ConversationRole.ID))
