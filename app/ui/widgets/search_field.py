"""The fields over the registry and over the conversations."""

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from app.ui.theme import scaled, set_look


class SearchField(QLineEdit):
    """A line of search words.

    Signals:
        query_changed(str): at every keystroke, as `textChanged`.
        left_downwards: Down or Enter was pressed: the focus should go to what was found.
    """

    query_changed = Signal(str)
    left_downwards = Signal()

    def __init__(
        self, object_name: str, placeholder: str, spoken: str, parent: QWidget | None = None
    ) -> None:
        """`spoken` is its accessible name."""
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(spoken)
        self._clear = QToolButton(self)
        self._clear.setObjectName(f"{object_name}Clear")
        self._clear.setText("✕")
        self._clear.setAccessibleName(self.tr("Clear the search"))
        self._clear.setCursor(Qt.CursorShape.ArrowCursor)
        self._clear.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Esc does the same
        set_look(self._clear, look="quiet")
        self._clear.clicked.connect(self.clear)
        self._clear.hide()
        self.textChanged.connect(self._text_changed)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place_clear_button()

    def _text_changed(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        self._place_clear_button()
        self.query_changed.emit(text)

    def _place_clear_button(self) -> None:
        size = self._clear.sizeHint()
        room = 0 if self._clear.isHidden() else size.width()
        left = scaled(4) if self.isRightToLeft() else self.width() - size.width() - scaled(4)
        self._clear.setGeometry(QRect(QPoint(left, (self.height() - size.height()) // 2), size))
        if self.isRightToLeft():
            self.setTextMargins(room, 0, 0, 0)
        else:
            self.setTextMargins(0, 0, room, 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.left_downwards.emit()
            case _:
                super().keyPressEvent(event)
