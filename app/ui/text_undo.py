"""Whose Ctrl+Z it is while a text has the focus."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget


class TextUndo(QObject):
    """Lets the undo of `window` have the key where the text with the focus has nothing to undo, for
    Qt's texts keep the key for themselves all the same; and, while `is_offered`, where nothing is
    written in it: after a deletion that is what the key is for, though a sent draft could come
    back."""

    def __init__(self, window: QWidget, is_offered: Callable[[], bool] = lambda: False) -> None:
        super().__init__(window)
        self._is_offered = is_offered
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)
            self._follow(None, app.focusWidget())

    @Slot(QWidget, QWidget)
    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        # On the one that has the focus alone: a filter in Python of all there are is slow.
        if before is not None:
            before.removeEventFilter(self)
        if isinstance(now, QLineEdit | QPlainTextEdit | QTextEdit):
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if not event.matches(QKeySequence.StandardKey.Undo):
            return False
        if _can_undo(watched) and not (_is_empty(watched) and self._is_offered()):
            return False
        event.ignore()
        return True


def _can_undo(text: QObject) -> bool:
    if isinstance(text, QLineEdit):
        return text.isUndoAvailable()
    return isinstance(text, QPlainTextEdit | QTextEdit) and text.document().isUndoAvailable()


def _is_empty(text: QObject) -> bool:
    if isinstance(text, QLineEdit):
        return not text.text()
    return isinstance(text, QPlainTextEdit | QTextEdit) and text.document().isEmpty()
