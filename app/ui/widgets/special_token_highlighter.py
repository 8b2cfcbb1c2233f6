"""Special tokens in the colour of template mode."""

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from app.domain.special_tokens import special_spans, utf16_offsets
from app.ui.theme import notifier, tokens


class SpecialTokenHighlighter(QSyntaxHighlighter):
    """Colours a document's special tokens, line by line."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._special: tuple[str, ...] = ()
        self._format = QTextCharFormat()
        self._dress()
        notifier().changed.connect(self._redress)

    def set_special_tokens(self, special: tuple[str, ...]) -> None:
        """Those of the model; none: whatever looks like ``<|name|>``."""
        if special != self._special:
            self._special = special
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:  # noqa: N802 - Qt's name
        spans = special_spans(text, self._special)
        if not spans:
            return
        offsets = utf16_offsets(text)
        for start, end in spans:
            if offsets is not None:
                start, end = offsets[start], offsets[end]  # noqa: PLW2901 - in Qt's units
            self.setFormat(start, end - start, self._format)

    def _dress(self) -> None:
        self._format.setForeground(QColor(tokens().template))

    def _redress(self) -> None:
        self._dress()
        self.rehighlight()
