"""Time for a recording: runs, rests, starts anew, at several speeds."""

import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

FRAME_MS: Final = 33
SPEEDS: Final = (1.0, 2.0, 4.0)
"""1 is the recorded pace."""


class Player(QObject):
    """Its timer runs only while it plays; the last tick is at the very end.

    Signals: ``moved()``, at each frame and at every change.
    """

    moved = Signal()

    def __init__(
        self, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._length_s = 0.0
        self._position_s = 0.0
        self._since: float | None = None
        self._speed = SPEEDS[0]
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def is_playing(self) -> bool:
        return self._since is not None

    @property
    def is_over(self) -> bool:
        return self.position_s >= self._length_s

    @property
    def length_s(self) -> float:
        return self._length_s

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def position_s(self) -> float:
        """Since the recording's begin; never past its end."""
        position = self._position_s
        if self._since is not None:
            position += (self._clock() - self._since) * self._speed
        return min(position, self._length_s)

    def start(self, length_s: float) -> None:
        """Play something of this length, from its begin."""
        self._length_s = length_s
        self._position_s = 0.0
        self._run()

    def toggle(self) -> None:
        """Rest, go on, or at the end begin again."""
        if self.is_over:
            self._position_s = 0.0
            self._run()
        elif self.is_playing:
            self._rest()
        else:
            self._run()

    def restart(self) -> None:
        self._position_s = 0.0
        self._run()

    def next_speed(self) -> None:
        position = self.position_s
        at = SPEEDS.index(self._speed)
        self._speed = SPEEDS[(at + 1) % len(SPEEDS)]
        self._position_s = position
        if self.is_playing:
            self._since = self._clock()
        self.moved.emit()

    def stop(self) -> None:
        """For good: nothing is told any more."""
        self._timer.stop()
        self._since = None
        self._position_s = self._length_s = 0.0
        self._speed = SPEEDS[0]

    def _run(self) -> None:
        self._since = self._clock()
        self._timer.start()
        self.moved.emit()

    def _rest(self) -> None:
        self._position_s = self.position_s
        self._since = None
        self._timer.stop()
        self.moved.emit()

    @Slot()
    def _tick(self) -> None:
        if self.is_over:
            self._rest()
        else:
            self.moved.emit()
