"""Where the user writes: grows with the text; Enter sends, Shift+Enter breaks the line."""

import math
import re
from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QFontMetricsF,
    QInputMethodEvent,
    QKeyEvent,
    QResizeEvent,
    QShowEvent,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QLabel,
    QPlainTextDocumentLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.theme import set_look
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.presets_button import PresetsButton
from app.ui.widgets.undo_steps import is_redo, undo_step

_MIN_LINES: Final = 3
_MAX_LINES: Final = 8
_TEXTS_KEPT: Final = 20
"""How many texts an editor that has put them aside can take up again with what was undone."""

_TOLD_MS: Final = 4_000
"""How long it is said that something has been done."""


class GrowingEdit(QPlainTextEdit):
    """A plain text field as tall as its text, within limits.

    Signals: ``submitted()``, at Enter without Shift, or at Ctrl+Enter alone where Enter is to break
    the line; ``left()``, at Escape.
    """

    submitted = Signal()
    left = Signal()

    def __init__(
        self, *, lines: tuple[int, int], enter_submits: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._lines = lines
        self._enter_submits = enter_submits
        self._is_composing = False
        self._aside: OrderedDict[str, QTextDocument] = OrderedDict()
        self._shelf = QObject(self)
        """Owns those: what the editor owns itself, it deletes when it gets another."""
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.notifier().changed.connect(self._fit)
        self._fit()

    def text(self) -> str:
        """As it was written: `toPlainText` would turn non-breaking spaces into others."""
        return str(self.document().toRawText()).replace("\u2029", "\n")

    def replace_text(self, text: str) -> None:
        """Put `text` in place of all there is, as one step that can be undone."""
        cursor = self.textCursor()
        with undo_step(cursor):
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(text)
        self.setTextCursor(cursor)

    def take_up(self, key: str, text: str) -> None:
        """Put the text that is there aside, and go on with `text` and with what could be undone in
        it when `key` was taken up last. Tells of no change."""
        blocked = self.blockSignals(True)
        document = self._aside.pop(key, None) or self._new_document(text)
        self._aside[key] = document
        if document is not self.document():
            document.setDefaultFont(self.font())
            self.setDocument(document)
        while len(self._aside) > _TEXTS_KEPT:
            self._aside.popitem(last=False)[1].deleteLater()
        if text != self.text():
            self.replace_text(text)
        self.blockSignals(blocked)
        self._fit()

    def _new_document(self, text: str) -> QTextDocument:
        document = QTextDocument(self._shelf)
        layout = QPlainTextDocumentLayout(document)
        document.setDocumentLayout(layout)
        document.setDefaultTextOption(self.document().defaultTextOption())
        layout.documentSizeChanged.connect(self._fit)
        document.setPlainText(text)
        return document

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:  # noqa: N802 - Qt's name
        self._is_composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        match event.key():
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _ if is_redo(event):
                self.redo()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._is_composing:
                # It ends the composition and belongs to the input method.
                event.ignore()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._breaks_line(event):
                self.textCursor().insertBlock()
                self.ensureCursorVisible()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if not event.isAutoRepeat():
                    self.submitted.emit()
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """What the style puts around the text is known from now on."""
        super().showEvent(event)
        self._fit()

    def _breaks_line(self, event: QKeyEvent) -> bool:
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            return True
        return not (self._enter_submits or modifiers & Qt.KeyboardModifier.ControlModifier)

    @Slot()
    def _fit(self) -> None:
        least, most = self._lines
        # A plain text document counts its height in lines, wrapped ones included.
        lines = min(max(round(self.document().size().height()), least), most)
        # Before it is laid out, the viewport may still be the larger one.
        frame = max(0, self.height() - self.viewport().height())
        around = frame + 2 * self.document().documentMargin()
        # A line takes whole pixels, and Qt shows a scroll bar where not one more is left.
        line = math.ceil(QFontMetricsF(self.font()).lineSpacing())
        height = round(lines * line + around + 1)
        if height != self.minimumHeight():
            self.setFixedHeight(height)


class Composer(QWidget):
    """The draft, the facts about it, the system prompt, and Send. `presets` tells what is chosen
    there.

    Signals: ``send_requested()``; ``stop_requested()``, at Escape; ``draft_changed()``;
    ``system_changed()``.
    """

    send_requested = Signal()
    stop_requested = Signal()
    draft_changed = Signal()
    system_changed = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        draft_name: str = "chatComposer",
        send_name: str = "sendButton",
    ) -> None:
        """The names are the object names of the field and the button."""
        super().__init__(parent)
        self._facts = ("", False)
        self._has_hint = False
        self._told_long_enough = QTimer(self)
        self._told_long_enough.setSingleShot(True)
        self._told_long_enough.setInterval(_TOLD_MS)
        self._told_long_enough.timeout.connect(self.forget_hint)
        self._draft = GrowingEdit(lines=(_MIN_LINES, _MAX_LINES), enter_submits=True)
        self._draft.setObjectName(draft_name)
        self._draft.setAccessibleName(self.tr("Message"))
        self._draft.submitted.connect(self.send_requested)
        self._draft.left.connect(self.stop_requested)
        self._draft.textChanged.connect(self._draft_edited)

        self._system = GrowingEdit(lines=(2, 6), enter_submits=False)
        self._system.setObjectName("systemPromptEditor")
        self._system.setAccessibleName(self.tr("System prompt"))
        self._system.setPlaceholderText(
            self.tr("What the model is told before the conversation, such as who it is.")
        )
        self._system.left.connect(self._fold_system)
        self._system.textChanged.connect(self._system_edited)
        self._system_title = QLabel(self.tr("System prompt"))
        self._system_title.setBuddy(self._system)
        set_look(self._system_title, role="section")

        self._line = QLabel()
        self._line.setObjectName("draftLine")
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._line.setWordWrap(True)
        self._line.setMinimumWidth(1)
        self._system_button = QPushButton()
        self._system_button.setObjectName("systemPromptButton")
        self._system_button.setCheckable(True)
        self._system_button.setAccessibleName(self.tr("Show or hide the system prompt"))
        self._system_button.toggled.connect(self._show_system)
        self.presets = PresetsButton()
        self._send = QPushButton(self.tr("Send") + "  \u23ce")
        self._send.setObjectName(send_name)
        self._send.setAccessibleName(self.tr("Send"))
        set_look(self._send, look="primary")
        self._send.clicked.connect(self.send_requested)
        self._lay_out()
        self._show_system(False)
        self._system_edited()
        self.set_facts("")
        self.setFocusProxy(self._draft)

    def draft(self) -> str:
        return self._draft.toPlainText()

    def set_draft(self, text: str) -> None:
        """Replace the draft; Undo brings the old one back."""
        self._draft.replace_text(text)

    def take_up_draft(self, key: str, text: str) -> None:
        """Go on with another draft; Undo takes back what was typed in that one, and no other."""
        self._draft.take_up(key, text)
        self._draft_edited()

    def system(self) -> str:
        return self._system.toPlainText()

    def set_system(self, text: str) -> None:
        self._system.replace_text(text)

    def show_system(self, *, select: str = "") -> None:
        """Unfold the system prompt, with the place ``{{select}}`` in it selected."""
        self._system_button.setChecked(True)
        self._system.setFocus()
        place = re.search(r"\{\{\s*" + re.escape(select) + r"\s*\}\}", self.system())
        if select and place is not None:
            cursor = self._system.document().find(place.group())
            if not cursor.isNull():
                self._system.setTextCursor(cursor)

    def take_up_system(self, key: str, text: str) -> None:
        """As `take_up_draft`; tells of no change."""
        self._system.take_up(key, text)
        self._mark_system()

    def set_placeholder(self, text: str) -> None:
        if text != self._draft.placeholderText():
            self._draft.setPlaceholderText(text)
            self._draft.viewport().update()  # Qt paints no other text in a place that shows one

    def set_can_send(self, can_send: bool, reason: str = "") -> None:
        """`reason` says why not."""
        self._send.setEnabled(can_send)
        self._send.setToolTip(reason)

    def set_facts(self, text: str, *, is_warning: bool = False) -> None:
        """The line beneath the draft; a hint that stands there stays."""
        self._facts = (text, is_warning)
        if not self._has_hint:
            self._show_line(text, is_warning=is_warning)

    def show_hint(self, text: str) -> None:
        """Say `text` beneath the draft until the draft changes, or `forget_hint`."""
        self._told_long_enough.stop()
        self._has_hint = True
        self._show_line(text, is_warning=True)

    def show_done(self, text: str) -> None:
        """Say beneath the draft, for a moment, what has been done."""
        self._has_hint = True
        self._show_line(text, is_warning=False)
        self._told_long_enough.start()

    @Slot()
    def forget_hint(self) -> None:
        """Say the facts again."""
        self._told_long_enough.stop()
        self._has_hint = False
        text, is_warning = self._facts
        self._show_line(text, is_warning=is_warning)

    def _lay_out(self) -> None:
        row = FactRow(spacing=6)
        row.addWidget(self._line)
        row.addWidget(self._system_button)
        row.addWidget(self.presets)
        row.addWidget(self._send)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._system_title)
        column.addWidget(self._system)
        column.addWidget(self._draft)
        column.addLayout(row)
        QWidget.setTabOrder(self._draft, self._system_button)
        QWidget.setTabOrder(self._system_button, self.presets)
        QWidget.setTabOrder(self.presets, self._send)

    def _show_line(self, text: str, *, is_warning: bool) -> None:
        self._line.setText(text)
        set_look(self._line, role="error" if is_warning else "muted")

    @Slot()
    def _draft_edited(self) -> None:
        self.forget_hint()
        self.draft_changed.emit()

    @Slot()
    def _system_edited(self) -> None:
        self._mark_system()
        self.system_changed.emit()

    def _mark_system(self) -> None:
        mark = " \u2022" if self.system().strip() else ""
        self._system_button.setText(self.tr("System prompt") + mark)

    @Slot()
    def _fold_system(self) -> None:
        self._system_button.setChecked(False)

    @Slot(bool)
    def _show_system(self, shown: bool) -> None:
        self._system_title.setVisible(shown)
        self._system.setVisible(shown)
        (self._system if shown else self._draft).setFocus()
