"""Messages one below the other, of which only those near the view are widgets.

A message that has never been shown has an estimated height, which is replaced by its real one when
its widget is made. Whoever scrolls keeps the reader's place while that happens (`Transcript`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QApplication,
    QLayout,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.widgets.message import Message
from app.ui.widgets.views import MessageView

MARGIN = 20
_TOP = 12
_SPACING = 14
_OUT_OF_SIGHT = -20_000
_ROUNDS = 4
"""A text's height follows its width, which follows the layout around it."""
_MOST_KEPT = 60
"""Widgets that are kept out of view, to be there when the reader comes back."""


class MessageColumn(QWidget):
    """Lays out messages and, below them, `foot`.

    Signals: ``height_changed()``, of something in it; `place` is due.
    """

    height_changed = Signal()

    def __init__(
        self, foot: Sequence[QWidget], new: Callable[[MessageView, QWidget], Message]
    ) -> None:
        """`new` makes the widget of a message, within this one."""
        super().__init__()
        self._new = new
        self._views: dict[str, MessageView] = {}
        self._ids: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self._made: dict[str, Message] = {}
        self._rooms: dict[str, int] = {}
        """Height and distance to the next: estimated or, for those in `_measured`, real."""
        self._measured: set[str] = set()
        self._edges: list[int] = [_TOP]
        """Where each message begins, and where the foot does."""
        self._scale = (MARGIN, 1.0)
        """Width and zoom that the heights are for."""
        self._is_placing = False
        self._foot = QWidget(self)
        column = QVBoxLayout(self._foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(_SPACING)
        for widget in foot:
            column.addWidget(widget)

    # -- which messages there are

    @property
    def ids(self) -> tuple[str, ...]:
        return self._ids

    def set_views(self, views: Sequence[MessageView]) -> None:
        """Show exactly `views`; widgets that there are, are kept and updated."""
        old, self._views = self._views, {view.id: view for view in views}
        self._ids = tuple(self._views)
        self._places = {message_id: place for place, message_id in enumerate(self._ids)}
        gone = [self._made.pop(known) for known in tuple(self._made) if known not in self._views]
        for message_id in old.keys() - self._views.keys():
            self._rooms.pop(message_id, None)
            self._measured.discard(message_id)
        for view in views:
            before = old.get(view.id)
            if before is not view and before != view:
                self._changed(view)
        self._measure_edges()
        for message in gone:
            # Last: with the focus in it, that goes elsewhere, and the view may follow it.
            _end(message)

    def update_view(self, message_id: str, view: MessageView) -> None:
        """Show a later state of a message. Raises `KeyError` for one that is not there."""
        if message_id not in self._views:
            raise KeyError(message_id)
        self._views[message_id] = view
        self._changed(view)

    def _changed(self, view: MessageView) -> None:
        self._measured.discard(view.id)
        made = self._made.get(view.id)
        if made is not None:
            made.show_view(view)
        if made is None or view.id not in self._rooms:
            self._rooms[view.id] = _estimate(view, *self._scale)

    def message(self, message_id: str) -> Message:
        """Its widget, made where there is none. Raises `KeyError` for one that is not there."""
        made = self._made.get(message_id)
        if made is None:
            made = self._made[message_id] = self._new(self._views[message_id], self)
            made.move(MARGIN, _OUT_OF_SIGHT)
            # At once, not once it has its place: it may be given the focus before.
            made.show()
        return made

    def made(self) -> Iterator[Message]:
        """The widgets that there are, in reading order."""
        for message_id in sorted(self._made, key=self._places.__getitem__):
            yield self._made[message_id]

    def is_placed(self, message_id: str) -> bool:
        """Whether its widget is there and stands where it belongs."""
        return message_id in self._made and message_id in self._measured

    # -- where they stand

    def top_of(self, message_id: str) -> int:
        return self._edges[self._places[message_id]]

    def anchor(self, top: int, bottom: int) -> str:
        """The message by which a reader who looks at `top` to `bottom` keeps the place: the first
        there whose height is known, since any other turns out larger or smaller; empty for none."""
        there = self._between(top, bottom) or self._ids[-1:]
        return next((one for one in there if one in self._measured), there[0] if there else "")

    def total_height(self) -> int:
        return self._edges[-1] + self._foot_height() + _TOP

    def rescale(self, width: int) -> None:
        """Messages are to be `width` pixels wide; all heights are to be measured anew."""
        scale = (width, theme.zoom())
        if scale != self._scale:
            self._scale = scale
            self._measured.clear()
            self._rooms = {view.id: _estimate(view, *scale) for view in self._views.values()}
            self._measure_edges()

    def make_and_measure(self, top: int, bottom: int, *, at_most: int = 1_000_000) -> bool:
        """Make the widgets between `top` and `bottom` and take their heights; whether any of them
        was not there, or not known. Positions are as they were before."""
        # One that was let go has its height still, and no widget.
        wanted = [one for one in self._between(top, bottom) if not self.is_placed(one)]
        self._is_placing = True
        for message_id in wanted[:at_most]:
            message = self.message(message_id)
            self._rooms[message_id] = _fit(message, self._scale[0]) + _SPACING
            self._measured.add(message_id)
        self._is_placing = False
        if wanted:
            self._measure_edges()
        return bool(wanted)

    def place(self) -> None:
        """Put all widgets where they belong."""
        self._is_placing = True
        left, width = MARGIN, self._scale[0]
        for message_id, made in self._made.items():
            if message_id in self._measured:
                height = self._rooms[message_id] - _SPACING
                made.setGeometry(left, self.top_of(message_id), width, height)
                made.show()
        self._foot.setGeometry(left, self._edges[-1], width, self._foot_height())
        self._is_placing = False

    def let_go(self, top: int, bottom: int) -> None:
        """Drop widgets that are far from `top` to `bottom`, but those that are in use."""
        if len(self._made) <= _MOST_KEPT:
            return
        near = set(self._between(top, bottom))
        far = [one for one in self._made if one not in near and not _is_in_use(self._made[one])]
        for message_id in far[: len(self._made) - _MOST_KEPT // 2]:
            self._drop(message_id)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and not self._is_placing:
            self._remeasure()
        return super().event(event)

    def _remeasure(self) -> None:
        """Something in a message, or in the foot, has grown or shrunk."""
        width = self._scale[0]
        self._is_placing = True
        for message_id, message in self._made.items():
            layout = message.layout()
            # What Qt knows is up to date here: this comes after the layouts within.
            known = message.height() if layout is None else _needed(layout, width)
            if message_id in self._measured and known != message.height():
                self._measured.discard(message_id)
        self._is_placing = False
        self.height_changed.emit()

    def _between(self, top: int, bottom: int) -> tuple[str, ...]:
        first = max(0, bisect_right(self._edges, top) - 1)
        last = bisect_left(self._edges, bottom)
        return self._ids[first:last]

    def _measure_edges(self) -> None:
        rooms = map(self._rooms.__getitem__, self._ids)
        self._edges = list(accumulate(rooms, initial=_TOP))

    def _foot_height(self) -> int:
        return _height(self._foot, self._scale[0])

    def _drop(self, message_id: str) -> None:
        _end(self._made.pop(message_id))


def _end(message: QWidget) -> None:
    message.hide()
    message.deleteLater()


def _estimate(view: MessageView, width: int, zoom: float) -> int:
    """The room that one takes which was never shown."""
    per_line = max(10.0, width / (6.5 * zoom))
    lines = view.text.count("\n") + len(view.text) / per_line + 1
    return round(zoom * (19 * lines + (56 if view.speaker == "model" else 38))) + _SPACING


def _fit(message: QWidget, width: int) -> int:
    """Give `message` the height that it needs at `width`, and return that."""
    height = message.height()
    message.resize(width, height)
    message.show()
    for _ in range(_ROUNDS):
        before, height = height, _height(message, width)
        message.resize(width, height)
        if before == height:
            break
    return height


def _height(widget: QWidget, width: int) -> int:
    for child in reversed(widget.findChildren(QLayout)):
        child.activate()  # Qt would do so in later turns, one level in each
    layout = widget.layout()
    if layout is None:
        return widget.height()
    layout.invalidate()
    layout.activate()
    return _needed(layout, width)


def _needed(layout: QLayout, width: int) -> int:
    if layout.hasHeightForWidth():
        return layout.totalHeightForWidth(width)
    return layout.totalSizeHint().height()


def _is_in_use(message: Message) -> bool:
    """Whether something would be lost with its widget: focus, a selection, what is typed."""
    focus = QApplication.focusWidget()
    if message.underMouse() or (focus is not None and message.isAncestorOf(focus)):
        return True
    if message.view.is_live or message.text_view.textCursor().hasSelection():
        return True
    return message.editor is not None
