"""The field over the registry."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class SearchField(QLineEdit):
    """A line of search words.

    Signals:
        query_changed(str): at every keystroke, as `textChanged`.
        left_downwards: Down or Enter was pressed: the focus should go to what was found.
    """

    query_changed = Signal(str)
    left_downwards = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("registrySearch")
        self.setPlaceholderText(self.tr("Search models"))
        self.setAccessibleName(self.tr("Search the registry by name, alias, tag or mode"))
        self.setClearButtonEnabled(True)
        self.textChanged.connect(self.query_changed)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.left_downwards.emit()
            case _:
                super().keyPressEvent(event)
