"""What to do about a context that is full, above the composer."""

from msgspec import Struct
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import set_look
from app.ui.widgets.fact_row import FactRow


class ContextChoiceView(Struct, frozen=True):
    """A sentence, and the words on the buttons; a button without words is not offered."""

    text: str
    drop: str = ""
    stop: str = ""
    ask: str = ""


class ContextChoiceBar(QFrame):
    """Waits for an answer and blocks nothing meanwhile.

    Signals: ``drop_requested()``: leave out the oldest turns; ``stop_requested()``: leave it at
    that; ``ask_requested()``: ask again before more is left out.
    """

    drop_requested = Signal()
    stop_requested = Signal()
    ask_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contextChoiceBar")
        set_look(self, role="card")
        self._text = QLabel()
        self._text.setObjectName("contextChoiceText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(1)
        set_look(self._text, role="facts")
        self._drop = self._button("dropOldestButton")
        self._drop.clicked.connect(self.drop_requested)
        self._stop = self._button("stopHereButton")
        self._stop.clicked.connect(self.stop_requested)
        self._ask = self._button("askBeforeDroppingButton")
        self._ask.clicked.connect(self.ask_requested)
        row = FactRow(spacing=8)
        row.addWidget(self._text)
        for button in self.tab_stops():
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.addLayout(row)
        self._view: ContextChoiceView | None = None
        self.show_view(None)

    @property
    def view(self) -> ContextChoiceView | None:
        return self._view

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order, whether it is shown or not."""
        return self._drop, self._stop, self._ask

    def show_view(self, view: ContextChoiceView | None) -> None:
        """Ask that; ``None`` for nothing."""
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        self._text.setText(view.text)
        self.setAccessibleName(view.text)
        for button, words in (
            (self._drop, view.drop),
            (self._stop, view.stop),
            (self._ask, view.ask),
        ):
            button.setText(words)
            button.setAccessibleName(words)
            button.setAccessibleDescription(view.text)
            button.setVisible(bool(words))

    @staticmethod
    def _button(name: str) -> QPushButton:
        button = QPushButton()
        button.setObjectName(name)
        button.setAccessibleName(name)
        return button
