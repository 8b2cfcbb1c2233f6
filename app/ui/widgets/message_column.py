"""Messages one below the other, of which only those near the view are widgets.

A message that has never been shown has an estimated height, which is replaced by its real one when
its widget is made. Whoever scrolls keeps the reader's place while that happens (`Transcript`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from app.ui.widgets.views import MessageOutline, MessageView

MARGIN = 20
_TOP = 12
_SPACING = 14
_OUT_OF_SIGHT = -20_000
_ROUNDS = 4
"""A text's height follows its width, which follows the layout around it."""
_MOST_KEPT = 48
"""Widgets that are kept out of view, to be there when the reader comes back."""
_MOST_SPARE = 24
"""Widgets that show nothing. Another message in one takes a third of the time of a new one."""


class MessageColumn(QWidget):
    """Lays out messages and, below them, `foot`.

    Signals: ``height_changed()``, of something in it; `place` is due. ``message_made()``, in a new
    widget or in one that showed another before.
    """

    height_changed = Signal()
    message_made = Signal()

    def __init__(
        self, foot: Sequence[QWidget], new: Callable[[MessageView, QWidget], Message]
    ) -> None:
        """`new` makes the widget of a message, within this one."""
        super().__init__()
        self._new = new
        self._views: dict[str, MessageView | MessageOutline] = {}
        self._whole: Callable[[str], MessageView] = _nobody_knows
        self._ids: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self._made: dict[str, Message] = {}
        self._spare: list[Message] = []
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

    def set_views(
        self,
        views: Sequence[MessageView | MessageOutline],
        whole: Callable[[str], MessageView] | None = None,
    ) -> None:
        """Show exactly `views`; widgets that there are, are kept and updated. `whole` gives the
        view of a message of which there is an outline, once its widget is made."""
        old, self._views = self._views, {view.id: view for view in views}
        self._whole = whole or _nobody_knows
        self._ids = tuple(self._views)
        self._places = {message_id: place for place, message_id in enumerate(self._ids)}
        gone = [self._made.pop(known) for known in tuple(self._made) if known not in self._views]
        for message_id in old.keys() - self._views.keys():
            self._rooms.pop(message_id, None)
            self._measured.discard(message_id)
        for message_id in self._made:
            view = self._view(message_id)
            if view != old[message_id]:
                self._changed(view)
        # Of the others, all but the text is looked at when their widgets are made.
        changed = [
            one
            for one in views
            if (before := old.get(one.id)) is None
            or (before.text != one.text and one.id not in self._made)
        ]
        self._measured.difference_update(one.id for one in changed)
        self._rooms |= _estimates(changed, *self._scale)
        self._measure_edges()
        for message in gone:
            # Last: with the focus in it, that goes elsewhere, and the view may follow it.
            self._put_by(message)

    def update_view(self, message_id: str, view: MessageView) -> bool:
        """Show a later state of a message. Returns whether it may need another height. Raises
        `KeyError` for one that is not there."""
        if message_id not in self._views:
            raise KeyError(message_id)
        self._views[message_id] = view
        made = self._made.get(message_id)
        if made is not None and message_id in self._measured:
            height = made.text_view.height()
            if made.go_on(view) and made.text_view.height() == height:
                return False
        self._changed(view)
        return True

    def _view(self, message_id: str) -> MessageView:
        view = self._views[message_id]
        if isinstance(view, MessageView):
            return view
        whole = self._views[message_id] = self._whole(message_id)
        return whole

    def _changed(self, view: MessageView | MessageOutline) -> None:
        self._measured.discard(view.id)
        made = self._made.get(view.id)
        if made is not None:
            made.show_view(self._view(view.id))
        if made is None or view.id not in self._rooms:
            self._rooms |= _estimates([view], *self._scale)

    def message(self, message_id: str) -> Message:
        """Its widget, made where there is none. Raises `KeyError` for one that is not there."""
        made = self._made.get(message_id)
        if made is None:
            made = self._made[message_id] = self._spare_or_new(self._view(message_id))
            made.move(MARGIN, _OUT_OF_SIGHT)
            # At once, not once it has its place: it may be given the focus before.
            made.show()
            self.message_made.emit()
        return made

    def _spare_or_new(self, view: MessageView) -> Message:
        for at in range(len(self._spare) - 1, -1, -1):
            if self._spare[at].can_become(view):
                message = self._spare.pop(at)
                message.show_view(view)
                return message
        return self._new(view, self)

    def _put_by(self, message: Message) -> None:
        if len(self._spare) < _MOST_SPARE:
            message.put_by()
            self._spare.append(message)
        else:
            message.hide()
            message.deleteLater()

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
            self._rooms = _estimates(self._views.values(), *scale)
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
            else:
                # It is far from the view, but what it was may have reached where that is now.
                made.move(left, _OUT_OF_SIGHT)
        self._foot.setGeometry(left, self._edges[-1], width, self._foot_height())
        self._is_placing = False

    def let_go(self, top: int, bottom: int) -> None:
        """Drop widgets that are far from `top` to `bottom`, but those that are in use."""
        if len(self._made) <= _MOST_KEPT:
            return
        near = set(self._between(top, bottom))
        far = [one for one in self._made if one not in near and not _is_in_use(self._made[one])]
        for message_id in far[: len(self._made) - _MOST_KEPT // 2]:
            self._put_by(self._made.pop(message_id))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and not self._is_placing:
            self._remeasure()
        return super().event(event)

    def _remeasure(self) -> None:
        """Something in a message, or in the foot, was laid out anew."""
        width, known_heights = self._scale[0], len(self._measured)
        self._is_placing = True
        for message_id, message in self._made.items():
            layout = message.layout()
            # What Qt knows is up to date here: this comes after the layouts within.
            known = message.height() if layout is None else _needed(layout, width)
            if message_id in self._measured and known != message.height():
                self._measured.discard(message_id)
        has_changed = len(self._measured) < known_heights
        has_changed = has_changed or self._foot_height() != self._foot.height()
        self._is_placing = False
        if has_changed:
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


def _nobody_knows(message_id: str) -> MessageView:
    raise KeyError(message_id)


def _estimates(
    views: Iterable[MessageView | MessageOutline], width: int, zoom: float
) -> dict[str, int]:
    """The room that each takes that was never shown."""
    line = 19 * zoom
    letter = line / max(10.0, width / (6.5 * zoom))
    around = {"user": 57 * zoom + _SPACING, "model": 75 * zoom + _SPACING}
    return {
        view.id: round(
            line * view.text.count("\n") + letter * len(view.text) + around[view.speaker]
        )
        for view in views
    }


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
    """What `widget` needs at `width`, with all that has changed within it.

    It asks what Qt knows, and makes nothing of it unknown: laying out anew what has not changed
    would tell the column that something has, which measures then, and so on without an end.
    """
    for child in reversed(widget.findChildren(QLayout)):
        child.activate()  # Qt would do so in later turns, one level in each
    layout = widget.layout()
    if layout is None:
        return widget.height()
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
