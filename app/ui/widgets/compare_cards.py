"""Both sides of a comparison: equal heights, one scroll, one turn in view."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QScrollBar,
    QVBoxLayout,
    QWidget,
)

from app.domain.comparison.differences import Differences, differences
from app.ui.theme import scaled, set_look
from app.ui.widgets.compare_block import CompareBlock
from app.ui.widgets.compare_card import CompareCard
from app.ui.widgets.compare_views import CardView, FactView, Position, SideView
from app.ui.widgets.row_layout import RowLayout

TURNS_AT_ONCE: Final = 6
"""Turns that are made into widgets; earlier ones come when they are scrolled or asked for."""
NARROW_PX: Final = 640
"""Below this one side is shown at a time, with a switch. In pixels at 100 % text."""
_NEAR_PX: Final = 8
_SCROLLING: Final = {
    Qt.Key.Key_PageUp: -1,
    Qt.Key.Key_PageDown: 1,
}


class CompareCards(QWidget):
    """Two `CompareCard`s. Follows the last line of what is written for as long as the reader is at
    the bottom.

    Signals: ``turn_in_view(turn id)``; and with the card's position first:
    ``choose_requested(int)``, ``load_requested(int)``, ``unload_requested(int)``,
    ``cancel_requested(int)``, ``log_requested(int, turn id)``, an empty id for the head's;
    ``reload_requested(int)``; ``options_chosen(int, LoadOptions)``; ``link_requested(QUrl)``.
    """

    turn_in_view = Signal(str)
    choose_requested = Signal(int)
    load_requested = Signal(int)
    unload_requested = Signal(int)
    cancel_requested = Signal(int)
    log_requested = Signal(int, str)
    reload_requested = Signal(int)
    options_chosen = Signal(int, object)
    link_requested = Signal(QUrl)

    def __init__(self, name: str = "compare", parent: QWidget | None = None) -> None:
        """`name` begins the object names: ``compareCards``, ``compareLeft``, ``compareRight``."""
        super().__init__(parent)
        self.setObjectName(f"{name}Cards")
        self.cards = (CompareCard(0, f"{name}Left"), CompareCard(1, f"{name}Right"))
        self._views: tuple[tuple[SideView, ...], tuple[SideView, ...]] = ((), ())
        self._from = 0
        """The first turn that is a widget."""
        self._wanted_from = 0
        """The first that is to be one, soon."""
        self._turn = ""
        self._follows = True
        self._wants_top = ""
        """A turn that is to be scrolled to once its height is known."""
        self._anchor: tuple[str, int] | None = None
        """The turn at the view's top, and how far it begins above that."""
        self._is_aligning = self._is_settling = self._is_clamped = False
        self._shows_differences = False
        self._found: dict[str, tuple[tuple[str, str], Differences]] = {}
        """Where the answers of a turn differ, and the texts that it was found in."""
        self._is_single = False
        self._shown: Position = 0
        self._align_soon = QTimer(self, singleShot=True, interval=0)
        self._align_soon.timeout.connect(self.align)
        self._make_soon = QTimer(self, singleShot=True, interval=0)
        self._make_soon.timeout.connect(self._make_one)
        self._switch = QWidget()
        self._names = (self._switch_button(0), self._switch_button(1))
        group = QButtonGroup(self)
        group.setExclusive(True)
        switch = RowLayout(spacing=4)
        for button in self._names:
            group.addButton(button)
        switch.add_leading(*self._names)
        self._switch.setLayout(switch)
        self._switch.hide()
        self._names[0].setChecked(True)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        for card in self.cards:
            row.addWidget(card, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._switch)
        column.addLayout(row, 1)
        for at, card in enumerate(self.cards):
            self._connect(at, card)

    # -- telling

    def show_views(self, views: tuple[CardView, CardView]) -> None:
        """The heads and the turns, as they are now; the numbers are told by `show_facts`."""
        for at, view in enumerate(views):
            self.cards[at].head.show_view(view.head)
            name = view.head.label or view.head.title
            self._names[at].setText(name.replace("&", "&&"))
            self._names[at].setAccessibleName(self.tr("Show {model}").format(model=name))
        before = [one.id for one in self._views[0]]
        now = [one.id for one in views[0].sides]
        self._views = (views[0].sides, views[1].sides)
        if now[: len(before)] != before or not before:
            self._wanted_from = max(0, len(now) - TURNS_AT_ONCE)
            self._from = max(0, len(now) - 1)
            self._follows = False
            self._wants_top = now[-1] if now else ""
            self._anchor = None
        elif len(now) > len(before) and before:
            self._wants_top = now[-1]
            self._follows = True
        self._show_turns()

    def show_facts(self, facts: tuple[Sequence[FactView], Sequence[FactView]], note: str) -> None:
        """The numbers of the turn in view; `note` stands where there are none."""
        for card, one in zip(self.cards, facts, strict=True):
            card.show_facts(one, note)

    def show_differences(self, shown: bool) -> None:
        """Tint what differs between the answers, or no more."""
        if shown != self._shows_differences:
            self._shows_differences = shown
            self._mark_answers()

    @property
    def turn(self) -> str:
        """The turn in view; empty where there is none."""
        return self._turn

    @property
    def is_single(self) -> bool:
        """Whether one side is shown at a time."""
        return self._is_single

    def go_to(self, turn_id: str) -> None:
        """Scroll to a turn, made where it is not there yet."""
        ids = [one.id for one in self._views[0]]
        if turn_id not in ids:
            return
        self._from = self._wanted_from = min(self._from, ids.index(turn_id))
        self._wants_top, self._follows = turn_id, False
        self._show_turns()

    # -- what is made

    def _show_turns(self) -> None:
        has_earlier = self._wanted_from > 0
        for card, views in zip(self.cards, self._views, strict=True):
            card.show_turns(views[self._from :], has_earlier=has_earlier)
            card.order_tab_stops()
        self._mark_answers()
        self._align_soon.start()
        if self._from > self._wanted_from:
            self._make_soon.start()

    @Slot()
    def _make_one(self) -> None:
        """One more of the turns before: all of them at once would be felt."""
        if self._from > self._wanted_from:
            self._from -= 1
            self._show_turns()
            self.align()

    @Slot()
    def _show_earlier(self) -> None:
        """A few more, with what is in view staying there."""
        if self._wanted_from == 0:
            return
        bar = self.cards[0].area.verticalScrollBar()
        from_bottom = bar.maximum() - bar.value()
        self._from = self._wanted_from = max(0, self._wanted_from - TURNS_AT_ONCE)
        self._follows, self._wants_top = False, ""
        self._show_turns()
        self.align()
        for card in self.cards:
            own = card.area.verticalScrollBar()
            own.setValue(own.maximum() - from_bottom)

    def _mark_answers(self) -> None:
        kept, self._found = self._found, {}
        for one, other in zip(self.cards[0].blocks(), self.cards[1].blocks(), strict=True):
            is_over = not (_is_live(one) or _is_live(other))
            found = Differences((), ())
            if self._shows_differences and is_over and one.view is not None:
                texts = (one.answer_text(), other.answer_text())
                before = kept.get(one.view.id)
                found = before[1] if before and before[0] == texts else differences(*texts)
                self._found[one.view.id] = (texts, found)
            one.show_answer_marks(found.first)
            other.show_answer_marks(found.second)

    # -- heights and scrolling

    @Slot()
    def align(self) -> None:
        """Give what belongs together the height of the larger one."""
        self._align_soon.stop()
        self._is_aligning = True
        heads = [card.head for card in self.cards]
        self._even_out(heads)
        for one, other in zip(self.cards[0].blocks(), self.cards[1].blocks(), strict=True):
            for part, pendant in zip(one.parts, other.parts, strict=False):
                self._even_out((part, pendant))
        for card in self.cards:
            _lay_out(card)
        self._is_aligning = False
        self._is_settling = True
        self._settle()
        self._is_settling = False

    def _even_out(self, both: Sequence[QWidget]) -> None:
        least = 0 if self._is_single else max(map(_needed, both))
        for each in both:
            if each.minimumHeight() != least:
                each.setMinimumHeight(least)

    def _settle(self) -> None:
        """Where the view belongs, now that the heights are known."""
        card = self.cards[self._shown if self._is_single else 0]
        bar = card.area.verticalScrollBar()
        if self._wants_top:
            top = card.block(self._wants_top).y()
            top -= card.blocks()[0].y()  # the room above the first stands above each
            bar.setValue(top)
            # Hidden, nothing has a height yet that means anything.
            are_made = self._from == self._wanted_from and self.isVisible()
            if are_made and (bar.value() >= top - _NEAR_PX or not _is_running(card)):
                self._wants_top = ""
                self._note_place(card)
        elif self._follows:
            bar.setValue(bar.maximum())
        elif self._anchor is not None and self._anchor[0] in (one.id for one in self._views[0]):
            turn_id, offset = self._anchor
            bar.setValue(card.block(turn_id).y() + offset)
        for other in self.cards:
            other.area.verticalScrollBar().setValue(bar.value())
        self._tell_turn()

    def _range_changed(self, bar: QScrollBar) -> None:
        """Numbers that come or go below leave another height to the turns: not the reader's doing,
        even where Qt moves the bar for it."""
        self._is_clamped = bar.value() > bar.maximum()
        if not self._is_aligning:
            self._align_soon.start()

    @Slot()
    def _scrolled(self) -> None:
        is_clamped, self._is_clamped = self._is_clamped, False
        if self._is_aligning or self._is_settling or is_clamped:
            return
        self._wants_top = ""  # the reader goes elsewhere
        source = self.sender()
        for card, other in (self.cards, self.cards[::-1]):
            if card.area.verticalScrollBar() is source:
                self._note_place(card)
                self._is_settling = True
                other.area.verticalScrollBar().setValue(card.area.verticalScrollBar().value())
                self._is_settling = False
        self._tell_turn()

    def _note_place(self, card: CompareCard) -> None:
        bar = card.area.verticalScrollBar()
        self._follows = bar.value() >= bar.maximum() - _NEAR_PX
        self._note_anchor(card, bar.value())

    def _note_anchor(self, card: CompareCard, top: int) -> None:
        """What stands at the view's top stays there when heights change."""
        above = [block for block in card.blocks() if block.y() <= top] or list(card.blocks()[:1])
        if above and (view := above[-1].view) is not None:
            self._anchor = (view.id, top - above[-1].y())

    def _tell_turn(self) -> None:
        """The one that takes the middle of the view, or the last one at the bottom."""
        card = self.cards[self._shown if self._is_single else 0]
        blocks = card.blocks()
        turn = ""
        if blocks:
            bar = card.area.verticalScrollBar()
            middle = bar.value() + card.area.viewport().height() // 2
            views = [block.view for block in blocks]
            found = views[-1]
            if bar.value() < bar.maximum() - _NEAR_PX:
                below = [at for at, block in enumerate(blocks) if block.y() > middle]
                found = views[max(0, below[0] - 1)] if below else views[-1]
            turn = "" if found is None else found.id
        if turn != self._turn:
            self._turn = turn
            self.turn_in_view.emit(turn)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Keys that scroll, from whatever in here has no use for them."""
        bar = self.cards[self._shown if self._is_single else 0].area.verticalScrollBar()
        match event.key():
            case Qt.Key.Key_Home:
                bar.setValue(bar.minimum())
            case Qt.Key.Key_End:
                bar.setValue(bar.maximum())
            case key if key in _SCROLLING:
                bar.setValue(bar.value() + _SCROLLING[Qt.Key(key)] * bar.pageStep())
            case _:
                super().keyPressEvent(event)

    # -- one side at a time

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._fold()
        self._align_soon.start()

    def _fold(self) -> None:
        self._is_single = self.width() < scaled(NARROW_PX)
        self._switch.setVisible(self._is_single)
        for at, card in enumerate(self.cards):
            card.setVisible(not self._is_single or at == self._shown)

    def show_side(self, position: Position) -> None:
        """Where there is room for one side alone: this one."""
        if position == self._shown:
            return
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.cards[self._shown].isAncestorOf(focus)
        self._shown = position
        self._names[position].setChecked(True)
        self._fold()
        if had_focus and self._is_single:
            self._names[position].setFocus()
        self._align_soon.start()

    def _switch_button(self, position: Position) -> QPushButton:
        button = QPushButton()
        button.setObjectName(("compareShowLeft", "compareShowRight")[position])
        button.setCheckable(True)
        set_look(button, look="quiet")
        button.clicked.connect(lambda: self.show_side(position))
        return button

    def _connect(self, at: int, card: CompareCard) -> None:
        head = card.head
        head.choose_requested.connect(lambda: self.choose_requested.emit(at))
        head.load_requested.connect(lambda: self.load_requested.emit(at))
        head.unload_requested.connect(lambda: self.unload_requested.emit(at))
        head.cancel_requested.connect(lambda: self.cancel_requested.emit(at))
        head.log_requested.connect(lambda: self.log_requested.emit(at, ""))
        head.options_chosen.connect(lambda options: self.options_chosen.emit(at, options))
        card.turn_log_requested.connect(lambda turn: self.log_requested.emit(at, turn))
        card.reload_requested.connect(lambda _turn: self.reload_requested.emit(at))
        card.link_requested.connect(self.link_requested)
        card.height_changed.connect(self._align_soon.start)
        card.earlier_requested.connect(self._show_earlier)
        bar = card.area.verticalScrollBar()
        bar.rangeChanged.connect(lambda: self._range_changed(bar))
        bar.valueChanged.connect(self._scrolled)

    def mapped_top(self, block: CompareBlock) -> int:
        """Where a block begins, in this widget."""
        return block.mapTo(self, QPoint(0, 0)).y()


def _is_live(block: CompareBlock) -> bool:
    return block.view is not None and (block.view.is_live or block.view.activity is not None)


def _is_running(card: CompareCard) -> bool:
    blocks = card.blocks()
    return bool(blocks) and _is_live(blocks[-1])


def _needed(part: QWidget) -> int:
    layout = part.layout()
    if layout is None or part.isHidden():
        return 0
    if layout.hasHeightForWidth():
        return layout.totalHeightForWidth(part.width())
    return layout.totalSizeHint().height()


def _lay_out(card: CompareCard) -> None:
    """Now: Qt would do so in later turns, one level in each. At the width that it has: any other
    would have every text broken into lines anew."""
    content, layout = card.content, card.content.layout()
    if layout is not None:
        layout.activate()
        width = content.width()
        needed = (
            layout.totalHeightForWidth(width)
            if layout.hasHeightForWidth()
            else layout.totalSizeHint().height()
        )
        content.resize(width, max(needed, card.area.viewport().height()))
