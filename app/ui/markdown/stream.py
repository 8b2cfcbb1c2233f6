"""A document that shows Markdown while it is being written.

Blocks that are settled are built once and stay. Only the rest is built anew as it grows: a code
block that is still open grows by its lines alone, without colours; anything else that grows long
is built anew when it has grown by a part of its length, and is shown as typed in between. So a
piece costs the same at any length of the text.
"""

import re
from dataclasses import dataclass

from PySide6.QtGui import QTextCursor, QTextDocument, QTextList
from shiboken6 import isValid

from app.ui.markdown import formulas
from app.ui.markdown.builder import Builder, End
from app.ui.markdown.lines import add_code, insert_line, is_thin, make_thin
from app.ui.markdown.look import Style, look
from app.ui.markdown.parser import Definitions, normalized
from app.ui.markdown.settled import settled_length

_SHORT = 1000
"""Characters that are built anew for each piece."""
_GROWTH = 0.1

_FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n")


@dataclass(slots=True)
class _OpenFence:
    """A code block at the end, outside of all others, whose end has not come yet."""

    closes: re.Pattern[str]
    closes_perhaps: re.Pattern[str]
    """A line that is not whole yet, and is not shown."""
    indent: int
    line: str = ""
    """The last of its lines, as far as it is written."""
    is_line_hidden: bool = False


class MarkdownStream:
    """Shows Markdown in `document`, which it alone writes."""

    _text: str
    _is_whole: bool
    _definitions: Definitions
    _settled: int
    """Characters of the text that are built once and for all."""
    _end: End
    """Of what is settled, in the document."""
    _built: int
    """Length of the rest when it was built last."""
    _fence: _OpenFence | None
    _waits: bool
    _changed_from: int

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._begin()

    @property
    def text(self) -> str:
        return self._text

    @property
    def waits(self) -> bool:
        """Whether a formula has yet to be drawn."""
        return self._waits

    @property
    def changed_from(self) -> int:
        """What stands before this position was left as it was, when the text was shown last."""
        return self._changed_from

    def clear(self) -> None:
        """Show nothing."""
        self._document.clear()
        self._begin()

    def show(self, text: str, *, is_whole: bool) -> None:
        """Show `text`; what it has in common with the text shown stays as it is."""
        text = normalized(text)
        goes_on = bool(self._text) and text.startswith(self._text) and not self._is_whole
        if not goes_on:
            self.clear()
        piece, self._text = text[len(self._text) :], text
        if is_whole:
            self._finish()
        elif piece and not self._grow_fence(piece):
            self._grow(piece)

    def place_formulas(self) -> None:
        """Put in their places those that have been drawn meanwhile.

        What is settled then ends elsewhere, so of a text that still grows the rest waits for its
        next piece.
        """
        end = QTextCursor(self._document)
        end.setPosition(self._end.position)
        end.setKeepPositionOnInsert(self._end.is_unused)
        self._waits = formulas.place(self._document)
        self._end = self._end._replace(position=end.position())

    def _begin(self) -> None:
        self._text = ""
        self._is_whole = False
        self._definitions = {}
        self._settled = 0
        self._end = End()
        self._built = 0
        self._fence = None
        self._waits = False
        self._changed_from = 0

    def _grow(self, piece: str) -> None:
        rest = self._text[self._settled :]
        if len(rest) > _SHORT and len(rest) - self._built < _GROWTH * len(rest):
            cursor = QTextCursor(self._document)
            cursor.movePosition(QTextCursor.MoveOperation.End)
            if is_thin(cursor.block()):
                cursor.setBlockFormat(look().block())
                cursor.setBlockCharFormat(look().char(Style()))
            self._changed_from = cursor.position()
            insert_line(cursor, piece, cursor.charFormat())
            return
        self._changed_from = self._end.position
        self._rewind()
        settled = settled_length(rest) if "\n" in rest[max(0, self._built - 1) :] else 0
        if settled:
            self._settle(rest[:settled])
            rest = rest[settled:]
        self._built = len(rest)
        if not self._open_fence(rest):
            self._build(rest, dict(self._definitions))

    def _finish(self) -> None:
        self._is_whole, self._fence, self._changed_from = True, None, 0
        if self._settled and "]:" in self._text:
            # What is defined late is a link in what stands before it too.
            self._document.clear()
            text = self._text
            self._begin()
            self._text, self._is_whole = text, True
        else:
            self._rewind()
        self._settle(self._text[self._settled :])

    def _settle(self, text: str) -> None:
        self._end = self._build(text, self._definitions)
        self._settled += len(text)

    def _build(self, text: str, definitions: Definitions) -> End:
        builder = Builder(self._document, definitions, self._end)
        end = builder.build(text)
        self._waits = self._waits or builder.waits
        return end

    def _rewind(self) -> None:
        """Take away all that is not settled."""
        position, is_unused, _ = self._end
        if not position and is_unused:
            self._document.clear()
            return
        cursor = QTextCursor(self._document)
        cursor.setPosition(position)
        # Qt gives the block before a removed one the format of that one.
        block_format = cursor.blockFormat()
        group: QTextList | None = cursor.currentList()
        list_format = None if group is None else group.format()
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if not cursor.hasSelection() and not is_unused:
            return
        cursor.removeSelectedText()
        now: QTextList | None = cursor.currentList()
        if now is not None:
            now.remove(cursor.block())
        if is_unused:
            make_thin(cursor)
            return
        cursor.setBlockFormat(block_format)
        if group is not None and list_format is not None:
            if isValid(group):
                group.add(cursor.block())
            else:
                cursor.createList(list_format)  # it went with its only block

    # -- an open code block

    def _open_fence(self, rest: str) -> bool:
        """Whether `rest` is nothing but such a block; then it is shown."""
        opening = _FENCE.match(rest)
        if opening is None:
            return False
        mark = opening.group(2)
        start = rf" {{0,3}}{re.escape(mark[0])}"
        fence = _OpenFence(
            re.compile(rf"{start}{{{len(mark)},}}[ \t]*$"),
            re.compile(rf"{start}+[ \t]*$"),
            len(opening.group(1)),
        )
        *lines, fence.line = rest[opening.end() :].split("\n")
        if any(fence.closes.match(line) for line in lines):
            return False
        self._fence = fence
        language = opening.group(3).split()
        builder = Builder(self._document, {}, self._end)
        fence.is_line_hidden = fence.closes_perhaps.match(fence.line) is not None
        code = [*lines, "" if fence.is_line_hidden else fence.line]
        builder.open_code(
            "\n".join(_unindented(line, fence.indent) for line in code),
            language[0] if language else "",
        )
        return True

    def _grow_fence(self, piece: str) -> bool:
        """Whether `piece` is more of an open code block; then it is shown."""
        fence = self._fence
        if fence is None:
            return False
        *lines, last = (fence.line + piece).split("\n")
        if any(fence.closes.match(line) for line in lines):
            self._fence = None
            self._built = 0
            return False
        before = "" if fence.is_line_hidden else _unindented(fence.line, fence.indent)
        self._changed_from = self._end.position
        fence.line = last
        fence.is_line_hidden = fence.closes_perhaps.match(last) is not None
        now = [*lines, "" if fence.is_line_hidden else last]
        text = "\n".join(_unindented(line, fence.indent) for line in now)
        if text.startswith(before):
            add_code(self._document, text[len(before) :])
        else:
            add_code(self._document, text, replacing=len(before))
        return True


def _unindented(line: str, indent: int) -> str:
    """As far as the fence itself is indented."""
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(indent, spaces) :]
