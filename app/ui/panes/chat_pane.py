"""The Chat pane: a transcript, or what to do first, above a composer."""

from functools import partial

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.ui.dialogs.opener import offer_link
from app.ui.widgets.composer import Composer
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.transcript import Transcript
from app.ui.widgets.version_switcher import STEP_KEYS


class ChatPane(QWidget):
    """Composes `transcript`, `empty` and `composer`; a presenter fills them.

    Signals: ``stop_requested()``, from the Stop button and from Escape anywhere in the pane;
    ``version_step_requested(int)``, 1 or -1, from `STEP_KEYS` anywhere in it.
    """

    stop_requested = Signal()
    version_step_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chatPane")
        self.setAccessibleName(self.tr("Chat"))
        self.transcript = Transcript()
        self.empty = EmptyState()
        self.composer = Composer()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.transcript)
        self.transcript.link_requested.connect(self._ask_for_link)
        self.transcript.stop_requested.connect(self._stop)
        self.composer.stop_requested.connect(self.stop_requested)

        foot = QWidget()
        inner = QVBoxLayout(foot)
        inner.setContentsMargins(20, 8, 20, 16)
        inner.addWidget(self.composer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._pages, 1)
        column.addWidget(foot)
        self.setFocusProxy(self.composer)
        for step, keys in STEP_KEYS.items():
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(partial(self.version_step_requested.emit, step))

    def show_empty(self, title: str, text: str, step: str) -> None:
        """There is no message yet: say what goes here, with `step` as a button."""
        self.empty.show_step(title, text, step)
        self._pages.setCurrentWidget(self.empty)

    def show_transcript(self) -> None:
        self._pages.setCurrentWidget(self.transcript)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Escape reaches the pane from whatever in it has no use for it."""
        if event.key() == Qt.Key.Key_Escape:
            self._stop()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _stop(self) -> None:
        # The Stop button goes away, and the focus with it.
        self.composer.setFocus()
        self.stop_requested.emit()

    @Slot(QUrl)
    def _ask_for_link(self, link: QUrl) -> None:
        offer_link(self, link)
