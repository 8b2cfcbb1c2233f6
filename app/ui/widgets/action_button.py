"""A button among a message's actions."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPushButton

from app.ui.theme import set_look
from app.ui.widgets.themed_icon import ThemedIcon


class ActionButton(QPushButton):
    """A quiet button that tells of the keyboard's focus. With an icon, a drawing of
    `resources/icons`, it says in a tip what it does.

    Signals: ``focus_moved()``, to or from it.
    """

    focus_moved = Signal()

    def __init__(self, text: str, name: str, object_name: str, icon: str = "") -> None:
        super().__init__(text)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        set_look(self, look="quiet")
        if icon:
            ThemedIcon(self, icon)
            set_look(self, shape="icon")
            self.setToolTip(name)

    def keep_room(self, keeps: bool = True) -> None:
        """While it is hidden too: nothing moves when the pointer passes over."""
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(keeps)
        self.setSizePolicy(policy)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        self.focus_moved.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.focus_moved.emit()
