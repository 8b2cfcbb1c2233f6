"""How late a timer of 5 ms comes: what a user feels as a window that hesitates."""

import time

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from tests.bench.figures import percentile

INTERVAL_S = 0.005


class Lateness(QObject):
    """Watches the loop that it lives in, from `start` to `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self._late: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fired)

    def start(self) -> None:
        self._late = []
        self._arm()

    def stop(self) -> dict[str, float]:
        """p99 and worst, in milliseconds, over how many."""
        self._timer.stop()
        if self._due and time.perf_counter() > self._due:
            self._late.append(time.perf_counter() - self._due)
        late = self._late or [0.0]
        return {
            "p99_ms": percentile(late, 99) * 1000,
            "worst_ms": max(late) * 1000,
            "count": len(late),
        }

    def _arm(self) -> None:
        self._due = time.perf_counter() + INTERVAL_S
        self._timer.start(round(INTERVAL_S * 1000))

    @Slot()
    def _fired(self) -> None:
        self._late.append(max(time.perf_counter() - self._due, 0.0))
        self._arm()
