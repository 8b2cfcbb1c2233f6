"""All that models have written for a prompt, to be had back."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

Entry = tuple[str, str]
"""An id, and what the menu says of it."""


class HistoryButton(QPushButton):
    """There where there is something; its menu is filled when it opens.

    Signals: ``chosen(str)``, the id of an entry.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("History") + " ▾", parent)
        self.setObjectName("historyButton")
        self.setAccessibleName(self.tr("All that models have written for this prompt"))
        self.setToolTip(self.accessibleName())
        self._entries: Callable[[], Sequence[Entry]] = tuple
        self._menu = QMenu(self)
        self._menu.setObjectName("historyMenu")
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)

    def set_source(self, entries: Callable[[], Sequence[Entry]]) -> None:
        """Asked each time when the menu opens."""
        self._entries = entries

    @Slot()
    def _fill(self) -> None:
        self._menu.clear()
        for key, text in self._entries():
            action = self._menu.addAction(text.replace("&", "&&"))
            action.triggered.connect(partial(self.chosen.emit, key))
