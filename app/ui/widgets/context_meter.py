"""How much of a model's context is used."""

from typing import Final

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from app.domain.quantities import number
from app.ui.theme import notifier, scaled, set_look, tokens
from app.ui.widgets.row_layout import RowLayout

NEARLY_FULL: Final = 0.9
"""Of the context: from here on the bar warns."""

_STEPS: Final = 1000
_BAR_PX: Final = 6


class ContextBar(QProgressBar):
    """A thin bar that turns to the colour of errors when nearly full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, _STEPS)
        self.setTextVisible(False)
        self._dress()
        notifier().changed.connect(self._dress)

    @property
    def warns(self) -> bool:
        return self.value() >= NEARLY_FULL * _STEPS

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        round_ = whole.height() / 2
        painter.setBrush(QColor(colours.hairline))
        painter.drawRoundedRect(whole, round_, round_)
        if self.value() > 0:
            used = QRectF(whole)
            # Never narrower than it is high: the first token shows as a dot.
            used.setWidth(max(whole.height(), whole.width() * self.value() / _STEPS))
            if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
                used.moveRight(whole.right())
            painter.setBrush(QColor(colours.error_text if self.warns else colours.accent))
            painter.drawRoundedRect(used, round_, round_)
        painter.end()

    @Slot()
    def _dress(self) -> None:
        self.setFixedHeight(scaled(_BAR_PX))
        self.update()


class ContextMeter(QWidget):
    """``857 of 4 096 tokens`` over a bar; what is not known is called so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("contextMeter")
        title = QLabel(self.tr("Context"))
        set_look(title, role="section")
        self.label = QLabel()
        set_look(self.label, role="muted")
        self.bar = ContextBar()
        row = RowLayout()
        row.add_leading(title)
        row.add_trailing(self.label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.bar)
        self.show_use(None, None)

    def show_use(self, used: int | None, length: int | None) -> None:
        """`used` tokens of `length`; ``None`` for what is not known."""
        if length is not None and used is not None:
            text = self.tr("{used} of {length} tokens").format(
                used=number(used), length=number(length)
            )
        elif length is not None:
            text = self.tr("{length} tokens").format(length=number(length))
        elif used is not None:
            text = self.tr("{used} tokens, length not known").format(used=number(used))
        else:
            text = self.tr("not known")
        self.label.setText(text)
        self.label.updateGeometry()
        self.setAccessibleName(self.tr("Context: {use}").format(use=text))
        self.bar.setAccessibleName(self.accessibleName())
        share = used / length if used is not None and length else 0.0
        self.bar.setValue(round(min(1.0, share) * _STEPS))
        self.bar.setVisible(length is not None)
        self.bar.update()
