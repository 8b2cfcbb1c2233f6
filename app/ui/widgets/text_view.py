"""The text of one message: as tall as it needs to be, selectable, and closed to the outside."""

import math
import time
from collections.abc import Iterator

from PySide6.QtCore import (
    QByteArray,
    QMimeData,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    QUrl,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from app.ui import theme
from app.ui.markdown import formulas
from app.ui.markdown.boxes import paint_boxes, room_below
from app.ui.markdown.copying import selected_text, whole_text
from app.ui.markdown.lines import insert_text
from app.ui.markdown.look import ALLOWED_SCHEMES
from app.ui.markdown.stream import MarkdownStream
from app.ui.theme import set_look
from app.ui.widgets.code_buttons import CodeButtons

_AT_ONCE = 12_000
"""Characters that are shown in one go, in some 25 ms; more in turns of the event loop."""
_TURN_S = 0.012

_IMAGE = int(QTextDocument.ResourceType.ImageResource.value)
_SCROLLING_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class TextView(QTextBrowser):
    """Shows plain text, or Markdown, that may grow. A long one that comes at once is built from its
    beginning in turns of the event loop, so that none of them is long.

    It opens nothing and reads nothing: a link is told by ``link_requested``, and whatever the text
    names is not read. The keys that scroll are left to what this is in.

    Signals: ``link_requested(QUrl)``, only for `ALLOWED_SCHEMES`; ``focus_moved()``, to or from it
    or one of its buttons; ``tab_stops_changed()``; ``cursor_moved(QRect)``, by the reader, in this
    widget's coordinates.
    """

    link_requested = Signal(QUrl)
    focus_moved = Signal()
    tab_stops_changed = Signal()
    cursor_moved = Signal(QRect)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name` is the accessible name."""
        super().__init__(parent)
        self._text = ""
        self._is_markdown = False
        self._is_whole = True
        self._is_showing = False
        self._placeholder: QImage | None = None
        self._stream = MarkdownStream(self.document())
        self._steps: Iterator[None] = iter(())
        """Those that are left of a long text."""
        self._has_steps = False
        self._next_steps = QTimer(self, singleShot=True, interval=0)
        self._next_steps.timeout.connect(self._take_steps)
        self._buttons = CodeButtons(self)
        self._buttons.focus_moved.connect(self.focus_moved)
        self._buttons.changed.connect(self.tab_stops_changed)
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
        self._measure()
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.verticalScrollBar().rangeChanged.connect(self._never_scroll)
        self.anchorClicked.connect(self._ask_for_link)
        self.cursorPositionChanged.connect(self._tell_cursor)
        theme.notifier().changed.connect(self._theme_changed)
        formulas.drawings().drawn.connect(self._place_formulas)

    def text(self) -> str:
        """What was to be shown, as it was given."""
        return self._text

    def shown_text(self) -> str:
        """What is shown, without markup: formulas as they were written."""
        self.show_all()
        return whole_text(self.document())

    def show_all(self) -> None:
        """Build at once what is left of a long text."""
        if self._has_steps:
            self._take_steps(math.inf)

    def tab_stops(self) -> tuple[QWidget, ...]:
        return (self, *self._buttons.tab_stops())

    def show_plain(self, text: str) -> None:
        """Show `text` as typed."""
        if not self._is_markdown and text == self._text:
            return
        self._text, self._is_markdown = text, False
        self._stream.clear()
        self._steps = insert_text(self.document(), text)
        self._take_steps(_TURN_S if len(text) > _AT_ONCE else math.inf)

    def show_markdown(self, text: str, *, is_whole: bool = True) -> None:
        """Show `text` rendered; of one that is not `is_whole`, the end may come to be read
        otherwise."""
        if self._is_markdown and text == self._text and is_whole == self._is_whole:
            return
        self._text, self._is_markdown, self._is_whole = text, True, is_whole
        if is_whole and len(text) > _AT_ONCE and not self._stream.goes_on(text):
            self._steps = self._stream.show_in_steps(text)
            self._take_steps()
            return
        self._steps, self._has_steps = iter(()), False
        before = self.textCursor()
        anchor, position = before.anchor(), before.position()
        self._is_showing = True
        self._stream.show(text, is_whole=is_whole)
        self._select(anchor, position)
        self._is_showing = False
        self._fit()
        self._buttons.place(self._stream.changed_from)

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

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802 - Qt's name
        """Text alone: what is pasted elsewhere has no use for our colours."""
        data = QMimeData()
        data.setText(selected_text(self.textCursor()))
        return data

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fit()
        if event.size().width() != event.oldSize().width():
            self._buttons.place()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        if self._has_steps:
            self._next_steps.start()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        boxes = self._buttons.boxes
        if self._is_markdown and (boxes or self._stream.has_marks):
            painter = QPainter(self.viewport())
            paint_boxes(painter, self.document(), QRectF(event.rect()), boxes)
            painter.end()
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in _SCROLLING_KEYS and plain == Qt.KeyboardModifier.NoModifier:
            event.ignore()
            return
        super().keyPressEvent(event)

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
    def copy_as_text(self) -> None:
        """Put what is shown on the clipboard, without markup."""
        QGuiApplication.clipboard().setText(self.shown_text())

    @Slot()
    def _take_steps(self, turn_s: float = _TURN_S) -> None:
        """Go on with a text that is built in turns, for as long as it is seen."""
        since = self._stream.settled_to
        before = self.textCursor()
        anchor, position = before.anchor(), before.position()
        ends = time.perf_counter() + turn_s
        self._is_showing = True
        self._has_steps = any(time.perf_counter() > ends for _ in self._steps)
        if self._has_steps and self.isVisible():
            self._next_steps.start()
        if self._is_markdown:
            self._select(anchor, position)
        self._is_showing = False
        self._fit()
        self._buttons.place(min(since, self._stream.settled_to))

    def _select(self, anchor: int, position: int) -> None:
        """As it was before the text around it changed."""
        last = self.document().characterCount() - 1
        cursor = self.textCursor()
        if (cursor.anchor(), cursor.position()) == (anchor, position):
            return  # Qt would paint the line that it is in, and all between that and the new words
        cursor.setPosition(min(anchor, last))
        cursor.setPosition(min(position, last), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def _measure(self) -> None:
        """Distances that Qt keeps outside of the formats."""
        self.document().setIndentWidth(theme.scaled(24))
        space = QFontMetricsF(theme.fixed_font(theme.FACTS_PX)).horizontalAdvance(" ")
        self.setTabStopDistance(4 * space)

    @Slot()
    def _fit(self) -> None:
        if self._is_showing:
            return
        # Not by the viewport's height: while it is hidden, that is what it was before.
        edges = self.contentsMargins()
        around = edges.top() + edges.bottom()
        height = round(self.document().size().height() + 0.5) + room_below(self.document()) + around
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)

    @Slot(int, int)
    def _never_scroll(self, _lowest: int, _highest: int) -> None:
        """On the way to its height it is too small for a moment; that must not stay behind."""
        self.verticalScrollBar().setRange(0, 0)

    @Slot()
    def _tell_cursor(self) -> None:
        if self.hasFocus() and not self._is_showing:
            corner = self.viewport().pos()
            self.cursor_moved.emit(self.cursorRect().translated(corner))

    @Slot(QUrl)
    def _ask_for_link(self, link: QUrl) -> None:
        if link.scheme().lower() in ALLOWED_SCHEMES:
            self.link_requested.emit(link)

    @Slot()
    def _place_formulas(self) -> None:
        if self._is_markdown and self._stream.waits:
            self._is_showing = True
            self._stream.place_formulas()
            self._is_showing = False
            self._fit()
            self._buttons.place()

    @Slot()
    def _theme_changed(self) -> None:
        self._placeholder = None
        self._measure()
        if self._is_markdown:
            text, self._text = self._text, ""
            self._stream.clear()
            self.show_markdown(text, is_whole=self._is_whole)
        self._fit()
        self._buttons.place()
