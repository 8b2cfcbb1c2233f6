"""One message of a conversation: who says it, what, its numbers, and what can be done with it."""

from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QEnterEvent, QFocusEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import set_look
from app.ui.widgets.band import Band
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.message_actions import Action, words_of
from app.ui.widgets.text_view import TextView
from app.ui.widgets.themed_icon import ThemedIcon
from app.ui.widgets.views import MessageView


class _ActionButton(QPushButton):
    """A quiet button that tells of the keyboard's focus.

    Signals: ``focus_moved()``, to or from it.
    """

    focus_moved = Signal()

    def __init__(self, text: str, name: str, object_name: str) -> None:
        super().__init__(text)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        set_look(self, look="quiet")

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        self.focus_moved.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.focus_moved.emit()


class Message(QWidget):
    """Shows a `MessageView`.

    Copy, `MessageView.quick` and the menu appear while the pointer is over the message or the
    focus is within it; what `MessageView.offers` is there at all times.

    Signals: ``action_requested(str)``, an `Action`; ``link_requested(QUrl)``; ``log_requested()``;
    ``reload_requested()``.
    """

    action_requested = Signal(str)
    link_requested = Signal(QUrl)
    log_requested = Signal()
    reload_requested = Signal()

    def __init__(self, view: MessageView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._view = view
        self._hovered = False
        self._band: Band | None = None
        self._offered: dict[Action, _ActionButton] = {}
        self._quick: dict[Action, _ActionButton] = {}
        self._text = TextView(view.author)
        self._text.link_requested.connect(self.link_requested)
        self._text.focus_moved.connect(self._show_actions)
        self._copy = _ActionButton(self.tr("Copy"), self.tr("Copy this message"), "copyButton")
        self._copy.clicked.connect(self.copy)
        self._copy.focus_moved.connect(self._show_actions)
        _keep_room(self._copy)
        self._more = _ActionButton("\u22ef", self.tr("More actions"), "moreButton")
        self._more.clicked.connect(self._open_menu)
        self._more.focus_moved.connect(self._show_actions)
        self._more.setParent(self)
        self._more.hide()
        _keep_room(self._more)
        self._author = QLabel()
        set_look(self._author, role="section")
        self._live = QLabel("\u258d" + self.tr("streaming"))
        set_look(self._live, role="section")
        self._facts = QLabel()
        self._facts.setObjectName("usageLine")
        self._facts.setTextFormat(Qt.TextFormat.PlainText)
        self._facts.setWordWrap(True)
        self._facts.setMinimumWidth(1)
        set_look(self._facts, role="muted")
        self._lay_out()
        self.show_view(view)

    @property
    def view(self) -> MessageView:
        return self._view

    @property
    def text_view(self) -> TextView:
        return self._text

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order, whether it is shown or not."""
        hovering = (self._copy, *self._quick.values(), self._more)
        band = () if self._band is None else self._band.tab_stops()
        if self._view.speaker == "user":
            return (*hovering, self._text, *band)
        return (self._text, *self._offered.values(), *hovering, *band)

    def show_view(self, view: MessageView) -> None:
        """Show a later state of the same message."""
        self._view = view
        self.setAccessibleName(view.author)
        self._author.setText(view.author)
        self._live.setVisible(view.is_live and bool(view.text))
        if view.speaker == "user" or view.is_live:
            self._text.show_plain(view.text)
        else:
            self._text.show_markdown(view.text)
        self._bubble.setVisible(bool(view.text))
        self._facts.setText(view.facts)
        has_foot = bool(view.text or view.facts or view.offers)
        self._foot.setVisible(view.speaker == "model" and not view.is_live and has_foot)
        known = len(self.tab_stops())
        self._show_offers()
        self._show_band()
        self._show_actions()
        stops = self.tab_stops()
        if len(stops) > known:
            # Qt puts what is made late behind everything else.
            for before, after in pairwise(stops):
                QWidget.setTabOrder(before, after)

    @Slot()
    def copy(self) -> None:
        """Put the message on the clipboard, as its author wrote it."""
        QGuiApplication.clipboard().setText(self._view.text)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        super().enterEvent(event)
        self._hovered = True
        self._show_actions()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().leaveEvent(event)
        self._hovered = False
        self._show_actions()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._author)
        head.addWidget(self._live)
        head.addStretch(1)
        self._foot = QWidget()
        self._foot_row = FactRow(self._foot, spacing=4)
        self._foot_row.addWidget(self._facts)
        self._bubble = QFrame()
        inner = QVBoxLayout(self._bubble)
        inner.addWidget(self._text)
        if self._view.speaker == "user":
            set_look(self._bubble, role="bubble")
            inner.setContentsMargins(6, 6, 6, 2)
            self._hover_row: QHBoxLayout | FactRow = head
        else:
            inner.setContentsMargins(0, 0, 0, 0)
            self._hover_row = self._foot_row
        self._hover_row.addWidget(self._copy)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addLayout(head)
        self._column.addWidget(self._bubble)
        self._column.addWidget(self._foot)

    def _show_offers(self) -> None:
        for action in self._view.offers:
            if action not in self._offered:
                self._offered[action] = self._action_button(action)
                self._foot_row.addWidget(self._offered[action])
        for action, button in self._offered.items():
            button.setVisible(action in self._view.offers)
        new = [action for action in self._view.quick if action not in self._quick]
        for action in new:
            self._quick[action] = self._action_button(action)
            _keep_room(self._quick[action])
            self._hover_row.addWidget(self._quick[action])
        for action, button in self._quick.items():
            button.setChecked(action in self._view.pressed)
        if self._view.menu and (new or self._hover_row.indexOf(self._more) < 0):
            self._hover_row.removeWidget(self._more)
            self._hover_row.addWidget(self._more)  # the last of them

    def _action_button(self, action: Action) -> _ActionButton:
        words = words_of(action)
        button = _ActionButton("" if words.icon else words.text, words.name, words.object_name)
        if words.icon:
            ThemedIcon(button, words.icon)
            button.setCheckable(True)
            button.setToolTip(words.name)
        button.clicked.connect(lambda: self.action_requested.emit(action))
        button.focus_moved.connect(self._show_actions)
        return button

    @Slot()
    def _open_menu(self) -> None:
        """Made when it is wanted: a menu made early cuts the Tab chain."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for action in self._view.menu:
            words = words_of(action)
            entry = menu.addAction(words.text)
            entry.setObjectName(words.object_name)
            entry.triggered.connect(lambda _=False, one=action: self.action_requested.emit(one))
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _show_band(self) -> None:
        view = self._view.band
        if view is not None and self._band is None:
            self._band = Band()
            self._band.log_requested.connect(self.log_requested)
            self._band.reload_requested.connect(self.reload_requested)
            self._column.addWidget(self._band)
        if self._band is not None:
            self._band.setVisible(view is not None)
            if view is not None:
                self._band.show_view(view)

    @Slot()
    def _show_actions(self) -> None:
        focus = QApplication.focusWidget()
        wanted = self._hovered or (focus is not None and self.isAncestorOf(focus))
        self._copy.setVisible(wanted and bool(self._view.text))
        self._more.setVisible(wanted and bool(self._view.menu))
        for action, button in self._quick.items():
            is_held = action in self._view.pressed
            button.setVisible((wanted or is_held) and action in self._view.quick)


def _keep_room(button: QPushButton) -> None:
    """While it is hidden too: nothing moves when the pointer passes over."""
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
