"""A job that goes on while the panes are used."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.elapsed import Elapsed
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.fraction_bar import FractionBar
from app.ui.widgets.job_view import JobView


class JobStrip(QFrame):
    """One line over the pane: how far the job is; then its result, until that is dismissed.

    Signals: ``cancel_requested()``, ``log_requested()``, ``dismissed()``.
    """

    cancel_requested = Signal()
    log_requested = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("jobStrip")
        self._text = ElidedLabel()
        self._text.setObjectName("jobText")
        self._advice = ElidedLabel()
        set_look(self._advice, role="error")
        self._elapsed = Elapsed()
        self._elapsed.setWordWrap(False)
        self._bar = FractionBar()
        self._cancel = self._button("cancelJobButton", self.tr("Cancel"), self.tr("Cancel the job"))
        self._cancel.clicked.connect(self.cancel_requested)
        self._log = self._button(
            "jobLogButton", self.tr("Show its log"), self.tr("Show the job's log")
        )
        self._log.clicked.connect(self.log_requested)
        self._dismiss = self._button("dismissJobButton", self.tr("Dismiss"), self.tr("Dismiss"))
        self._dismiss.clicked.connect(self.dismissed)

        row = QHBoxLayout()
        row.setSpacing(8)
        sentences = QVBoxLayout()
        sentences.setSpacing(2)
        sentences.addWidget(self._text)
        sentences.addWidget(self._advice)
        row.addLayout(sentences, 1)
        row.addWidget(self._elapsed)
        for button in (self._log, self._cancel, self._dismiss):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 6, 20, 8)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._bar)
        self.hide()

    def show_view(self, view: JobView | None) -> None:
        """Show a job; ``None`` takes the strip away."""
        self.setVisible(view is not None)
        if view is None:
            return
        failed = view.band is not None
        text = view.band.message if view.band is not None else view.result or _progress(view)
        self._text.setText(text)
        set_look(self._text, role="error-title" if failed else "facts")
        set_look(self, role="error-band" if failed else "side")
        self._advice.setText("" if view.band is None else view.band.advice)
        self._advice.setVisible(bool(self._advice.text()))
        self._elapsed.show_facts("", view.since)
        self._elapsed.setVisible(view.since is not None)
        self._bar.show_fraction(view.known_fraction if view.is_running else None)
        self._cancel.setVisible(view.is_running)
        self._log.setVisible(view.band is not None and view.band.has_log)
        self._dismiss.setVisible(not view.is_running)
        self.setAccessibleName(view.title)
        self.setAccessibleDescription(text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(240), super().minimumSizeHint().height())

    @staticmethod
    def _button(name: str, text: str, spoken: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(spoken)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button


def _progress(view: JobView) -> str:
    facts = [view.title]
    if view.step is not None and view.steps is not None:
        facts.append(f"{view.step} / {view.steps}")
    if view.stage:
        facts.append(view.stage)
    return " · ".join(facts)
