"""How far something has come."""

from typing import Final

from PySide6.QtWidgets import QProgressBar, QWidget

_STEPS: Final = 1000


class FractionBar(QProgressBar):
    """A bar without a number: a fraction of the whole, or that something goes on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextVisible(False)
        self.setAccessibleName(self.tr("Progress"))

    def show_fraction(self, fraction: float | None, *, is_busy: bool = False) -> None:
        """From 0 to 1. One that is not known hides the bar, or has it run to and fro where
        `is_busy`."""
        self.setVisible(fraction is not None or is_busy)
        if fraction is not None:
            self.setRange(0, _STEPS)
            self.setValue(round(fraction * _STEPS))
        elif is_busy:
            self.setRange(0, 0)
