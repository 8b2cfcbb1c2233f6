"""An icon on a button that follows the theme, and whether the button is pressed."""

import functools

from PySide6.QtCore import QObject, QSize, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractButton

from app.ui import theme
from app.ui.icons import pixmap

ICON_PX = 15


class ThemedIcon(QObject):
    """Gives `button` the drawing `name` of `resources/icons`, for as long as the button lives."""

    def __init__(self, button: QAbstractButton, name: str) -> None:
        super().__init__(button)
        self._button = button
        self._name = name
        theme.notifier().changed.connect(self._recolour)
        self._recolour()

    @Slot()
    def _recolour(self) -> None:
        colours, px = theme.tokens(), theme.scaled(ICON_PX)
        self._button.setIcon(_drawn(self._name, colours.muted, colours.accent, px))
        self._button.setIconSize(QSize(px, px))


@functools.lru_cache(maxsize=64)
def _drawn(name: str, colour: str, pressed_colour: str, px: int) -> QIcon:
    """A transcript has the same few on every message."""
    icon = QIcon()
    for density in (1.0, 2.0):
        plain, pressed = (pixmap(name, one, px, density) for one in (colour, pressed_colour))
        icon.addPixmap(plain, QIcon.Mode.Normal, QIcon.State.Off)
        icon.addPixmap(pressed, QIcon.Mode.Normal, QIcon.State.On)
    return icon
