"""The numbers at a card's foot."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.ui import theme
from app.ui.theme import set_look
from app.ui.widgets.compare_views import FactView


class CompareFacts(QWidget):
    """Rows of a label and a value, in the order that they are given in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareFacts")
        self.setAccessibleName(self.tr("Numbers"))
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._facts: tuple[FactView, ...] = ()
        self._note = QLabel()
        self._note.setObjectName("compareFactsNote")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setWordWrap(True)
        self._note.hide()
        set_look(self._note, role="muted")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 3)
        self._grid.addWidget(self._note, 0, 0, 1, 2)
        theme.notifier().changed.connect(self._dress)

    def show_facts(self, facts: Sequence[FactView], note: str = "") -> None:
        """`note` stands in the place of numbers that there are not."""
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self._dress()
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def value(self, key: str) -> str:
        """What a row says, as it is read aloud; empty where it is not there."""
        for fact, (_, value) in zip(self._facts, self._rows, strict=False):
            if fact.key == key:
                return value.accessibleName()
        return ""

    @Slot()
    def _dress(self) -> None:
        while len(self._rows) < len(self._facts):
            self._add()
        muted = theme.tokens().muted
        for at, (label, value) in enumerate(self._rows):
            is_there = at < len(self._facts)
            label.setVisible(is_there)
            value.setVisible(is_there)
            if not is_there:
                continue
            fact = self._facts[at]
            label.setText(fact.label)
            parts = [escape(fact.value)]
            if fact.emphasis:
                parts.append(f"<b>{escape(fact.emphasis)}</b>")
            if fact.spread:
                parts.append(f'<span style="color:{muted}">{escape(fact.spread)}</span>')
            value.setText(" ".join(parts))
            spoken = " ".join(one for one in (fact.value, fact.emphasis, fact.spread) if one)
            value.setAccessibleName(f"{fact.label}: {spoken}")

    def _add(self) -> None:
        label, value = QLabel(), QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        for one in (label, value):
            one.setWordWrap(True)
            one.setMinimumWidth(1)
        set_look(label, role="fact-name")
        set_look(value, role="facts")
        value.setTextFormat(Qt.TextFormat.RichText)  # after the look, which makes it a plain one
        value.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignTop)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = len(self._rows) + 1
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
        self._rows.append((label, value))
