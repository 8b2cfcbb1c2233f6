"""One message of a conversation: who says it, what, its numbers, and what can be done with it."""

from PySide6.QtCore import QEvent, QObject, QUrl, Signal
from PySide6.QtGui import QEnterEvent, QGuiApplication
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
from app.ui.widgets.text_view import TextView
from app.ui.widgets.views import Action, MessageView


class Message(QWidget):
    """Shows a `MessageView`.

    The actions appear while the pointer is over the message or the focus is within it; what
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
        self._author = QLabel()
        set_look(self._author, role="section")
        self._live = QLabel("\u258d" + self.tr("streaming"))
        set_look(self._live, role="section")
        self._text = TextView(view.author)
        self._text.link_requested.connect(self.link_requested)
        self._bubble = QFrame()
        self._facts = QLabel()
        self._facts.setObjectName("usageLine")
        self._facts.setWordWrap(True)
        self._facts.setMinimumWidth(1)
        set_look(self._facts, role="muted")
        self._band: Band | None = None

        self._copy = self._button(self.tr("Copy"), self.tr("Copy this message"))
        self._copy.setObjectName("copyButton")
        self._copy.clicked.connect(self.copy)
        # Not `continueButton`: that name is the prompt pane's.
        self._continue = self._button(self.tr("Continue"), self.tr("Continue this answer"))
        self._continue.setObjectName("continueAnswerButton")
        self._continue.clicked.connect(lambda: self._request("continue"))
        self._regenerate = self._button(self.tr("Regenerate"), self.tr("Answer this anew"))
        self._regenerate.setObjectName("regenerateAnswerButton")
        self._regenerate.clicked.connect(lambda: self._request("regenerate"))

        self._lay_out()
        self._text.installEventFilter(self)
        self.show_view(view)

    @property
    def view(self) -> MessageView:
        return self._view

    @property
    def text_view(self) -> TextView:
        return self._text

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
        self._continue.setVisible("continue" in view.offers)
        self._regenerate.setVisible("regenerate" in view.offers)
        self._foot.setVisible(view.speaker == "model" and not view.is_live and self._has_foot())
        self._show_band()
        self._show_actions()

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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """The focus came to a part of the message, or left it."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._show_actions()
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._author)
        head.addWidget(self._live)
        head.addStretch(1)

        inner = QVBoxLayout(self._bubble)
        if self._view.speaker == "user":
            set_look(self._bubble, role="bubble")
            inner.setContentsMargins(6, 6, 6, 2)
        else:
            inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self._text)

        # The room of a hidden Copy is kept: nothing moves when the pointer passes over.
        policy = self._copy.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._copy.setSizePolicy(policy)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(4)
        foot.addWidget(self._facts, 1)
        for button in (self._copy, self._continue, self._regenerate):
            (head if self._view.speaker == "user" else foot).addWidget(button)

        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addLayout(head)
        self._column.addWidget(self._bubble)
        self._column.addWidget(self._foot)

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        set_look(button, look="quiet")
        button.installEventFilter(self)
        return button

    def _request(self, action: Action) -> None:
        self.action_requested.emit(action)

    def _has_foot(self) -> bool:
        return bool(self._view.text or self._view.facts or self._view.offers)

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

    def _show_actions(self) -> None:
        focus = QApplication.focusWidget()
        wanted = self._hovered or (focus is not None and self.isAncestorOf(focus))
        self._copy.setVisible(wanted and bool(self._view.text))
