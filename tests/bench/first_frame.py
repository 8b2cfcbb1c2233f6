"""When a window is there: painted, and answering."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

FRAME_S = 0.016


class FirstFrame(QObject):
    """Calls `there` once: after the first paint, when a timer's turn comes within a frame."""

    def __init__(self, window: QWidget, there: Callable[[], None]) -> None:
        super().__init__(window)
        self._there = there
        self._painted = False
        self._asked = 0.0
        for widget in (window, *window.findChildren(QWidget)):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        del watched
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            self._ask()
        return False

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        QTimer.singleShot(0, self, self._answer)

    def _answer(self) -> None:
        if time.perf_counter() - self._asked < FRAME_S:
            self._there()
        else:
            self._ask()
