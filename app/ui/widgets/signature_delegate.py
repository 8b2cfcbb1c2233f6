"""How a row of the signature is painted: name, type and need side by side, or in two lines."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from app.ui.item_models.signature_model import SignatureRole
from app.ui.theme import FACTS_PX, fixed_font, scaled, tokens, ui_font

Index = QModelIndex | QPersistentModelIndex

_GAP: Final = 8
_END: Final = 4
_PAD: Final = 2
"""Above and below a line, in unzoomed pixels."""
_LONGEST_DEFAULT: Final = 0.4
"""Of the row's width, for what stands at its end."""


class SignatureDelegate(QStyledItemDelegate):
    """Paints all three columns into the first, so that a type which does not fit beside a long
    name goes below it rather than being cut.

    Types that fit start at one common place, `type_start`, which the view sets from the names.
    """

    def __init__(self, view: QTreeView) -> None:
        super().__init__(view)
        self._view = view
        self.type_start = 0
        """In pixels from the start of the row's text at the first level."""
        self.single_line = False
        """All rows one line high, whatever has to be cut: for signatures of thousands of rows."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002, N802 - Qt's name
        line = QFontMetrics(fixed_font(FACTS_PX)).height() + 2 * scaled(_PAD)
        lines = 1
        if not self.single_line and not index.data(SignatureRole.IS_SECTION):
            width = self._text_width(index)
            lines = 1 if self._fits(index, width) else 2
        return QSize(0, line if lines == 1 else 2 * line - scaled(_PAD) * 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        option.text = ""
        style = self._view.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, self._view)
        painter.save()
        if index.data(SignatureRole.IS_SECTION):
            painter.setFont(ui_font(FACTS_PX))
            painter.setPen(QColor(tokens().muted))
            self._text(painter, option.rect, option.rect, index.data(SignatureRole.NAME))
        else:
            self._paint_node(painter, option, index)
        painter.restore()

    def _paint_node(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = tokens()
        tints = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver
        # Muted text is too pale on a tint.
        quiet = QColor(colours.text if option.state & tints else colours.muted)
        rect = option.rect.adjusted(0, 0, -scaled(_END), 0)
        name, kind, need = (
            str(index.data(role))
            for role in (SignatureRole.NAME, SignatureRole.TYPE, SignatureRole.NEED)
        )
        need_width = self._need_width(need, rect.width())
        line = QRect(rect)
        below: QRect | None = None
        if not self.single_line and not self._fits(index, rect.width()):
            pad = scaled(_PAD)
            half = (rect.height() - 2 * pad) // 2
            line = QRect(rect.x(), rect.y() + pad, rect.width(), half)
            below = QRect(rect.x() + scaled(_GAP), line.bottom() + 1, 0, half)
            below.setRight(rect.right())

        painter.setFont(ui_font(FACTS_PX))
        is_required = index.data(SignatureRole.IS_REQUIRED)
        painter.setPen(QColor(colours.accent) if is_required else quiet)
        place = QRect(line)
        place.setLeft(line.right() + 1 - need_width)
        self._text(painter, rect, place, need, Qt.AlignmentFlag.AlignRight)

        painter.setFont(fixed_font(FACTS_PX))
        painter.setPen(QColor(colours.text))
        metrics = QFontMetrics(painter.font())
        name_room = line.width() - need_width - scaled(_GAP)
        if below is None and self.single_line:
            name_room = min(name_room, max(_advance(metrics, name), name_room // 2))
        self._text(painter, rect, QRect(line.x(), line.y(), name_room, line.height()), name)

        painter.setPen(quiet)
        if below is not None:
            self._text(painter, rect, below, kind)
        else:
            start = self._type_offset(
                index, line.width(), _advance(metrics, name), _advance(metrics, kind), need_width
            )
            room = line.width() - start - need_width - scaled(_GAP)
            place = QRect(line.x() + start, line.y(), room, line.height())
            self._text(painter, rect, place, kind)

    def _text(
        self,
        painter: QPainter,
        row: QRect,
        place: QRect,
        text: str,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        """Draw `text` into `place`, cut at its end where it is wider, mirrored with the layout."""
        if place.width() <= 0:
            return
        direction = self._view.layoutDirection()
        flags = QStyle.visualAlignment(direction, align) | Qt.AlignmentFlag.AlignVCenter
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        where = QStyle.visualRect(direction, row, place)
        painter.drawText(where, int(flags | Qt.TextFlag.TextSingleLine), elided)

    # -- geometry

    def _text_width(self, index: Index) -> int:
        """What a row has for its text: the view's width less the indentation."""
        indentation = self._view.indentation() * _level(index)
        return self._view.viewport().width() - indentation - scaled(_END)

    def _need_width(self, need: str, width: int) -> int:
        return min(_advance(QFontMetrics(ui_font(FACTS_PX)), need), round(width * _LONGEST_DEFAULT))

    def _type_offset(self, index: Index, width: int, name: int, kind: int, need: int) -> int:
        """Where the type starts: the common place, unless it does not fit there."""
        gap = scaled(_GAP)
        common = self.type_start - self._view.indentation() * (_level(index) - 1)
        return max(name + gap, min(common, width - need - gap - kind))

    def _fits(self, index: Index, width: int) -> bool:
        """Whether the name, type and need stand beside each other uncut."""
        metrics = QFontMetrics(fixed_font(FACTS_PX))
        name = _advance(metrics, str(index.data(SignatureRole.NAME)))
        kind = _advance(metrics, str(index.data(SignatureRole.TYPE)))
        need = self._need_width(str(index.data(SignatureRole.NEED)), width)
        return name + kind + need + 2 * scaled(_GAP) <= width


def _level(index: Index) -> int:
    """0 for a section, 1 for a column, and so on."""
    level, above = 0, index.parent()
    while above.isValid():
        level, above = level + 1, above.parent()
    return level


def _advance(metrics: QFontMetrics, text: str) -> int:
    """One more than the advance: a fraction of a pixel would cut a text that fits."""
    return metrics.horizontalAdvance(text) + 1
