"""The conversations, as a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

AnyIndex = QModelIndex | QPersistentModelIndex

TITLE_LENGTH: Final = 60
"""Characters; a title that is longer is cut after a word."""


@dataclass(frozen=True, slots=True)
class ConversationEntry:
    """A row."""

    id: str
    title: str
    is_answering: bool = False


class ConversationRole(IntEnum):
    """What a row can be asked."""

    ID = Qt.ItemDataRole.UserRole + 1
    TITLE = Qt.ItemDataRole.UserRole + 2
    IS_ANSWERING = Qt.ItemDataRole.UserRole + 3


class ConversationModel(QAbstractListModel):
    """Newest first. Rows are told apart by their id, so that a selection stays with its own."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[ConversationEntry] = []

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        ours = {int(role): QByteArray(role.name.lower().encode()) for role in ConversationRole}
        return {**super().roleNames(), **ours}

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | ConversationRole.TITLE:
                return entry.title
            case Qt.ItemDataRole.ToolTipRole:
                return entry.title
            case Qt.ItemDataRole.AccessibleTextRole:
                if not entry.is_answering:
                    return entry.title
                return self.tr("{title}, answering").format(title=entry.title)
            case ConversationRole.ID:
                return entry.id
            case ConversationRole.IS_ANSWERING:
                return entry.is_answering
            case _:
                return None

    def index_of(self, conversation_id: str) -> QModelIndex:
        """Invalid where there is no such conversation."""
        for row, entry in enumerate(self._entries):
            if entry.id == conversation_id:
                return self.index(row)
        return QModelIndex()

    def set_entries(self, entries: Sequence[ConversationEntry]) -> None:
        """Show these. Rows that stay are changed in place; a new one comes on top."""
        if entries and not self._entries:
            # At once: looking for each among all before it takes seconds for ten thousand.
            self.beginInsertRows(QModelIndex(), 0, len(entries) - 1)
            self._entries = list(entries)
            self.endInsertRows()
            return
        wanted = {entry.id for entry in entries}
        for row in range(len(self._entries) - 1, -1, -1):
            if self._entries[row].id not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._entries[row]
                self.endRemoveRows()
        for row, entry in enumerate(entries):
            self._put(row, entry)

    def _put(self, row: int, entry: ConversationEntry) -> None:
        there = row
        if row >= len(self._entries) or self._entries[row].id != entry.id:
            there = self.index_of(entry.id).row()
        if there < 0:
            self.beginInsertRows(QModelIndex(), row, row)
            self._entries.insert(row, entry)
            self.endInsertRows()
            return
        if there != row:
            self.beginMoveRows(QModelIndex(), there, there, QModelIndex(), row)
            self._entries.insert(row, self._entries.pop(there))
            self.endMoveRows()
        if self._entries[row] != entry:
            self._entries[row] = entry
            self.dataChanged.emit(self.index(row), self.index(row))


def shorten(text: str) -> str:
    """At most `TITLE_LENGTH` characters, cut after a word where there is one."""
    if len(text) <= TITLE_LENGTH:
        return text
    start = text[: TITLE_LENGTH - 1]
    whole_words = start.rpartition(" ")[0]
    return (whole_words or start) + "…"
