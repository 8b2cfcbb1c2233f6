"""A line of facts with buttons at its end; below it where there is no room beside it."""

from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayoutItem, QStyle, QWidget

from app.ui import theme
from app.ui.widgets.measured_layout import MeasuredLayout

_LEAST_TEXT_PX: Final = 180
"""A text narrower than this, and in more than one line, does not read well beside buttons."""
_UNBOUNDED_PX: Final = 100_000


class FactRow(MeasuredLayout):
    """Its first widget is the text, whose lines may wrap; the others are buttons."""

    def __init__(self, parent: QWidget | None = None, spacing: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802 - Qt's name
        self._items.append(item)
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        self.invalidate()
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802 - Qt's name
        return Qt.Orientation.Horizontal

    def height_at(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), apply=False)

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 - Qt's name
        super().setGeometry(rect)
        self._place(rect, apply=True)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        width = sum(item.sizeHint().width() + self.spacing() for item in self._shown())
        return QSize(width, self.heightForWidth(max(width, 1)))

    def minimumSize(self) -> QSize:  # noqa: N802 - Qt's name
        buttons = [item.sizeHint() for item in self._shown()[1:]]
        return QSize(
            max((one.width() for one in buttons), default=1),
            max((one.height() for one in buttons), default=1),
        )

    def _shown(self) -> list[QLayoutItem]:
        """The text, and the buttons that are shown or keep their room."""
        return self._items[:1] + [item for item in self._items[1:] if not item.isEmpty()]

    def _place(self, rect: QRect, *, apply: bool) -> int:
        """Put everything into `rect`, or only tell the height that it takes."""
        if not self._items:
            return 0
        text, *buttons = self._shown()
        beside = rect.width() - sum(one.sizeHint().width() + self.spacing() for one in buttons)
        is_wide = beside >= theme.scaled(_LEAST_TEXT_PX)
        # Not by its hint: Qt's is for several lines, and far narrower than one of them.
        if not buttons or is_wide or (beside > 0 and _height(text, beside) <= _least_height(text)):
            return self._place_beside(rect, text, buttons, beside, apply=apply)
        return self._place_below(rect, text, buttons, apply=apply)

    def _place_beside(
        self, rect: QRect, text: QLayoutItem, buttons: list[QLayoutItem], room: int, *, apply: bool
    ) -> int:
        text_height = _height(text, room)
        height = max([text_height, *(one.sizeHint().height() for one in buttons)])
        if apply:
            top = rect.y() + (height - text_height) // 2
            self._set(text, rect, QRect(rect.x(), top, room, text_height))
            self._place_line(rect, buttons, rect.y(), height)
        return height

    def _place_below(
        self, rect: QRect, text: QLayoutItem, buttons: list[QLayoutItem], *, apply: bool
    ) -> int:
        height = _height(text, rect.width())
        if apply:
            self._set(text, rect, QRect(rect.x(), rect.y(), rect.width(), height))
        for line in self._lines(buttons, rect.width()):
            line_height = max(one.sizeHint().height() for one in line)
            if apply:
                top = rect.y() + height + self.spacing()
                self._place_line(rect, line, top, line_height)
            height += self.spacing() + line_height
        return height

    def _lines(self, buttons: list[QLayoutItem], width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = [[]]
        taken = 0
        for button in buttons:
            needed = button.sizeHint().width() + self.spacing()
            if lines[-1] and taken + needed > width + self.spacing():
                lines.append([])
                taken = 0
            lines[-1].append(button)
            taken += needed
        return lines

    def _place_line(self, rect: QRect, buttons: list[QLayoutItem], top: int, height: int) -> None:
        """From the end of the line, last one last."""
        end = rect.x() + rect.width()
        for button in reversed(buttons):
            size = button.sizeHint()
            place = QRect(end - size.width(), top, size.width(), size.height())
            place.translate(0, (height - size.height()) // 2)
            self._set(button, rect, place)
            end -= size.width() + self.spacing()

    def _set(self, item: QLayoutItem, rect: QRect, place: QRect) -> None:
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        item.setGeometry(QStyle.visualRect(direction, rect, place))


def _least_height(text: QLayoutItem) -> int:
    """With no line broken for want of room."""
    return _height(text, _UNBOUNDED_PX)


def _height(text: QLayoutItem, width: int) -> int:
    return text.heightForWidth(width) if text.hasHeightForWidth() else text.sizeHint().height()
