"""Draws the rows of a table of next tokens."""

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.domain.token_text import percent
from app.ui.item_models.chance_model import ChanceRole, can_insert
from app.ui.theme import FACTS_PX, fixed_font, scaled, tokens, ui_font
from app.ui.translation import tr
from app.ui.widgets.painting import fill, mirrored

AnyIndex = QModelIndex | QPersistentModelIndex

_ROW_PAD: Final = 8
_GAP: Final = 8
_TOKEN_PART: Final = 0.34
"""Of a row's width, for the token."""
_WIDEST_TOKEN: Final = 168
_WIDEST_NUMBER: Final = "< 0.01 %"


def headings() -> tuple[str, str]:
    """Of the two columns of numbers."""
    return tr("model"), tr("sampled")


class ChanceDelegate(QStyledItemDelegate):
    """The token, a bar for the model's own probability above one for what the sampling settings
    make of it, and both as numbers."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shows_sampled = True
        """Whether there is room kept for what the settings make of it."""
        self.is_stale = False
        """Whether the rows are of another place than the cursor's."""

    @staticmethod
    def row_height() -> int:
        return QFontMetrics(fixed_font(FACTS_PX)).height() + scaled(_ROW_PAD)

    @staticmethod
    def number_width() -> int:
        metrics = QFontMetrics(ui_font(FACTS_PX))
        widest = max(map(metrics.horizontalAdvance, (_WIDEST_NUMBER, *headings())))
        return widest + scaled(_GAP)

    @staticmethod
    def pad() -> int:
        return scaled(_GAP)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name and signature
        return QSize(scaled(160), self.row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = tokens()
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if is_chosen or is_hovered:
            tint = colours.accent_tint if is_chosen else colours.hover
            fill(painter, option.rect, tint, scaled(6))
        inner = option.rect.adjusted(scaled(_GAP), 0, -scaled(_GAP), 0)
        numbers = self._numbers(index)
        quiet = colours.text if is_chosen or is_hovered else colours.muted
        loud = quiet if self.is_stale else colours.text
        for text, is_own in reversed(numbers):
            width = self.number_width()
            place = QRect(inner.right() + 1 - width, inner.top(), width, inner.height())
            self._write_number(painter, option, place, text, loud if is_own else quiet)
            inner.setRight(place.left() - 1)
        name = QRect(inner)
        name.setWidth(min(round(inner.width() * _TOKEN_PART), scaled(_WIDEST_TOKEN)))
        self._write_token(painter, option, name, index)
        inner.setLeft(name.right() + 1 + scaled(_GAP))
        inner.setRight(inner.right() - scaled(4))
        self._draw_bars(painter, option, inner, index)
        painter.restore()

    def _numbers(self, index: AnyIndex) -> list[tuple[str, bool]]:
        """In order, and whether each is the model's own."""
        own = (percent(index.data(ChanceRole.PROBABILITY)), True)
        if not self.shows_sampled:
            return [own]
        sampled = index.data(ChanceRole.SAMPLED)
        text = "?" if sampled is None else percent(sampled) if sampled > 0 else "–"
        return [own, (text, False)]

    @staticmethod
    def _write_number(
        painter: QPainter, option: QStyleOptionViewItem, place: QRect, text: str, colour: str
    ) -> None:
        painter.setFont(ui_font(FACTS_PX))
        painter.setPen(QColor(colour))
        align = Qt.AlignmentFlag.AlignVCenter | QStyle.visualAlignment(
            option.direction, Qt.AlignmentFlag.AlignRight
        )
        painter.drawText(mirrored(option, place), int(align), text)

    def _write_token(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, index: AnyIndex
    ) -> None:
        colours = tokens()
        painter.setFont(fixed_font(FACTS_PX))
        if self.is_stale:
            is_tinted = option.state & QStyle.StateFlag.State_Selected
            colour = colours.text if is_tinted else colours.muted
        elif index.data(ChanceRole.IS_SPECIAL):
            colour = colours.template
        elif can_insert(index.data(ChanceRole.TEXT)):
            colour = colours.text
        else:
            colour = colours.muted
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(
            index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideRight, place.width()
        )
        align = Qt.AlignmentFlag.AlignVCenter | QStyle.visualAlignment(
            option.direction, Qt.AlignmentFlag.AlignLeft
        )
        painter.drawText(mirrored(option, place), int(align | Qt.TextFlag.TextSingleLine), shown)

    def _draw_bars(
        self, painter: QPainter, option: QStyleOptionViewItem, place: QRect, index: AnyIndex
    ) -> None:
        if place.width() < scaled(12):
            return
        colours = tokens()
        own = colours.disabled if self.is_stale else colours.accent
        bars = [(index.data(ChanceRole.PROBABILITY), own)]
        sampled = index.data(ChanceRole.SAMPLED)
        if self.shows_sampled and sampled is not None:
            bars.append((sampled, colours.disabled))
        height = scaled(5) if len(bars) > 1 else scaled(10)
        gap = scaled(1)
        top = place.center().y() - (len(bars) * height + (len(bars) - 1) * gap) // 2 + 1
        for share, colour in bars:
            width = round(place.width() * min(share, 1.0))
            if share > 0:
                bar = QRect(place.left(), top, max(scaled(2), width), height)
                fill(painter, mirrored(option, bar), colour, scaled(2))
            top += height + gap
