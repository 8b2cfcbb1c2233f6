"""The registry's tree."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from app.ui.item_models.registry_filter import RegistryFilter
from app.ui.item_models.registry_model import Key, LoadMark, RegistryRole
from app.ui.theme import notifier, scaled, tokens
from app.ui.widgets.registry_delegate import FOLD_PX, RegistryDelegate
from app.ui.widgets.registry_measures import COLUMN_MARGIN_PX, LEAST_ROWS
from wrappers.contract import ModelVersion

AnyIndex = QModelIndex | QPersistentModelIndex

_COUNTED_ROWS: Final = 80
"""More rows than any screen shows; how many there are beyond does not change the height."""


class RegistryView(QTreeView):
    """Registered models and their versions, with a search over them.

    Choosing a version is the user's doing alone: a search that hides it, or a refresh that moves
    it, chooses no other. A model's name chooses its newest version that chats.

    Signals:
        version_chosen(str, str): name and version that the user has moved to.
        version_activated(str, str): Enter or a double click: it is to be loaded.
        found(int, int): how many versions are shown, of how many that match.
    """

    version_chosen = Signal(str, str)
    version_activated = Signal(str, str)
    found = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("registryView")
        self.setAccessibleName(self.tr("Registered models"))
        self._folded: set[str] = set()
        self._quiet = False
        self._filter = RegistryFilter(self)
        self._delegate = RegistryDelegate(self)
        self.setModel(self._filter)
        self.setItemDelegate(self._delegate)
        self._dress()
        self.clicked.connect(self._clicked)
        self.doubleClicked.connect(self._double_clicked)
        self.collapsed.connect(self._folded_or_not)
        self.expanded.connect(self._folded_or_not)
        self.verticalScrollBar().rangeChanged.connect(self._make_room_for_scroll_bar)
        notifier().changed.connect(self._theme_changed)
        self._make_room_for_scroll_bar(0, 0)
        self._fit_height()

    def _dress(self) -> None:
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        # The row that has the focus shows it; a frame around all rows would say less.
        self.setStyleSheet("#registryView { border: none; background: transparent; }")

    # ----------------------------------------------------------------------------------------
    # Telling

    @property
    def chosen(self) -> Key | None:
        """The version that the panes use."""
        return self._delegate.chosen

    def set_chosen(self, key: Key | None) -> None:
        """Mark the version that the panes use now; tells nobody."""
        if key == self._delegate.chosen:
            return
        self._delegate.chosen = key
        if self._key_at(self.currentIndex()) != key:
            with self._quietly():
                self.setCurrentIndex(QModelIndex() if key is None else self._filter.index_of(key))
        self.viewport().update()

    def show_versions(self, versions: Iterable[ModelVersion]) -> None:
        """Show these, and keep selection, folding and scroll position."""
        with self._keeping_current():
            self._filter.set_versions(versions)
        self._fit_height()
        self._tell_found()

    def show_loads(self, loads: Mapping[Key, LoadMark]) -> None:
        """Which versions are loading or loaded."""
        self._filter.set_loads(loads)

    def set_query(self, query: str) -> None:
        """Show what the words find; all, if there are none."""
        with self._keeping_current():
            self._filter.set_query(query)
            self._unfold()
        self._fit_height()
        self._tell_found()

    def focus_first(self) -> None:
        """Take the keyboard: at the row it was at, else at the first, which is thereby chosen."""
        is_anywhere = self.currentIndex().isValid()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not is_anywhere:
            self._choose(self._meant_by(self.currentIndex()))

    # ----------------------------------------------------------------------------------------
    # What the user does

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:  # noqa: N802 - Qt's name
        super().currentChanged(current, previous)
        if not self._quiet:
            self._choose(self._meant_by(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate(self._meant_by(self.currentIndex()))
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() == Qt.MouseButton.LeftButton:
            index = self.indexAt(event.position().toPoint())
            if index.data(RegistryRole.IS_MODEL) and self._is_at_fold_mark(event.position().x()):
                self.setExpanded(index, not self.isExpanded(index))
                return
        super().mousePressEvent(event)

    def _is_at_fold_mark(self, x: float) -> bool:
        reach = self._delegate.end + scaled(FOLD_PX)
        return x < reach if self.isRightToLeft() else x > self.viewport().width() - reach

    def _clicked(self, index: QModelIndex) -> None:
        # A row that was current without having been chosen tells of no change.
        self._choose(self._meant_by(index))

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.data(RegistryRole.IS_MODEL):
            self.setExpanded(index, not self.isExpanded(index))
        else:
            self._activate(self._meant_by(index))

    def _choose(self, key: Key | None) -> None:
        if key is not None and key != self._delegate.chosen:
            self._delegate.chosen = key
            self.viewport().update()
            self.version_chosen.emit(*key)

    def _activate(self, key: Key | None) -> None:
        if key is not None:
            self._choose(key)
            self.version_activated.emit(*key)

    def _key_at(self, index: AnyIndex) -> Key | None:
        version = index.data(RegistryRole.VERSION) if index.isValid() else None
        return None if version is None else (index.data(RegistryRole.NAME), version)

    def _meant_by(self, index: AnyIndex) -> Key | None:
        """The version itself; for a model's name the chosen one of it, or the newest that chats."""
        if not index.isValid() or not index.data(RegistryRole.IS_MODEL):
            return self._key_at(index)
        chosen = self._delegate.chosen
        if chosen is not None and chosen[0] == index.data(RegistryRole.NAME):
            return chosen
        rows = [self._filter.index(row, 0, index) for row in range(self._filter.rowCount(index))]
        chats = (row for row in rows if row.data(RegistryRole.MODE))
        return self._key_at(next(chats, rows[0])) if rows else None

    # ----------------------------------------------------------------------------------------
    # Keeping what the user has chosen and unfolded

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """What becomes current in here was chosen by nobody."""
        self._quiet, outer = True, self._quiet
        try:
            yield
        finally:
            self._quiet = outer

    @contextmanager
    def _keeping_current(self) -> Iterator[None]:
        """Rows may come and go: Qt moves on from a current row that goes."""
        before = QPersistentModelIndex(self.currentIndex())
        with self._quietly():
            yield
            if before.isValid():
                index = self._filter.index(before.row(), 0, before.parent())
            elif self._delegate.chosen is not None:
                index = self._filter.index_of(self._delegate.chosen)
            else:
                index = QModelIndex()
            if index != self.currentIndex():
                self.setCurrentIndex(index)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Qt makes the first row current where none is: Tab alone chooses no model."""
        with self._quietly():
            super().focusInEvent(event)

    def rowsInserted(self, parent: AnyIndex, start: int, end: int) -> None:  # noqa: N802 - Qt's name
        super().rowsInserted(parent, start, end)
        if not parent.isValid():
            for row in range(start, end + 1):
                index = self._filter.index(row, 0)
                if index.data(RegistryRole.NAME) not in self._folded:
                    self.expand(index)

    def _unfold(self) -> None:
        """All after a search, but for what was folded by hand before it."""
        self.expandAll()
        if not self._filter.is_searching and self._folded:
            for row in range(self._filter.rowCount()):
                index = self._filter.index(row, 0)
                if index.data(RegistryRole.NAME) in self._folded:
                    self.collapse(index)

    def _folded_or_not(self, index: QModelIndex) -> None:
        if self._quiet:
            return
        if not self._filter.is_searching:
            name = index.data(RegistryRole.NAME)
            if self.isExpanded(index):
                self._folded.discard(name)
            else:
                self._folded.add(name)
        self._fit_height()

    def _tell_found(self) -> None:
        self.found.emit(self._filter.shown, self._filter.total)

    # ----------------------------------------------------------------------------------------
    # Drawing

    def drawRow(  # noqa: N802 - Qt's name
        self, painter: QPainter, options: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        """The delegate draws all of the row: the style would add branches and a selection."""
        option = QStyleOptionViewItem(options)
        option.rect.setWidth(self.viewport().width())
        if self.isExpanded(self._filter.index(index.row(), 0, index.parent())):
            option.state |= QStyle.StateFlag.State_Open
        option.state &= ~(QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver)
        if self.hasFocus() and index == self.currentIndex():
            option.state |= QStyle.StateFlag.State_HasFocus
        pointer = self.viewport().mapFromGlobal(self.cursor().pos())
        if self.viewport().underMouse() and option.rect.contains(pointer):
            option.state |= QStyle.StateFlag.State_MouseOver
        self._delegate.paint(painter, option, index)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if self._filter.is_searching and not self._filter.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(tokens().muted))
            top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter
            rect = self.viewport().rect().adjusted(0, scaled(10), 0, 0)
            painter.drawText(rect, top | Qt.TextFlag.TextWordWrap, self.tr("No model matches."))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.setColumnWidth(0, self.viewport().width())

    @Slot()
    def _theme_changed(self) -> None:
        self._delegate.refresh_fonts()
        self._make_room_for_scroll_bar(0, self.verticalScrollBar().maximum())
        self.scheduleDelayedItemsLayout()
        self._fit_height()

    def _make_room_for_scroll_bar(self, _least: int, most: int) -> None:
        """The scroll bar stands in the column's margin: rows stay as wide as without it."""
        margin = scaled(COLUMN_MARGIN_PX)
        bar = self.verticalScrollBar().sizeHint().width() if most else 0
        self._delegate.start, self._delegate.end = margin, max(0, margin - bar)
        self.viewport().update()

    def _fit_height(self) -> None:
        """Take no more than the rows need: what comes below moves up."""
        rows = 0
        for row in range(self._filter.rowCount()):
            index = self._filter.index(row, 0)
            rows += 1 + (self._filter.rowCount(index) if self.isExpanded(index) else 0)
            if rows > _COUNTED_ROWS:
                break
        self.setMaximumHeight(max(rows, LEAST_ROWS) * self._delegate.row_height)
