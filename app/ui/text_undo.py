"""Whose Ctrl+Z it is while a text has the focus."""

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget


class TextUndo(QObject):
    """Lets the undo of `window` have the key where the text with the focus has nothing to undo:
    Qt's texts keep the key for themselves all the same."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
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
        if not event.matches(QKeySequence.StandardKey.Undo) or _can_undo(watched):
            return False
        event.ignore()
        return True


def _can_undo(text: QObject) -> bool:
    if isinstance(text, QLineEdit):
        return text.isUndoAvailable()
    return isinstance(text, QPlainTextEdit | QTextEdit) and text.document().isUndoAvailable()
