"""One distribution, both sides over each other. Imports pyqtgraph: see `app.ui.plotting`."""

from typing import Final

import pyqtgraph
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QBrush, QColor, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.comparison.histogram import Histogram
from app.ui import theme
from app.ui.theme import FACTS_PX, scaled, tokens, ui_font
from app.ui.widgets.set_delegate import side_colour

_HEIGHT_PX: Final = 170
_ALPHA: Final = 110


class SetPlot(QWidget):
    """A histogram, and each side's median as a line. The first side is filled, the second hatched
    and its median dashed, so that they are told apart without colours too.

    The mouse means nothing here: the wheel scrolls what is around it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setPlot")
        self._shown: tuple[Histogram | None, tuple[float | None, float | None]] = (
            None,
            (None, None),
        )
        self._plot = pyqtgraph.PlotWidget()
        self._plot.setFrameStyle(0)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._plot.getPlotItem().setDefaultPadding(0.02)
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(tickLength=0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        theme.notifier().changed.connect(self._draw)
        self._draw()

    def show_values(
        self, found: Histogram | None, medians: tuple[float | None, float | None], spoken: str
    ) -> None:
        """`spoken` says all of it in words."""
        self.setAccessibleName(spoken)
        if (found, medians) != self._shown:
            self._shown = (found, medians)
            self._draw()

    @property
    def background(self) -> QColor:
        """Behind it."""
        return QColor(self._plot.backgroundBrush().color())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(260), scaled(_HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(160), scaled(_HEIGHT_PX))

    @Slot()
    def _draw(self) -> None:
        colours = tokens()
        self._plot.setBackground(QColor(colours.background))
        font = ui_font(FACTS_PX)
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(QPen(QColor(colours.hairline)))
            axis.setTextPen(QPen(QColor(colours.muted)))
            axis.setStyle(tickFont=font)
        self._plot.clear()
        found, medians = self._shown
        if found is None:
            return
        starts = [found.start + at * found.width for at in range(len(found.counts[0]))]
        for side, counts in enumerate(found.counts):
            self._plot.addItem(
                pyqtgraph.BarGraphItem(
                    x0=starts,
                    width=found.width,
                    height=list(counts),
                    brush=_brush(side),
                    pen=_pen(side_colour(side)),
                )
            )
        for side, median in enumerate(medians):
            if median is not None:
                pen = _pen(side_colour(side), 2)
                if side:
                    pen.setStyle(Qt.PenStyle.DashLine)
                self._plot.addItem(pyqtgraph.InfiniteLine(pos=median, angle=90, pen=pen))
        most = max(map(max, found.counts)) or 1
        self._plot.setYRange(0, most)
        self._plot.getAxis("left").setTickSpacing(levels=[(count_step(most), 0)])
        self._plot.setXRange(found.start, starts[-1] + found.width)


def count_step(most: int) -> int:
    """Between the ticks of an axis that counts: there is no half a row."""
    scale = 1
    while most > 50 * scale:
        scale *= 10
    return next(step * scale for step in (1, 2, 5, 10) if most <= 5 * step * scale)


def _pen(colour: str, width: int = 1) -> QPen:
    """As wide on the screen, whatever the axes' scale."""
    pen = QPen(QColor(colour), width)
    pen.setCosmetic(True)
    return pen


def _brush(side: int) -> QBrush:
    colour = QColor(side_colour(side))
    if side:
        return QBrush(colour, Qt.BrushStyle.BDiagPattern)
    colour.setAlpha(_ALPHA)
    return QBrush(colour)
