"""The way of the Tab key through a window."""

from collections.abc import Iterator

from PySide6.QtWidgets import QWidget


def focus_chain(first: QWidget) -> Iterator[QWidget]:
    """All widgets of the window in order, from the one after `first`; Tab passes over some."""
    widget = first.nextInFocusChain()
    while widget is not None and widget is not first:
        yield widget
        widget = widget.nextInFocusChain()
