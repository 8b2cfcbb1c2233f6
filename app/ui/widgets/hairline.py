"""The line between two parts of a column."""

from PySide6.QtWidgets import QFrame, QWidget

from app.ui.theme import set_look


class Hairline(QFrame):
    """One pixel high at any zoom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)
        set_look(self, role="rule")
