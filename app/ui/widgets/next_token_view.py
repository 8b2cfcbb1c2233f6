"""What could come next at the cursor, beside what could come where it was asked before."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.chance_table import ChanceTable
from app.ui.widgets.fraction_bar import FractionBar
from wrappers.contract import TokenChance

_BESIDE_PX: Final = 640
"""From this width on there is room for the table before."""


class ChancesView(Struct, frozen=True):
    """A table and the line above it."""

    line: str
    chances: tuple[TokenChance, ...]


class NextTokenView(QWidget):
    """One sentence where there is something to say, and below it the tables there are.

    Signals: ``chosen(str)``, the text of a token that the user wants at the cursor.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("nextTokenView")
        self.setAccessibleName(self.tr("Next token"))
        self._sentence = QLabel()
        self._sentence.setObjectName("nextTokenSentence")
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setMinimumWidth(1)
        self._bar = FractionBar()
        self.table = ChanceTable("nextTokens", self.tr("Next tokens"), can_choose=True)
        self.table.chosen.connect(self.chosen)
        self.before = ChanceTable(
            "nextTokensBefore", self.tr("Next tokens asked for before"), can_choose=False
        )
        self._has_before = False
        tables = QHBoxLayout()
        tables.setContentsMargins(0, 0, 0, 0)
        tables.setSpacing(20)
        tables.addWidget(self.table, 1)
        tables.addWidget(self.before, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addWidget(self._sentence)
        column.addWidget(self._bar)
        column.addLayout(tables, 1)
        self._rest = QWidget()
        column.addWidget(self._rest, 1)
        self.show_sentence("")
        self.show_busy(False)
        self.show_tables(None, None)

    def show_sentence(self, text: str, *, is_error: bool = False) -> None:
        """What there is to say; empty: nothing."""
        self._sentence.setText(text)
        self._sentence.setAccessibleName(text)
        self._sentence.setVisible(bool(text))
        set_look(self._sentence, role="error" if is_error else "muted")

    def show_busy(self, is_busy: bool) -> None:
        """Whether the model is being asked."""
        self._bar.show_fraction(None, is_busy=is_busy)

    def show_tables(self, now: ChancesView | None, before: ChancesView | None) -> None:
        """`before` is shown beside `now` where there is room for it."""
        _fill(self.table, now)
        _fill(self.before, before)
        self._has_before = before is not None
        self.table.setVisible(now is not None)
        self._rest.setVisible(now is None)
        self._fold()

    def set_stale(self, is_stale: bool) -> None:
        """The cursor stands elsewhere than what is shown was asked for."""
        self.table.set_stale(is_stale)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(160), scaled(88))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        self.before.setVisible(self._has_before and self.width() >= scaled(_BESIDE_PX))


def _fill(table: ChanceTable, view: ChancesView | None) -> None:
    chances: Sequence[TokenChance] = () if view is None else view.chances
    table.show_chances("" if view is None else view.line, chances)
