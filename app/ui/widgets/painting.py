"""What delegates share that draw a row themselves."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QPainter,
    QStaticText,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
    QTransform,
)
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

_LONG = 1e6
_MOST_LINES: Final = 2000
"""That are remembered of one font: some screens full."""


def mirrored(option: QStyleOptionViewItem, rect: QRect) -> QRect:
    """`rect`, given as if the row read from left to right, as it reads."""
    return QStyle.visualRect(option.direction, option.rect, rect)


def fill(painter: QPainter, rect: QRect, colour: str, radius: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(rect, radius, radius)


class Lines:
    """Draws lines in one font as `QPainter.drawText` does, centred in height and elided, but
    elides and lays out each only once: the same ones are drawn with every key and every movement
    of the pointer.
    """

    def __init__(self, font: QFont) -> None:
        metrics = QFontMetrics(font)
        self._font = font
        self.height = metrics.height()
        self.width_of: Callable[[str], int] = lru_cache(_MOST_LINES)(metrics.horizontalAdvance)
        """The advance of a text, in pixels."""
        self._laid_out = lru_cache(_MOST_LINES)(partial(_lay_out, font))

    def elided(self, text: str, room: int) -> str:
        """As much of its beginning as there is room for."""
        return QFontMetrics(self._font).elidedText(text, Qt.TextElideMode.ElideRight, room)

    def draw(
        self,
        painter: QPainter,
        rect: QRect,
        text: str,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        """In the painter's pen, at the side of `rect` that `align` says, as it is on the screen."""
        line, size = self._laid_out(text, rect.width(), elide, painter.layoutDirection())
        x = float(rect.x())
        if align is Qt.AlignmentFlag.AlignRight:
            x += rect.width() - size.width()
        elif align is Qt.AlignmentFlag.AlignHCenter:
            x += (rect.width() - size.width()) / 2
        y = rect.y() + (rect.height() - size.height()) / 2
        painter.setFont(self._font)
        painter.drawStaticText(QPointF(x, y), line)


def _lay_out(
    font: QFont, text: str, room: int, elide: Qt.TextElideMode, direction: Qt.LayoutDirection
) -> tuple[QStaticText, QSizeF]:
    """With the size that `QPainter.drawText` goes by: fallback fonts are higher than `font`, and
    it rounds neither."""
    # A line break in it would begin another line.
    shown = QFontMetrics(font).elidedText(text, elide, room).replace("\n", " ")
    line = QStaticText(shown)
    line.setTextFormat(Qt.TextFormat.PlainText)
    option = QTextOption()
    option.setTextDirection(direction)
    line.setTextOption(option)
    line.prepare(QTransform(), font)
    bounds = QFontMetricsF(font).boundingRect(QRectF(), Qt.TextFlag.TextSingleLine, shown)
    return line, QSizeF(line.size().width(), bounds.height())


def draw_line(
    painter: QPainter,
    rect: QRect,
    text: str,
    font: QFont,
    *,
    ends: Qt.LayoutDirection,
    marks: Sequence[tuple[int, int]] = (),
    marked_colour: str = "",
) -> None:
    """One line in the painter's pen, elided; it reads in its own direction, and begins at the side
    where the row does. What is between `marks` is bold."""
    bold = QFont(font)
    bold.setWeight(QFont.Weight.Bold)
    metrics, bold_metrics = QFontMetrics(font), QFontMetrics(bold)
    wider = sum(
        bold_metrics.horizontalAdvance(text[low:high]) - metrics.horizontalAdvance(text[low:high])
        for low, high in marks
    )
    text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width() - wider)
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    option.setTextDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    layout.setTextOption(option)
    ink = QTextCharFormat()
    ink.setFont(bold)
    ink.setForeground(QColor(marked_colour))
    layout.setFormats([_format(text, low, high, ink) for low, high in marks if low < len(text)])
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(_LONG)
    # As wide as it is: otherwise a text from right to left would stand at the far end.
    line.setLineWidth(line.naturalTextWidth())
    layout.endLayout()
    x = float(rect.left())
    if ends == Qt.LayoutDirection.RightToLeft:
        x = rect.right() + 1 - line.naturalTextWidth()
    layout.draw(painter, QPointF(x, rect.center().y() + 1 - line.height() / 2))


def _format(text: str, low: int, high: int, ink: QTextCharFormat) -> QTextLayout.FormatRange:
    marked = QTextLayout.FormatRange()
    marked.start = _utf16_length(text[:low])
    marked.length = _utf16_length(text[low:high])
    marked.format = ink
    return marked


def _utf16_length(text: str) -> int:
    """As Qt counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
