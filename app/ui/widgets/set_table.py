"""The table of a prompt set, with what is looked for in it."""

from typing import Final, get_args

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.item_models.set_model import Column, SetModel, SetRole, Show, heading
from app.ui.theme import scaled, set_look
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.search_field import SearchField
from app.ui.widgets.set_delegate import SetDelegate

AnyIndex = QModelIndex | QPersistentModelIndex

_LEAST_TEXT_PX: Final = 112
"""Of a column of texts; below that the table scrolls sideways."""
_SHOWS: Final[tuple[Show, ...]] = get_args(Show)
_EXAMPLES: Final = {
    Column.NUMBER: "9 999",
    Column.TOKENS: "99 999",
    Column.FIRST_TOKEN: "9 min 59 s",
    Column.SPEED: "9999.9",
    Column.RESULT: "waiting",
}


class SetTable(QWidget):
    """Signals: ``opened(int)``, Enter or a click on a row of the set, by its index."""

    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = SetModel(self)
        self.view = _View(self.model)
        self.view.opened.connect(self.opened)
        self._search = SearchField(
            "setSearch", self.tr("Search prompts and answers"), self.tr("Search in the rows")
        )
        self._search.query_changed.connect(self._filter)
        self._search.left_downwards.connect(self._focus_rows)
        self._show = _choice("setShow", self.tr("Which rows are shown"))
        self._show.addItems(
            [
                self.tr("All rows"),
                self.tr("Same on both sides"),
                self.tr("Different"),
                self.tr("Failed"),
                self.tr("Not run yet"),
            ]
        )
        self._show.currentIndexChanged.connect(self._filter)
        self._side = _choice("setSide", self.tr("Whose answers and numbers the rows are sorted by"))
        self._side.currentIndexChanged.connect(self.model.set_side)
        self._found = QLabel()
        set_look(self._found, role="muted")
        row = RowLayout(spacing=8)
        row.add_leading(self._search, self._show, self._found)
        row.add_trailing(self._side)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        theme.notifier().changed.connect(self._dress)
        self._dress()
        self.model.modelReset.connect(self._tell_found)
        self.model.layoutChanged.connect(self._tell_found)

    def set_names(self, names: tuple[str, str]) -> None:
        """What the sides are called; the first stands above."""
        if [self._side.itemText(at) for at in range(self._side.count())] == list(names):
            return
        self._side.clear()
        for name in names:
            self._side.addItem(self.tr("Sort by {name}").format(name=name))

    def focus_row(self, index: int) -> None:
        """Take the keyboard, at a row of the set where it is shown."""
        place = self.model.place_of(index)
        if place is not None:
            self.view.setCurrentIndex(self.model.index(place, Column.NUMBER))
            self.view.scrollTo(self.view.currentIndex())
        self.view.setFocus()

    def neighbour(self, index: int, by: int) -> int | None:
        """The row of the set that is shown `by` places further; ``None`` beyond an end."""
        place = self.model.place_of(index)
        if place is None or not 0 <= place + by < self.model.rowCount():
            return None
        return self.model.index_at(place + by)

    @Slot()
    def _dress(self) -> None:
        self._search.setMinimumWidth(scaled(220))

    @Slot()
    def _filter(self) -> None:
        self.model.set_filter(self._search.text(), _SHOWS[max(0, self._show.currentIndex())])

    @Slot()
    def _focus_rows(self) -> None:
        if self.model.rowCount():
            if not self.view.currentIndex().isValid():
                self.view.setCurrentIndex(self.model.index(0, Column.NUMBER))
            self.view.setFocus()

    @Slot()
    def _tell_found(self) -> None:
        shown, there = self.model.rowCount(), len(self.model.rows)
        self._found.setText(
            "" if shown == there else self.tr("{shown} of {all}").format(shown=shown, all=there)
        )


class _View(QTableView):
    """Signals: ``opened(int)``."""

    opened = Signal(int)

    def __init__(self, model: SetModel) -> None:
        super().__init__()
        self.setObjectName("setTable")
        self.setAccessibleName(self.tr("Rows of the prompt set"))
        self.setModel(model)
        self._delegate = SetDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        # Qt would paint a square between the scroll bars.
        self.setCornerWidget(QWidget())
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setObjectName("setHeader")
        header.setAccessibleName(self.tr("Columns: a click sorts by one"))
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(scaled(24))
        header.setSortIndicator(Column.NUMBER, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.clicked.connect(self._open)
        theme.notifier().changed.connect(self._dress)
        self._dress()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(240), 3 * self._delegate.row_height)

    @Slot(QModelIndex)
    def _open(self, index: AnyIndex) -> None:
        self.opened.emit(index.data(SetRole.ROW))

    @Slot()
    def _dress(self) -> None:
        self._delegate = SetDelegate(self)
        self.setItemDelegate(self._delegate)
        self.verticalHeader().setDefaultSectionSize(self._delegate.row_height)
        self._fit()

    def _fit(self) -> None:
        """Numbers get what they need, the texts what is left, the answers more of it."""
        header = self.horizontalHeader()
        taken = 0
        for column, example in _EXAMPLES.items():
            # The heading has the sign of the order beside it.
            title = heading(column) + "  ▾"
            width = max(self._delegate.width_of(example), self._delegate.width_of(title))
            header.resizeSection(column, width)
            taken += width
        left = max(self.viewport().width() - taken, 2 * scaled(_LEAST_TEXT_PX))
        prompt = max(round(left * 0.42), scaled(_LEAST_TEXT_PX))
        header.resizeSection(Column.PROMPT, prompt)
        header.resizeSection(Column.ANSWERS, max(left - prompt, scaled(_LEAST_TEXT_PX)))


def _choice(name: str, spoken: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(spoken)
    combo.setToolTip(spoken)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return combo
