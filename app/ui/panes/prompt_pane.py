"""The Prompt pane: an editor in which the model writes on."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import scaled, set_look
from app.ui.widgets.activity import Activity
from app.ui.widgets.band import Band
from app.ui.widgets.history_button import HistoryButton
from app.ui.widgets.prompt_editor import PromptEditor
from app.ui.widgets.prompt_tabs import PromptTabs
from app.ui.widgets.prompt_views import PromptViews
from app.ui.widgets.row_layout import RowLayout
from app.ui.widgets.version_switcher import STEP_KEYS, VersionSwitcher
from app.ui.widgets.views import ActivityView, BandView

_LOW_PX: Final = 320
"""Below this there is room for the text alone."""


class TemplateEntry(Struct, frozen=True):
    """A line of the menu "Insert template"."""

    key: str
    title: str
    is_enabled: bool = True
    begins_group: bool = False


class PromptPane(QWidget):
    """Composes the editors, of which `editor` is shown, what goes on, `tabs`, `views`, and the
    buttons; presenters fill them.

    Signals, of the shown editor alone: ``prompt_changed()``, ``cursor_moved()``. Others:
    ``generate_requested()``, ``continue_requested()``, ``regenerate_requested()``,
    ``undo_requested()``, ``stop_requested()``, ``template_chosen(str)`` with the entry's key,
    ``from_conversation_requested()``, ``log_requested()``, ``reload_requested()``,
    ``version_step_requested(int)``, 1 for the next version and -1 for the one before;
    ``compare_requested()``.
    """

    prompt_changed = Signal()
    cursor_moved = Signal()
    version_step_requested = Signal(int)
    compare_requested = Signal()
    generate_requested = Signal()
    continue_requested = Signal()
    regenerate_requested = Signal()
    undo_requested = Signal()
    stop_requested = Signal()
    template_chosen = Signal(str)
    from_conversation_requested = Signal()
    log_requested = Signal()
    reload_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptPane")
        self.setAccessibleName(self.tr("Prompt"))
        self._is_running = False
        self._can_generate = True
        self._entries: tuple[TemplateEntry, ...] = ()
        self._editors = QStackedWidget()
        self._editor = PromptEditor()
        self.tabs = PromptTabs()
        self._title = QLabel(self.tr("Prompt, exactly as the model reads it"))
        set_look(self._title, role="section")
        self._template = self._button("insertTemplateButton", self.tr("Insert template") + " ▾")
        self._template.setAccessibleName(self.tr("Insert template"))
        self._from_chat = self._button("fromConversationButton", self.tr("From conversation"))
        self._from_chat.setToolTip(
            self.tr("Put the conversation here, as the model's own template renders it")
        )
        self._new_tab = self._button("newPromptButton", "+")
        self._new_tab.setAccessibleName(self.tr("New prompt"))
        self._new_tab.setToolTip(self.tr("Begin another prompt, in a tab of its own"))
        self.views = PromptViews()
        self._usage = _line("usageLine", self.tr("Token usage"))
        self._count = QLabel()
        self._count.setObjectName("promptTokens")
        self._count.setTextFormat(Qt.TextFormat.PlainText)
        set_look(self._count, role="muted")
        self._warning = _line("promptWarning", self.tr("Warning"))
        self._warning.hide()
        set_look(self._warning, role="error")
        self._activity = Activity()
        self._band = Band()
        self._band.hide()
        self._undo = self._button("undoButton", self.tr("Undo"))
        self._undo.setToolTip(self.tr("Take back what the model wrote last"))
        self._continue = self._button("continueButton", self.tr("Continue"))
        self._continue.setToolTip(self.tr("Let the model write on from the end"))
        self._regenerate = self._button("regenerateButton", self.tr("Regenerate"))
        self._regenerate.setToolTip(self.tr("Take back what the model wrote last, and ask again"))
        self.versions = VersionSwitcher()
        self.versions.setObjectName("promptVersionSwitcher")
        self.history = HistoryButton()
        self._compare = self._button("compareCompletionsButton", self.tr("Compare"))
        self._compare.setAccessibleName(self.tr("Compare two models' completions of this prompt"))
        self._compare.setToolTip(self._compare.accessibleName())
        self._generate = self._button("generateButton", self.tr("Generate") + "  Ctrl+⏎")
        self._generate.setAccessibleName(self.tr("Generate"))
        set_look(self._generate, look="primary")
        self._lay_out()
        # Last: what comes after a menu is lost to the Tab key when the pane gets its parent.
        self._menu = QMenu(self)
        self._template.setMenu(self._menu)
        self._connect()
        self._adopt(self._editor)
        self.show_editor(self._editor)

    # -- editors

    @property
    def editor(self) -> PromptEditor:
        """The one that is shown."""
        return self._editor

    def add_editor(self) -> PromptEditor:
        """Another one, which `show_editor` shows."""
        editor = PromptEditor()
        editor.setObjectName("hiddenPromptEditor")
        self._adopt(editor)
        return editor

    def show_editor(self, editor: PromptEditor) -> None:
        """Show this one in place of the one that is shown, with the focus where that had it."""
        has_focus = self._editor.hasFocus()
        self._editor.setObjectName("hiddenPromptEditor")
        editor.setObjectName("promptEditor")
        self._editor = editor
        self._editors.setCurrentWidget(editor)
        self._title.setBuddy(editor)
        QWidget.setTabOrder(self._new_tab, editor)
        if has_focus:
            editor.setFocus()
        self._enable()
        self.prompt_changed.emit()
        self.cursor_moved.emit()

    def remove_editor(self, editor: PromptEditor) -> None:
        """One that is not shown, for good."""
        self._editors.removeWidget(editor)
        editor.deleteLater()

    # -- telling

    def show_usage(self, text: str) -> None:
        """The numbers of the last generation."""
        self._show_line(text, role="muted")

    def show_hint(self, text: str) -> None:
        """Say `text` in the place of the numbers until the prompt changes."""
        self._show_line(text, role="error")

    def show_count(self, text: str, warning: str = "") -> None:
        """How long the prompt is; `warning` says in a sentence that it is too long."""
        self._count.setText(text)
        set_look(self._count, role="error" if warning else "muted")
        self._count.updateGeometry()
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))

    def show_activity(self, view: ActivityView | None) -> None:
        """What goes on; ``None``: nothing."""
        self._activity.show_view(view)

    def show_band(self, view: BandView | None) -> None:
        """A failure, or that there is none any more."""
        if view is not None:
            self._band.show_view(view)
        self._band.setVisible(view is not None)

    def set_running(self, is_running: bool) -> None:
        """Whether a generation is on its way."""
        self._is_running = is_running
        self._enable()

    def set_can_generate(self, can_generate: bool, reason: str = "") -> None:
        """Whether the current model takes a prompt; `reason` says why not."""
        self._can_generate = can_generate
        self._generate.setToolTip(reason)
        self._enable()

    def set_templates(self, entries: Sequence[TemplateEntry]) -> None:
        """What the menu offers; it stays open where that has not changed."""
        if tuple(entries) == self._entries:
            return
        self._entries = tuple(entries)
        self._menu.clear()
        for entry in entries:
            if entry.begins_group:
                self._menu.addSeparator()
            action = self._menu.addAction(entry.title.replace("&", "&&"))
            action.setEnabled(entry.is_enabled)
            action.triggered.connect(partial(self._choose_template, entry.key))

    # -- the rest

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.views.set_low(self.height() < scaled(_LOW_PX))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """No focus proxy: the Tab key would pass over what stands before the editor."""
        super().focusInEvent(event)
        self._editor.setFocus(event.reason())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape reaches the pane from whatever in it has no use for it, and so do `STEP_KEYS`."""
        pressed = QKeySequence(event.keyCombination())
        step = next((one for one, keys in STEP_KEYS.items() if pressed == QKeySequence(keys)), 0)
        if event.key() == Qt.Key.Key_Escape:
            self._stop()
        elif step:
            self.version_step_requested.emit(step)
        else:
            super().keyPressEvent(event)

    def _show_line(self, text: str, *, role: str) -> None:
        self._usage.setText(text)
        self._usage.setVisible(bool(text) and not self._is_running)
        set_look(self._usage, role=role)

    def _enable(self) -> None:
        idle = not self._is_running
        can_go_on = idle and self._can_generate and self.editor.can_take_back
        pressed = (self._generate, self._continue, self._regenerate, self._undo)
        if not idle and any(one.hasFocus() for one in pressed):
            # Qt would give the focus of what is disabled to whatever comes next, in another column.
            self.editor.setFocus()
        self._generate.setEnabled(idle and self._can_generate)
        self._continue.setEnabled(can_go_on)
        self._regenerate.setEnabled(can_go_on)
        self._undo.setEnabled(idle and self.editor.can_take_back)
        self._usage.setVisible(idle and bool(self._usage.text()))
        self._template.setEnabled(idle)
        self._from_chat.setEnabled(idle)
        self.versions.setEnabled(idle)
        self.history.setEnabled(idle)
        self._compare.setEnabled(idle)

    def _adopt(self, editor: PromptEditor) -> None:
        editor.prompt_changed.connect(partial(self._relay_change, editor))
        editor.cursorPositionChanged.connect(partial(self._relay_cursor, editor))
        self._editors.addWidget(editor)

    def _relay_change(self, editor: PromptEditor) -> None:
        if editor is not self._editor:
            return
        if not self._is_running:
            self._enable()
        self.prompt_changed.emit()

    def _relay_cursor(self, editor: PromptEditor) -> None:
        if editor is self._editor:
            self.cursor_moved.emit()

    @Slot()
    def _stop(self) -> None:
        # The Stop button goes away, and the focus with it.
        self.editor.setFocus()
        self.stop_requested.emit()

    @Slot()
    def _tabs_left(self) -> None:
        self.editor.setFocus()

    @Slot()
    def _shortcut(self) -> None:
        if self._generate.isEnabled():
            self.generate_requested.emit()

    def _choose_template(self, key: str) -> None:
        self.template_chosen.emit(key)
        self.editor.setFocus()

    def _connect(self) -> None:
        self._generate.clicked.connect(self.generate_requested)
        self._continue.clicked.connect(self.continue_requested)
        self._regenerate.clicked.connect(self.regenerate_requested)
        self._undo.clicked.connect(self.undo_requested)
        self._from_chat.clicked.connect(self.from_conversation_requested)
        self._new_tab.clicked.connect(self.tabs.new_requested)
        self.tabs.left.connect(self._tabs_left)
        self._compare.clicked.connect(self.compare_requested)
        self.versions.step_requested.connect(self._step_by_button)
        self._activity.stop_requested.connect(self._stop)
        self._band.log_requested.connect(self.log_requested)
        self._band.reload_requested.connect(self.reload_requested)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._shortcut)

    @Slot(int)
    def _step_by_button(self, step: int) -> None:
        self.version_step_requested.emit(step)
        if self.versions.isVisible():
            self.versions.focus_step(step)
        else:
            self.editor.setFocus()

    def _lay_out(self) -> None:
        head = RowLayout(spacing=6)
        head.add_leading(self._title)
        head.add_trailing(self._template, self._from_chat, self._new_tab)
        foot = RowLayout(spacing=8)
        foot.add_leading(self._undo, self._continue, self._regenerate, self.versions, self.history)
        foot.add_trailing(self._count, self._compare, self._generate)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 16)
        column.setSpacing(8)
        column.addWidget(self.tabs)
        column.addLayout(head)
        column.addWidget(self._editors, 1)
        column.addWidget(self._usage)
        column.addWidget(self._warning)
        column.addWidget(self._band)
        column.addWidget(self._activity)
        column.addWidget(self.views)
        column.addLayout(foot)

    @staticmethod
    def _button(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        return button


def _line(name: str, accessible_name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setAccessibleName(accessible_name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setMinimumWidth(1)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    set_look(label, role="muted")
    return label
