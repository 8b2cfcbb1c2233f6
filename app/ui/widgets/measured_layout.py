"""A layout whose height follows its width, and is worked out once for each."""

from PySide6.QtWidgets import QLayout, QWidget


class MeasuredLayout(QLayout):
    """Remembers its heights until something in it changes: Qt asks several times in a pass, and
    each time its texts would be laid out anew.

    Whoever derives from it says `height_at`, and calls `invalidate` with each item that comes or
    goes.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heights: dict[int, int] = {}
        """By width."""
        self.setContentsMargins(0, 0, 0, 0)

    def height_at(self, width: int) -> int:
        """What it takes of height at `width`, both in pixels."""
        raise NotImplementedError

    def invalidate(self) -> None:
        self._heights.clear()
        super().invalidate()

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        if width not in self._heights:
            self._heights[width] = self.height_at(width)
        return self._heights[width]
