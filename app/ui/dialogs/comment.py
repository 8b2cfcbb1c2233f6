"""Say something about an answer."""

from typing import Final

from PySide6.QtWidgets import QWidget

from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.theme import set_look
from app.ui.widgets.composer import GrowingEdit

_LINES: Final = 8


class CommentDialog(DialogFrame):
    """One text; an empty one takes a comment away. Ctrl+Enter keeps it, as in a message."""

    def __init__(self, comment: str, where: str, parent: QWidget | None = None) -> None:
        """`where` says where it is kept."""
        super().__init__(parent)
        self.setObjectName("commentDialog")
        self.set_title(self.tr("Comment on this answer"))
        self._text = GrowingEdit(lines=(_LINES, _LINES), enter_submits=False)
        self._text.setObjectName("commentText")
        self._text.setAccessibleName(self.tr("Comment"))
        self._text.setPlaceholderText(self.tr("What is good or bad about it?"))
        self._text.setPlainText(comment)
        self._text.submitted.connect(self.accept)
        self._text.left.connect(self.reject)
        self.body.addWidget(self._text)
        self.body.addWidget(text_label(where, "muted"))
        keep = self.add_button(
            self.tr("Keep") + "  Ctrl+\u23ce",
            Role.AcceptRole,
            "acceptButton",
            spoken=self.tr("Keep the comment"),
        )
        keep.setDefault(True)
        set_look(keep, look="primary")
        keep.clicked.connect(self.accept)
        self.add_cancel()
        self._text.setFocus()

    @property
    def comment(self) -> str:
        return self._text.text().strip()
