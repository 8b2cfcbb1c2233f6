"""A label of one line that gives way."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.tips import plain_tip

_LEAST_CHARACTERS = 4


class ElidedLabel(QLabel):
    """Shows as much of its text as there is room for; the tool tip tells all of it then."""

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(text, parent)
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        if text != self.text():
            super().setText(text)
            self._explain()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        least = self.fontMetrics().averageCharWidth() * _LEAST_CHARACTERS
        hint = self.sizeHint()
        return QSize(min(least, hint.width()), hint.height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        # Of the text alone: a label's own hint is never below the minimum width it was given.
        # One pixel more than the advance, whose fractions would elide a text that fits.
        margins = self.contentsMargins()
        advance = self.fontMetrics().horizontalAdvance(self.text()) if self.text() else 0
        width = advance + 1 + margins.left() + margins.right()
        return QSize(width, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        align = self.alignment() | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(self.contentsRect(), int(align), self._shown())

    def _shown(self) -> str:
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), self._elide, room)

    def _explain(self) -> None:
        self.setToolTip(plain_tip(self.text()) if self._shown() != self.text() else "")
