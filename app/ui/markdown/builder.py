"""From Markdown to blocks at the end of a Qt document.

All that is drawn beside text (the box around code, the bars beside quotes, rules) is told by
`Property` and drawn by the view; so the document holds nothing but what was written, and a
selection is clean.
"""

import re
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextList,
    QTextListFormat,
)

from app.ui.markdown import formulas
from app.ui.markdown.lines import LONGEST_LINE, insert_line, make_thin
from app.ui.markdown.look import (
    ALLOWED_SCHEMES,
    CODE_GAP,
    CODE_HEAD,
    CODE_PAD,
    Look,
    Property,
    Style,
    look,
)
from app.ui.markdown.math_rules import CLOSING
from app.ui.markdown.parser import MAX_NESTING, Definitions, normalized, parse_blocks, parse_inline
from app.ui.widgets.code_colours import colour_spans

if TYPE_CHECKING:
    from markdown_it.token import Token

_QUOTE_PX = 16
_DEEPEST_INDENT = 8
_MOST_COLUMNS = 16
"""Of a table; one with more is shown as typed, since its cells would be a letter wide."""
_MOST_CELLS = 600
"""Of a table that is one; Qt takes a tenth of a millisecond for each."""
LONGEST_CODE: Final = 50_000
"""Characters with colours."""
_LEAF_LEVELS = 2
"""A paragraph within a list item stands this much deeper than the list."""
_PLAIN = Style()
_CHECK_BOX = re.compile(r"\[([ xX])\] ")
_code_numbers = count(1)


class End(NamedTuple):
    """The end of a document, to go on from."""

    position: int = 0
    is_unused: bool = True
    """The last block is empty and there to be filled."""
    after_code: bool = False
    """Two boxes that follow each other need room for both edges."""


class _List(Struct):
    format: QTextListFormat
    made: QTextList | None = None


class _Surroundings(Struct):
    """The lists and quotes around a block."""

    left: int = 0
    lists: int = 0
    bars: tuple[int, ...] = ()


class _Marker(Struct):
    """Of a list item, until its first block is there."""

    list: _List
    around: _Surroundings
    checked: bool | None = None


class Builder(Struct):
    """Appends to `document`, from `end` on."""

    document: QTextDocument
    definitions: Definitions
    end: End = field(default_factory=End)
    waits: bool = False
    """A formula has yet to be drawn."""
    has_marks: bool = False
    """There are bars or rules, which stand behind the text."""
    _look: Look = field(default_factory=look)
    _cursor: QTextCursor = field(default_factory=QTextCursor)
    _around: _Surroundings = field(default_factory=_Surroundings)
    _markers: list[_Marker] = field(default_factory=list)
    _is_unused: bool = True
    _after_code: bool = False

    def build(self, text: str) -> End:
        """Append `text`, which begins where a block begins."""
        tokens = parse_blocks(text, self.definitions)
        self._cursor = QTextCursor(self.document)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._is_unused, self._after_code = self.end.is_unused, self.end.after_code
        lines = normalized(text).split("\n")
        self._cursor.beginEditBlock()
        at = 0
        while at < len(tokens):
            last = _end_of_block(tokens, at)
            self._top_block(tokens[at : last + 1], lines)
            at = last + 1
        self._cursor.endEditBlock()
        self.end = End(self._cursor.position(), self._is_unused, self._after_code)
        return self.end

    def open_code(self, code: str, language: str) -> None:
        """Append a code block that is not whole yet, without colours."""
        self._cursor = QTextCursor(self.document)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._is_unused, self._after_code = self.end.is_unused, self.end.after_code
        self._cursor.beginEditBlock()
        self._code_block(code, language, coloured=False)
        self._cursor.endEditBlock()

    def _top_block(self, tokens: "Sequence[Token]", lines: list[str]) -> None:
        if max(token.level for token in tokens) >= MAX_NESTING - _LEAF_LEVELS:
            # Nested deeper than anybody reads, or than the parser follows: shown as typed.
            first, last = tokens[0].map or (0, 0)
            self._begin(self._look.block())
            self._insert("\n".join(lines[first:last]), self._look.char(_PLAIN))
            return
        at = 0
        while at < len(tokens):
            at = self._block(tokens, at)

    def _block(self, tokens: "Sequence[Token]", at: int) -> int:
        """Build what begins at `at`; returns where to go on."""
        token = tokens[at]
        match token.type:
            case "paragraph_open":
                below = 8.0 if not token.hidden else 2.0
                self._paragraph(tokens[at + 1].content, self._look.block(below=below), _PLAIN)
                return at + 3
            case "heading_open":
                level = int(token.tag[1])
                block = self._look.block(above=8)
                block.setHeadingLevel(level)
                self._paragraph(tokens[at + 1].content, block, Style(heading=level))
                return at + 3
            case "fence" | "code_block":
                language = token.info.split()[0] if token.info.strip() else ""
                self._code_block(token.content.removesuffix("\n"), language)
            case "math_block":
                block = self._look.block()
                self._begin(block)
                self._formula(token, is_display=True)
            case "hr":
                block = self._look.block(above=4, below=12)
                block.setProperty(Property.RULE, 1)
                self.has_marks = True
                self._begin(block)
            case "table_open":
                last = _end_of_block(tokens, at)
                self._table(tokens[at : last + 1])
                return last + 1
            case "bullet_list_open" | "ordered_list_open" | "blockquote_open":
                last = _end_of_block(tokens, at)
                if token.type == "blockquote_open":
                    self._quote(tokens[at + 1 : last])
                else:
                    self._list(token, tokens[at + 1 : last])
                return last + 1
            case _:
                pass
        return at + 1

    # -- containers

    def _quote(self, tokens: "Sequence[Token]") -> None:
        outer = self._around
        bar = outer.left + outer.lists * self._look.px(24)
        wide = self._look.px(_QUOTE_PX) if len(outer.bars) < _DEEPEST_INDENT else 0
        self._around = replace(outer, left=outer.left + wide, bars=(*outer.bars, bar))
        at = 0
        while at < len(tokens):
            at = self._block(tokens, at)
        self._around = outer

    def _list(self, opening: "Token", tokens: "Sequence[Token]") -> None:
        outer = self._around
        one = _List(QTextListFormat())
        lists = min(outer.lists + 1, _DEEPEST_INDENT)
        one.format.setIndent(lists)
        left = outer.left
        if opening.type == "ordered_list_open":
            one.format.setStyle(QTextListFormat.Style.ListDecimal)
            start = int(opening.attrs.get("start", 1))
            one.format.setStart(start)
            items = sum(1 for token in tokens if token.level == opening.level + 1) // 2
            left += self._look.px(8) * max(0, len(str(start + items - 1)) - 2)
        else:
            styles = (
                QTextListFormat.Style.ListDisc,
                QTextListFormat.Style.ListCircle,
                QTextListFormat.Style.ListSquare,
            )
            one.format.setStyle(styles[outer.lists % len(styles)])
        self._around = replace(outer, left=left, lists=lists)
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.type == "list_item_open":
                self._markers.append(_Marker(one, self._around))
                at += 1
            elif token.type == "list_item_close":
                self._place_markers()
                at += 1
            else:
                at = self._block(tokens, at)
        self._around = outer
        if not outer.lists:
            # A code block at its end has more, for the box around it.
            wide = max(self._cursor.blockFormat().bottomMargin(), self._look.px(8))
            below = QTextBlockFormat()
            below.setBottomMargin(wide)
            self._cursor.mergeBlockFormat(below)

    def _place_markers(self) -> None:
        """In blocks of their own, where an item does not begin with a paragraph."""
        markers, self._markers = self._markers, []
        for marker in markers:
            self._new_block(self._look.block(below=2), marker.around)
            self._add_to_list(marker)

    def _add_to_list(self, marker: _Marker) -> None:
        if marker.list.made is None:
            marker.list.made = self._cursor.createList(marker.list.format)
        else:
            marker.list.made.add(self._cursor.block())

    # -- leaves

    def _begin(self, block: QTextBlockFormat) -> None:
        """Begin a block within the present surroundings; its marker stands before it."""
        last = self._markers.pop() if self._markers else None
        self._place_markers()
        self._new_block(block, self._around, in_list=last is not None)
        if last is not None:
            self._add_to_list(last)

    def _new_block(
        self, block: QTextBlockFormat, around: _Surroundings, *, in_list: bool = True
    ) -> None:
        block.setLeftMargin(block.leftMargin() + around.left)
        if not in_list:
            block.setIndent(around.lists)
        if around.bars:
            block.setProperty(Property.BARS, ",".join(map(str, around.bars)))
            self.has_marks = True
        if self._is_unused:
            self._cursor.setBlockFormat(block)
            self._cursor.setBlockCharFormat(self._look.char(_PLAIN))
        else:
            self._cursor.insertBlock(block, self._look.char(_PLAIN))
        self._is_unused = self._after_code = False

    def _paragraph(self, text: str, block: QTextBlockFormat, style: Style) -> None:
        box = _CHECK_BOX.match(text) if self._markers else None
        if box is not None:
            checked = QTextBlockFormat.MarkerType.Checked
            unchecked = QTextBlockFormat.MarkerType.Unchecked
            block.setMarker(unchecked if box.group(1) == " " else checked)
            text = text[box.end() :]
        self._begin(block)
        self._inline(parse_inline(text, self.definitions), style)

    def _code_block(self, code: str, language: str, *, coloured: bool = True) -> None:
        """Its lines are blocks, so that a line more costs no more than that line."""
        self._place_markers()
        if self._is_unused:
            # Qt leaves out what is to stand above the first block, or the one after a table.
            make_thin(self._cursor)
            self._is_unused = False
        number = next(_code_numbers)
        left = self._around.left + self._around.lists * self._look.px(24)
        look, after_code = self._look, self._after_code
        plain = look.code_line(number, left)
        bars = ",".join(map(str, self._around.bars))
        if bars:
            plain.setProperty(Property.BARS, bars)
            self.has_marks = True
        head = QTextBlockFormat(plain)
        head.setTopMargin(look.px(CODE_GAP + CODE_HEAD + (CODE_PAD if after_code else 0)))
        head.setProperty(Property.LANGUAGE, language)
        lines = code.split("\n")
        for at, line in enumerate(lines):
            block = QTextBlockFormat(head if at == 0 else plain)
            if at == len(lines) - 1:
                block.setBottomMargin(look.px(CODE_PAD + CODE_GAP))
            if self._is_unused:
                self._cursor.setBlockFormat(block)
                self._cursor.setBlockCharFormat(look.code())
            else:
                self._cursor.insertBlock(block, look.code())
            self._is_unused = False
            self._insert(line, look.code())
        if coloured and len(code) <= LONGEST_CODE and max(map(len, lines)) <= LONGEST_LINE:
            self._colour(code, language)
        self._after_code = True

    def _colour(self, code: str, language: str) -> None:
        """Positions in the document are those in the text: both count UTF-16 units, and a line's
        end as one."""
        end = self._cursor.position()
        start = end - len(code.encode("utf-16-le", "surrogatepass")) // 2
        cursor = QTextCursor(self._cursor)
        for offset, length, colour in colour_spans(code, language, self._look.colours):
            cursor.setPosition(start + offset)
            cursor.setPosition(start + offset + length, QTextCursor.MoveMode.KeepAnchor)
            cursor.setCharFormat(self._look.code(colour))
        self._cursor.setPosition(end)

    def _formula(self, token: "Token", *, is_display: bool, style: Style = _PLAIN) -> None:
        source = f"{token.markup}{token.content}{CLOSING[token.markup]}"
        base = self._look.char(style._replace(code=False))
        waits = formulas.insert(
            self._cursor, token.content, source, is_display=is_display, base=base
        )
        self.waits = self.waits or waits

    def _table(self, tokens: "Sequence[Token]") -> None:
        self._place_markers()
        rows: list[list[tuple[str, str]]] = []
        head_rows = 0
        for at, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                head_rows = len(rows) if token.type == "th_open" else head_rows
                rows[-1].append((tokens[at + 1].content, str(token.attrs.get("style", ""))))
        if len(rows[0]) > _MOST_COLUMNS or len(rows) * len(rows[0]) > _MOST_CELLS:
            texts = [" | ".join(text for text, _ in row) for row in rows]
            self._code_block("\n".join(texts), "", coloured=False)
            return
        if self._is_unused:
            make_thin(self._cursor)  # else Qt begins the table below the block that is there
        left = self._around.left + self._around.lists * self._look.px(24)
        table = self._cursor.insertTable(
            len(rows), len(rows[0]), self._look.table(left, len(rows[0]))
        )
        for row, cells in enumerate(rows):
            for column, (text, alignment) in enumerate(cells):
                self._cursor = table.cellAt(row, column).firstCursorPosition()
                block = self._look.block(below=0)
                block.setAlignment(_alignment(alignment))
                self._cursor.setBlockFormat(block)
                style = Style(bold=row < head_rows)
                self._inline(parse_inline(text, self.definitions), style)
        self._cursor = QTextCursor(self.document)
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        make_thin(self._cursor)
        self._is_unused, self._after_code = True, False

    # -- within a line

    def _inline(self, tokens: "Sequence[Token]", style: Style) -> None:
        styles, passed_over = [style], list[str]()
        for token in tokens:
            now = styles[-1]
            match token.type:
                case "text" | "text_special":
                    self._insert(token.content, self._look.char(now))
                case "softbreak":
                    self._insert(" ", self._look.char(now))
                case "hardbreak":
                    self._insert("\u2028", self._look.char(now))
                case "code_inline":
                    self._insert(token.content, self._look.char(now._replace(code=True)))
                case "math_inline":
                    display = token.markup in ("$$", "\\[")
                    self._formula(token, is_display=display, style=now)
                case "image":
                    text = token.content or str(token.attrs.get("src", ""))
                    self._insert(text, self._look.char(now._replace(italic=True)))
                case "strong_open":
                    styles.append(now._replace(bold=True))
                case "em_open":
                    styles.append(now._replace(italic=True))
                case "s_open":
                    styles.append(now._replace(struck=True))
                case "link_open":
                    address = str(token.attrs.get("href", ""))
                    styles.append(now._replace(link=address if _is_link(address) else ""))
                    passed_over.append("" if _is_link(address) else address)
                case "strong_close" | "em_close" | "s_close" | "link_close":
                    if len(styles) > 1:
                        styles.pop()
                    if token.type == "link_close" and (address := passed_over.pop()):
                        self._insert(f" ({address})", self._look.char(styles[-1]))
                case _:
                    pass

    def _insert(self, text: str, style: QTextCharFormat) -> None:
        insert_line(self._cursor, text, style)


def _is_link(address: str) -> bool:
    scheme, colon, _ = address.partition(":")
    return bool(colon) and scheme.lower() in ALLOWED_SCHEMES


def _alignment(style: str) -> Qt.AlignmentFlag:
    if "right" in style:
        return Qt.AlignmentFlag.AlignRight
    if "center" in style:
        return Qt.AlignmentFlag.AlignHCenter
    return Qt.AlignmentFlag.AlignLeading


def _end_of_block(tokens: "Sequence[Token]", at: int) -> int:
    """Index of the token that closes the one at `at`, or `at` for one that stands alone."""
    level = tokens[at].level
    if tokens[at].nesting != 1:
        return at
    return next(i for i in range(at + 1, len(tokens)) if tokens[i].level == level)
