"""One message of a conversation: who says it, what, its numbers, and what can be done with it."""

from itertools import pairwise

from PySide6.QtCore import QEvent, QUrl, Signal, Slot
from PySide6.QtGui import QEnterEvent, QFocusEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import set_look
from app.ui.widgets.band import Band
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.text_view import TextView
from app.ui.widgets.views import Action, MessageView


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

    Copy appears while the pointer is over the message or the focus is within it; what
    `MessageView.offers` is there at all times.

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
        self._text = TextView(view.author)
        self._text.link_requested.connect(self.link_requested)
        self._text.focus_moved.connect(self._show_actions)
        self._copy = _ActionButton(self.tr("Copy"), self.tr("Copy this message"), "copyButton")
        self._copy.clicked.connect(self.copy)
        self._copy.focus_moved.connect(self._show_actions)
        # The room of a hidden Copy is kept: nothing moves when the pointer passes over.
        policy = self._copy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._copy.setSizePolicy(policy)
        self._author = QLabel()
        set_look(self._author, role="section")
        self._live = QLabel("\u258d" + self.tr("streaming"))
        set_look(self._live, role="section")
        self._facts = QLabel()
        self._facts.setObjectName("usageLine")
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
        own = (self._copy, self._text) if self._view.speaker == "user" else (self._text, self._copy)
        band = () if self._band is None else self._band.tab_stops()
        return (*own, *self._offered.values(), *band)

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
            head.addWidget(self._copy)
        else:
            inner.setContentsMargins(0, 0, 0, 0)
            self._foot_row.addWidget(self._copy)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addLayout(head)
        self._column.addWidget(self._bubble)
        self._column.addWidget(self._foot)

    def _show_offers(self) -> None:
        for action in self._view.offers:
            if action not in self._offered:
                button = self._offered[action] = self._offer(action)
                self._foot_row.addWidget(button)
        for action, button in self._offered.items():
            button.setVisible(action in self._view.offers)

    def _offer(self, action: Action) -> _ActionButton:
        match action:
            case "continue":
                # Not `continueButton`: that name is the prompt pane's.
                button = _ActionButton(
                    self.tr("Continue"), self.tr("Continue this answer"), "continueAnswerButton"
                )
            case "regenerate":
                button = _ActionButton(
                    self.tr("Regenerate"), self.tr("Answer this anew"), "regenerateAnswerButton"
                )
        button.clicked.connect(lambda: self.action_requested.emit(action))
        button.focus_moved.connect(self._show_actions)
        return button

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
