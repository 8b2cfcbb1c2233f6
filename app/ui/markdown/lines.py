"""Lines at the end of a Qt document: very long ones, those of an open code block, thin ones."""

from collections.abc import Iterator
from typing import Final

from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from app.ui.markdown.look import Property, look
from app.ui.markdown.signs import shown

LONGEST_LINE: Final = 5000


def insert_line(cursor: QTextCursor, text: str, style: QTextCharFormat) -> None:
    """Insert `text` at the end of a document: Qt's time for a line that can't be broken grows with
    the square of its length, so a very long one goes on in a block of its own."""
    text = shown(text)
    room = LONGEST_LINE - cursor.positionInBlock()
    while len(text) > room:
        cursor.insertText(text[:room], style)
        text, room = text[room:], LONGEST_LINE
        block = cursor.blockFormat()
        below = block.bottomMargin()
        block.setBottomMargin(0)
        cursor.setBlockFormat(block)
        block.setTopMargin(0)
        block.setBottomMargin(below)
        block.setProperty(Property.CONTINUES, 1)
        block.clearProperty(Property.LANGUAGE)
        block.clearProperty(QTextFormat.Property.ObjectIndex)
        cursor.insertBlock(block, style)
    if text:
        cursor.insertText(text, style)


def insert_text(document: QTextDocument, text: str) -> Iterator[None]:
    """Fill an empty `document` with `text` as typed, some of it with each step."""
    cursor = QTextCursor(document)
    block, style = look().block(below=0), QTextCharFormat()
    written = 0
    cursor.beginEditBlock()
    for place, line in enumerate(text.splitlines() or [""]):
        if place:
            cursor.insertBlock(block, style)
        else:
            cursor.setBlockFormat(block)
        for start in range(0, len(line), LONGEST_LINE):
            insert_line(cursor, line[start : start + LONGEST_LINE], style)
            written += min(len(line) - start, LONGEST_LINE)
            if written >= LONGEST_LINE:
                written = 0
                cursor.endEditBlock()
                yield
                cursor.beginEditBlock()
    cursor.endEditBlock()


def add_code(document: QTextDocument, text: str, *, replacing: int = 0) -> None:
    """Go on with the code block that ends `document`, in place of its last characters."""
    cursor = QTextCursor(document)
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.beginEditBlock()
    for _ in range(replacing):
        cursor.deletePreviousChar()
    last = cursor.blockFormat()
    line = look().code()
    first, *rest = text.split("\n")
    insert_line(cursor, first, line)
    if rest:
        inner = QTextBlockFormat(last)
        inner.setBottomMargin(0)
        cursor.setBlockFormat(inner)
        inner.setTopMargin(0)
        inner.clearProperty(Property.LANGUAGE)
        inner.clearProperty(Property.CONTINUES)
        for at, one in enumerate(rest):
            block = QTextBlockFormat(inner)
            if at == len(rest) - 1:
                block.setBottomMargin(last.bottomMargin())
            cursor.insertBlock(block, line)
            insert_line(cursor, one, line)
    cursor.endEditBlock()


def drop_line(document: QTextDocument, length: int) -> None:
    """Take away the last line, of `length` characters, of the code block that ends `document`."""
    cursor = QTextCursor(document)
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.beginEditBlock()
    for _ in range(length):
        cursor.deletePreviousChar()
    # Qt gives the block before a removed one the format of that one.
    block = cursor.block().previous().blockFormat()
    block.setBottomMargin(cursor.blockFormat().bottomMargin())
    cursor.deletePreviousChar()
    cursor.setBlockFormat(block)
    cursor.endEditBlock()


def is_thin(block: QTextBlock) -> bool:
    """Whether it is such a block (`make_thin`), with nothing in it."""
    return not block.text() and block.charFormat().font().pixelSize() == 1


def make_thin(cursor: QTextCursor) -> None:
    """Let an empty block that Qt needs beside a table take no room."""
    cursor.setBlockFormat(look().thin())
    cursor.setBlockCharFormat(look().thin_char())
