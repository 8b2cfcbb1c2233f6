"""Text of a document as it goes to the clipboard: formulas as they were written, code by lines."""

from PySide6.QtGui import (
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextList,
    QTextListFormat,
    QTextTable,
)

from app.ui.markdown.lines import is_thin
from app.ui.markdown.look import Property


def whole_text(document: QTextDocument) -> str:
    """All of it, without markup."""
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    return selected_text(cursor)


def selected_text(cursor: QTextCursor) -> str:
    """What `cursor` has selected: a line per line of code, item and row; a blank line between
    paragraphs; the cells of a row with tabs between."""
    if not cursor.hasSelection():
        return ""
    start, end = cursor.selectionStart(), cursor.selectionEnd()
    block = cursor.document().findBlock(start)
    parts: list[str] = []
    before: QTextBlock | None = None
    while block.isValid() and block.position() <= end:
        if not is_thin(block):
            if before is not None:
                parts.append(_between(before, block))
            if start <= block.position():
                parts.append(_marker(block))
            parts.append(_text(block, start, end))
            before = block
        block = block.next()
    return "".join(parts)


def code_of(document: QTextDocument, number: int) -> str:
    """The lines of code block `number`."""
    parts: list[str] = []
    block = document.begin()
    while block.isValid():
        style = block.blockFormat()
        if style.intProperty(Property.CODE) == number:
            if parts and not style.hasProperty(Property.CONTINUES):
                parts.append("\n")
            parts.append(block.text().replace("\u2028", "\n"))
        elif parts:
            break
        block = block.next()
    return "".join(parts)


def _text(block: QTextBlock, start: int, end: int) -> str:
    parts: list[str] = []
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        first = max(start, fragment.position())
        last = min(end, fragment.position() + fragment.length())
        if first < last:
            style = fragment.charFormat()
            if style.isImageFormat():
                parts.append(str(style.property(Property.FORMULA) or "") * (last - first))
            else:
                cursor = QTextCursor(block)
                cursor.setPosition(first)
                cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
                parts.append(cursor.selectedText())
        iterator += 1
    return "".join(parts).replace("\u2028", "\n")


def _between(before: QTextBlock, after: QTextBlock) -> str:
    if after.blockFormat().hasProperty(Property.CONTINUES):
        return ""
    above, below = _table(before), _table(after)
    if below is not None and above == below:
        same_row = below.cellAt(before.position()).row() == below.cellAt(after.position()).row()
        return "\t" if same_row else "\n"
    one, other = before.blockFormat(), after.blockFormat()
    number = one.intProperty(Property.CODE)
    if number and number == other.intProperty(Property.CODE):
        return "\n"
    first: QTextList | None = before.textList()
    second: QTextList | None = after.textList()
    if first is None or second is None:
        return "\n\n"
    are_two = first != second and first.format().indent() == second.format().indent() == 1
    return "\n\n" if are_two else "\n"


def _table(block: QTextBlock) -> QTextTable | None:
    return QTextCursor(block).currentTable()


def _marker(block: QTextBlock) -> str:
    group: QTextList | None = block.textList()
    if group is None:
        return ""
    indent = "  " * (group.format().indent() - 1)
    if group.format().style() == QTextListFormat.Style.ListDecimal:
        return f"{indent}{group.itemText(block)} "
    return f"{indent}- "
