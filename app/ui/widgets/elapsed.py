"""A line of facts that ends in the time that passes."""

import time

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from app.domain.quantities import seconds_text
from app.ui.theme import set_look

_TICK_MS = 500


class Elapsed(QLabel):
    """Shows a text and the seconds since a moment, and counts on for as long as it is seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)
        set_look(self, role="muted")
        self._facts = ""
        self._since: float | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def show_facts(self, facts: str, since: float | None) -> None:
        """`since` is a `time.monotonic`; ``None`` shows no time."""
        self._facts, self._since = facts, since
        self._tick()
        if self._timer.isActive():
            self._timer.start()  # it has just been told; each time is a layout of all around

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._tick()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self._timer.stop()

    @Slot()
    def _tick(self) -> None:
        if self._since is None:
            self.setText(self._facts)
        else:
            passed = seconds_text(max(0.0, time.monotonic() - self._since))
            self.setText(f"{self._facts} · {passed}" if self._facts else passed)
