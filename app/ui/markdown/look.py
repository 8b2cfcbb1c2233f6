"""Type, colours and distances of a message's text, and the properties that its blocks carry."""

from enum import IntEnum
from typing import Final, NamedTuple

from msgspec import Struct, field
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)

from app.ui import theme
from app.ui.theme import Tokens

LINE_HEIGHT_PERCENT: Final = 140
_CODE_LINE_PERCENT = 130
_MANY_COLUMNS = 8
_HEADING_PX = {1: 18, 2: 16, 3: 15}
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value

ALLOWED_SCHEMES: Final = frozenset(["http", "https", "mailto"])
"""Of the addresses that are links; all others are the text that they stand under."""


class Property(IntEnum):
    """What a format says beside how it looks."""

    FORMULA = QTextFormat.Property.UserProperty.value + 1
    """The formula as its author wrote it, delimiters included: of a text or of its image."""
    FORMULA_KEY = QTextFormat.Property.UserProperty.value + 2
    """Of a text that waits for its image."""
    CODE = QTextFormat.Property.UserProperty.value + 3
    """A number that the lines of one code block share."""
    BARS = QTextFormat.Property.UserProperty.value + 4
    """Where the bars of the quotes around a block stand: pixels from the left, with commas."""
    RULE = QTextFormat.Property.UserProperty.value + 5
    """The block is a horizontal line."""
    LANGUAGE = QTextFormat.Property.UserProperty.value + 6
    """Of a code block, as its author named it."""
    CONTINUES = QTextFormat.Property.UserProperty.value + 7
    """The block goes on with the line of the one before."""


class Style(NamedTuple):
    """How a run of text stands out."""

    heading: int = 0
    bold: bool = False
    italic: bool = False
    struck: bool = False
    code: bool = False
    link: str = ""


class Look(Struct):
    """All formats at one theme and zoom."""

    colours: Tokens
    zoom: float
    _chars: dict[Style, QTextCharFormat] = field(default_factory=dict)

    def px(self, length: float) -> int:
        return max(1, round(length * self.zoom))

    def char(self, style: Style) -> QTextCharFormat:
        known = self._chars.get(style)
        if known is None:
            known = self._chars[style] = self._new_char(style)
        return known

    def _new_char(self, style: Style) -> QTextCharFormat:
        look = QTextCharFormat()
        if style.code:
            size = theme.FACTS_PX if not style.heading else _HEADING_PX.get(style.heading, 13) - 1
            look.setFont(
                theme.fixed_font(size),
                QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly,
            )
            look.setBackground(QColor(self.colours.code))
        elif style.heading:
            size = self.px(_HEADING_PX.get(style.heading, theme.TEXT_PX))
            look.setProperty(QTextFormat.Property.FontPixelSize, size)
        if style.heading:
            look.setFontWeight(QFont.Weight.DemiBold)
        if style.bold:
            look.setFontWeight(QFont.Weight.Bold)
        if style.italic:
            look.setFontItalic(True)
        if style.struck:
            look.setFontStrikeOut(True)
        if style.link:
            look.setAnchor(True)
            look.setAnchorHref(style.link)
            look.setForeground(QColor(self.colours.accent))
            look.setFontUnderline(True)
        return look

    def code(self, colour: str = "") -> QTextCharFormat:
        """Of a code block's text."""
        look = QTextCharFormat(self.char(Style(code=True)))
        look.setBackground(QBrush())
        look.setForeground(QColor(colour or self.colours.text))
        return look

    def block(self, *, above: float = 0, below: float = 8) -> QTextBlockFormat:
        """Of a paragraph."""
        look = QTextBlockFormat()
        look.setLineHeight(LINE_HEIGHT_PERCENT, _PROPORTIONAL)
        look.setTopMargin(self.px(above) if above else 0)
        look.setBottomMargin(self.px(below) if below else 0)
        return look

    def code_line(self, number: int, left: int) -> QTextBlockFormat:
        """Of a line of code block `number`, `left` pixels from the edge."""
        look = QTextBlockFormat()
        look.setLineHeight(_CODE_LINE_PERCENT, _PROPORTIONAL)
        look.setLeftMargin(left + self.px(12))
        look.setRightMargin(self.px(12))
        look.setProperty(Property.CODE, number)
        look.setProperty(QTextFormat.Property.BlockCodeFence, "`")
        return look

    def thin(self) -> QTextBlockFormat:
        """Of the empty block that Qt has before and after each table: it takes no room."""
        look = QTextBlockFormat()
        look.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        return look

    def thin_char(self) -> QTextCharFormat:
        look = QTextCharFormat()
        look.setProperty(QTextFormat.Property.FontPixelSize, 1)
        return look

    def table(self, left: int, columns: int) -> QTextTableFormat:
        look = QTextTableFormat()
        look.setBorder(1)
        look.setBorderBrush(QColor(self.colours.hairline))
        look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        look.setBorderCollapse(True)
        look.setCellPadding(self.px(6 if columns <= _MANY_COLUMNS else 2))
        look.setCellSpacing(0)
        look.setLeftMargin(left)
        look.setBottomMargin(self.px(8))
        look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        return look


CODE_HEAD: Final = 28
"""Height of the line over a code block, with its language and its button."""
CODE_GAP: Final = 8
CODE_PAD: Final = 12

_current: list[Look] = []


def look() -> Look:
    """The one in use."""
    colours, zoom = theme.tokens(), theme.zoom()
    if not _current or _current[0].colours is not colours or _current[0].zoom != zoom:
        _current[:] = [Look(colours, zoom)]
    return _current[0]
