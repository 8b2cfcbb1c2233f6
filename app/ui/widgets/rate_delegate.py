"""Draws a share with its confidence interval: a small bar, and the numbers beside it."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.domain.comparison.votes import Rate
from app.ui.item_models.votes_model import VoteRole
from app.ui.theme import FACTS_PX, scaled, tokens, ui_font
from app.ui.widgets.painting import mirrored

AnyIndex = QModelIndex | QPersistentModelIndex

_BAR: Final = 80
_GAP: Final = 10
_PAD: Final = 8
_DOT: Final = 7
_LINE: Final = 5


class RateDelegate(QStyledItemDelegate):
    """The axis goes from 0 to 100 %, with a mark at one half; the interval lies on it as a line,
    the share as a dot. Reads `VoteRole.RATE`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802 - Qt's name
        hint = super().sizeHint(option, index)
        text = QFontMetrics(ui_font(FACTS_PX)).horizontalAdvance(self._shown(index))
        bar = 0 if index.data(VoteRole.RATE) is None else scaled(_BAR + _GAP)
        return QSize(text + bar + scaled(4 * _PAD), max(hint.height(), scaled(28)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = QApplication.style() if option.widget is None else option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = option.rect.adjusted(scaled(_PAD), 0, -scaled(_PAD), 0)
        rate = index.data(VoteRole.RATE)
        start = row.left()
        if isinstance(rate, Rate):
            bar = QRect(row.left(), row.top(), scaled(_BAR), row.height())
            self._paint_bar(painter, option, mirrored(option, bar), rate)
            start = bar.right() + scaled(_GAP)
        is_on_tint = bool(option.state & QStyle.StateFlag.State_Selected)
        colours = tokens()
        painter.setPen(QColor(colours.text if is_on_tint or rate is not None else colours.muted))
        painter.setFont(ui_font(FACTS_PX))
        place = QRect(start, row.top(), row.right() - start + 1, row.height())
        flags = QStyle.visualAlignment(option.direction, Qt.AlignmentFlag.AlignLeft)
        elided = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, max(0, place.width())
        )
        painter.drawText(
            mirrored(option, place), int(flags | Qt.AlignmentFlag.AlignVCenter), elided
        )
        painter.restore()

    def _shown(self, index: AnyIndex) -> str:
        return str(index.data(Qt.ItemDataRole.DisplayRole))

    @staticmethod
    def _paint_bar(painter: QPainter, option: QStyleOptionViewItem, bar: QRect, rate: Rate) -> None:
        colours = tokens()
        radius = scaled(_DOT) / 2
        left, width = bar.left() + radius, bar.width() - 2 * radius
        middle = bar.center().y() + 0.5
        is_mirrored = option.direction == Qt.LayoutDirection.RightToLeft

        def x(share: float) -> float:
            return left + width * (1 - share if is_mirrored else share)

        painter.setPen(QPen(QColor(colours.hairline), 1))
        painter.drawLine(QPointF(x(0), middle), QPointF(x(1), middle))
        half = scaled(_LINE)
        painter.setPen(QPen(QColor(colours.muted), 1))
        painter.drawLine(QPointF(x(0.5), middle - half), QPointF(x(0.5), middle + half))
        painter.setPen(Qt.PenStyle.NoPen)
        tint = QColor(colours.accent)
        tint.setAlphaF(0.35)
        painter.setBrush(tint)
        low, high = sorted((x(rate.low), x(rate.high)))
        thick = scaled(_LINE)
        painter.drawRoundedRect(
            QRectF(low, middle - thick / 2, max(high - low, 1.0), thick), thick / 2, thick / 2
        )
        painter.setBrush(QColor(colours.accent))
        painter.drawEllipse(QPointF(x(rate.value), middle), radius, radius)
