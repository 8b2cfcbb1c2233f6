"""Where in MLflow something was logged, and the ways there."""

from msgspec import Struct
from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.fact_row import FactRow


class RunView(Struct, frozen=True):
    """A run that was made."""

    text: str
    """One sentence."""
    run_id: str
    url: str | None = None
    """Of its page, where a server shows it."""


class RunBar(QFrame):
    """A line over the pane, until it is dismissed.

    Signals: ``link_requested(QUrl)``, ``dismissed()``.
    """

    link_requested = Signal(QUrl)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runBar")
        set_look(self, role="side")
        self._view: RunView | None = None
        self._text = QLabel()
        self._text.setObjectName("runText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_look(self._text, role="facts")
        self._copy = self._button("copyRunButton", self.tr("Copy the run's id"))
        self._copy.clicked.connect(self._copy_id)
        self._open = self._button("openRunButton", self.tr("Open its page"))
        self._open.clicked.connect(self._ask_for_page)
        self._dismiss = self._button("dismissRunButton", self.tr("Dismiss"))
        self._dismiss.clicked.connect(self.dismissed)
        row = FactRow(spacing=8)
        for widget in (self._text, self._copy, self._open, self._dismiss):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 8, 20, 8)
        column.addLayout(row)
        self.hide()

    def show_view(self, view: RunView | None) -> None:
        """``None`` takes the bar away."""
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        self._text.setText(view.text)
        self._copy.setText(self.tr("Copy the run's id"))
        self._open.setVisible(view.url is not None)
        self.setAccessibleName(view.text)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(240), super().minimumSizeHint().height())

    @Slot()
    def _copy_id(self) -> None:
        if self._view is not None:
            QGuiApplication.clipboard().setText(self._view.run_id)
            self._copy.setText(self.tr("Copied"))

    @Slot()
    def _ask_for_page(self) -> None:
        if self._view is not None and self._view.url is not None:
            self.link_requested.emit(QUrl(self._view.url))

    @staticmethod
    def _button(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        return button
