"""A table of next tokens with a line that says of what."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QVBoxLayout, QWidget

from app.ui.item_models.chance_model import ChanceModel, ChanceRole
from app.ui.theme import FACTS_PX, notifier, scaled, set_look, tokens, ui_font
from app.ui.widgets.chance_delegate import ChanceDelegate, headings
from app.ui.widgets.elided_label import ElidedLabel
from wrappers.contract import TokenChance


class _Headings(QWidget):
    """The names of the columns, right above the numbers."""

    def __init__(self, delegate: ChanceDelegate) -> None:
        super().__init__()
        self._delegate = delegate
        self.inset = 0
        """What a scroll bar takes of the rows' width."""
        self.setToolTip(
            self.tr(
                "How likely each token is by the model itself, and what temperature, top-k and "
                "top-p make of that"
            )
        )
        notifier().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setFont(ui_font(FACTS_PX))
        self.setFixedHeight(self.fontMetrics().height() + scaled(2))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002 - Qt's name
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(tokens().muted)
        width = self._delegate.number_width()
        names = headings() if self._delegate.shows_sampled else headings()[:1]
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        right = self.width() - self.inset - self._delegate.pad()
        for name in reversed(names):
            left = self.width() - right if is_mirrored else right - width
            align = Qt.AlignmentFlag.AlignLeft if is_mirrored else Qt.AlignmentFlag.AlignRight
            painter.drawText(left, 0, width, self.height(), align, name)
            right -= width
        painter.end()


class _List(QListView):
    """Signals: ``chosen(int)``, a row, by a click or by Enter."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.clicked.connect(self._clicked)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.chosen.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())


class ChanceTable(QWidget):
    """What could come after a text, most likely first.

    Signals: ``chosen(str)``, the text of a token that the user wants.
    """

    chosen = Signal(str)

    def __init__(self, name: str, spoken: str, *, can_choose: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self.model = ChanceModel(self)
        self._delegate = ChanceDelegate(self)
        self._line = ElidedLabel()
        self._line.setObjectName(f"{name}Line")
        set_look(self._line, role="muted")
        self._headings = _Headings(self._delegate)
        self.view = _List()
        self.view.setObjectName(f"{name}List")
        self.view.setAccessibleName(spoken)
        self.view.setModel(self.model)
        self.view.setItemDelegate(self._delegate)
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(can_choose)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.verticalScrollBar().rangeChanged.connect(self._align)
        if can_choose:
            self.view.chosen.connect(self._chosen)
        else:
            self.view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._line)
        column.addWidget(self._headings)
        column.addWidget(self.view, 1)

    def show_chances(self, line: str, chances: Sequence[TokenChance]) -> None:
        """`line` says after which text, and with which settings."""
        self._line.setText(line)
        self._line.setAccessibleName(line)
        self.model.set_chances(chances)
        self._delegate.shows_sampled = self.model.knows_sampled
        if chances and self.view.selectionMode() is not QAbstractItemView.SelectionMode.NoSelection:
            self.view.setCurrentIndex(self.model.index(0, 0))
        self._align()

    def set_stale(self, is_stale: bool) -> None:
        """What is shown is of another text than the one at the cursor."""
        # Not disabled: whoever goes on by Enter keeps the focus until the next answer is there.
        if is_stale != self._delegate.is_stale:
            self._delegate.is_stale = is_stale
            self.view.viewport().update()

    @property
    def is_stale(self) -> bool:
        return self._delegate.is_stale

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(scaled(160), scaled(72))

    @Slot()
    def _align(self) -> None:
        bar = self.view.verticalScrollBar()
        frame = 1
        self._headings.inset = frame + (bar.sizeHint().width() if bar.maximum() > 0 else 0)
        self._headings.update()
        self.view.viewport().update()

    @Slot(int)
    def _chosen(self, row: int) -> None:
        self.chosen.emit(self.model.index(row, 0).data(ChanceRole.TEXT))
