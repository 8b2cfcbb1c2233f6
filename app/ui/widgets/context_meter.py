"""How much of a model's context is used."""

from typing import Final

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from app.domain.context_use import ContextUse
from app.domain.quantities import number
from app.ui import wording
from app.ui.theme import notifier, scaled, set_look, tokens
from app.ui.widgets.row_layout import RowLayout

_STEPS: Final = 1000
_PALE: Final = 0.4
"""How much of its colour the draft's part has."""
_BAR_PX: Final = 6


class ContextBar(QProgressBar):
    """A thin bar of what is in use, on which a paler part shows what a draft would add and a tick
    where the model is known to answer badly. It turns to the colour of errors when nearly full."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._use = ContextUse()
        self.setRange(0, _STEPS)
        self.setTextVisible(False)
        self._dress()
        notifier().changed.connect(self._dress)

    @property
    def warns(self) -> bool:
        return self._use.is_nearly_full or self._use.is_near_weakness

    def show_use(self, use: ContextUse) -> None:
        if use == self._use:
            return
        self._use = use
        # Qt paints a new value at once, and with it whatever else in the window is due.
        self.setUpdatesEnabled(False)
        self.setValue(round(self._share(use.used) * _STEPS))
        self.setUpdatesEnabled(True)

    def _share(self, tokens: int | None) -> float:
        length = self._use.length
        return min(1.0, tokens / length) if tokens is not None and length else 0.0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        colours = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        round_ = whole.height() / 2
        painter.setBrush(QColor(colours.hairline))
        painter.drawRoundedRect(whole, round_, round_)
        colour = QColor(colours.error_text if self.warns else colours.accent)
        pale = QColor(colour)
        pale.setAlphaF(_PALE)
        for tokens_, brush in ((self._use.planned, pale), (self._use.used, colour)):
            if tokens_:
                painter.setBrush(brush)
                painter.drawRoundedRect(self._part(whole, self._share(tokens_)), round_, round_)
        if self._use.weakness is not None:
            painter.setBrush(QColor(colours.text))
            at = self._part(whole, self._share(self._use.weakness.past_tokens))
            is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
            left = at.left() if is_mirrored else at.right() - scaled(2)
            painter.drawRect(QRectF(left, whole.top(), scaled(2), whole.height()))
        painter.end()

    def _part(self, whole: QRectF, share: float) -> QRectF:
        """Never narrower than it is high: the first token shows as a dot."""
        part = QRectF(whole)
        part.setWidth(max(whole.height(), whole.width() * share))
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            part.moveRight(whole.right())
        return part

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
        self.show_use(ContextUse())

    def show_use(self, use: ContextUse) -> None:
        """How much is in use, and with a draft how much would be: ``857 → 864 of 4 096``."""
        used, length = use.used, use.length
        if length is not None and used is not None and use.planned is not None:
            text = self.tr("{used} → {planned} of {length} tokens").format(
                used=number(used), planned=number(use.planned), length=number(length)
            )
        elif length is not None and used is not None:
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
        spoken = text
        if used is not None and use.planned is not None:
            spoken = self.tr("{used} tokens, {planned} once the draft is sent").format(
                used=number(used), planned=number(use.planned)
            )
            if length is not None:
                spoken = self.tr("{use}, of {length}").format(use=spoken, length=number(length))
        self.setAccessibleName(self.tr("Context: {use}").format(use=spoken))
        source = use.weakness.source if use.weakness is not None and use.is_near_weakness else ""
        self.setToolTip(" ".join(filter(None, (wording.context_warning(use), source))))
        self.bar.setAccessibleName(self.accessibleName())
        self.bar.show_use(use)
        self.bar.setVisible(length is not None)
