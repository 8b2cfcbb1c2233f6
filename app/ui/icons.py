"""Drawings from `resources/icons`, in any colour."""

from functools import cache

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.resource_files import RESOURCES

_DRAWN_COLOUR = "#7A8494"
"""What the files are drawn in: a grey with 3:1 on both backgrounds, for the style sheet."""


def pixmap(name: str, colour: str, px: int, device_pixel_ratio: float = 1.0) -> QPixmap:
    """The drawing `name` at `px` logical pixels, its strokes in `colour` (``#rrggbb``)."""
    drawing = QSvgRenderer(QByteArray(_source(name).replace(_DRAWN_COLOUR, colour).encode()))
    side = round(px * device_pixel_ratio)
    canvas = QPixmap(QSize(side, side))
    canvas.fill(Qt.GlobalColor.transparent)
    painter = QPainter(canvas)
    drawing.render(painter)
    painter.end()
    canvas.setDevicePixelRatio(device_pixel_ratio)
    return canvas


@cache
def _source(name: str) -> str:
    return (RESOURCES / "icons" / f"{name}.svg").read_text("utf-8")


def icon(name: str, colour: str, px: int = 16) -> QIcon:
    """`pixmap`, sharp on screens of up to twice the density."""
    found = QIcon(pixmap(name, colour, px))
    found.addPixmap(pixmap(name, colour, px, 2.0))
    return found
