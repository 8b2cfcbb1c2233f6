"""What delegates share that draw a row themselves."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

_LONG = 1e6


def mirrored(option: QStyleOptionViewItem, rect: QRect) -> QRect:
    """`rect`, given as if the row read from left to right, as it reads."""
    return QStyle.visualRect(option.direction, option.rect, rect)


def fill(painter: QPainter, rect: QRect, colour: str, radius: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(rect, radius, radius)


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
