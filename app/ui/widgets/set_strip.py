"""How far the run of a prompt set is, and what can be done with it now."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import set_look
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.fraction_bar import FractionBar
from app.ui.widgets.set_views import StripView


class SetStrip(QWidget):
    """Signals: ``run_requested()``, ``retry_requested()``, ``pause_requested()``,
    ``go_on_requested()``, ``stop_requested()``.
    """

    run_requested = Signal()
    retry_requested = Signal()
    pause_requested = Signal()
    go_on_requested = Signal()
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setStrip")
        self._text = QLabel()
        self._text.setObjectName("setProgress")
        self._text.setWordWrap(True)
        self._text.setMinimumWidth(1)
        set_look(self._text, role="facts")
        self._bar = FractionBar()
        self._bar.setAccessibleName(self.tr("Rows of the set that are done"))
        self._retry = _button("setRetry", "", "")
        self._retry.clicked.connect(self.retry_requested)
        self._pause = _button(
            "setPause", self.tr("Pause"), self.tr("Pause the set after the row that is running")
        )
        self._pause.clicked.connect(self.pause_requested)
        self._go_on = _button("setGoOn", self.tr("Go on"), self.tr("Go on with the set"))
        self._go_on.clicked.connect(self.go_on_requested)
        self._stop = _button("setStop", self.tr("Stop"), self.tr("Stop the set; its results stay"))
        self._stop.clicked.connect(self.stop_requested)
        self._run = _button("setRun", "", "")
        set_look(self._run, look="primary")
        self._run.clicked.connect(self.run_requested)
        row = FactRow(spacing=8)
        row.addWidget(self._text)
        for button in (self._retry, self._pause, self._go_on, self._stop, self._run):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._bar)

    def show_view(self, view: StripView) -> None:
        buttons = (self._go_on, self._pause, self._run, self._retry, self._stop)
        focused = next((one for one in buttons if one.hasFocus()), None)
        self._text.setText(view.text)
        self._bar.show_fraction(view.fraction)
        for button, text in ((self._run, view.can_run), (self._retry, view.can_retry)):
            button.setText(text)
            button.setAccessibleName(text)
            button.setVisible(bool(text))
        self._pause.setVisible(view.can_pause)
        self._go_on.setVisible(view.can_go_on)
        self._stop.setVisible(view.can_stop)
        if focused is not None and focused.isHidden():
            # Qt would give it to the next one, and another Enter would stop what was paused.
            found = next((one for one in buttons if not one.isHidden()), None)
            if found is not None:
                found.setFocus()


def _button(name: str, text: str, spoken: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(spoken)
    return button
