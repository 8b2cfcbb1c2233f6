"""Which side of a prompt set is which, in the table and in the drawings."""

from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.ui import theme
from app.ui.theme import scaled, set_look
from app.ui.widgets.set_delegate import side_colour

_SWATCH_PX: Final = 12


class SetLegend(QWidget):
    """The colour and the pattern of one side, with its name."""

    def __init__(self, side: int) -> None:
        """`side` is 0 for the one that stands above."""
        super().__init__()
        self._side = side
        self._name = QLabel()
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        set_look(self._name, role="facts")
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._name)
        where = (self.tr("Stands above"), self.tr("Stands below"))[side]
        self.setToolTip(where)
        theme.notifier().changed.connect(self._dress)
        self._dress()

    def set_name(self, name: str) -> None:
        self._name.setText(name)

    @Slot()
    def _dress(self) -> None:
        self._row.setContentsMargins(scaled(_SWATCH_PX) + scaled(6), 0, scaled(8), 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        size = scaled(_SWATCH_PX)
        painter = QPainter(self)
        colour = QColor(side_colour(self._side))
        painter.setPen(colour)
        if self._side:
            painter.setBrush(Qt.BrushStyle.BDiagPattern)
            brush = painter.brush()
            brush.setColor(colour)
            painter.setBrush(brush)
        else:
            painter.setBrush(colour)
        left = 0
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left = self.width() - size - 1
        painter.drawRect(left, (self.height() - size) // 2, size, size)
        painter.end()
