"""A document that shows Markdown while it is being written.

Blocks that are settled are built once and stay. Only the rest is built anew as it grows: a code
block that is still open grows by its lines alone, without colours; anything else that grows long
is built anew when it has grown by a part of its length, and is shown as typed in between; and words
that go on in a line, with no markup near, are put behind it. So a piece costs the same at any
length of the text, and most of them little.

A long text that is whole can be shown in steps, which settle one part after the other.
"""

import re
from collections.abc import Iterator

from msgspec import Struct
from PySide6.QtGui import QTextCursor, QTextDocument, QTextList
from shiboken6 import isValid

from app.ui.markdown import formulas
from app.ui.markdown.builder import LONGEST_CODE, Builder, End
from app.ui.markdown.lines import add_code, drop_line, insert_line, is_thin, make_thin
from app.ui.markdown.look import Property, Style, look
from app.ui.markdown.parser import MAX_INLINE, Definitions, normalized, parse_blocks
from app.ui.markdown.settled import settled_length

_ENDLESS = re.compile(r"[^\W\d_][^\n]*")
"""A line that is a paragraph whatever comes after it in the same line."""
_WORD = re.compile(r"[^\W_](?:[^\W_]|[,.;?!'\"-])*")
_WORDS = re.compile(r"(?:[^\W_]|[ ,.;?!'\"-])+")
"""What neither is markup nor ends any, in the midst of a line that is more than a mark."""
_LETTER = re.compile(r"[^\W\d_]")
_SHORT = 1000
"""Characters that are built anew for each piece."""
_GROWTH = 0.1
_STEP = 4000
"""Characters that are built in one step, about."""

_FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`\n]*\n)|~{3,})([^\n]*)\n")


class _OpenFence(Struct):
    """A code block at the end, outside of all others, whose end has not come yet."""

    closes: re.Pattern[str]
    closes_perhaps: re.Pattern[str]
    """A line that is not whole yet, and is not shown."""
    indent: int
    line: str = ""
    """The last of its lines, as far as it is written."""
    is_line_hidden: bool = False
    length: int = 0
    """Of the code that is shown, with that line."""


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
    _is_endless: bool
    """The rest is one line, too long to be more than what was typed: it grows at its end."""
    _fence: _OpenFence | None
    _waits: bool
    _has_marks: bool
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
    def has_marks(self) -> bool:
        """Whether there may be bars or rules behind the text."""
        return self._has_marks

    @property
    def changed_from(self) -> int:
        """What stands before this position was left as it was, when the text was shown last."""
        return self._changed_from

    @property
    def settled_to(self) -> int:
        """What stands before this position stays as it is."""
        return self._end.position

    def goes_on(self, text: str) -> bool:
        """Whether `text` is what is shown, and more."""
        return bool(self._text) and not self._is_whole and normalized(text).startswith(self._text)

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
            self._finish(piece)
        elif piece:
            before, is_fence = self._end.position, self._fence is not None
            if not self._grow_fence(piece, len(text)):
                self._grow(piece)
                if is_fence:
                    self._changed_from = before

    def show_in_steps(self, text: str) -> Iterator[None]:
        """Show a whole `text`, some of it with each step; in the end it is as `show` has it."""
        self.clear()
        self._text, self._is_whole = normalized(text), True
        if "]:" in self._text:
            yield from self._define()
        while self._settled < len(self._text):
            rest = self._text[self._settled : self._settled + _STEP]
            self._settled += len(rest) - len(rest.lstrip("\n"))
            yield from self._settle_next()

    def _define(self) -> Iterator[None]:
        """Learn what the text defines anywhere: it is a link from the beginning."""
        at, wide = 0, _STEP
        while at < len(self._text):
            part = self._text[at : at + wide]
            length = len(part) if at + wide >= len(self._text) else settled_length(part)
            if length:
                parse_blocks(part[:length], self._definitions)
            at, wide = at + length, _STEP if length else 2 * wide
            yield

    def _settle_next(self) -> Iterator[None]:
        """The next blocks of a whole text: as many as a step has, or a long one by itself."""
        wide = _STEP
        while True:
            rest = self._text[self._settled : self._settled + wide]
            is_last = self._settled + wide >= len(self._text)
            length = len(rest) if is_last else _settled_length(rest)
            if length:
                self._settle(rest[:length])
                yield
                return
            if self._open_fence(rest):
                yield from self._settle_fence(self._settled + wide)
                return
            end = len(self._text.rstrip())  # a paragraph has no blanks at its end
            if wide > MAX_INLINE and _ENDLESS.fullmatch(self._text, self._settled, end):
                yield from self._settle_line(self._settled + wide, end)
                return
            wide *= 2

    def _settle_fence(self, at: int) -> Iterator[None]:
        """The open code block that is shown as far as `at`."""
        yield
        while at < len(self._text):
            piece = self._text[at : at + _STEP]
            at += len(piece)
            if not self._grow_fence(piece, at):
                return
            yield
        self._end_fence()

    def _settle_line(self, at: int, end: int) -> Iterator[None]:
        """A line without an end, of which a step has what comes before `at`."""
        first = self._text[self._settled : min(at, end)]
        self._build(first, self._definitions)
        self._insert(first[len(first.rstrip()) :])
        for start in range(min(at, end), end, _STEP):
            yield
            self._insert(self._text[start : min(start + _STEP, end)])
        self._settled = len(self._text)

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
        self._is_endless = False
        self._fence = None
        self._waits = False
        self._has_marks = False
        self._changed_from = 0

    def _grow(self, piece: str) -> None:
        rest = self._text[self._settled :]
        if self._is_endless and "\n" not in piece:
            self._insert(piece)
            return
        if len(rest) > _SHORT and len(rest) - self._built < _GROWTH * len(rest):
            self._insert(piece)
            return
        if self._goes_on_in_words(rest[: -len(piece)], piece):
            return
        self._changed_from = self._end.position
        self._rewind()
        settled = settled_length(rest) if "\n" in rest[max(0, self._built - 1) :] else 0
        if settled:
            self._settle(rest[:settled])
            rest = rest[settled:]
        self._built = len(rest)
        self._is_endless = len(rest.rstrip()) > MAX_INLINE and bool(_ENDLESS.fullmatch(rest))
        if not self._open_fence(rest):
            self._build(rest, dict(self._definitions))
            if self._is_endless:
                # A paragraph has no blanks at its end; here it has not come yet.
                self._insert(rest[len(rest.rstrip()) :])

    def _goes_on_in_words(self, before: str, piece: str) -> bool:
        """Whether `piece` is but more words of the line that ends `before`, and so changes nothing
        of what that is built into; then it is shown."""
        line = before[before.rfind("\n") + 1 :]
        words = line.split()
        if not (words and _WORD.fullmatch(words[-1]) and _WORDS.fullmatch(piece)):
            return False
        if "]:" in before:
            return False  # a quote may be the end of a definition, which is not shown
        last = self._document.lastBlock()
        is_shown = last.text().endswith(words[-1]) and _LETTER.search(line)
        if not is_shown or last.blockFormat().hasProperty(Property.CODE):
            return False
        # A line is shown without the blanks at its end, whose words have not come yet.
        self._insert((line[len(line.rstrip()) :] + piece).rstrip())
        return True

    def _insert(self, piece: str, *, dropping: int = 0) -> None:
        """Go on at the end of what is shown, as typed, in place of its last characters."""
        cursor = QTextCursor(self._document)
        cursor.setPosition(self._document.characterCount() - 1)  # by a move, Qt asks for its place
        for _ in range(dropping):
            cursor.deletePreviousChar()
        if is_thin(cursor.block()):
            cursor.setBlockFormat(look().block())
            cursor.setBlockCharFormat(look().char(Style()))
        self._changed_from = cursor.position()
        insert_line(cursor, piece, cursor.charFormat())

    def _finish(self, piece: str) -> None:
        self._is_whole = True
        if self._is_endless and "]:" not in self._text:
            # A paragraph has no blanks at its end.
            end, shown = len(self._text.rstrip()), len(self._text) - len(piece)
            if "\n" not in self._text[shown:end]:
                self._insert(self._text[shown:end], dropping=max(0, shown - end))
                return
        self._changed_from = 0
        if self._settled and "]:" in self._text:
            # What is defined late is a link in what stands before it too.
            self._document.clear()
            text = self._text
            self._begin()
            self._text, self._is_whole = text, True
        elif self._fence is None:
            self._rewind()
        elif self._grow_fence(piece, len(self._text)):
            self._changed_from = self._end.position
            self._end_fence()
        self._settle(self._text[self._settled :])

    def _settle(self, text: str) -> None:
        self._end = self._build(text, self._definitions)
        self._settled += len(text)

    def _build(self, text: str, definitions: Definitions) -> End:
        builder = Builder(self._document, definitions, self._end)
        end = builder.build(text)
        self._waits = self._waits or builder.waits
        self._has_marks = self._has_marks or builder.has_marks
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
        fence.length = sum(len(_unindented(line, fence.indent)) + 1 for line in code) - 1
        return True

    def _grow_fence(self, piece: str, upto: int) -> bool:
        """Whether `piece`, which ends at `upto` in the text, is more of an open code block; then it
        is shown. One that it closes is settled."""
        fence = self._fence
        if fence is None:
            return False
        *lines, last = (fence.line + piece).split("\n")
        closing = next((at for at, line in enumerate(lines) if fence.closes.match(line)), None)
        if closing is not None:
            after = sum(len(line) + 1 for line in lines[closing + 1 :]) + len(last)
            if closing:
                self._show_lines(fence, lines[:closing])
            self._close_fence(fence, upto - after, drops_line=not closing)
            return False
        self._changed_from = self._end.position
        is_line_hidden = fence.closes_perhaps.match(last) is not None
        self._show_lines(fence, [*lines, "" if is_line_hidden else last])
        fence.line, fence.is_line_hidden = last, is_line_hidden
        return True

    def _show_lines(self, fence: _OpenFence, lines: list[str]) -> None:
        """In place of the last line, and on from there."""
        before = "" if fence.is_line_hidden else _unindented(fence.line, fence.indent)
        text = "\n".join(_unindented(line, fence.indent) for line in lines)
        if text.startswith(before):
            add_code(self._document, text[len(before) :])
        else:
            add_code(self._document, text, replacing=len(before))
        fence.length += len(text) - len(before)
        fence.line, fence.is_line_hidden = lines[-1], False

    def _end_fence(self) -> None:
        """With the text, where no fence has closed it."""
        fence = self._fence
        if fence is None:
            return
        is_none = not fence.line or fence.closes.match(fence.line) is not None
        if not is_none:
            self._show_lines(fence, [fence.line])
        self._close_fence(fence, len(self._text), drops_line=is_none)

    def _close_fence(self, fence: _OpenFence, closed_at: int, *, drops_line: bool) -> None:
        """Settle the code block, which ends at `closed_at` in the text; with `drops_line`, its last
        line is none of the code. A long one has no colours, and stays as it is shown."""
        line = "" if fence.is_line_hidden else _unindented(fence.line, fence.indent)
        length = fence.length - (len(line) + 1 if drops_line else 0)
        self._fence = None
        self._built = 0
        if length <= LONGEST_CODE:
            self._rewind()
            self._settle(self._text[self._settled : closed_at])
            return
        if drops_line:
            drop_line(self._document, len(line))
        end = QTextCursor(self._document)
        end.movePosition(QTextCursor.MoveOperation.End)
        self._end = End(end.position(), is_unused=False, after_code=True)
        self._settled = closed_at


def _settled_length(text: str) -> int:
    """That of `text`, or with its last line, where that can be nothing but a paragraph's."""
    length = settled_length(text)
    begun = text.rfind("\n") + 1
    if not length and text[begun : begun + 1].isalpha():
        length = settled_length(text[:begun] + "x\n")
    return length


def _unindented(line: str, indent: int) -> str:
    """As far as the fence itself is indented."""
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(indent, spaces) :]
