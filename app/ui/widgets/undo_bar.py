"""What was just taken away, and the way to have it back."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.elided_label import ElidedLabel


class UndoBar(QFrame):
    """One line over the pane; it stays until it is answered, so that nobody has to hurry.

    Signals: ``undo_requested()``, ``dismissed()``.
    """

    undo_requested = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("undoBar")
        set_look(self, role="side")
        self._text = ElidedLabel()
        self._text.setObjectName("undoText")
        set_look(self._text, role="facts")
        # Not `undoButton`: that name is the prompt pane's.
        self._undo = self._button("undoDeletionButton", self.tr("Undo"))
        self._undo.clicked.connect(self.undo_requested)
        self._dismiss = self._button("dismissUndoButton", self.tr("Dismiss"))
        self._dismiss.clicked.connect(self.dismissed)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 6, 20, 6)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self._undo)
        row.addWidget(self._dismiss)
        self.hide()

    def show_offer(self, text: str) -> None:
        """Say what is gone; an empty text takes the bar away."""
        self._text.setText(text)
        self._undo.setAccessibleName(self.tr("Undo: {what}").format(what=text))
        self.setAccessibleName(text)
        self.setVisible(bool(text))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(240), super().minimumSizeHint().height())

    @staticmethod
    def _button(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        return button
