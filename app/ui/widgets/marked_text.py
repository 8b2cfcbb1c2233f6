"""A text to be read character by character, as high as it is, with parts of it marked."""

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QResizeEvent,
    QShowEvent,
    QTextCharFormat,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QTextEdit, QWidget

from app.domain.special_tokens import Span, utf16_offsets
from app.ui import theme
from app.ui.theme import set_look
from app.ui.widgets.compare_views import TokenView
from app.ui.widgets.exact_text import ExactText

MOST_MARKS: Final = 400
"""Marks are painted with the text, each time: more of them would be felt."""
MOST_TOKENS: Final = 2_000

Mark = str
"""A colour of `app.ui.theme.Tokens`: ``added`` or ``removed``."""


def show_marks(
    edit: QPlainTextEdit | QTextEdit, spans: Sequence[Span], mark: Mark, text: str
) -> None:
    """Tint parts of what `edit` shows; `spans` count the characters of `text`."""
    offsets = utf16_offsets(text)
    selections = []
    tint = QTextCharFormat()
    tint.setBackground(QColor(getattr(theme.tokens(), mark)))
    last = edit.document().characterCount() - 1
    for start, end in spans[:MOST_MARKS]:
        if offsets is not None:
            start, end = offsets[start], offsets[end]  # noqa: PLW2901 - in Qt's units
        cursor = QTextCursor(edit.document())
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        selection.format = tint
        selections.append(selection)
    edit.setExtraSelections(selections)


class MarkedText(ExactText):
    """As high as its text, up to `most_lines`; beyond that it scrolls by itself."""

    def __init__(
        self,
        name: str,
        spoken: str,
        *,
        mark: Mark = "added",
        most_lines: int = 6,
        coloured: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, spoken, coloured=coloured, parent=parent)
        self._mark = mark
        self._most_lines = most_lines
        self._shown: tuple[str, tuple[str, ...]] | None = None
        self._tokens: tuple[TokenView, ...] | None = None
        self._spans: tuple[Span, ...] = ()
        self.setFrameShape(QFrame.Shape.NoFrame)
        set_look(self, look="exact")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.notifier().changed.connect(self._redraw)
        self._fit()

    def set_mark(self, mark: Mark) -> None:
        if mark != self._mark:
            self._mark = mark
            self._redraw()

    def show_exact(self, text: str, special: tuple[str, ...], spans: tuple[Span, ...]) -> None:
        """The text itself, with the differing parts of it tinted."""
        if self._tokens is not None or (text, special) != self._shown:
            self._tokens = None
            self._shown = (text, special)
            self.setCurrentCharFormat(QTextCharFormat())  # the tokens' would colour the text
            self.show_text(text, special)
            self._spans = ()
        if spans != self._spans:
            self._spans = spans
            show_marks(self, spans, self._mark, text)

    def show_tokens(self, tokens: tuple[TokenView, ...]) -> None:
        """Each token with its id after it; every other one is tinted, so that it is seen where
        they begin and end."""
        if tokens == self._tokens:
            return
        self._tokens, self._shown, self._spans = tokens, None, ()
        self.setExtraSelections([])
        self.clear()
        colours = theme.tokens()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for at, token in enumerate(tokens[:MOST_TOKENS]):
            plain, number = QTextCharFormat(), QTextCharFormat()
            if token.is_marked:
                plain.setBackground(QColor(getattr(colours, self._mark)))
            elif at % 2 == 0:
                plain.setBackground(QColor(colours.hover))
            plain.setForeground(QColor(colours.text))
            number.setForeground(QColor(colours.muted))
            if token.text:
                cursor.insertText(visible(token.text), plain)
            cursor.insertText(f"\u2009{token.id} ", number)
        if len(tokens) > MOST_TOKENS:
            cursor.insertText("…")
        cursor.endEditBlock()
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scrolls what this is in, unless there is something to scroll here."""
        bar = self.verticalScrollBar()
        down = event.angleDelta().y() < 0
        if bar.value() == (bar.maximum() if down else bar.minimum()):
            event.ignore()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """What the style puts around the text is known from now on."""
        super().showEvent(event)
        self._fit()

    @Slot()
    def _redraw(self) -> None:
        if self._tokens is not None:
            tokens, self._tokens = self._tokens, None
            self.show_tokens(tokens)
        elif self._shown is not None and self._spans:
            show_marks(self, self._spans, self._mark, self._shown[0])
        self._fit()

    @Slot()
    def _fit(self) -> None:
        # A plain text document counts its height in lines, wrapped ones included.
        lines = min(max(1, round(self.document().size().height())), self._most_lines)
        frame = max(0, self.height() - self.viewport().height())
        line = math.ceil(QFontMetricsF(self.font()).lineSpacing())
        height = round(lines * line + frame + 2 * self.document().documentMargin() + 1)
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)


def visible(text: str) -> str:
    """Line breaks and other controls as signs of their own."""
    return text.replace("\n", "⏎").replace("\t", "⇥").replace("\r", "␍")
