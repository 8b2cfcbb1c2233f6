"""The list of conversations."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QWidget,
)

from app.domain.conversation_search import SearchHit
from app.ui.item_models.conversation_model import (
    ConversationModel,
    ConversationRole,
    Row,
    RowKind,
)
from app.ui.theme import notifier, scaled, tokens
from app.ui.widgets.conversation_delegate import ConversationDelegate

AnyIndex = QModelIndex | QPersistentModelIndex

PIN_KEYS: Final = "Ctrl+Shift+P"
_NEAR_END_ROWS: Final = 10
"""So few rows before the end of what was found, more is asked for."""


class ConversationList(QListView):
    """Conversations under headings; while there is a search, what it has found.

    Which conversation is open is the user's doing alone: neither the Tab key nor a row that goes
    opens another.

    Signals:
        conversation_chosen(str): id of the one that the user has moved to.
        hit_chosen(str, str): ids of a conversation and of a message that was found in it; no
            message where the title was found.
        rename_wanted(str, str), pin_wanted(str, bool), delete_wanted(str): id, and what it is to
            be.
        more_wanted: the end of what was found comes into sight.
        left_upwards: Escape was pressed among what was found: the search should end.
        typed(str): letters, which a search should begin with.
    """

    conversation_chosen = Signal(str)
    hit_chosen = Signal(str, str)
    rename_wanted = Signal(str, str)
    pin_wanted = Signal(str, bool)
    delete_wanted = Signal(str)
    more_wanted = Signal()
    left_upwards = Signal()
    typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conversationList")
        self.setAccessibleName(self.tr("Conversations"))
        self._quiet = False
        self._listed: Sequence[Row] = ()
        self._waits = False
        """For a name to be written, before other rows are shown."""
        self._remark = ""
        self._model = ConversationModel(self)
        self._delegate = ConversationDelegate(self)
        # A view asks for the number of rows once per row as it lays them out: thirty
        # milliseconds for ten thousand in Python, one in this.
        self._rows = QSortFilterProxyModel(self)
        self._rows.setSourceModel(self._model)
        self.setModel(self._rows)
        self.setItemDelegate(self._delegate)
        self._dress()
        self._model.renamed.connect(self.rename_wanted)
        self.clicked.connect(self._activate)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        notifier().changed.connect(self._theme_changed)

    def _dress(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        # The row that has the focus shows it; a frame around all rows would say less.
        self.setStyleSheet("#conversationList { border: none; background: transparent; }")

    # ----------------------------------------------------------------------------------------
    # Telling

    @property
    def is_searching(self) -> bool:
        return self._delegate.is_searching

    def show_conversations(self, rows: Sequence[Row], current: str | None) -> None:
        """List these, with the one marked that is open; tells nobody. A search is not disturbed,
        and neither is a name that is being written."""
        self._listed = rows
        is_another = current != self._delegate.chosen
        self._delegate.chosen = current
        if self.state() == QAbstractItemView.State.EditingState:
            self._waits = True
        elif not self.is_searching:
            self._show_listed(current if is_another else self._id_at(self.currentIndex()))
        self.viewport().update()

    def _show_listed(self, current: str | None) -> None:
        """With the keyboard at `current`; where that has gone, at a row beside it."""
        with self._quietly():
            self._model.set_rows(self._listed)
            index = QModelIndex() if current is None else self._index_of(current)
            is_meant = index.isValid() or not self.hasFocus()
            if is_meant and index != self.currentIndex():
                self.setCurrentIndex(index)

    def show_answering(self, conversation_id: str | None) -> None:
        """Mark the conversation in which a model answers."""
        self._model.set_answering(conversation_id)

    def show_hits(self, hits: Sequence[SearchHit], remark: str = "") -> None:
        """What a search has found, in place of the list; `remark` where that is nothing."""
        self._search(True)
        with self._quietly():
            self._model.set_rows(hits)
            self.scrollToTop()
        self._set_remark("" if hits else remark)

    def add_hits(self, hits: Sequence[SearchHit]) -> None:
        """More of what was found."""
        self._model.add_rows(hits)

    def end_search(self) -> None:
        """Show the list again."""
        if self.is_searching:
            self._search(False)
            self._show_listed(self._delegate.chosen)
            self._set_remark("")

    def focus_first(self) -> None:
        """Take the keyboard: at the row it was at, else at the first."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        with self._quietly():
            if not self.currentIndex().isValid():
                first = (self._rows.index(row, 0) for row in range(min(2, self._rows.rowCount())))
                choosable = (one for one in first if one.flags() & Qt.ItemFlag.ItemIsEnabled)
                self.setCurrentIndex(next(choosable, QModelIndex()))

    def _index_of(self, conversation_id: str) -> QModelIndex:
        return self._rows.mapFromSource(self._model.index_of(conversation_id))

    @staticmethod
    def _id_at(index: AnyIndex) -> str | None:
        found: str | None = index.data(ConversationRole.ID) if index.isValid() else None
        return found

    def _search(self, is_searching: bool) -> None:
        if is_searching == self.is_searching:
            return
        self._delegate.is_searching = is_searching
        self._model.set_rows(())
        self.setAccessibleName(
            self.tr("Messages found") if is_searching else self.tr("Conversations")
        )

    def _set_remark(self, remark: str) -> None:
        self._remark = remark
        self.setAccessibleDescription(remark)
        self.viewport().update()

    # ----------------------------------------------------------------------------------------
    # What the user does

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:  # noqa: N802 - Qt's name
        super().currentChanged(current, previous)
        if not self._quiet and not self.is_searching:
            self._choose(current)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        index = self.currentIndex()
        keys = QKeySequence(event.keyCombination())
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._activate(index)
            case Qt.Key.Key_F2:
                self._rename(index)
            case Qt.Key.Key_Delete:
                self._delete(index)
            case Qt.Key.Key_Escape if self.is_searching:
                self.left_upwards.emit()
            case _ if keys == QKeySequence(PIN_KEYS):
                self._pin(index)
            case _:
                super().keyPressEvent(event)

    def moveCursor(  # noqa: N802 - Qt's name
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Past headings, which Qt does for single steps alone."""
        index = super().moveCursor(action, modifiers)
        if action == QAbstractItemView.CursorAction.MoveHome:
            self.scrollToTop()  # with the heading over the first row
            index = self._rows.index(0, 0)
        if index.isValid() and not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            return self._rows.index(index.row() + 1, 0)
        return index

    def keyboardSearch(self, search: str) -> None:  # noqa: N802 - Qt's name
        """Qt would ask each of ten thousand rows for its title, and open the first that fits."""
        self.typed.emit(search)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """The right button asks for the menu, and opens nothing."""
        if event.button() != Qt.MouseButton.RightButton:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        index, at = self.indexAt(event.pos()), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            below = self.visualRect(index).bottomLeft() + QPoint(scaled(8), 0)
            at = self.viewport().mapToGlobal(below)
        if index.data(ConversationRole.KIND) == RowKind.CONVERSATION:
            self._open_menu(QPersistentModelIndex(index), at)

    def _open_menu(self, index: QPersistentModelIndex, at: QPoint) -> None:
        """Made when it is wanted: a menu made early cuts the Tab chain."""
        menu = QMenu(self)
        menu.setObjectName("conversationMenu")
        menu.setAccessibleName(self.tr("Conversation"))
        menu.aboutToHide.connect(menu.deleteLater)
        is_pinned = bool(index.data(ConversationRole.IS_PINNED))
        pin = self.tr("Unpin") if is_pinned else self.tr("Pin")
        for name, text, keys, act in (
            ("renameConversation", self.tr("Rename"), "F2", self._rename),
            ("pinConversation", pin, PIN_KEYS, self._pin),
            ("deleteConversation", self.tr("Delete"), "Del", self._delete),
        ):
            # Shown beside the text, and not bound: the keys are the list's own.
            shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
            entry = menu.addAction(f"{text}\t{shown}")
            entry.setObjectName(name)
            entry.triggered.connect(lambda _=False, act=act: act(index))
        menu.popup(at)

    def _rename(self, index: AnyIndex) -> None:
        if index.data(ConversationRole.KIND) == RowKind.CONVERSATION:
            row = self._rows.index(index.row(), 0)
            self.scrollTo(row)
            self.edit(row)

    def _pin(self, index: AnyIndex) -> None:
        if index.data(ConversationRole.KIND) == RowKind.CONVERSATION:
            is_pinned = bool(index.data(ConversationRole.IS_PINNED))
            self.pin_wanted.emit(index.data(ConversationRole.ID), not is_pinned)

    def _delete(self, index: AnyIndex) -> None:
        if index.data(ConversationRole.KIND) == RowKind.CONVERSATION:
            self.delete_wanted.emit(index.data(ConversationRole.ID))

    @Slot(QModelIndex)
    def _activate(self, index: AnyIndex) -> None:
        # A row that was current without having been chosen tells of no change.
        if index.data(ConversationRole.KIND) == RowKind.HIT:
            self.hit_chosen.emit(
                index.data(ConversationRole.ID), index.data(ConversationRole.MESSAGE_ID)
            )
        else:
            self._choose(index)

    def _choose(self, index: AnyIndex) -> None:
        if index.data(ConversationRole.KIND) != RowKind.CONVERSATION:
            return
        conversation_id = index.data(ConversationRole.ID)
        if conversation_id != self._delegate.chosen:
            self._delegate.chosen = conversation_id
            self.viewport().update()
            self.conversation_chosen.emit(conversation_id)

    def closeEditor(  # noqa: N802 - Qt's name
        self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint
    ) -> None:
        super().closeEditor(editor, hint)
        if self._waits:
            self._waits = False
            self._show_listed(self._id_at(self.currentIndex()))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Qt makes the first row current where none is: Tab alone opens no conversation."""
        with self._quietly():
            super().focusInEvent(event)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """What becomes current in here was chosen by nobody."""
        self._quiet, outer = True, self._quiet
        try:
            yield
        finally:
            self._quiet = outer

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        left = self.verticalScrollBar().maximum() - value
        if self.is_searching and left < _NEAR_END_ROWS * self._delegate.row_height:
            self.more_wanted.emit()

    # ----------------------------------------------------------------------------------------
    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        super().paintEvent(event)
        if self._remark:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(tokens().muted))
            option = QTextOption(Qt.AlignmentFlag.AlignHCenter)
            option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
            rect = self.viewport().rect().adjusted(0, scaled(10), 0, 0)
            painter.drawText(QRectF(rect), self._remark, option)

    @Slot()
    def _theme_changed(self) -> None:
        self._delegate.refresh_fonts()
        self.scheduleDelayedItemsLayout()
