"""The last thing that was taken away can be had back."""

from collections.abc import Callable

from app.ui.widgets.undo_bar import UndoBar


class UndoPresenter:
    """Offers to undo one thing at a time; a later one takes the place of an earlier."""

    def __init__(self, bar: UndoBar) -> None:
        self._bar = bar
        self._undo: Callable[[], None] | None = None
        bar.undo_requested.connect(self.undo)
        bar.dismissed.connect(self.forget)

    @property
    def has_offer(self) -> bool:
        return self._undo is not None

    def offer(self, text: str, undo: Callable[[], None]) -> None:
        """Say `text`, such as "Message deleted.", and call `undo` where the user wants it back."""
        self._undo = undo
        self._bar.show_offer(text)

    def undo(self) -> None:
        """Give back what was taken last; nothing where that has been done, or let go."""
        undo, self._undo = self._undo, None
        self._bar.show_offer("")
        if undo is not None:
            undo()

    def forget(self) -> None:
        """Let go of what was taken away."""
        self._undo = None
        self._bar.show_offer("")
