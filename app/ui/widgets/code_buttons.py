"""A button over each code block of a text, which copies the code alone."""

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import QPushButton, QTextEdit

from app.ui.markdown.boxes import CodeBox, code_boxes
from app.ui.markdown.copying import code_of
from app.ui.markdown.look import look
from app.ui.theme import set_look

_MOST = 60
"""Of the code blocks of one text; whoever writes more is not to be served with widgets."""


class _CopyButton(QPushButton):
    """Signals: ``focus_moved()``, to or from it."""

    focus_moved = Signal()

    def __init__(self, parent: QTextEdit) -> None:
        super().__init__(parent.viewport())
        self.number = 0
        self.setText(self.tr("Copy"))
        self.setObjectName("copyCodeButton")
        set_look(self, look="quiet")
        self.clicked.connect(self._copy)
        self._text = parent

    def show_box(self, box: CodeBox, place: int) -> None:
        self.number = box.number
        # A screen reader comes to it apart from its block.
        self.setAccessibleName(
            self.tr("Copy code block {number} {language}")
            .format(number=place, language=box.language)
            .strip()
        )
        size = self.sizeHint()
        gap = look().px(2)
        self.resize(size.width(), min(size.height(), int(box.head)))
        corner = box.rect.topRight().toPoint()
        self.move(corner + QPoint(-self.width() - gap, (int(box.head) - self.height()) // 2))
        self.show()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        self.focus_moved.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.focus_moved.emit()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(code_of(self._text.document(), self.number))


class CodeButtons(QObject):
    """Signals: ``focus_moved()``, to or from one of them; ``changed()``, there is one more."""

    focus_moved = Signal()
    changed = Signal()

    def __init__(self, text: QTextEdit) -> None:
        super().__init__(text)
        self._text = text
        self._buttons: list[_CopyButton] = []
        self._boxes: list[CodeBox] = []

    @property
    def boxes(self) -> tuple[CodeBox, ...]:
        """Where the code blocks stand."""
        return tuple(self._boxes)

    def tab_stops(self) -> tuple[QPushButton, ...]:
        """Those that there are, shown or not, as the blocks stand."""
        return tuple(self._buttons)

    def place(self, since: int = 0) -> None:
        """Put one over each block, where it stands now; those of blocks that begin before position
        `since` stand where they are."""
        kept = [box for box in self._boxes if box.position < since]
        found = code_boxes(self._text.document(), since)
        self._boxes = kept + list(found)
        known = len(self._buttons)
        for place in range(len(kept), min(_MOST, len(self._boxes))):
            if place == len(self._buttons):
                button = _CopyButton(self._text)
                button.focus_moved.connect(self.focus_moved)
                self._buttons.append(button)
            self._buttons[place].show_box(self._boxes[place], place + 1)
        for button in self._buttons[len(self._boxes) :]:
            button.hide()
        if len(self._buttons) > known:
            self.changed.emit()
