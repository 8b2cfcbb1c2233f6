"""What the compare pane shows while there are no two models in it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import set_look
from app.ui.widgets.row_layout import RowLayout


class CompareStart(QWidget):
    """Says what goes here, with a button for each of the two slots.

    Signals: ``choose_requested(int)``, 0 for the first.
    """

    choose_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareStart")
        self._title = _centred("title")
        self._title.setText(self.tr("Two models, one conversation"))
        self._text = _centred("muted")
        first = QPushButton(self.tr("Choose the first model"))
        second = QPushButton(self.tr("Choose the second model"))
        row = RowLayout(spacing=8)
        for at, button in enumerate((first, second)):
            button.setObjectName(("compareChooseFirst", "compareChooseSecond")[at])
            button.setAccessibleName(button.text())
            row.add_leading(button)
        first.clicked.connect(lambda: self.choose_requested.emit(0))
        second.clicked.connect(lambda: self.choose_requested.emit(1))
        self._buttons = QWidget()
        self._buttons.setLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(8)
        column.addWidget(self._buttons, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.show_text("", can_choose=False)

    def show_text(self, text: str, *, can_choose: bool) -> None:
        """`can_choose` says whether there is a model to be chosen."""
        self._text.setText(text)
        self._buttons.setVisible(can_choose)


def _centred(role: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    set_look(label, role=role)
    return label
