"""What stands behind a document's text: boxes around code, bars beside quotes, rules."""

from collections.abc import Iterator, Sequence

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTextBlock, QTextDocument

from app.ui import theme
from app.ui.markdown.look import CODE_HEAD, CODE_PAD, Property, look


class CodeBox(Struct, frozen=True):
    """Where a code block stands in its document; the first `head` pixels are over its lines."""

    number: int
    position: int
    """Of its first line in the document."""
    language: str
    rect: QRectF
    head: float


def code_boxes(document: QTextDocument, since: int = 0) -> Iterator[CodeBox]:
    """Of its code blocks that begin at position `since` or later, first to last."""
    block = document.findBlock(since)
    while block.isValid():
        if block.blockFormat().hasProperty(Property.LANGUAGE):
            box = _code_box(block)
            yield box
            if document.lastBlock().blockFormat().intProperty(Property.CODE) == box.number:
                return  # a long one may be growing here: its lines need no look
        block = block.next()


def room_below(document: QTextDocument) -> int:
    """Pixels that a box reaches below the last line."""
    is_code = document.lastBlock().blockFormat().hasProperty(Property.CODE)
    return look().px(CODE_PAD) if is_code else 0


def paint_boxes(
    painter: QPainter, document: QTextDocument, clip: QRectF, boxes: Sequence[CodeBox]
) -> None:
    """Paint what lies within `clip`, in the document's coordinates; `boxes` are all its boxes."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    layout = document.documentLayout()
    at = layout.hitTest(QPointF(0, max(0.0, clip.top())), Qt.HitTestAccuracy.FuzzyHit)
    block = document.findBlock(max(0, at))
    for box in boxes:
        if box.rect.intersects(clip):
            _paint_code(painter, box)
    block = block.previous() if block.previous().isValid() else block
    while block.isValid():
        rect = layout.blockBoundingRect(block)
        if rect.top() > clip.bottom() + look().px(CODE_HEAD):
            return
        style = block.blockFormat()
        if style.hasProperty(Property.BARS):
            _paint_bars(painter, block, rect)
        if style.hasProperty(Property.RULE):
            painter.setPen(QPen(QColor(look().colours.hairline), 1))
            y = round(rect.center().y()) + 0.5
            left = style.leftMargin() + style.indent() * document.indentWidth()
            painter.drawLine(QPointF(left, y), QPointF(document.size().width(), y))
        block = block.next()


def _code_box(first: QTextBlock) -> CodeBox:
    document, style = first.document(), first.blockFormat()
    number = style.intProperty(Property.CODE)
    last = document.lastBlock()
    if last.blockFormat().intProperty(Property.CODE) != number:
        last = first
    while last.next().blockFormat().intProperty(Property.CODE) == number:
        last = last.next()
    layout, now = document.documentLayout(), look()
    top = layout.blockBoundingRect(first).top() - now.px(CODE_HEAD)
    bottom = layout.blockBoundingRect(last).bottom() + now.px(CODE_PAD)
    left = style.leftMargin() - now.px(CODE_PAD)
    right = document.textWidth() - style.rightMargin() + now.px(CODE_PAD)
    language = str(style.property(Property.LANGUAGE) or "")
    box = QRectF(left, top, max(1.0, right - left), bottom - top)
    return CodeBox(number, first.position(), language, box, float(now.px(CODE_HEAD)))


def _paint_code(painter: QPainter, box: CodeBox) -> None:
    now = look()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(now.colours.code))
    painter.drawRoundedRect(box.rect, now.px(8), now.px(8))
    if box.language:
        painter.setPen(QColor(now.colours.muted))
        painter.setFont(theme.ui_font(theme.SECTION_PX))
        head = box.rect.adjusted(now.px(CODE_PAD), 0, -now.px(72), 0)
        head.setHeight(box.head)
        text = painter.fontMetrics().elidedText(
            box.language, Qt.TextElideMode.ElideRight, int(head.width())
        )
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, text)


def _paint_bars(painter: QPainter, block: QTextBlock, rect: QRectF) -> None:
    """Down to the next block, where the quote goes on there."""
    layout, now = block.document().documentLayout(), look()
    bars = str(block.blockFormat().property(Property.BARS)).split(",")
    after = block.next()
    goes_on = str(after.blockFormat().property(Property.BARS) or "").split(",")
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(now.colours.hairline))
    for bar in bars:
        bottom = rect.bottom()
        if after.isValid() and bar in goes_on:
            bottom = layout.blockBoundingRect(after).top()
        above = now.px(CODE_HEAD) if block.blockFormat().hasProperty(Property.LANGUAGE) else 0
        top = rect.top() - above
        painter.fillRect(QRectF(float(bar), top, now.px(3), bottom - top), painter.brush())
