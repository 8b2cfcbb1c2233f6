"""The text of one message: as tall as it needs to be, selectable, and closed to the outside."""

from typing import Final

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QResizeEvent,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.ui import theme
from app.ui.theme import set_look
from app.ui.widgets.markdown import body_format, show_markdown

ALLOWED_SCHEMES: Final = frozenset(["http", "https", "mailto"])
"""Of the links that can be followed; others do nothing."""

_IMAGE = int(QTextDocument.ResourceType.ImageResource.value)


class TextView(QTextBrowser):
    """Shows plain text that grows, or Markdown that is whole.

    It opens nothing and reads nothing: a link is told by ``link_requested``, and an image that the
    text names is a grey square.

    Signals: ``link_requested(QUrl)``, only for `ALLOWED_SCHEMES`; ``focus_moved()``, to or from it.
    """

    link_requested = Signal(QUrl)
    focus_moved = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name` is the accessible name."""
        super().__init__(parent)
        self._text = ""
        self._is_markdown = False
        self._placeholder: QImage | None = None
        self.setAccessibleName(name)
        set_look(self, look="message")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(0)
        self.document().setUndoRedoEnabled(False)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.verticalScrollBar().rangeChanged.connect(self._never_scroll)
        self.anchorClicked.connect(self._ask_for_link)
        theme.notifier().changed.connect(self._theme_changed)

    def text(self) -> str:
        """What was to be shown, as it was given."""
        return self._text

    def show_plain(self, text: str) -> None:
        """Show `text` as typed; where it goes on from the text shown, only the rest is inserted."""
        grows = not self._is_markdown and text.startswith(self._text)
        cursor = QTextCursor(self.document())
        if grows and self._text:
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(self._text) :])
        else:
            self.clear()
            cursor = QTextCursor(self.document())
            cursor.setBlockFormat(body_format())
            cursor.insertText(text)
        self._text, self._is_markdown = text, False
        self._fit()

    def show_markdown(self, text: str) -> None:
        """Show `text` rendered."""
        if self._is_markdown and text == self._text:
            return
        self._text, self._is_markdown = text, True
        show_markdown(self.document(), text)
        self._fit()

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802, ARG002 - Qt's
        """Whatever is asked for is not read: an image is a small grey square, all else is empty.

        Answering with nothing would make Qt ask again at every layout.
        """
        if kind != _IMAGE:
            return QByteArray()
        if self._placeholder is None:
            side = theme.scaled(16)
            self._placeholder = QImage(QSize(side, side), QImage.Format.Format_RGB32)
            self._placeholder.fill(QColor(theme.tokens().hairline))
        return self._placeholder

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        self.focus_moved.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusOutEvent(event)
        self.focus_moved.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scrolls what this is in: there is nothing to scroll here."""
        event.ignore()

    @Slot()
    def _fit(self) -> None:
        around = self.height() - self.viewport().height()
        height = round(self.document().size().height() + 0.5) + around
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)

    @Slot(int, int)
    def _never_scroll(self, _lowest: int, _highest: int) -> None:
        """On the way to its height it is too small for a moment; that must not stay behind."""
        self.verticalScrollBar().setRange(0, 0)

    @Slot(QUrl)
    def _ask_for_link(self, link: QUrl) -> None:
        if link.scheme().lower() in ALLOWED_SCHEMES:
            self.link_requested.emit(link)

    @Slot()
    def _theme_changed(self) -> None:
        self._placeholder = None
        if self._is_markdown:
            show_markdown(self.document(), self._text)
        self._fit()
