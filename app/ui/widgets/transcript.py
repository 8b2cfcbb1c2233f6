"""The visible messages of a conversation, one widget each, and what goes on below them."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.icons import icon
from app.ui.theme import set_look
from app.ui.widgets.activity import Activity
from app.ui.widgets.band import Band
from app.ui.widgets.message import Message
from app.ui.widgets.views import ActivityView, BandView, MessageView

_MARGIN = 20
_NEAR_BOTTOM_PX = 8


class Transcript(QScrollArea):
    """Follows the last line for as long as the reader is at the bottom, and not otherwise.

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
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._messages: dict[str, Message] = {}
        self._follows = True

        self._activity = Activity()
        self._activity.stop_requested.connect(self.stop_requested)
        self._notice = Band()
        self._notice.log_requested.connect(lambda: self.log_requested.emit(""))
        self._notice.reload_requested.connect(lambda: self.reload_requested.emit(""))
        self._notice.hide()
        self._content = QWidget()
        self._column = QVBoxLayout(self._content)
        self._keep_width(0)
        self._column.setSpacing(14)
        self._column.addWidget(self._notice)
        self._column.addWidget(self._activity)
        self._column.addStretch(1)
        self._content.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setWidget(self._content)

        self._to_bottom = QPushButton(self)
        self._to_bottom.setObjectName("toBottomButton")
        self._to_bottom.setAccessibleName(self.tr("To the last message"))
        self._to_bottom.setToolTip(self.tr("To the last message"))
        set_look(self._to_bottom, look="round")
        self._to_bottom.clicked.connect(self.scroll_to_bottom)
        self._to_bottom.hide()
        self._recolour()
        theme.notifier().changed.connect(self._recolour)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._range_changed)

    @property
    def follows(self) -> bool:
        """Whether the last line stays in view as it grows."""
        return self._follows

    def message_ids(self) -> tuple[str, ...]:
        """Of the messages shown, first to last."""
        return tuple(self._messages)

    def message(self, message_id: str) -> Message:
        """Raises `KeyError` for one that is not shown."""
        return self._messages[message_id]

    def set_messages(self, views: Sequence[MessageView]) -> None:
        """Show exactly `views`; those that are shown already are kept and updated."""
        wanted = {view.id for view in views}
        for message_id in [known for known in self._messages if known not in wanted]:
            gone = self._messages.pop(message_id)
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        kept, self._messages = self._messages, {}
        are_new = any(view.id not in kept for view in views)
        for place, view in enumerate(views):
            message = kept.get(view.id)
            if message is None:
                message = self._new_message(view)
            else:
                message.show_view(view)
            if self._column.indexOf(message) != place:
                self._column.insertWidget(place, message)
                # At once, not with the next event: it may be given the focus before.
                message.show()
            self._messages[view.id] = message
        if are_new:
            self._order_tab_stops()

    def update_message(self, message_id: str, view: MessageView) -> None:
        """Show a later state of one message. Raises `KeyError` for one that is not shown."""
        self._messages[message_id].show_view(view)

    def begin_edit(self, message_id: str) -> None:
        """Give the focus to the editor of a message that is edited, and bring it into view. Raises
        `KeyError` for one that is not shown."""
        editor = self._messages[message_id].editor
        if editor is not None:
            editor.setFocus()
            self._column.activate()
            self.ensureWidgetVisible(editor)

    def set_notice(self, view: BandView | None) -> None:
        """A failure that belongs to no message; ``None`` for none."""
        if view is not None:
            self._notice.show_view(view)
        self._notice.setVisible(view is not None)

    def set_activity(self, view: ActivityView | None) -> None:
        """What goes on below the last message; ``None`` for nothing."""
        self._activity.show_view(view)

    def focused_message(self) -> str | None:
        """The message that has the keyboard's focus, or has it within."""
        focus = QApplication.focusWidget()
        for message_id, message in self._messages.items():
            if focus is not None and message.isAncestorOf(focus):
                return message_id
        return None

    @Slot()
    def scroll_to_bottom(self) -> None:
        """Show the last line, and follow it from now on."""
        self._follows = True
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        self._place_to_bottom()

    def reveal(self, message_id: str) -> None:
        """Bring a message into sight, its beginning first; does nothing for one that is not shown.

        A message that was made just now has its place once the event loop has come to it.
        """
        QTimer.singleShot(0, self, lambda: self._reveal(message_id))

    def _reveal(self, message_id: str) -> None:
        message = self._messages.get(message_id)
        if message is not None:
            bar = self.verticalScrollBar()
            bar.setValue(min(max(0, message.y() - self._column.spacing()), bar.maximum()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place_to_bottom()

    def _new_message(self, view: MessageView) -> Message:
        message = Message(view)
        name = view.id
        message.action_requested.connect(
            lambda action, name=name: self.action_requested.emit(name, action)
        )
        message.log_requested.connect(lambda name=name: self.log_requested.emit(name))
        message.reload_requested.connect(lambda name=name: self.reload_requested.emit(name))
        message.link_requested.connect(self.link_requested)
        message.version_requested.connect(
            lambda step, name=name: self.version_requested.emit(name, step)
        )
        message.edited.connect(lambda text, name=name: self.edited.emit(name, text))
        message.edit_accepted.connect(lambda text, name=name: self.edit_accepted.emit(name, text))
        message.edit_cancelled.connect(lambda name=name: self.edit_cancelled.emit(name))
        return message

    def _order_tab_stops(self) -> None:
        """Through the messages as they are read: Qt puts what is made late behind all else."""
        before: QWidget = self._to_bottom
        for message in self._messages.values():
            for stop in message.tab_stops():
                QWidget.setTabOrder(before, stop)
                before = stop
        for stop in (*self._notice.tab_stops(), *self._activity.tab_stops()):
            QWidget.setTabOrder(before, stop)
            before = stop

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._follows = value >= self.verticalScrollBar().maximum() - _NEAR_BOTTOM_PX
        self._place_to_bottom()

    @Slot(int, int)
    def _range_changed(self, _lowest: int, highest: int) -> None:
        self._keep_width(highest)
        if self._follows:
            self.verticalScrollBar().setValue(highest)
        self._place_to_bottom()

    def _keep_width(self, highest: int) -> None:
        """The scroll bar comes into the margin: no line breaks anew when it appears."""
        bar = self.verticalScrollBar().sizeHint().width() if highest > 0 else 0
        self._column.setContentsMargins(_MARGIN, 12, max(0, _MARGIN - bar), 12)

    def _place_to_bottom(self) -> None:
        self._to_bottom.setVisible(not self._follows)
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
        self._to_bottom.setIcon(icon("arrow-down", theme.tokens().text, theme.scaled(16)))
