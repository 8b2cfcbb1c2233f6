"""One message of a conversation: who says it, what, its numbers, and what can be done with it."""

from itertools import pairwise

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QEnterEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import set_look
from app.ui.widgets.action_button import ActionButton
from app.ui.widgets.band import Band
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.message_actions import Action, words_of
from app.ui.widgets.message_editor import MessageEditor
from app.ui.widgets.text_view import TextView
from app.ui.widgets.version_switcher import VersionSwitcher
from app.ui.widgets.views import MessageView


class Message(QWidget):
    """Shows a `MessageView`.

    Copy, `MessageView.quick` and the menu appear while the pointer is over the message or the
    focus is within it; what `MessageView.offers` is there at all times, and so are the versions.
    While `MessageView.edit` is there, an editor stands in the text's place, and keeps what is typed
    in it whatever else is shown anew.

    Signals: ``action_requested(str)``, an `Action`; ``link_requested(QUrl)``; ``log_requested()``;
    ``reload_requested()``; ``version_requested(int)``, 1 for the next and -1 for the one before;
    ``edited(str)``, ``edit_accepted(str)``, ``edit_cancelled()``.
    """

    action_requested = Signal(str)
    link_requested = Signal(QUrl)
    log_requested = Signal()
    reload_requested = Signal()
    version_requested = Signal(int)
    edited = Signal(str)
    edit_accepted = Signal(str)
    edit_cancelled = Signal()

    def __init__(self, view: MessageView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message")
        self._view = view
        self._hovered = False
        self._band: Band | None = None
        self._above: QLabel | None = None
        self._editor: MessageEditor | None = None
        self._versions: VersionSwitcher | None = None
        self._offered: dict[Action, ActionButton] = {}
        self._quick: dict[Action, ActionButton] = {}
        self._text = TextView(view.author)
        self._text.link_requested.connect(self.link_requested)
        self._text.focus_moved.connect(self._show_actions)
        self._copy = ActionButton("", self.tr("Copy this message"), "copyButton", "copy")
        self._copy.clicked.connect(self.copy)
        self._copy.focus_moved.connect(self._show_actions)
        self._copy.keep_room()
        self._more = ActionButton("", self.tr("More actions"), "moreButton", "more")
        self._more.clicked.connect(self._open_menu)
        self._more.focus_moved.connect(self._show_actions)
        self._more.setParent(self)
        self._more.hide()
        self._more.keep_room()
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
        self._show_all()

    @property
    def view(self) -> MessageView:
        return self._view

    @property
    def text_view(self) -> TextView:
        return self._text

    @property
    def editor(self) -> MessageEditor | None:
        """``None`` while it is not edited."""
        return None if self._view.edit is None else self._editor

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order, whether it is shown or not."""
        versions = () if self._versions is None else self._versions.tab_stops()
        hovering = (self._copy, *self._quick.values(), self._more, *versions)
        editor = () if self._editor is None else self._editor.tab_stops()
        band = () if self._band is None else self._band.tab_stops()
        offered = tuple(self._offered.values())
        text = self._text.tab_stops()
        if self._view.speaker == "user":
            return (*hovering, *text, *editor, *offered, *band)
        return (*text, *editor, *offered, *hovering, *band)

    def show_view(self, view: MessageView) -> None:
        """Show a later state of the same message."""
        if not self.go_on(view):
            self._view = view
            self._show_all()

    def go_on(self, view: MessageView) -> bool:
        """Show a later state if it has but more text of an answer that is being written; returns
        whether it has."""
        before = self._view
        is_written = before.is_live and bool(before.text and view.text)
        if not is_written or replace(before, text=view.text) != view:
            return False
        self._view = view
        self._text.show_markdown(view.text, is_whole=False)
        return True

    def _show_all(self) -> None:
        view = self._view
        self.setAccessibleName(view.author)
        self._author.setText(view.author)
        self._show_line_above(view.above)
        self._live.setVisible(view.is_live and bool(view.text))
        if view.speaker == "user":
            self._text.show_plain(view.text)
        else:
            self._text.show_markdown(view.text, is_whole=not view.is_live)
        is_edited = view.edit is not None
        self._bubble.setVisible(bool(view.text) and not is_edited)
        self._facts.setText(view.facts)
        has_foot = bool(view.facts or view.offers)
        if view.speaker == "model":
            has_versions = view.version != (1, 1)
            has_foot = not view.is_live and (has_foot or bool(view.text) or has_versions)
        self._foot.setVisible(has_foot)
        known = len(self.tab_stops())
        self._show_editor()
        self._show_offers()
        self._show_band()
        self._show_actions()
        stops = self.tab_stops()
        if len(stops) > known:
            # Qt puts what is made late behind everything else.
            for before, after in pairwise(stops):
                QWidget.setTabOrder(before, after)

    def can_become(self, view: MessageView) -> bool:
        """Whether it would show `view` as one that is made for it does: it has no part that most
        messages do without, and its buttons stand in that order."""
        rare = (self._above, self._band, self._editor, self._versions, *self._offered)
        is_plain = all(one is None for one in rare) and not self.findChildren(QMenu)
        is_alike = view.speaker == self._view.speaker and view.quick == tuple(self._quick)
        return is_plain and is_alike and bool(view.menu or view.text)

    def put_by(self) -> None:
        """Show nothing, until there is another message to show."""
        self.hide()
        self._hovered = False
        self.show_view(MessageView("", self._view.speaker, "", "", quick=self._view.quick))

    def focus_version(self, step: int) -> None:
        """Give the focus to the button that steps on through the versions."""
        if self._versions is not None:
            self._versions.focus_step(step)

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
        self._foot_row = FactRow(self._foot, spacing=0)
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
                self._offered[action] = self._action_button(action, has_room=True)
                self._foot_row.addWidget(self._offered[action])
        for action, button in self._offered.items():
            button.setVisible(action in self._view.offers)
        new = [action for action in self._view.quick if action not in self._quick]
        for action in new:
            self._quick[action] = self._action_button(action, has_room=False)
            self._hover_row.addWidget(self._quick[action])
        for action, button in self._quick.items():
            button.keep_room(action in self._view.quick)
            button.setChecked(action in self._view.pressed)
        last: list[QWidget] = [self._more] if self._has_menu() else []
        self._show_versions()
        if self._versions is not None:
            last.append(self._versions)
        if new or any(self._hover_row.indexOf(one) < 0 for one in last):
            for one in last:
                self._hover_row.removeWidget(one)
                self._hover_row.addWidget(one)

    def _show_versions(self) -> None:
        number, of = self._view.version
        if of > 1 and self._versions is None:
            self._versions = VersionSwitcher(self)
            self._versions.step_requested.connect(self.version_requested)
            self._versions.focus_moved.connect(self._show_actions)
        if self._versions is not None:
            self._versions.show_version(number, of)

    def _action_button(self, action: Action, *, has_room: bool) -> ActionButton:
        words = words_of(action)
        icon = "" if has_room else words.icon
        button = ActionButton("" if icon else words.text, words.name, words.object_name, icon)
        button.setCheckable(words.is_held)
        button.clicked.connect(lambda: self.action_requested.emit(action))
        button.focus_moved.connect(self._show_actions)
        return button

    def _has_menu(self) -> bool:
        return bool(self._view.menu or self._view.text)

    @Slot()
    def _open_menu(self) -> None:
        """Made when it is wanted: a menu made early cuts the Tab chain."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        if self._view.text:
            entry = menu.addAction(self.tr("Copy as text"))
            entry.setObjectName("copyAsTextButton")
            entry.triggered.connect(self._text.copy_as_text)
        for action in self._view.menu:
            words = words_of(action)
            entry = menu.addAction(words.text)
            entry.setObjectName(words.object_name)
            entry.triggered.connect(lambda _=False, one=action: self.action_requested.emit(one))
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _show_editor(self) -> None:
        text = self._view.edit
        if text is not None and self._editor is None:
            is_question = self._view.speaker == "user"
            self._editor = MessageEditor(self.tr("Send") if is_question else self.tr("Save"))
            self._editor.edited.connect(self.edited)
            self._editor.accepted.connect(self.edit_accepted)
            self._editor.cancelled.connect(self.edit_cancelled)
            self._editor.hide()
            self._column.insertWidget(self._column.indexOf(self._bubble) + 1, self._editor)
        if self._editor is None:
            return
        if text is not None and self._editor.isHidden():
            # Not while it is open: what stands in it is newer than any view.
            self._editor.begin(text)
        had_focus = self._editor.isAncestorOf(QApplication.focusWidget() or self)
        self._editor.setVisible(text is not None)
        if had_focus and text is None:
            self._text.setFocus()

    def _show_line_above(self, text: str) -> None:
        if text and self._above is None:
            self._above = QLabel()
            self._above.setObjectName("lineAbove")
            self._above.setWordWrap(True)
            self._above.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            set_look(self._above, role="muted")
            self._column.insertWidget(0, self._above)
        if self._above is not None:
            self._above.setText(text)
            self._above.setVisible(bool(text))

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
        wanted = wanted and self._view.edit is None
        self._copy.setVisible(wanted and bool(self._view.text))
        self._more.setVisible(wanted and self._has_menu())
        for action, button in self._quick.items():
            is_held = action in self._view.pressed
            button.setVisible((wanted or is_held) and action in self._view.quick)
