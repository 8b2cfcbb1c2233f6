"""Many changes, few repaints."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

FRAME_MS = 33
"""About 30 repaints a second."""


class Coalescer(QObject):
    """Calls `act` at the first request at once, and for later ones once a frame."""

    def __init__(
        self, act: Callable[[], None], interval_ms: int = FRAME_MS, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._act = act
        self._is_pending = False
        self._timer = QTimer(self)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._frame)

    def request(self) -> None:
        """Something has changed."""
        if self._timer.isActive():
            self._is_pending = True
        else:
            self._timer.start()
            self._act()

    def flush(self) -> None:
        """Call now what is still to be called; nothing comes later."""
        self._timer.stop()
        if self._is_pending:
            self._is_pending = False
            self._act()

    def stop(self) -> None:
        """Call nothing any more of what was requested."""
        self._timer.stop()
        self._is_pending = False

    @Slot()
    def _frame(self) -> None:
        if not self._is_pending:
            self._timer.stop()
            return
        self._is_pending = False
        self._act()
