"""A job at full length: every stage of it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import scaled, set_look
from app.ui.widgets.elapsed import Elapsed
from app.ui.widgets.fraction_bar import FractionBar
from app.ui.widgets.job_view import JobView

_WIDTH = 440
_SHOWN_STAGES = 6


class JobPanel(QWidget):
    """Stages that are done, the one that goes on with the time since the begin, and how it ended.

    Signals: ``cancel_requested()``, ``log_requested()``, ``dismissed()``.
    """

    cancel_requested = Signal()
    log_requested = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._done = QLabel()
        self._done.setObjectName("jobStages")
        self._done.setTextFormat(Qt.TextFormat.PlainText)
        self._done.setWordWrap(True)
        set_look(self._done, role="muted")
        self._stage = QLabel()
        self._stage.setObjectName("jobStage")
        self._stage.setTextFormat(Qt.TextFormat.PlainText)
        self._stage.setWordWrap(True)
        self._elapsed = Elapsed()
        self._elapsed.setWordWrap(False)
        self._bar = FractionBar()
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setObjectName("cancelStartJobButton")
        self._cancel.setAccessibleName(self.tr("Cancel the job"))
        self._cancel.clicked.connect(self.cancel_requested)
        self._log = QPushButton(self.tr("Show its log"))
        self._log.setObjectName("startJobLogButton")
        self._log.setAccessibleName(self.tr("Show the job's log"))
        self._log.clicked.connect(self.log_requested)
        self._back = QPushButton(self.tr("Back"))
        self._back.setObjectName("startBackButton")
        self._back.setAccessibleName(self.tr("Back to the start screen"))
        self._back.clicked.connect(self.dismissed)

        card = QFrame()
        set_look(card, role="card")
        card.setMaximumWidth(scaled(_WIDTH))
        now = QHBoxLayout()
        now.addWidget(self._stage, 1)
        now.addWidget(self._elapsed)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._cancel, self._log, self._back):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(card)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(8)
        column.addWidget(self._done)
        column.addLayout(now)
        column.addWidget(self._bar)
        column.addSpacing(4)
        column.addLayout(buttons)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(card, 100)
        outer.addStretch(1)

    def show_view(self, view: JobView) -> None:
        done = view.done_stages[-_SHOWN_STAGES:]
        self._done.setText("\n".join(f"✓ {stage}" for stage in done))
        self._done.setVisible(bool(done))
        self._elapsed.show_facts("", view.since)
        self._elapsed.setVisible(view.since is not None)
        if view.band is None:
            text = view.result or self._numbered(view)
        else:
            text = f"{view.band.message}\n{view.band.advice}".strip()
        self._stage.setText(text)
        set_look(self._stage, role="error" if view.band is not None else "")
        self._bar.show_fraction(view.known_fraction if view.is_running else None)
        self._cancel.setVisible(view.is_running)
        self._log.setVisible(view.band is not None and view.band.has_log)
        self._back.setVisible(not view.is_running)

    def _numbered(self, view: JobView) -> str:
        if view.step is None or view.steps is None:
            return view.stage or self.tr("Starting")
        return self.tr("{stage} ({step} of {steps})").format(
            stage=view.stage, step=view.step, steps=view.steps
        )
