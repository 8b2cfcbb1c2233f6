"""Say something about an answer."""

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.theme import scaled, set_look


class CommentDialog(DialogFrame):
    """One text; an empty one takes a comment away."""

    def __init__(self, comment: str, where: str, parent: QWidget | None = None) -> None:
        """`where` says where it is kept."""
        super().__init__(parent)
        self.setObjectName("commentDialog")
        self.set_title(self.tr("Comment on this answer"))
        self._text = QPlainTextEdit()
        self._text.setObjectName("commentText")
        self._text.setAccessibleName(self.tr("Comment"))
        self._text.setPlaceholderText(self.tr("What is good or bad about it?"))
        self._text.setTabChangesFocus(True)
        self._text.setMinimumHeight(scaled(96))
        self._text.setPlainText(comment)
        self.body.addWidget(self._text)
        self.body.addWidget(text_label(where, "muted"))
        keep = self.add_button(
            self.tr("Keep"), Role.AcceptRole, "acceptButton", spoken=self.tr("Keep the comment")
        )
        keep.setDefault(True)
        set_look(keep, look="primary")
        keep.clicked.connect(self.accept)
        self.add_cancel()
        self._text.setFocus()

    @property
    def comment(self) -> str:
        return self._text.toPlainText().strip()
