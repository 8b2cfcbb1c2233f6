"""What a pane shows while there is nothing in it: what goes here, and the next step."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import set_look


class EmptyState(QWidget):
    """Signals: ``step_requested()``, when the button is pressed."""

    step_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self._title = _centred("title")
        self._text = _centred("muted")
        self._step = QPushButton()
        self._step.setObjectName("nextStepButton")
        self._step.clicked.connect(self.step_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(8)
        column.addWidget(self._step, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def show_step(self, title: str, text: str, step: str) -> None:
        """`step` names the button; empty for none."""
        self._title.setText(title)
        self._text.setText(text)
        self._step.setText(step)
        self._step.setAccessibleName(step or self.tr("Next step"))
        self._step.setVisible(bool(step))


def _centred(role: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    set_look(label, role=role)
    return label
