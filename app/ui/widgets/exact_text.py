"""A text to be read and copied character by character."""

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui.theme import FACTS_PX, fixed_font, notifier
from app.ui.widgets.special_token_highlighter import SpecialTokenHighlighter


class ExactText(QPlainTextEdit):
    """Shows a prompt as the model reads it, special tokens coloured where wanted. What is copied
    from it has the non-breaking spaces that Qt would replace."""

    def __init__(
        self, name: str, spoken: str, *, coloured: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._highlighter = SpecialTokenHighlighter(self.document()) if coloured else None
        notifier().changed.connect(self._dress)
        self._dress()

    def show_text(self, text: str, special: tuple[str, ...] = ()) -> None:
        """`special` are the model's special tokens; none: whatever looks like ``<|name|>``."""
        if self._highlighter is not None:
            self._highlighter.set_special_tokens(special)
        self.setPlainText(text)

    def text(self) -> str:
        """As it was given."""
        return str(self.document().toRawText()).replace("\u2029", "\n")

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802 - Qt's name
        data = QMimeData()
        data.setText(self.textCursor().selectedText().replace("\u2029", "\n"))
        return data

    def _dress(self) -> None:
        self.setFont(fixed_font(FACTS_PX))
