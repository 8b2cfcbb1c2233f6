"""A message being edited in its own place."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.theme import set_look
from app.ui.widgets.composer import GrowingEdit
from app.ui.widgets.row_layout import RowLayout


class MessageEditor(QWidget):
    """The text in a field, and what to do with it. Ctrl+Enter accepts, Escape cancels.

    Signals: ``edited(str)``, with all of the text, at each change by the user;
    ``accepted(str)``; ``cancelled()``.
    """

    edited = Signal(str)
    accepted = Signal(str)
    cancelled = Signal()

    def __init__(self, accept: str, parent: QWidget | None = None) -> None:
        """`accept` is the word for accepting."""
        super().__init__(parent)
        self.setObjectName("messageEditor")
        self._is_beginning = False
        self._edit = GrowingEdit(lines=(2, 16), enter_submits=False)
        self._edit.setObjectName("messageEdit")
        self._edit.setAccessibleName(self.tr("Edit this message"))
        self._edit.textChanged.connect(self._text_changed)
        self._edit.submitted.connect(self._accept)
        self._edit.left.connect(self.cancelled)
        self._accept_button = QPushButton(accept + "  Ctrl+\u23ce")
        self._accept_button.setObjectName("acceptEditButton")
        self._accept_button.setAccessibleName(accept)
        set_look(self._accept_button, look="primary")
        self._accept_button.clicked.connect(self._accept)
        self._cancel_button = QPushButton(self.tr("Cancel"))
        self._cancel_button.setObjectName("cancelEditButton")
        self._cancel_button.setAccessibleName(self.tr("Cancel the edit"))
        self._cancel_button.clicked.connect(self.cancelled)
        row = RowLayout(spacing=8)
        row.add_trailing(self._cancel_button, self._accept_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._edit)
        column.addLayout(row)
        self.setFocusProxy(self._edit)

    def begin(self, text: str) -> None:
        """Begin with `text`; nothing of it can be undone."""
        self._is_beginning = True
        self._edit.setPlainText(text)
        self._is_beginning = False
        cursor = self._edit.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self._edit.setTextCursor(cursor)

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order."""
        return self._edit, self._cancel_button, self._accept_button

    @Slot()
    def _text_changed(self) -> None:
        if not self._is_beginning:
            self.edited.emit(self._edit.text())

    @Slot()
    def _accept(self) -> None:
        self.accepted.emit(self._edit.text())
