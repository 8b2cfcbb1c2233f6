"""What goes on below the last message: a load, a prompt being read, an answer being written."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.widgets.elapsed import Elapsed
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.fraction_bar import FractionBar
from app.ui.widgets.views import ActivityView


class Activity(QWidget):
    """One line of facts with the time that passes, a bar where the whole is known, and Stop.

    Signals: ``stop_requested()``.
    """

    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activity")
        self._facts = Elapsed()
        self._facts.setObjectName("statusLine")
        self._stop = QPushButton()
        self._stop.setObjectName("stopButton")
        self._stop.clicked.connect(self.stop_requested)
        self._bar = FractionBar()

        row = FactRow(spacing=8)
        row.addWidget(self._facts)
        row.addWidget(self._stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._bar)
        self.show_view(None)

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, whether it is shown or not."""
        return (self._stop,)

    def show_view(self, view: ActivityView | None) -> None:
        """``None``: nothing goes on."""
        self.setVisible(view is not None)
        self._stop.setEnabled(view is not None)
        if view is None:
            view = ActivityView("")
        self._facts.show_facts(view.text, view.since)
        self._stop.setText(self.tr("Cancel  Esc") if view.is_load else self.tr("Stop  Esc"))
        self._stop.setAccessibleName(
            self.tr("Cancel the load") if view.is_load else self.tr("Stop the answer")
        )
        self._bar.show_fraction(view.fraction, is_busy=view.is_load or view.is_busy)
