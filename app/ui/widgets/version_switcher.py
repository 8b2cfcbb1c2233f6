"""Steps through the versions of a message: ``‹ 2/3 ›``."""

import sys
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.ui.theme import set_look
from app.ui.widgets.action_button import ActionButton

_MODIFIERS: Final = "Ctrl+Alt" if sys.platform == "darwin" else "Alt"
"""On macOS, Alt and an arrow go through the words of a text."""
STEP_KEYS: Final = {-1: f"{_MODIFIERS}+Left", 1: f"{_MODIFIERS}+Right"}
"""The keys for a step back, and for one on."""


class VersionSwitcher(QWidget):
    """There where a message has more than one version.

    Signals: ``step_requested(int)``, 1 for the next version and -1 for the one before;
    ``focus_moved()``, to or from one of its buttons.
    """

    step_requested = Signal(int)
    focus_moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("versionSwitcher")
        self._previous = self._button(
            "\u2039", self.tr("Previous version"), "previousVersionButton", -1
        )
        self._next = self._button("\u203a", self.tr("Next version"), "nextVersionButton", 1)
        self._label = QLabel()
        self._label.setObjectName("versionLabel")
        set_look(self._label, role="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for part in (self._previous, self._label, self._next):
            row.addWidget(part)
        self.show_version(1, 1)

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order."""
        return self._previous, self._next

    def show_version(self, number: int | None, of: int) -> None:
        """Which one of how many is shown; the only one needs no switcher. ``None``: not any of
        them; all are then a step back."""
        if number is None:
            words = self.tr("None of {of} versions").format(of=of)
        else:
            words = self.tr("Version {number} of {of}").format(number=number, of=of)
        self._label.setText(f"{'–' if number is None else number}/{of}")
        self._label.setAccessibleName(words)
        self.setAccessibleName(words)
        self._previous.setEnabled(of > 0 if number is None else number > 1)
        self._next.setEnabled(number is not None and number < of)
        self.setVisible(of > (0 if number is None else 1))

    def focus_step(self, step: int) -> None:
        """Give the focus to the button that goes on in the direction of `step`, or back from the
        last version there is."""
        onward, back = (self._next, self._previous) if step > 0 else (self._previous, self._next)
        (onward if onward.isEnabled() else back).setFocus()

    def _button(self, text: str, name: str, object_name: str, step: int) -> ActionButton:
        button = ActionButton(text, name, object_name)
        keys = QKeySequence(STEP_KEYS[step]).toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{name} ({keys})")
        button.clicked.connect(lambda: self.step_requested.emit(step))
        button.focus_moved.connect(self.focus_moved)
        return button
