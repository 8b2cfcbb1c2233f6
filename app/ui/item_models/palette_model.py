"""What the command palette has found, as a list with headings."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from msgspec import Struct
from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.ui.item_models.roles import role_names

AnyIndex = QModelIndex | QPersistentModelIndex


class PaletteRow(Struct, frozen=True):
    """Something that can be chosen, or a heading, which has no `key`."""

    key: str
    title: str
    detail: str = ""
    keys: str = ""
    """Its shortcut, as this system writes it."""
    marks: frozenset[int] = frozenset()
    """The characters of the title that were looked for."""

    @property
    def is_heading(self) -> bool:
        return not self.key

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.title, self.detail, self.keys) if part)


class PaletteRole(IntEnum):
    """What a row can be asked beside its text."""

    KEY = Qt.ItemDataRole.UserRole + 1
    IS_HEADING = Qt.ItemDataRole.UserRole + 2
    DETAIL = Qt.ItemDataRole.UserRole + 3
    KEYS = Qt.ItemDataRole.UserRole + 4
    MARKS = Qt.ItemDataRole.UserRole + 5
    """Ascending positions in the text."""


class PaletteModel(QAbstractListModel):
    """Replaced as a whole: there are never more than a few dozen rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[PaletteRow, ...] = ()

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        return role_names(super().roleNames(), PaletteRole)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid() or self._rows[index.row()].is_heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.spoken
            case PaletteRole.KEY:
                return row.key
            case PaletteRole.IS_HEADING:
                return row.is_heading
            case PaletteRole.DETAIL:
                return row.detail
            case PaletteRole.KEYS:
                return row.keys
            case PaletteRole.MARKS:
                return sorted(row.marks)
            case _:
                return None

    @property
    def rows(self) -> tuple[PaletteRow, ...]:
        return self._rows

    def set_rows(self, rows: Sequence[PaletteRow]) -> None:
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()
