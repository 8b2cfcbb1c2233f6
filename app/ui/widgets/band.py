"""A failure, told in the place where it happened."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.domain.plain_text import lines
from app.ui.theme import set_look
from app.ui.widgets.fact_row import FactRow
from app.ui.widgets.views import BandView

_MAX_SENTENCE = 2_000
"""A model's own error may be of any length."""


class Band(QFrame):
    """What happened, what is safe, what to do.

    Signals: ``log_requested()``, ``reload_requested()``.
    """

    log_requested = Signal()
    reload_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("failureBand")
        set_look(self, role="error-band")
        self._message = _sentence("error-title")
        self._advice = _sentence("error")
        self._log = QPushButton(self.tr("Show its log"))
        self._log.setObjectName("showLogButton")
        self._log.setAccessibleName(self.tr("Show the log of the model's process"))
        self._log.clicked.connect(self.log_requested)
        self._reload = QPushButton(self.tr("Reload now"))
        self._reload.setObjectName("reloadButton")
        self._reload.setAccessibleName(self.tr("Load the model again now"))
        self._reload.clicked.connect(self.reload_requested)

        row = FactRow(spacing=8)
        row.addWidget(self._advice)
        row.addWidget(self._log)
        row.addWidget(self._reload)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(4)
        column.addWidget(self._message)
        column.addLayout(row)

    def tab_stops(self) -> tuple[QWidget, ...]:
        """What the Tab key comes to, in order, whether it is shown or not."""
        return self._log, self._reload

    def show_view(self, view: BandView) -> None:
        self._message.setText(lines(view.message, _MAX_SENTENCE))
        self._advice.setText(lines(view.advice, _MAX_SENTENCE))
        self._log.setVisible(view.has_log)
        self._reload.setVisible(view.can_reload)
        self.setAccessibleName(self._message.text())
        self.setAccessibleDescription(self._advice.text())


def _sentence(role: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    set_look(label, role=role)
    return label
