"""Where the Tab key comes to what is added to a pane later."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def put_before(anchor: QWidget, stops: Sequence[QWidget]) -> None:
    """Have Tab come to `stops`, in order, before anything in `anchor`. All are in one window."""
    before = anchor.previousInFocusChain()
    while before is not None and not before.focusPolicy() & Qt.FocusPolicy.TabFocus:
        if before is anchor:
            return
        before = before.previousInFocusChain()
    if before is None:
        return
    for stop in stops:
        QWidget.setTabOrder(before, stop)
        before = stop


def stops_of(widget: QWidget) -> list[QWidget]:
    """Where Tab comes to in `widget`, which is in no window yet, shown or not."""
    stops, one = [], widget
    while True:
        if one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            stops.append(one)
        following = one.nextInFocusChain()
        if following is None or following is widget:
            return stops
        one = following
