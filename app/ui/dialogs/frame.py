"""What all dialogs share: title, body, and buttons in the platform's order."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look

Role = QDialogButtonBox.ButtonRole

WIDTH = 460


class DialogFrame(QDialog):
    """A dialog over the window. Esc, and whatever closes it, is a no."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(scaled(WIDTH))
        self._heading = text_label("", "title")
        self.body = QVBoxLayout()
        self.body.setSpacing(10)
        self.buttons = QDialogButtonBox()
        self.buttons.rejected.connect(self.reject)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 18, 20, 16)
        self._column.setSpacing(12)
        self._column.addWidget(self._heading)
        self._column.addLayout(self.body, 1)
        self._column.addSpacing(4)
        self._column.addWidget(self.buttons)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        self.fit()
        super().showEvent(event)

    def fit(self) -> None:
        """As high as the text needs at this width: Qt's own guess leaves gaps around it."""
        least = max(self.minimumWidth(), self._column.minimumSize().width())
        width = max(self.width(), least) if self.isVisible() else least
        if self._column.hasHeightForWidth():
            self.resize(width, self._column.totalHeightForWidth(width))

    def set_title(self, title: str) -> None:
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._heading.setText(title)

    def add_button(self, text: str, role: Role, name: str, *, spoken: str = "") -> QPushButton:
        """`name` is its object name; `spoken` says more than its text to a screen reader."""
        button = self.buttons.addButton(text, role)
        button.setObjectName(name)
        button.setAccessibleName(spoken or text)
        button.setAutoDefault(False)
        return button

    def add_cancel(self) -> QPushButton:
        return self.add_button(self.tr("Cancel"), Role.RejectRole, "cancelButton")


class FormDialog(DialogFrame):
    """A dialog that something is tried with before it closes: it stays, and says what went wrong.

    Signals:
        submitted: its main button was pressed; whoever opened it tries, and then closes it or
            calls `show_problem`.
    """

    submitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem = text_label("", "error")
        self._problem.setObjectName("problemText")
        self._problem.hide()
        self._state = text_label("", "muted")
        self._state.setObjectName("stateText")
        self._state.hide()
        self._column.insertWidget(2, self._problem)
        self._column.insertWidget(3, self._state)
        self.action = self.add_button("", Role.ActionRole, "acceptButton")
        self.action.setDefault(True)
        set_look(self.action, look="primary")
        self.action.clicked.connect(self.submitted)
        self.add_cancel()

    def set_action(self, text: str, spoken: str) -> None:
        """What the main button is called."""
        self.action.setText(text)
        self.action.setAccessibleName(spoken)

    def set_busy(self, what: str) -> None:
        """Say that it is being tried; "" ends that."""
        self._state.setText(what)
        self._state.setVisible(bool(what))
        self.action.setEnabled(not what)
        if what:
            self._problem.hide()
        self.fit()

    def show_problem(self, message: str, advice: str = "") -> None:
        """What went wrong and what to do; "" takes it away."""
        self._problem.setText("\n".join(part for part in (message, advice) if part))
        self._problem.setVisible(bool(message))
        self._problem.setAccessibleName(self._problem.text())
        self.fit()


def text_label(text: str, role: str = "") -> QLabel:
    """A sentence that wraps, or a section's name; never taken for markup."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(role != "section")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    set_look(label, role=role)
    return label
