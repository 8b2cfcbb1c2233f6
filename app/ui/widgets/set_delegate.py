"""Draws the cells of a prompt set's table: two lines, one a side."""

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.item_models.set_model import Column, SetRole
from app.ui.theme import FACTS_PX, TEXT_PX, scaled, tokens, ui_font
from app.ui.widgets.painting import draw_line, mirrored

AnyIndex = QModelIndex | QPersistentModelIndex

PAD: Final = 8
_LINE_GAP: Final = 2
_ROW_PAD: Final = 6
_MARK: Final = 3
_NARROWEST: Final = 2
_TEXTS: Final = (Column.PROMPT, Column.ANSWERS)
_NUMBERS: Final = (Column.TOKENS, Column.FIRST_TOKEN, Column.SPEED)


class SetDelegate(QStyledItemDelegate):
    """The first side's line above, the second's below, each with its colour before the answer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text, self._facts = ui_font(TEXT_PX), ui_font(FACTS_PX)

    @property
    def row_height(self) -> int:
        lines = 2 * QFontMetrics(self._text).height()
        return lines + scaled(_LINE_GAP) + 2 * scaled(_ROW_PAD)

    def width_of(self, text: str) -> int:
        """What a cell of numbers needs."""
        return QFontMetrics(self._facts).horizontalAdvance(text) + 2 * scaled(PAD)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name and signature
        return QSize(scaled(60), self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours, column = tokens(), Column(index.column())
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if is_selected:
            painter.fillRect(option.rect, QColor(colours.accent_tint))
        painter.setPen(QColor(colours.hairline))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        # Muted text is too pale on a tint.
        muted = colours.text if is_selected else colours.muted
        lines, failed = index.data(SetRole.LINES), index.data(SetRole.FAILED)
        inks = [colours.text if column in _TEXTS else muted] * 2
        if column is Column.PROMPT:
            inks[1] = muted
        if column is Column.RESULT:
            inks = [self._result_ink(index.data(SetRole.STATE), muted)] * 2
        inks = [
            colours.error_text if is_bad else ink for ink, is_bad in zip(inks, failed, strict=True)
        ]
        if column in (Column.NUMBER, Column.RESULT) or (column is Column.PROMPT and not lines[1]):
            self._line(painter, option, self._whole(option.rect), lines[0], inks[0], column)
        else:
            for at, place in enumerate(self._halves(option.rect)):
                if column is Column.ANSWERS and lines[at]:
                    self._mark(painter, option, place, at)
                self._line(painter, option, place, lines[at], inks[at], column)
        painter.restore()

    def _line(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        place: QRect,
        text: str,
        ink: str,
        column: Column,
    ) -> None:
        painter.setPen(QColor(ink))
        inner = place.adjusted(scaled(PAD), 0, -scaled(PAD), 0)
        if column not in _TEXTS:
            # Short, and in no script that has a direction of its own: no layout is needed.
            side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            align = QStyle.visualAlignment(option.direction, side) | Qt.AlignmentFlag.AlignVCenter
            painter.setFont(self._facts)
            painter.drawText(mirrored(option, inner), align, text)
            return
        if column is Column.ANSWERS:
            inner.adjust(scaled(_MARK + 5), 0, 0, 0)
        # More than fits at the narrowest letter need not be measured.
        text = text[: max(inner.width(), 0) // max(1, scaled(_NARROWEST)) + 2]
        draw_line(painter, mirrored(option, inner), text, self._text, ends=option.direction)

    @staticmethod
    def _mark(painter: QPainter, option: QStyleOptionViewItem, place: QRect, side: int) -> None:
        mark = QRect(
            place.left() + scaled(PAD), place.top() + scaled(2), scaled(_MARK), place.height()
        )
        mark.setBottom(place.bottom() - scaled(2))
        painter.fillRect(mirrored(option, mark), QColor(side_colour(side)))

    @staticmethod
    def _result_ink(state: str, muted: str) -> str:
        return tokens().error_text if state == "failed" else muted

    @staticmethod
    def _whole(rect: QRect) -> QRect:
        return rect.adjusted(0, scaled(_ROW_PAD), 0, -scaled(_ROW_PAD))

    def _halves(self, rect: QRect) -> tuple[QRect, QRect]:
        height = QFontMetrics(self._text).height()
        top = rect.top() + scaled(_ROW_PAD)
        return (
            QRect(rect.left(), top, rect.width(), height),
            QRect(rect.left(), top + height + scaled(_LINE_GAP), rect.width(), height),
        )


def side_colour(side: int) -> str:
    """What tells the sides apart beside their places: the first one's, the second one's."""
    return (tokens().messages, tokens().template)[side]
