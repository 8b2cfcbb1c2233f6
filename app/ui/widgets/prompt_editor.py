"""A plain-text editor in which a model writes on, and its part stays marked."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app.domain.marks import Mark, after_edit, generations, narrowed
from app.domain.special_tokens import Span
from app.ui.theme import fixed_font, notifier, scaled, tokens
from app.ui.widgets.special_token_highlighter import SpecialTokenHighlighter
from app.ui.widgets.undo_steps import bar_undo_step, is_redo, undo_step

_STATES_KEPT: Final = 500
"""How many states of the text the marks are remembered for, to be found again by undo."""

_READING: Final = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)
_WRITING: Final = Qt.TextInteractionFlag.TextEditorInteraction


class PromptEditor(QPlainTextEdit):
    """The prompt as the model reads it, special tokens written out.

    A generation is `begin_generation`, any number of `show_completion`, `end_generation`; the text
    cannot be edited meanwhile, and undo takes the whole of it back in one step.

    Signals:
        prompt_changed: the text is another one, by whoever's hand.
    """

    prompt_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("promptEditor")
        self.setAccessibleName(self.tr("Prompt, exactly as the model reads it"))
        self.setPlaceholderText(
            self.tr("Write a prompt with its special tokens, or insert a template.")
        )
        self.setTabChangesFocus(True)
        self._highlighter = SpecialTokenHighlighter(self.document())
        self._marks: tuple[Mark, ...] = ()
        self._marks_of: OrderedDict[int, tuple[Mark, ...]] = OrderedDict()
        """By the hash of the text that they are of."""
        self._text = ""
        """As it was at the last edit, to tell what the next one changes."""
        self._generation = 0
        self._completion: str | None = None
        self._start = 0
        self.document().contentsChange.connect(self._edited)
        notifier().changed.connect(self._dress)
        self._dress()
        # Qt takes the margin for an edit.
        self.document().clearUndoRedoStacks()

    # -- the text

    def prompt(self) -> str:
        """The text, byte for byte: `toPlainText` would turn non-breaking spaces into others."""
        return str(self.document().toRawText()).replace("\u2029", "\n")

    def set_prompt(self, text: str) -> None:
        """Put `text` in place of all there is; undo brings that back."""
        cursor = QTextCursor(self.document())
        with undo_step(cursor):
            cursor.select(QTextCursor.SelectionType.Document)
            cursor.insertText(text)

    def insert_prompt(self, text: str, select: str = "") -> None:
        """Put `text` where the cursor is, and select the first `select` in it."""
        cursor = self.textCursor()
        start = cursor.selectionStart()
        with undo_step(cursor):
            cursor.insertText(text)
        at = text.find(select) if select else -1
        if at >= 0:
            cursor.setPosition(start + _units(text[:at]))
            cursor.setPosition(
                start + _units(text[:at]) + _units(select), QTextCursor.MoveMode.KeepAnchor
            )
        self.setTextCursor(cursor)

    def set_special_tokens(self, special: tuple[str, ...]) -> None:
        self._highlighter.set_special_tokens(special)

    def restore(self, text: str, marks: tuple[Mark, ...]) -> None:
        """Take up a text that was kept, and which parts of it a model wrote; nothing to undo."""
        self.setPlainText(text)
        self._put_marks(marks)
        self.document().clearUndoRedoStacks()
        self.moveCursor(QTextCursor.MoveOperation.End)

    def text_before_cursor(self) -> str:
        """Byte for byte, like `prompt`."""
        return self._between(0, self.textCursor().position())

    def select_span(self, start: int, end: int) -> None:
        """Select what stands from `start` up to `end`, in UTF-16 units, and have it seen."""
        cursor = self.textCursor()
        cursor.setPosition(min(start, self._end()))
        cursor.setPosition(min(end, self._end()), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    # -- what the model writes

    @property
    def is_generating(self) -> bool:
        return self._completion is not None

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The model's parts, in UTF-16 units."""
        return self._marks

    @property
    def can_take_back(self) -> bool:
        """Whether there is a generation that `take_back` would remove."""
        return bool(self._marks) and not self.is_generating

    def begin_generation(self) -> None:
        """The model writes from the end of the text on."""
        self._generation += 1
        self._completion = ""
        self._start = self._end()
        self.setTextInteractionFlags(_READING)

    def show_completion(self, text: str) -> None:
        """All that the model has written so far. Neither the cursor nor, away from the end, the
        view moves."""
        shown = self._completion
        if shown is None or text == shown:
            return
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum()
        held = self.textCursor()
        same = len(shown) if text.startswith(shown) else _common_prefix(shown, text)
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._start + _units(text[:same]))
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if self._end() > self._start:
            cursor.joinPreviousEditBlock()
        else:
            cursor.beginEditBlock()
        self._completion = text
        cursor.insertText(text[same:])
        cursor.endEditBlock()
        self._hold_selection(held)
        if follows:
            bar.setValue(bar.maximum())

    def end_generation(self) -> None:
        """The text can be edited again."""
        if self._completion:
            self._close_undo_step()
        self._completion = None
        self._text = self.prompt()
        self.setTextInteractionFlags(_WRITING)
        self._remember()

    def insert_token(self, text: str) -> None:
        """Put `text` where the cursor is, as something that the model wrote: `take_back` and undo
        take it back in one step."""
        cursor = self.textCursor()
        cursor.clearSelection()
        start = cursor.position()
        with undo_step(cursor):
            cursor.insertText(text)
        self._add_mark(start, cursor.position())
        self.setTextCursor(cursor)

    def show_version(self, prompt: str, text: str, spans: Sequence[Span]) -> None:
        """Put `prompt` in the place of the whole text, with `text` as what the model wrote after
        it, in one step to undo. `spans` are what models wrote in `prompt`, in characters."""
        whole = prompt + text
        before = self.prompt()
        if whole != before:
            held = _common_prefix(before, whole)
            cursor = QTextCursor(self.document())
            cursor.setPosition(_units(whole[:held]))
            with undo_step(cursor):
                cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
                cursor.insertText(whole[held:])
        marks = []
        for number, (start, end) in enumerate((*spans, (len(prompt), len(whole))), 1):
            first = _units(whole[:start])
            marks.append(Mark(first, first + _units(whole[start:end]), number))
        self._put_marks(tuple(marks))
        self.moveCursor(QTextCursor.MoveOperation.End)
        self.ensureCursorVisible()

    def take_back(self) -> bool:
        """Remove what is left of the last generation; False where there is none."""
        if not self.can_take_back:
            return False
        last = generations(self._marks)[-1]
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for mark in reversed([one for one in self._marks if one.generation == last]):
            cursor.setPosition(mark.start)
            cursor.setPosition(mark.end, QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
        cursor.endEditBlock()
        return True

    def _add_mark(self, start: int, end: int) -> None:
        self._generation += 1
        own = Mark(start, end, self._generation)
        before = [one for one in self._marks if one.end <= start]
        after = [one for one in self._marks if one.start >= end]
        self._put_marks((*before, own, *after))

    def _put_marks(self, marks: tuple[Mark, ...]) -> None:
        """Those of the text as it is now; whoever listens has heard of the text, not of them."""
        self._marks = marks
        self._generation = max([self._generation, *(one.generation for one in marks)])
        self._remember()
        self._show_marks()
        self.prompt_changed.emit()

    def _between(self, start: int, end: int) -> str:
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor.selectedText().replace("\u2029", "\n")

    def _hold_selection(self, held: QTextCursor) -> None:
        """An insertion at the end of a selection would have become part of it."""
        if held.hasSelection() and held.selectionEnd() == self._end():
            cursor = self.textCursor()
            anchor = min(held.anchor(), self._start)
            cursor.setPosition(anchor)
            cursor.setPosition(min(held.position(), self._start), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)

    def _close_undo_step(self) -> None:
        """Keep Qt from joining what is typed next, at the end, to the generation's undo step."""
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.joinPreviousEditBlock()
        bar_undo_step(cursor)
        cursor.endEditBlock()

    # -- marks

    def _edited(self, position: int, removed: int, added: int) -> None:
        if self._completion is not None:
            own = Mark(self._start, self._end(), self._generation)
            others = tuple(one for one in self._marks if one.generation != self._generation)
            self._marks = others if own.start >= own.end else (*others, own)
        else:
            self._follow_edit(position, removed, added)
        self._show_marks()
        self.prompt_changed.emit()

    def _follow_edit(self, position: int, removed: int, added: int) -> None:
        """Marks move with the text. A text that was there before, which undo has brought back, has
        the marks that it had."""
        before, self._text = self._text, self.prompt()
        known = self._marks_of.get(hash(self._text))
        if known is not None:
            self._marks = known
            return
        edit = narrowed(before, self._text, position, removed, added)
        self._marks = after_edit(self._marks, *edit)
        self._remember()

    def _remember(self) -> None:
        key = hash(self._text)
        self._marks_of[key] = self._marks
        self._marks_of.move_to_end(key)
        while len(self._marks_of) > _STATES_KEPT:
            self._marks_of.popitem(last=False)

    def _show_marks(self) -> None:
        tint = QTextCharFormat()
        tint.setBackground(QColor(tokens().accent_tint))
        selections = []
        for mark in self._marks:
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(mark.start)
            cursor.setPosition(mark.end, QTextCursor.MoveMode.KeepAnchor)
            selection.cursor = cursor
            selection.format = tint
            selections.append(selection)
        self.setExtraSelections(selections)

    # -- the rest

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Shift+Enter breaks the line like Enter: the model would read Qt's U+2028 as it is."""
        if event.matches(QKeySequence.StandardKey.InsertLineSeparator) and not self.is_generating:
            self.textCursor().insertText("\n")
            self.ensureCursorVisible()
            return
        if is_redo(event) and not self.is_generating:
            self.redo()
            return
        super().keyPressEvent(event)

    def _end(self) -> int:
        return self.document().characterCount() - 1

    def _dress(self) -> None:
        self.setFont(fixed_font())
        self.document().setDocumentMargin(scaled(6))
        self._show_marks()


def _units(text: str) -> int:
    """The length of `text` as Qt counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _common_prefix(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))
