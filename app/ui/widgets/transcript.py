"""The visible messages of a conversation, and what goes on below them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QScrollArea, QWidget

from app.ui import theme
from app.ui.icons import icon
from app.ui.theme import set_look
from app.ui.widgets.activity import Activity
from app.ui.widgets.band import Band
from app.ui.widgets.message import Message
from app.ui.widgets.message_column import MARGIN, MessageColumn
from app.ui.widgets.views import ActivityView, BandView, MessageOutline, MessageView

_NEAR_BOTTOM_PX = 8
_ROUNDS = 12
"""Heights that turn out other than estimated bring others into view."""
_MARK_MS = 1600
_ABOVE_PX = 24
"""Over a message that is gone to: so much of what stands before it is seen."""


class Transcript(QScrollArea):
    """Follows the last line for as long as the reader is at the bottom, and not otherwise.

    What stands at the top of the view stays there when a message above it, or the width, changes.

    Signals: ``action_requested(message id, Action)``; ``log_requested(message id)`` and
    ``reload_requested(message id)``, where an empty id means the notice; ``link_requested(QUrl)``;
    ``stop_requested()``; ``version_requested(message id, step)``, 1 for the next and -1 for the one
    before; ``edited(message id, text)``, ``edit_accepted(message id, text)`` and
    ``edit_cancelled(message id)``.
    """

    action_requested = Signal(str, str)
    log_requested = Signal(str)
    reload_requested = Signal(str)
    link_requested = Signal(QUrl)
    stop_requested = Signal()
    version_requested = Signal(str, int)
    edited = Signal(str, str)
    edit_accepted = Signal(str, str)
    edit_cancelled = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatTranscript")
        self.setAccessibleName(self.tr("Conversation"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._follows = True
        self._is_arranging = False
        self._has_new = False

        self._activity = Activity()
        self._activity.stop_requested.connect(self.stop_requested)
        self._notice = Band()
        self._notice.log_requested.connect(lambda: self.log_requested.emit(""))
        self._notice.reload_requested.connect(lambda: self.reload_requested.emit(""))
        self._notice.hide()
        self._column = MessageColumn((self._notice, self._activity), self._new_message)
        self._column.height_changed.connect(self._arrange)
        self._column.message_made.connect(self._tab_stops_changed)
        self.setWidget(self._column)
        self._anchor: tuple[str, int] = ("", 0)
        """A message in view, and how far it begins above the view's top."""

        self._to_bottom = QPushButton(self)
        self._to_bottom.setObjectName("toBottomButton")
        self._to_bottom.setAccessibleName(self.tr("To the last message"))
        self._to_bottom.setToolTip(self.tr("To the last message"))
        set_look(self._to_bottom, look="round")
        self._to_bottom.clicked.connect(self.scroll_to_bottom)
        self._to_bottom.hide()
        self._mark = QFrame(self._column)
        set_look(self._mark, role="mark")
        self._mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._mark.hide()
        self._marked = ""
        self._mark_timer = QTimer(self, singleShot=True, interval=_MARK_MS)
        self._mark_timer.timeout.connect(self._unmark)
        self._ahead = QTimer(self, singleShot=True, interval=0)
        self._ahead.timeout.connect(self._make_ahead)
        self._recolour()
        theme.notifier().changed.connect(self._recolour)
        theme.notifier().changed.connect(self._arrange)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    @property
    def follows(self) -> bool:
        """Whether the last line stays in view as it grows."""
        return self._follows

    def message_ids(self) -> tuple[str, ...]:
        """Of the messages there are, first to last."""
        return self._column.ids

    def message(self, message_id: str) -> Message:
        """Its widget, made for it where it is far from the view. Raises `KeyError`."""
        return self._column.message(message_id)

    def set_messages(
        self,
        views: Sequence[MessageView | MessageOutline],
        whole: Callable[[str], MessageView] | None = None,
    ) -> None:
        """Show exactly `views`; those that are shown already are kept and updated. `whole` is
        asked for the view of a message that has an outline alone, once it comes near."""
        self._column.set_views(views, whole)
        self._arrange()

    def update_message(self, message_id: str, view: MessageView) -> None:
        """Show a later state of one message. Raises `KeyError` for one that is not shown."""
        if self._column.update_view(message_id, view):
            self._arrange()

    def begin_edit(self, message_id: str) -> None:
        """Give the focus to the editor of a message that is edited, and bring it into view. Raises
        `KeyError` for one that is not shown."""
        editor = self._column.message(message_id).editor
        if editor is not None:
            if not self._column.is_placed(message_id):
                self._go_to(message_id)
            self._arrange()
            editor.setFocus()
            self.ensureWidgetVisible(editor)

    def focused_message(self) -> str | None:
        """The message that has the keyboard's focus, or has it within."""
        focus = QApplication.focusWidget()
        for message in self._column.made():
            if focus is not None and message.isAncestorOf(focus):
                return message.view.id
        return None

    def set_notice(self, view: BandView | None) -> None:
        """A failure that belongs to no message; ``None`` for none."""
        if view is not None:
            self._notice.show_view(view)
        self._notice.setVisible(view is not None)

    def set_activity(self, view: ActivityView | None) -> None:
        """What goes on below the last message; ``None`` for nothing."""
        self._activity.show_view(view)

    def reveal(self, message_id: str) -> None:
        """Bring a message into sight, its beginning first, and mark it for a moment; does nothing
        for one that there is not."""
        if message_id not in self._column.ids:
            return
        self._marked = message_id
        self._mark_timer.start()
        self._go_to(message_id)

    def _go_to(self, message_id: str) -> None:
        self._follows = False
        self._anchor = (message_id, -theme.scaled(_ABOVE_PX))
        self._arrange()
        if self.isVisible():
            self._scrolled(self.verticalScrollBar().value())

    @Slot()
    def scroll_to_bottom(self) -> None:
        """Show the last line, and follow it from now on."""
        self._follows = True
        self._arrange()

    # -- keeping the reader's place

    @Slot()
    def _arrange(self) -> None:
        """Make and place the messages in view, where the reader expects them."""
        width = self.width() - 2 * MARGIN
        if self._is_arranging or not self.isVisible() or width <= 0:
            return
        with self._arranging():
            column, height = self._column, self.viewport().height()
            column.rescale(width)
            for _ in range(_ROUNDS):
                top = self._wanted_top()
                if not column.make_and_measure(top, top + height):
                    break
            # The bar's appearance changes the viewport's width, never that of the messages.
            column.resize(self.viewport().width(), max(height, column.total_height()))
            column.resize(self.viewport().width(), max(height, column.total_height()))
            self.verticalScrollBar().setValue(self._wanted_top())
            column.place()
            self._place_mark()
        if self._has_new:
            self._has_new = False
            self._order_tab_stops()
        self._place_to_bottom()
        self._ahead.start()

    @contextmanager
    def _arranging(self) -> Iterator[None]:
        self._is_arranging = True
        try:
            yield
        finally:
            self._is_arranging = False

    def _wanted_top(self) -> int:
        lowest = max(0, self._column.total_height() - self.viewport().height())
        message_id, above = self._anchor
        if self._follows or message_id not in self._column.ids:
            return lowest if self._follows else min(lowest, self.verticalScrollBar().value())
        return max(0, min(lowest, self._column.top_of(message_id) + above))

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        if self._is_arranging:
            return
        self._follows = value >= self.verticalScrollBar().maximum() - _NEAR_BOTTOM_PX
        self._note_place()
        self._arrange()

    def _note_place(self) -> None:
        value = self.verticalScrollBar().value()
        message_id = self._column.anchor(value, value + self.viewport().height())
        self._anchor = (message_id, value - self._column.top_of(message_id) if message_id else 0)

    @Slot()
    def _make_ahead(self) -> None:
        """One message a turn, so that those next to the view are there when they are scrolled to;
        and no more than that are kept."""
        if not self.isVisible():
            return
        height, top = self.viewport().height(), self.verticalScrollBar().value()
        with self._arranging():
            found = self._column.make_and_measure(top - height, top + 2 * height, at_most=1)
            self._column.let_go(top - 3 * height, top + 4 * height)
        if found:
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._arrange()
        self._place_to_bottom()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        bar = self.verticalScrollBar()
        match event.key():
            case Qt.Key.Key_Home:
                bar.setValue(0)
            case Qt.Key.Key_End:
                self.scroll_to_bottom()
            case Qt.Key.Key_PageUp:
                bar.setValue(bar.value() - bar.pageStep())
            case Qt.Key.Key_PageDown:
                bar.setValue(bar.value() + bar.pageStep())
            case _:
                super().keyPressEvent(event)

    # -- messages

    def _new_message(self, view: MessageView, parent: QWidget) -> Message:
        message = Message(view, parent)
        # Its widget may come to show another message.
        message.action_requested.connect(
            lambda action: self.action_requested.emit(message.view.id, action)
        )
        message.log_requested.connect(lambda: self.log_requested.emit(message.view.id))
        message.reload_requested.connect(lambda: self.reload_requested.emit(message.view.id))
        message.link_requested.connect(self.link_requested)
        message.version_requested.connect(
            lambda step: self.version_requested.emit(message.view.id, step)
        )
        message.edited.connect(lambda text: self.edited.emit(message.view.id, text))
        message.edit_accepted.connect(lambda text: self.edit_accepted.emit(message.view.id, text))
        message.edit_cancelled.connect(lambda: self.edit_cancelled.emit(message.view.id))
        text = message.text_view
        text.tab_stops_changed.connect(self._tab_stops_changed)
        text.cursor_moved.connect(lambda cursor: self._show_cursor(text, cursor))
        return message

    @Slot()
    def _tab_stops_changed(self) -> None:
        self._has_new = True

    def _show_cursor(self, text: QWidget, cursor: QRect) -> None:
        """The reader selects on, by key or by pointer, beyond what is in view."""
        at = text.mapTo(self._column, QPoint(0, cursor.center().y()))
        self.ensureVisible(0, at.y(), 0, cursor.height())

    def _order_tab_stops(self) -> None:
        """Through the messages as they are read: Qt puts what is made late behind all else."""
        before: QWidget = self._to_bottom
        for message in self._column.made():
            for stop in message.tab_stops():
                QWidget.setTabOrder(before, stop)
                before = stop
        for stop in (*self._notice.tab_stops(), *self._activity.tab_stops()):
            QWidget.setTabOrder(before, stop)
            before = stop

    # -- what stands over the messages

    def _place_mark(self) -> None:
        if self._marked and self._marked in self._column.ids:
            edge = theme.scaled(8)
            rect = self._column.message(self._marked).geometry()
            self._mark.setGeometry(rect.adjusted(-edge, -edge // 2, edge, edge // 2))
            self._mark.show()
            self._mark.raise_()

    @Slot()
    def _unmark(self) -> None:
        self._marked = ""
        self._mark.hide()

    def _place_to_bottom(self) -> None:
        bar = self.verticalScrollBar()
        self._to_bottom.setVisible(not self._follows and bar.value() < bar.maximum())
        size = self._to_bottom.sizeHint()
        self._to_bottom.setGeometry(
            (self.width() - size.width()) // 2,
            self.height() - size.height() - theme.scaled(8),
            size.width(),
            size.height(),
        )
        self._to_bottom.raise_()

    @Slot()
    def _recolour(self) -> None:
        side = theme.scaled(16)
        self._to_bottom.setIcon(icon("arrow-down", theme.tokens().text, side))
        self._to_bottom.setIconSize(QSize(side, side))
