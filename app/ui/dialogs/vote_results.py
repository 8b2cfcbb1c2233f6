"""What the votes between pairs of model versions add up to, as the registry has them."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.comparison.votes import PairResult
from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.item_models.votes_model import VoteColumn, VoteRole, VotesModel
from app.ui.theme import SECTION_PX, notifier, scaled, ui_font
from app.ui.widgets.band import Band
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.rate_delegate import RateDelegate
from app.ui.widgets.views import BandView

_SIZE: Final = (920, 440)
_MARGIN: Final = 48
_LEAST_NAME: Final = 110
_HEADING_ROOM: Final = 32
"""For the padding and the sign of the order."""


class VoteResultsDialog(DialogFrame):
    """Stays open beside the window; whoever opened it fills it.

    Signals: ``refresh_requested()``.
    """

    refresh_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("voteResultsDialog")
        self.set_title(self.tr("Votes by pair of models"))
        self._model = VotesModel(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(VoteRole.SORT)
        self.table = self._make_table()
        self._nothing = EmptyState()
        self._nothing.show_step(
            self.tr("No votes yet"),
            self.tr(
                "Ask two models in the Compare pane and say which answer is better. Votes are kept "
                "in MLflow, as assessments on the traces of both answers; traces have to be on."
            ),
            "",
        )
        self._reading = EmptyState()
        self._reading.show_step("", self.tr("Reading the votes…"), "")
        self._band = Band()
        self._failure = QWidget()
        column = QVBoxLayout(self._failure)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._band)
        column.addStretch(1)
        self._pages = QStackedWidget()
        for page in (self.table, self._nothing, self._reading, self._failure):
            self._pages.addWidget(page)
        self._waiting = text_label("", "muted")
        self._waiting.setObjectName("waitingVotesText")
        self._note = text_label(
            self.tr(
                "Of the votes that preferred one of both, the share of the first, with Wilson's "
                "95 % confidence interval; an interval that holds 50 % decides nothing. Ties and "
                "votes that both are bad are not in it. Each voter has one vote on each answered "
                "question. Votes given with the names in sight stand in rows of their own."
            ),
            "muted",
        )
        self.body.addWidget(self._pages, 1)
        self.body.addWidget(self._waiting)
        self.body.addWidget(self._note)
        self._refresh = self.add_button(
            self.tr("Read again"), Role.ActionRole, "refreshVotesButton"
        )
        self._refresh.clicked.connect(self.refresh_requested)
        close = self.add_button(self.tr("Close"), Role.RejectRole, "closeButton")
        close.setDefault(True)
        notifier().changed.connect(self._fit_columns)
        self.show_reading()
        self.show_waiting(0)
        self._size()

    def fit(self) -> None:
        """It is as large as it was made or drawn, and the table scrolls."""

    # -- what it shows

    def show_reading(self) -> None:
        """Unless there is something to be seen already."""
        if self._model.rowCount() == 0:
            self._show(self._reading)
        self._refresh.setEnabled(False)

    def show_results(self, results: Sequence[PairResult]) -> None:
        self._model.set_results(results)
        self._show(self.table if results else self._nothing)
        self._fit_columns()
        self._refresh.setEnabled(True)

    def show_failure(self, message: str, advice: str) -> None:
        """They could not be read. What was read before would pass for what is there now."""
        self._model.set_results(())
        self._band.show_view(BandView(message, advice))
        self._show(self._failure)
        self._refresh.setEnabled(True)

    def show_waiting(self, votes: int) -> None:
        """How many votes are on their way to the registry, and so not in the table."""
        self._waiting.setText(
            self.tr("One vote is still on its way to MLflow, and not counted yet.")
            if votes == 1
            else self.tr(
                "{count} votes are still on their way to MLflow, and not counted yet."
            ).format(count=votes)
        )
        self._waiting.setVisible(votes > 0)

    # -- layout

    def _show(self, page: QWidget) -> None:
        self._pages.setCurrentWidget(page)
        self._note.setVisible(page is self.table)

    def _make_table(self) -> "_Table":
        table = _Table()
        table.resized.connect(self._fit_columns)
        table.setObjectName("voteResultsTable")
        table.setAccessibleName(self.tr("Votes by pair of models"))
        table.setModel(self._sorted)
        table.setSortingEnabled(True)
        table.sortByColumn(VoteColumn.VOTES, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.verticalHeader().hide()
        table.setItemDelegateForColumn(VoteColumn.RATE, RateDelegate(table))
        header = table.horizontalHeader()
        for one in (header, table.verticalHeader()):
            one.setAccessibleName(table.accessibleName())
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        return table

    @Slot()
    def _fit_columns(self) -> None:
        """Numbers as wide as they are; names share what is left."""
        table = self.table
        table.verticalHeader().setDefaultSectionSize(scaled(32))
        names = (VoteColumn.FIRST, VoteColumn.SECOND)
        # Not the header's own hint, which keeps room for two signs of the order.
        metrics = QFontMetrics(ui_font(SECTION_PX, QFont.Weight.DemiBold))
        taken = 0
        for column in VoteColumn:
            if column in names:
                continue
            title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
            width = max(
                metrics.horizontalAdvance(title) + scaled(_HEADING_ROOM),
                table.sizeHintForColumn(column),
            )
            table.setColumnWidth(column, width)
            taken += width
        left = table.viewport().width() - taken
        for column in names:
            table.setColumnWidth(column, max(scaled(_LEAST_NAME), left // len(names)))

    def _size(self) -> None:
        width, height = scaled(_SIZE[0]), scaled(_SIZE[1])
        parent = self.parentWidget()
        if parent is not None:
            width = min(width, max(self.minimumWidth(), parent.window().width() - _MARGIN))
            height = min(height, max(scaled(280), parent.window().height() - _MARGIN))
        self.resize(width, height)


class _Table(QTableView):
    """Signals: ``resized()``."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.resized.emit()
