"""How a prompt set's numbers are distributed: drawn, and in words."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.ui.theme import set_look
from app.ui.widgets.set_views import FigureView

if TYPE_CHECKING:
    # Brings numpy: imported when it is first shown.
    from app.ui.widgets.set_plot import SetPlot


class SetFigures(QScrollArea):
    """Shows `FigureView`s, one below the other.

    Signals: ``shown()``, and the first time ``plots_wanted()`` as well; `draw` is to be called
    once `app.ui.plotting` is there. Until then the words stand alone.
    """

    plots_wanted = Signal()
    shown = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("setFigures")
        self.setAccessibleName(self.tr("Distributions"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._figures: tuple[FigureView, ...] = ()
        self._blocks: list[_Block] = []
        self._can_draw = False
        self._wants = False
        self._note = QLabel(self.tr("Once rows have been run, their numbers are drawn here."))
        self._note.setWordWrap(True)
        set_look(self._note, role="muted")
        content = QWidget()
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 4, 8, 4)
        self._column.setSpacing(16)
        self._column.addWidget(self._note)
        self._column.addStretch(1)
        self.setWidget(content)

    def show_figures(self, figures: tuple[FigureView, ...]) -> None:
        """What there is of each number."""
        self._figures = figures
        while len(self._blocks) < len(figures):
            block = _Block()
            self._blocks.append(block)
            self._column.insertWidget(self._column.count() - 1, block)
        for block, figure in zip(self._blocks, figures, strict=False):
            block.show_view(figure, can_draw=self._can_draw)
        self._note.setVisible(all(one.histogram is None for one in figures))

    def draw(self) -> None:
        """Draw from now on: pyqtgraph is there."""
        self._can_draw = True
        for block, figure in zip(self._blocks, self._figures, strict=False):
            block.show_view(figure, can_draw=True)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if not self._wants:
            self._wants = True
            self.plots_wanted.emit()
        self.shown.emit()


class _Block(QWidget):
    """A title, the drawing, and the same in words."""

    def __init__(self) -> None:
        super().__init__()
        self._title = QLabel()
        set_look(self._title, role="section")
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_look(self._words, role="facts")
        self._plot: SetPlot | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._title)
        self._column.addWidget(self._words)

    def show_view(self, view: FigureView, *, can_draw: bool) -> None:
        self.setVisible(view.histogram is not None)
        self._title.setText(view.title)
        self._words.setText(view.words)
        if not can_draw or view.histogram is None:
            return
        if self._plot is None:
            from app.ui.widgets.set_plot import SetPlot

            self._plot = SetPlot()
            self._column.insertWidget(1, self._plot)
        self._plot.show_values(view.histogram, view.medians, f"{view.title}. {view.words}")
