"""The conversations, as a list."""

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import Any, Final

from msgspec import Struct
from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.domain.conversation_search import SearchHit
from app.domain.conversation_summary import ConversationSummary
from app.ui.item_models.roles import role_names
from app.ui.tips import plain_tip

AnyIndex = QModelIndex | QPersistentModelIndex

TITLE_LENGTH: Final = 60
"""Characters of first words; a title that is longer is cut after a word."""
_FEW: Final = 100
"""With more rows than this to take out and put in, the list is another one."""


class Heading(Struct, frozen=True):
    """Stands over the rows that follow; nobody chooses it."""

    text: str


Row = Heading | ConversationSummary | SearchHit


class RowKind(StrEnum):
    """What a row is."""

    HEADING = "heading"
    CONVERSATION = "conversation"
    HIT = "hit"


class ConversationRole(IntEnum):
    """What a row can be asked."""

    ID = Qt.ItemDataRole.UserRole + 1
    TITLE = Qt.ItemDataRole.UserRole + 2
    IS_ANSWERING = Qt.ItemDataRole.UserRole + 3
    KIND = Qt.ItemDataRole.UserRole + 4
    IS_PINNED = Qt.ItemDataRole.UserRole + 5
    MESSAGE_ID = Qt.ItemDataRole.UserRole + 6
    """Of a hit; empty where it is the title that was found."""
    CONTEXT = Qt.ItemDataRole.UserRole + 7
    """Of a hit: one line."""
    MARKS = Qt.ItemDataRole.UserRole + 8
    """Of a hit: where the words are in its context."""


class ConversationModel(QAbstractListModel):
    """Conversations under headings, or what a search has found in them.

    Conversations are told apart by their id, so that a selection stays with its own.

    Signals:
        renamed(str, str): id, and the name that the user has given it.
    """

    renamed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._answering: str | None = None

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        return role_names(super().roleNames(), ConversationRole)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        match self._rows[index.row()]:
            case Heading():
                return Qt.ItemFlag.NoItemFlags
            case ConversationSummary():
                return (
                    Qt.ItemFlag.ItemIsEnabled
                    | Qt.ItemFlag.ItemIsSelectable
                    | Qt.ItemFlag.ItemIsEditable
                )
            case SearchHit():
                return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        match self._rows[index.row()]:
            case Heading(text):
                return self._of_heading(text, role)
            case ConversationSummary() as one:
                return self._of_conversation(one, role)
            case SearchHit() as hit:
                return self._of_hit(hit, role)

    def setData(  # noqa: N802 - Qt's name
        self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        """Asks for another name; who listens shows it."""
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        row = self._rows[index.row()]
        if not isinstance(row, ConversationSummary):
            return False
        self.renamed.emit(row.id, str(value))
        return True

    def index_of(self, conversation_id: str) -> QModelIndex:
        """Invalid where there is no such conversation in the list."""
        for number, row in enumerate(self._rows):
            if isinstance(row, ConversationSummary) and row.id == conversation_id:
                return self.index(number)
        return QModelIndex()

    def set_answering(self, conversation_id: str | None) -> None:
        """Mark the conversation in which a model answers."""
        if conversation_id == self._answering:
            return
        changed = (self._answering, conversation_id)
        self._answering = conversation_id
        for one in changed:
            index = QModelIndex() if one is None else self.index_of(one)
            if index.isValid():
                self.dataChanged.emit(index, index)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these. A row stays that is the same object as before, and so does the place of one
        that has only changed; all others are taken out and put in where they belong.

        Python's look at each of ten thousand rows has to stay within a frame.
        """
        rows = list(rows)
        if abs(len(rows) - len(self._rows)) > _FEW:
            self._reset(rows)
            return
        before, after = set(map(id, self._rows)), set(map(id, rows))
        gone = [at for at, row in enumerate(self._rows) if id(row) not in after]
        come = [at for at, row in enumerate(rows) if id(row) not in before]
        kept = [row for row in self._rows if id(row) in after]
        if kept != [row for row in rows if id(row) in before] or len(gone) + len(come) > _FEW:
            self._reset(rows)
            return
        if gone == come and all(_key(self._rows[at]) == _key(rows[at]) for at in gone):
            self._rows = rows
            for at in gone:
                self.dataChanged.emit(self.index(at), self.index(at))
            return
        for at in reversed(gone):
            self.beginRemoveRows(QModelIndex(), at, at)
            del self._rows[at]
            self.endRemoveRows()
        for at in come:
            self.beginInsertRows(QModelIndex(), at, at)
            self._rows.insert(at, rows[at])
            self.endInsertRows()

    def _reset(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def add_rows(self, rows: Sequence[Row]) -> None:
        """Show these below the others."""
        if rows:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()

    @staticmethod
    def _of_heading(text: str, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole | ConversationRole.TITLE:
                return text
            case ConversationRole.KIND:
                return RowKind.HEADING
            case _:
                return None

    def _of_conversation(self, one: ConversationSummary, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole | ConversationRole.TITLE:
                return self._title(one)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.EditRole:
                told = one.title or one.opening
                return plain_tip(told) if role == Qt.ItemDataRole.ToolTipRole else told
            case Qt.ItemDataRole.AccessibleTextRole:
                title = self._title(one)
                if one.is_pinned:
                    title = self.tr("{title}, pinned").format(title=title)
                if one.id == self._answering:
                    title = self.tr("{title}, answering").format(title=title)
                return title
            case ConversationRole.ID:
                return one.id
            case ConversationRole.KIND:
                return RowKind.CONVERSATION
            case ConversationRole.IS_ANSWERING:
                return one.id == self._answering
            case ConversationRole.IS_PINNED:
                return one.is_pinned
            case _:
                return None

    def _of_hit(self, hit: SearchHit, role: int) -> Any:
        match role:
            case Qt.ItemDataRole.DisplayRole | ConversationRole.TITLE:
                return shorten(hit.title) or self.tr("New conversation")
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(hit.context)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{shorten(hit.title)}: {hit.context}"
            case ConversationRole.ID:
                return hit.conversation_id
            case ConversationRole.KIND:
                return RowKind.HIT
            case ConversationRole.MESSAGE_ID:
                return hit.message_id or ""
            case ConversationRole.CONTEXT:
                return hit.context
            case ConversationRole.MARKS:
                return hit.marks
            case _:
                return None

    def _title(self, one: ConversationSummary) -> str:
        return one.title or shorten(one.opening) or self.tr("New conversation")


def _key(row: Row) -> str:
    match row:
        case ConversationSummary():
            return row.id
        case Heading(text):
            return f"heading {text}"
        case SearchHit():
            return f"hit {row.conversation_id} {row.message_id}"


def shorten(text: str) -> str:
    """At most `TITLE_LENGTH` characters, cut after a word where there is one."""
    if len(text) <= TITLE_LENGTH:
        return text
    start = text[: TITLE_LENGTH - 1]
    whole_words = start.rpartition(" ")[0]
    return (whole_words or start) + "…"
