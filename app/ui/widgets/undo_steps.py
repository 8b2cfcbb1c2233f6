"""What undo takes back in one step, and the keys for it."""

import contextlib
from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextBlockFormat, QTextCursor


@contextlib.contextmanager
def undo_step(cursor: QTextCursor) -> Iterator[None]:
    """What is done with `cursor` meanwhile is one step, which nothing typed before or after it is a
    part of."""
    cursor.beginEditBlock()
    bar_undo_step(cursor)
    try:
        yield
        bar_undo_step(cursor)
    finally:
        cursor.endEditBlock()


def bar_undo_step(cursor: QTextCursor) -> None:
    """Within an edit block: Qt joins insertions one after the other to one step, but not across a
    change of format, which this is without changing anything."""
    cursor.setBlockFormat(QTextBlockFormat(cursor.blockFormat()))


def is_redo(event: QKeyEvent) -> bool:
    """Ctrl+Shift+Z, and Ctrl+Y on every system: Qt knows it on Windows alone."""
    is_control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
    is_y = is_control and event.key() == Qt.Key.Key_Y
    return is_y or event.matches(QKeySequence.StandardKey.Redo)
