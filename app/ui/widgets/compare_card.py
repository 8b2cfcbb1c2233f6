"""One side of a comparison: its model, its turns, and its numbers."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.theme import scaled, set_look
from app.ui.widgets.band import Band
from app.ui.widgets.chips import Chip
from app.ui.widgets.compare_block import CompareBlock
from app.ui.widgets.compare_facts import CompareFacts
from app.ui.widgets.compare_views import (
    FactView,
    HeadView,
    Position,
    SideView,
    SlotAction,
)
from app.ui.widgets.elapsed import Elapsed
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.load_options_button import LoadOptionsButton
from app.ui.widgets.marked_text import Mark
from app.ui.widgets.row_layout import RowLayout

_LEAST_PX = 200
_LOW_PX = 430
"""A card lower than this shows its numbers after its turns, not beneath them."""
_MARKS: tuple[Mark, Mark] = ("added", "removed")


class CardHead(QWidget):
    """The model's name, which offers others, its mode, and what it is doing.

    Signals: ``choose_requested()``, ``load_requested()``, ``unload_requested()``,
    ``cancel_requested()``, ``log_requested()``; ``options_chosen(LoadOptions)``, how the model is
    to be loaded.
    """

    choose_requested = Signal()
    load_requested = Signal()
    unload_requested = Signal()
    cancel_requested = Signal()
    log_requested = Signal()
    options_chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name` begins the object names of its buttons."""
        super().__init__(parent)
        self._title = QPushButton()
        self._title.setObjectName(f"{name}Model")
        set_look(self._title, look="title")
        self._title.clicked.connect(self.choose_requested)
        self._plain = QLabel()
        self._plain.setTextFormat(Qt.TextFormat.PlainText)
        self._plain.setContentsMargins(6, 3, 6, 3)  # as the button that it stands in for
        set_look(self._plain, role="title")
        self._chip = Chip("")
        self._options = LoadOptionsButton(f"{name}LoadOptions")
        self._options.options_chosen.connect(self.options_chosen)
        self._fact = Elapsed()
        self._fact.setWordWrap(False)
        self._buttons: dict[SlotAction, QPushButton] = {
            "load": self._button(f"{name}Load", self.tr("Load")),
            "unload": self._button(f"{name}Unload", self.tr("Unload")),
            "cancel": self._button(f"{name}Cancel", self.tr("Cancel")),
        }
        self._buttons["load"].clicked.connect(self.load_requested)
        self._buttons["unload"].clicked.connect(self.unload_requested)
        self._buttons["cancel"].clicked.connect(self.cancel_requested)
        self._band = Band()
        self._band.log_requested.connect(self.log_requested)
        self._band.reload_requested.connect(self.load_requested)
        self._band.hide()
        row = RowLayout(spacing=6)
        row.add_leading(self._title, self._plain, self._chip)
        row.add_trailing(self._fact, self._options, *self._buttons.values())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._band)
        column.addStretch(1)

    def show_view(self, view: HeadView) -> None:
        """All of `view`, and nothing of what was shown before."""
        self._title.setText(view.title.replace("&", "&&") + " ▾")
        self._title.setAccessibleName(
            self.tr("{model}. Choose another model").format(model=view.title)
        )
        self._title.setVisible(view.can_choose)
        self._plain.setText(view.title)
        self._plain.setVisible(not view.can_choose)
        self._chip.setVisible(view.chip is not None)
        if view.chip is not None:
            text, kind = view.chip
            self._chip.setText(text)
            self._chip.set_kind(kind)
        self._fact.show_facts(view.fact, view.since)
        self._fact.setVisible(bool(view.fact) or view.since is not None)
        self._fact.updateGeometry()
        self._options.show_choice(view.choice, view.title)
        self._options.updateGeometry()
        had_focus = any(button.hasFocus() for button in self._buttons.values())
        for action, button in self._buttons.items():
            button.setVisible(action == view.action)
            button.setAccessibleName(f"{button.text()}: {view.title}")
        if had_focus and view.action is not None:
            # The button that was pressed has given way to the next one.
            self._buttons[view.action].setFocus(Qt.FocusReason.OtherFocusReason)
        self._band.setVisible(view.band is not None)
        if view.band is not None:
            self._band.show_view(view.band)

    @staticmethod
    def _button(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        set_look(button, look="quiet")
        button.hide()
        return button


class CompareCard(QFrame):
    """Keeps a block for each of the turns it is told to show; whoever owns both cards gives their
    blocks equal heights.

    Signals: those of `head`; ``reload_requested(turn id)``, ``turn_log_requested(turn id)``,
    ``link_requested(QUrl)``; ``height_changed()``; ``earlier_requested()``.
    """

    reload_requested = Signal(str)
    turn_log_requested = Signal(str)
    link_requested = Signal(QUrl)
    height_changed = Signal()
    earlier_requested = Signal()

    def __init__(self, position: Position, name: str, parent: QWidget | None = None) -> None:
        """`name` is its object's, and begins those of its buttons."""
        super().__init__(parent)
        self.setObjectName(name)
        set_look(self, role="card")
        self._mark: Mark = _MARKS[position]
        self._blocks: dict[str, CompareBlock] = {}
        self._is_low: bool | None = None
        self._stops: tuple[QWidget, ...] = ()
        self.head = CardHead(name)
        self.facts = CompareFacts()
        self._earlier = QPushButton(self.tr("Show earlier turns"))
        self._earlier.setObjectName(f"{name}Earlier")
        self._earlier.setAccessibleName(self.tr("Show earlier turns"))
        set_look(self._earlier, look="quiet")
        self._earlier.clicked.connect(self.earlier_requested)
        self._earlier.hide()
        self._empty = QLabel(self.tr("What this model reads and answers comes here."))
        self._empty.setObjectName("compareEmpty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setMinimumWidth(1)
        set_look(self._empty, role="muted")
        self.content = QWidget()
        self._turns = QVBoxLayout()
        self._turns.setContentsMargins(0, 0, 0, 0)
        self._turns.setSpacing(16)
        inner = QVBoxLayout(self.content)
        inner.setContentsMargins(14, 10, 14, 10)
        inner.setSpacing(8)
        inner.addWidget(self._earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addWidget(self._empty, 100)
        inner.addLayout(self._turns)
        inner.addStretch(1)
        self._inner = inner
        self.area = QScrollArea()
        self.area.setObjectName(f"{name}Turns")
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.content)
        self._foot = QWidget()
        self._foot_column = foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(24, 8, 24, 12)
        foot.addWidget(self.facts)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 8, 1, 1)
        column.setSpacing(0)
        head = QVBoxLayout()
        # The title is a button, whose text stands within its frame.
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(8)
        head.addWidget(self.head)
        line = QVBoxLayout()
        line.setContentsMargins(6, 0, 6, 0)
        line.addWidget(Hairline())
        head.addLayout(line)
        column.addLayout(head)
        column.addWidget(self.area, 1)
        column.addWidget(self._foot)
        self._column = column

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Narrower than what is shown now: all in it wraps."""
        return QSize(scaled(200), scaled(_LEAST_PX))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """It takes what there is: its turns scroll."""
        return QSize(scaled(320), scaled(_LEAST_PX))

    def show_turns(self, views: Sequence[SideView], *, has_earlier: bool) -> None:
        """Exactly these blocks; those that there are, are kept and updated."""
        wanted = [view.id for view in views]
        for gone in self._blocks.keys() - set(wanted):
            block = self._blocks.pop(gone)
            self._turns.removeWidget(block)
            block.hide()
            block.deleteLater()
        for at, view in enumerate(views):
            block = self._blocks.get(view.id) or self._new_block(view.id, at)
            block.set_first(at == 0)
            block.show_view(view)
        self._earlier.setVisible(has_earlier)
        self._empty.setVisible(not views)
        self._blocks = {one: self._blocks[one] for one in wanted}

    def show_facts(self, facts: Sequence[FactView], note: str) -> None:
        self.facts.show_facts(facts, note)
        self._foot.setVisible(bool(facts or note))

    def block(self, turn_id: str) -> CompareBlock:
        """Raises `KeyError` for one that is not there."""
        return self._blocks[turn_id]

    def blocks(self) -> tuple[CompareBlock, ...]:
        """First to last."""
        return tuple(self._blocks.values())

    def order_tab_stops(self) -> None:
        """From the head through the turns: Qt puts what is made late behind all else."""
        stops = tuple(stop for block in self._blocks.values() for stop in block.tab_stops())
        if stops == self._stops:
            return
        self._stops = stops
        before: QWidget = self._earlier
        for stop in stops:
            QWidget.setTabOrder(before, stop)
            before = stop

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._place_foot()

    @Slot()
    def _place_foot(self) -> None:
        is_low = self.height() < scaled(_LOW_PX)
        if is_low == self._is_low:
            return
        self._is_low = is_low
        if is_low:
            self._column.removeWidget(self._foot)
            self._inner.insertWidget(self._inner.count() - 1, self._foot)
        else:
            self._inner.removeWidget(self._foot)
            self._column.addWidget(self._foot)
        sides, below = (0, 0) if is_low else (24, 12)
        self._foot_column.setContentsMargins(sides, 8, sides, below)

    def _new_block(self, turn_id: str, at: int) -> CompareBlock:
        block = CompareBlock(self._mark)
        block.log_requested.connect(lambda: self.turn_log_requested.emit(turn_id))
        block.reload_requested.connect(lambda: self.reload_requested.emit(turn_id))
        block.link_requested.connect(self.link_requested)
        block.height_changed.connect(self.height_changed)
        self._blocks[turn_id] = block
        self._turns.insertWidget(at, block)
        return block
