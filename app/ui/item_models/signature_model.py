"""A signature as a tree of three columns: name, type, and whether it is required."""

from enum import IntEnum
from typing import Any, Final, NamedTuple

from msgspec import Struct
from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from app.domain.signature import Signature, SignatureNode
from app.ui.tips import plain_tip
from app.ui.translation import tr

Index = QModelIndex | QPersistentModelIndex

_ROOT: Final = -1


class Column(IntEnum):
    NAME = 0
    TYPE = 1
    REQUIRED = 2


class SignatureRole(IntEnum):
    """What a delegate asks for, of any column."""

    IS_SECTION = Qt.ItemDataRole.UserRole + 1
    """bool: one of the rows Inputs, Outputs, Params."""
    NAME = Qt.ItemDataRole.UserRole + 2
    TYPE = Qt.ItemDataRole.UserRole + 3
    NEED = Qt.ItemDataRole.UserRole + 4
    """str: ``required``, ``optional``, or a param's default."""
    IS_REQUIRED = Qt.ItemDataRole.UserRole + 5
    """bool"""


class _Row(Struct, frozen=True):
    parent: int
    position: int
    """Among its siblings."""
    children: list[int]
    node: SignatureNode
    is_section: bool = False


class _Texts(NamedTuple):
    name: str
    type: str
    need: str


class SignatureModel(QAbstractItemModel):
    """Read-only. Sections at the top, their columns below, the fields of objects below those."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[_Row] = []
        self._top: list[int] = []

    def set_signature(self, signature: Signature) -> None:
        """Show another signature; a schema that is absent or empty has no section."""
        self.beginResetModel()
        self._rows, self._top = [], []
        sections = (
            (self.tr("Inputs"), signature.inputs),
            (self.tr("Outputs"), signature.outputs),
            (self.tr("Params"), signature.params),
        )
        for title, nodes in sections:
            if nodes:
                section = SignatureNode(title, "", children=nodes)
                self._top.append(self._take(section, _ROOT, len(self._top), is_section=True))
        self.endResetModel()

    def size(self) -> int:
        """Rows in all, folded ones included."""
        return len(self._rows)

    def _take(
        self, node: SignatureNode, parent: int, position: int, *, is_section: bool = False
    ) -> int:
        key = len(self._rows)
        row = _Row(parent, position, [], node, is_section)
        self._rows.append(row)
        row.children.extend(self._take(child, key, at) for at, child in enumerate(node.children))
        return key

    # -- what Qt asks of a model

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's own signature
        siblings = self._children(parent)
        if not (0 <= row < len(siblings) and 0 <= column < len(Column)):
            return QModelIndex()
        return self.createIndex(row, column, siblings[row])

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]
        if not child.isValid():
            return QModelIndex()
        above = self._rows[child.internalId()].parent
        if above == _ROOT:
            return QModelIndex()
        return self.createIndex(self._rows[above].position, 0, above)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's own
        return len(self._children(parent))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002, N802, B008 - Qt's own
        return len(Column)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        titles = (self.tr("Name"), self.tr("Type"), self.tr("Required"))
        return titles[section] if 0 <= section < len(titles) else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.internalId()]
        texts = _texts(row)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return texts[index.column()]
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, texts)) if index.column() == Column.NAME else None
            case Qt.ItemDataRole.ToolTipRole:
                return None if row.is_section else plain_tip("  ".join(filter(None, texts)))
            case SignatureRole.IS_SECTION:
                return row.is_section
            case SignatureRole.NAME:
                return texts.name
            case SignatureRole.TYPE:
                return texts.type
            case SignatureRole.NEED:
                return texts.need
            case SignatureRole.IS_REQUIRED:
                return row.node.required is True
            case _:
                return None

    def _children(self, parent: Index) -> list[int]:
        if not parent.isValid():
            return self._top
        return self._rows[parent.internalId()].children if parent.column() == 0 else []


def _texts(row: _Row) -> _Texts:
    node = row.node
    if row.is_section:
        return _Texts(node.name, "", "")
    if node.required is not None:
        need = tr("required") if node.required else tr("optional")
    elif node.default is not None:
        need = tr("default {value}").format(value=node.default)
    else:
        need = tr("no default")
    return _Texts(node.name or tr("(unnamed)"), node.type, need)
