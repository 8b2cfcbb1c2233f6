"""In place of the panes, while there is no model to talk to."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.later import Later
from app.ui.theme import notifier, scaled, set_look
from app.ui.widgets.elapsed import Elapsed

if TYPE_CHECKING:
    from app.ui.widgets.job_panel import JobPanel
    from app.ui.widgets.job_view import JobView
    from app.ui.widgets.start_cards import StartCards


class StartScreen(QScrollArea):
    """Opening the registry, its failure, what to do with an empty one, or the first job's progress.

    Signals:
        demo_wanted, register_wanted, open_registry_wanted: the cards.
        retry_wanted: open the registry that failed once more.
        cancel_requested, log_requested, dismissed: of the job that is shown.
    """

    demo_wanted = Signal()
    register_wanted = Signal()
    open_registry_wanted = Signal()
    retry_wanted = Signal()
    cancel_requested = Signal()
    log_requested = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startScreen")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._title = _sentence("title")
        self._title.setObjectName("startTitle")
        self._text = _sentence("muted")
        self._text.setObjectName("startText")
        self._elapsed = Elapsed()
        self._elapsed.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._cards = Later(self._make_cards)
        self._job = Later(self._make_job)
        self._ways_on = Later(self._make_retry_row)

        inner = QWidget()
        self._column = column = QVBoxLayout(inner)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._elapsed)
        column.addSpacing(20)
        column.addStretch(3)
        self.setWidget(inner)
        notifier().changed.connect(self._dress)
        self._dress()

    def show_opening(self, place: str, since: float) -> None:
        """The registry is being opened or read. `since` is a `time.monotonic`."""
        self._show(self.tr("Opening the registry…"), place, None)
        self._elapsed.show_facts("", since)
        self._elapsed.show()

    def show_failure(self, message: str, advice: str) -> None:
        """The registry could not be opened."""
        self._show(
            self.tr("The registry did not open"), f"{message}\n{advice}".strip(), self._ways_on()
        )

    def show_empty(self) -> None:
        """No model yet."""
        self._show(
            self.tr("No models in this registry yet"),
            self.tr("Parley chats with the models of a local MLflow registry."),
            self._cards(),
        )

    def show_job(self, view: "JobView") -> None:
        """The job that will bring the first model."""
        self._show(
            view.title, self.tr("You can use the first model as soon as it is ready."), self._job()
        )
        if not view.is_running:
            self._text.setText("")
        self._job().show_view(view)

    def _show(self, title: str, text: str, below: QWidget | None) -> None:
        self._title.setText(title)
        self._text.setText(text)
        self._elapsed.hide()
        for widget in (self._ways_on.made, self._cards.made, self._job.made):
            if widget is not None:
                widget.setVisible(widget is below)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)

    @Slot()
    def _dress(self) -> None:
        """Larger than any other title: nothing else is on the screen."""
        self._title.setStyleSheet(f"font-size: {scaled(20)}px;")

    # -- what stands below the sentences, made when it is first shown

    def _make_cards(self) -> "StartCards":
        from app.ui.widgets.start_cards import StartCards

        cards = StartCards()
        cards.demo_wanted.connect(self.demo_wanted)
        cards.register_wanted.connect(self.register_wanted)
        cards.open_registry_wanted.connect(self.open_registry_wanted)
        self._put_below(cards)
        return cards

    def _make_job(self) -> "JobPanel":
        from app.ui.widgets.job_panel import JobPanel

        job = JobPanel()
        job.cancel_requested.connect(self.cancel_requested)
        job.log_requested.connect(self.log_requested)
        job.dismissed.connect(self.dismissed)
        self._put_below(job)
        return job

    def _put_below(self, widget: QWidget) -> None:
        """Over the stretch at the end."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def _make_retry_row(self) -> QWidget:
        retry = QPushButton(self.tr("Try again"))
        retry.setObjectName("retryRegistryButton")
        retry.setAccessibleName(self.tr("Try to open the registry again"))
        set_look(retry, look="primary")
        retry.clicked.connect(self.retry_wanted)
        other = QPushButton(self.tr("Open another…"))
        other.setObjectName("openAnotherButton")
        other.setAccessibleName(self.tr("Open another registry"))
        other.clicked.connect(self.open_registry_wanted)
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addStretch(1)
        layout.addWidget(retry)
        layout.addWidget(other)
        layout.addStretch(1)
        self._put_below(row)
        return row


def _sentence(role: str) -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    set_look(label, role=role)
    return label
