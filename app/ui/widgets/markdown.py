"""A model's Markdown as a Qt document, in this program's type and colours.

GitHub's dialect without HTML: what a model writes is text to show and nothing to obey. Long lines
of code wrap, so that a document is never wider than its view.
"""

from PySide6.QtGui import (
    QColor,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrame,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from app.ui import theme
from app.ui.widgets.code_colours import colour_spans

LINE_HEIGHT_PERCENT = 140
_FEATURES = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)
_HEADING_PX = {1: 18, 2: 16, 3: 15}


def show_markdown(document: QTextDocument, text: str) -> None:
    """Replace what `document` holds."""
    document.setIndentWidth(theme.scaled(24))
    document.setMarkdown(text, _FEATURES)
    for first, last in _code_runs(document):
        _dress_code(document, first, last)
    _dress_text(document)
    for child in document.rootFrame().childFrames():
        if isinstance(child, QTextTable):
            _dress_table(child)


def body_format() -> QTextBlockFormat:
    """Of a line of running text."""
    block = QTextBlockFormat()
    block.setLineHeight(
        LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
    )
    return block


def _blocks(document: QTextDocument) -> list[QTextBlock]:
    found: list[QTextBlock] = []
    block = document.begin()
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def _is_code(block: QTextBlock) -> bool:
    kind = block.blockFormat()
    return kind.hasProperty(QTextFormat.Property.BlockCodeFence) or kind.nonBreakableLines()


def _code_runs(document: QTextDocument) -> list[tuple[int, int]]:
    """First and last block number of each code block, last one first: dressing one moves none
    that is still to come."""
    runs: list[tuple[int, int]] = []
    for block in _blocks(document):
        if not _is_code(block) or QTextCursor(block).currentTable() is not None:
            continue
        number = block.blockNumber()
        if runs and runs[-1][1] == number - 1 and not _starts_fence(block):
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs[::-1]


def _starts_fence(block: QTextBlock) -> bool:
    """Two fences that touch are told apart by their languages alone."""
    language = QTextFormat.Property.BlockCodeLanguage
    before = block.previous().blockFormat()
    return bool(before.property(language) != block.blockFormat().property(language))


def _dress_code(document: QTextDocument, first: int, last: int) -> None:
    colours = theme.tokens()
    start, end = document.findBlockByNumber(first), document.findBlockByNumber(last)
    language = str(start.blockFormat().property(QTextFormat.Property.BlockCodeLanguage) or "")
    cursor = QTextCursor(start)
    cursor.setPosition(end.position() + end.length() - 1, QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    look.setFont(theme.fixed_font(theme.FACTS_PX))
    look.setForeground(QColor(colours.text))
    cursor.setCharFormat(look)
    code = cursor.selectedText().replace("\u2029", "\n")
    origin = cursor.selectionStart()
    for offset, length, colour in colour_spans(code, language, colours):
        _colour(document, origin + offset, length, colour)
    around = QTextFrameFormat()
    around.setBackground(QColor(colours.code))
    around.setPadding(theme.scaled(12))
    around.setBottomMargin(theme.scaled(8))
    frame = cursor.insertFrame(around)
    plain = QTextBlockFormat()
    plain.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    inside = frame.firstCursorPosition()
    inside.setPosition(frame.lastPosition(), QTextCursor.MoveMode.KeepAnchor)
    inside.setBlockFormat(plain)
    _drop_empty_edges(document)


def _colour(document: QTextDocument, position: int, length: int, colour: str) -> None:
    cursor = QTextCursor(document)
    cursor.setPosition(position)
    cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    look.setForeground(QColor(colour))
    cursor.mergeCharFormat(look)


def _drop_empty_edges(document: QTextDocument) -> None:
    """A frame is always between two blocks; where those are empty, they take no room."""
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            continue
        before = document.findBlock(frame.firstPosition() - 1)
        after = document.findBlock(frame.lastPosition() + 1)
        for edge in (before, after):
            if edge.isValid() and not edge.text() and edge.textList() is None:
                _flatten(edge)


def _flatten(block: QTextBlock) -> None:
    thin = QTextBlockFormat()
    thin.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
    cursor = QTextCursor(block)
    cursor.setBlockFormat(thin)
    small = QTextCharFormat()
    small.setProperty(QTextFormat.Property.FontPixelSize, 1)
    cursor.setBlockCharFormat(small)


def _dress_text(document: QTextDocument) -> None:
    for block in _blocks(document):
        cursor = QTextCursor(block)
        if _in_frame(cursor) or not block.text():
            continue
        _dress_block(block, is_last=not block.next().isValid())
        _dress_inline_code(document, block)


def _in_frame(cursor: QTextCursor) -> bool:
    frame: QTextFrame | None = cursor.currentFrame()
    return frame is not None and frame.parentFrame() is not None


def _dress_block(block: QTextBlock, *, is_last: bool) -> None:
    cursor = QTextCursor(block)
    look = body_format()
    level = block.blockFormat().headingLevel()
    in_list = block.textList() is not None
    look.setTopMargin(theme.scaled(8) if level else 0)
    look.setBottomMargin(0 if is_last else theme.scaled(2 if in_list else 8))
    cursor.mergeBlockFormat(look)
    if level:
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        heading = QTextCharFormat()
        size = theme.scaled(_HEADING_PX.get(level, theme.TEXT_PX))
        heading.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
        heading.setProperty(QTextFormat.Property.FontPixelSize, size)
        heading.setFontWeight(QFont.Weight.DemiBold)
        cursor.mergeCharFormat(heading)


def _dress_inline_code(document: QTextDocument, block: QTextBlock) -> None:
    colours = theme.tokens()
    spans: list[tuple[int, int]] = []
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        if fragment.charFormat().fontFixedPitch():
            spans.append((fragment.position(), fragment.length()))
        iterator += 1
    look = QTextCharFormat()
    look.setFont(
        theme.fixed_font(theme.FACTS_PX),
        QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly,
    )
    look.setBackground(QColor(colours.code))
    for position, length in spans:
        cursor = QTextCursor(document)
        cursor.setPosition(position)
        cursor.setPosition(position + length, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(look)


def _dress_table(table: QTextTable) -> None:
    look = table.format()
    look.setBorder(1)
    look.setBorderBrush(QColor(theme.tokens().hairline))
    look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    look.setBorderCollapse(True)
    look.setCellPadding(theme.scaled(6))
    look.setCellSpacing(0)
    look.setBottomMargin(theme.scaled(8))
    look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    table.setFormat(look)
