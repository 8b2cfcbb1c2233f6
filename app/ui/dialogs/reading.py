"""Dialogs that are only read: a log, about."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui.dialogs.frame import DialogFrame, Role, text_label
from app.ui.theme import FACTS_PX, fixed_font, scaled


class LogDialog(DialogFrame):
    """The last lines of a log.

    Signals:
        folder_wanted: the log's folder is to be shown.
    """

    folder_wanted = Signal()

    def __init__(
        self, title: str, text: str, *, has_folder: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.set_title(title)
        self.setObjectName("logDialog")
        self.resize(scaled(760), scaled(480))
        self._log = QPlainTextEdit()
        self._log.setObjectName("logText")
        self._log.setAccessibleName(title)
        self._log.setReadOnly(True)
        self._log.setFont(fixed_font(FACTS_PX))
        self._log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._log.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._log.setPlainText(text or self.tr("The log is empty."))
        self._log.setMinimumHeight(QFontMetrics(fixed_font(FACTS_PX)).lineSpacing() * 8)
        self.body.addWidget(self._log)
        copy = self.add_button(self.tr("Copy all"), Role.ActionRole, "copyLogButton")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        if has_folder:
            folder = self.add_button(self.tr("Open folder"), Role.ActionRole, "logFolderButton")
            folder.clicked.connect(self.folder_wanted)
        close = self.add_button(self.tr("Close"), Role.RejectRole, "closeButton")
        close.setDefault(True)

    def fit(self) -> None:
        """A log is as large as the window lets it be, and begins at its end."""
        bar = self._log.verticalScrollBar()
        bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.fit()


class AboutDialog(DialogFrame):
    """What this is, and with what it runs."""

    def __init__(self, version: str, facts: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("aboutDialog")
        self.set_title(self.tr("Parley {version}").format(version=version))
        self.body.addWidget(
            text_label(
                self.tr(
                    "Chat with the language models in a local MLflow registry, and compare two "
                    "wrappers of the same weights."
                )
            )
        )
        self.body.addWidget(text_label("\n".join(facts), "muted"))
        self.add_button(self.tr("Close"), Role.RejectRole, "closeButton").setDefault(True)
