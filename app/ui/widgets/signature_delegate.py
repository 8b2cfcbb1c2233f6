"""How a row of the signature is painted: name, type and need side by side, or in two lines."""

from collections.abc import Hashable, Sequence
from enum import Enum, auto
from typing import Final, NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from app.ui.item_models.signature_model import SignatureRole
from app.ui.theme import FACTS_PX, fixed_font, scaled, tokens, ui_font
from app.ui.widgets.painting import Lines

Index = QModelIndex | QPersistentModelIndex

_GAP: Final = 8
_END: Final = 4
_PAD: Final = 2
"""Above and below a line, in unzoomed pixels."""
_LONGEST_DEFAULT: Final = 0.4
"""Of the row's width, for what stands at its end."""
_TINTS: Final = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver


class _Ink(Enum):
    TITLE = auto()
    QUIET = auto()
    TEXT = auto()
    ACCENT = auto()


class _Row(NamedTuple):
    """What the model says of a row."""

    level: int
    """0 for a section, 1 for a column, and so on."""
    is_section: bool
    name: str
    kind: str
    need: str
    is_required: bool


class _Piece(NamedTuple):
    """A text in its place within a row."""

    ink: _Ink
    place: QRect
    text: str
    lines: Lines
    align: Qt.AlignmentFlag


class SignatureDelegate(QStyledItemDelegate):
    """Paints all three columns into the first, so that a type which does not fit beside a long
    name goes below it rather than being cut.

    Types that fit start at one common place, `type_start`, which the view sets from the names.
    The model tells of another signature by a reset alone: until then a row is asked once.
    """

    def __init__(self, view: QTreeView) -> None:
        super().__init__(view)
        self._view = view
        self.type_start = 0
        """In pixels from the start of the row's text at the first level."""
        self.single_line = False
        """All rows one line high, whatever has to be cut: for signatures of thousands of rows."""
        self._rows: dict[int, _Row] = {}
        self._placed: dict[int, tuple[Hashable, Sequence[_Piece]]] = {}
        """Of each row the pieces of last time, and what they were made for."""
        self.refresh_fonts()
        view.model().modelAboutToBeReset.connect(self._forget)

    @Slot()
    def _forget(self) -> None:
        self._rows.clear()
        self._placed.clear()

    def refresh_fonts(self) -> None:
        """The theme or the zoom is another."""
        self._fixed, self._facts = Lines(fixed_font(FACTS_PX)), Lines(ui_font(FACTS_PX))
        self._placed.clear()

    def name_width(self, index: Index) -> int:
        """Of a row's name alone, in pixels."""
        return self._fixed.width_of(self._row(index).name)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002, N802 - Qt's name
        line = self._fixed.height + 2 * scaled(_PAD)
        lines = 1
        row = self._row(index)
        if not self.single_line and not row.is_section:
            lines = 1 if self._fits(row, self._text_width(row)) else 2
        return QSize(0, line if lines == 1 else 2 * line - scaled(_PAD) * 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        is_tinted = bool(option.state & _TINTS)
        if is_tinted or option.state & QStyle.StateFlag.State_HasFocus:
            self.initStyleOption(option, index)
            option.text = ""
            style = self._view.style()
            style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, self._view)
        colours = tokens()
        inks = {
            _Ink.TITLE: colours.muted,
            # Muted text is too pale on a tint.
            _Ink.QUIET: colours.text if is_tinted else colours.muted,
            _Ink.TEXT: colours.text,
            _Ink.ACCENT: colours.accent,
        }
        painter.save()
        corner = option.rect.topLeft()
        for piece in self._pieces(index, option.rect.size()):
            painter.setPen(inks[piece.ink])
            piece.lines.draw(painter, piece.place.translated(corner), piece.text, piece.align)
        painter.restore()

    def _pieces(self, index: Index, size: QSize) -> Sequence[_Piece]:
        """What stands in a row of that size."""
        direction, indentation = self._view.layoutDirection(), self._view.indentation()
        made_for = (size.toTuple(), self.type_start, self.single_line, indentation, direction)
        known = self._placed.get(index.internalId())
        if known is not None and known[0] == made_for:
            return known[1]
        row, whole = self._row(index), QRect(QPoint(0, 0), size)
        if row.is_section:
            title = _Piece(_Ink.TITLE, whole, row.name, self._facts, Qt.AlignmentFlag.AlignLeft)
            pieces = [title]
        else:
            whole = whole.adjusted(0, 0, -scaled(_END), 0)
            pieces = self._pieces_of_node(whole, row)
        if direction is Qt.LayoutDirection.RightToLeft:
            pieces = [_mirrored(piece, whole) for piece in pieces]
        pieces = [piece for piece in pieces if piece.place.width() > 0]
        self._placed[index.internalId()] = (made_for, pieces)
        return pieces

    def _pieces_of_node(self, rect: QRect, row: _Row) -> list[_Piece]:
        """As they stand from left to right."""
        need_width = self._need_width(row.need, rect.width())
        line = QRect(rect)
        below: QRect | None = None
        if not self.single_line and not self._fits(row, rect.width()):
            pad = scaled(_PAD)
            half = (rect.height() - 2 * pad) // 2
            line = QRect(rect.x(), rect.y() + pad, rect.width(), half)
            below = QRect(rect.x() + scaled(_GAP), line.bottom() + 1, 0, half)
            below.setRight(rect.right())
        need = QRect(line)
        need.setLeft(line.right() + 1 - need_width)

        name_width = _advance(self._fixed, row.name)
        name_room = line.width() - need_width - scaled(_GAP)
        if below is None and self.single_line:
            name_room = min(name_room, max(name_width, name_room // 2))
        name = QRect(line.x(), line.y(), name_room, line.height())

        if below is not None:
            kind = below
        else:
            kind_width = _advance(self._fixed, row.kind)
            start = self._type_offset(row, line.width(), name_width, kind_width, need_width)
            room = line.width() - start - need_width - scaled(_GAP)
            kind = QRect(line.x() + start, line.y(), room, line.height())
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        need_ink = _Ink.ACCENT if row.is_required else _Ink.QUIET
        return [
            _Piece(need_ink, need, row.need, self._facts, right),
            _Piece(_Ink.TEXT, name, row.name, self._fixed, left),
            _Piece(_Ink.QUIET, kind, row.kind, self._fixed, left),
        ]

    def _row(self, index: Index) -> _Row:
        key = index.internalId()
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = _Row(
                _level(index),
                bool(index.data(SignatureRole.IS_SECTION)),
                str(index.data(SignatureRole.NAME)),
                str(index.data(SignatureRole.TYPE)),
                str(index.data(SignatureRole.NEED)),
                bool(index.data(SignatureRole.IS_REQUIRED)),
            )
        return row

    # -- geometry

    def _text_width(self, row: _Row) -> int:
        """What a row has for its text: the view's width less the indentation."""
        indentation = self._view.indentation() * row.level
        return self._view.viewport().width() - indentation - scaled(_END)

    def _need_width(self, need: str, width: int) -> int:
        return min(_advance(self._facts, need), round(width * _LONGEST_DEFAULT))

    def _type_offset(self, row: _Row, width: int, name: int, kind: int, need: int) -> int:
        """Where the type starts: the common place, unless it does not fit there."""
        gap = scaled(_GAP)
        common = self.type_start - self._view.indentation() * (row.level - 1)
        return max(name + gap, min(common, width - need - gap - kind))

    def _fits(self, row: _Row, width: int) -> bool:
        """Whether the name, type and need stand beside each other uncut."""
        name, kind = _advance(self._fixed, row.name), _advance(self._fixed, row.kind)
        need = self._need_width(row.need, width)
        return name + kind + need + 2 * scaled(_GAP) <= width


def _mirrored(piece: _Piece, whole: QRect) -> _Piece:
    """As it stands from right to left."""
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    return piece._replace(
        place=QStyle.visualRect(Qt.LayoutDirection.RightToLeft, whole, piece.place),
        align=left if piece.align is right else right,
    )


def _level(index: Index) -> int:
    """0 for a section, 1 for a column, and so on."""
    level, above = 0, index.parent()
    while above.isValid():
        level, above = level + 1, above.parent()
    return level


def _advance(lines: Lines, text: str) -> int:
    """One more than the advance: a fraction of a pixel would cut a text that fits."""
    return lines.width_of(text) + 1
