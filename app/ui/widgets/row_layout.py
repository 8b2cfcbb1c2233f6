"""A row that becomes several rows where there is no room."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayoutItem, QStyle, QWidget

from app.ui.widgets.measured_layout import MeasuredLayout


class RowLayout(MeasuredLayout):
    """Leading widgets at the start of the row, trailing ones at its end.

    Without room for all, the trailing ones go below, and either group breaks into as many rows as
    it takes. Mirrors for languages that are written from right to left. Rows that are centred have
    no trailing widgets.
    """

    def __init__(self, spacing: int = 8, row_spacing: int = 4, *, is_centred: bool = False) -> None:
        super().__init__()
        self._is_centred = is_centred
        self._leading: list[QLayoutItem] = []
        self._trailing: list[QLayoutItem] = []
        self._adding = self._leading
        self._row_spacing = row_spacing
        self.setSpacing(spacing)

    def add_leading(self, *widgets: QWidget) -> None:
        self._add(self._leading, widgets)

    def add_trailing(self, *widgets: QWidget) -> None:
        self._add(self._trailing, widgets)

    def _add(self, group: list[QLayoutItem], widgets: tuple[QWidget, ...]) -> None:
        self._adding = group
        for widget in widgets:
            self.addWidget(widget)

    # -- what Qt asks of a layout

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802 - Qt's name
        self._adding.append(item)
        self.invalidate()

    def count(self) -> int:
        return len(self._leading) + len(self._trailing)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        items = [*self._leading, *self._trailing]
        return items[index] if 0 <= index < len(items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802 - Qt's name
        self.invalidate()
        for group in (self._leading, self._trailing):
            if 0 <= index < len(group):
                return group.pop(index)
            index -= len(group)
        return None

    def expandingDirections(self) -> Qt.Orientation:  # noqa: N802 - Qt's name
        return Qt.Orientation(0)

    def height_at(self, width: int) -> int:
        rows = self._rows(width)
        return sum(map(_height, rows)) + self._row_spacing * max(0, len(rows) - 1)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        items = self._visible(self._leading) + self._visible(self._trailing)
        return QSize(self._width(items), _height(items))

    def minimumSize(self) -> QSize:  # noqa: N802 - Qt's name
        items = self._visible(self._leading) + self._visible(self._trailing)
        width = max((item.minimumSize().width() for item in items), default=0)
        return QSize(width, max((item.minimumSize().height() for item in items), default=0))

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802 - Qt's name
        super().setGeometry(rect)
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        trailing = {id(item) for item in self._trailing}
        y = rect.y()
        for row in self._rows(rect.width()):
            height = _height(row)
            ends = [item for item in row if id(item) in trailing]
            x = rect.x()
            if self._is_centred:
                x += max(0, rect.width() - self._width(row)) // 2
            for item in row:
                if ends and item is ends[0]:
                    x = max(x, rect.right() + 1 - self._width(ends))
                size = self._size(item, rect.width())
                place = QRect(QPoint(x, y + (height - size.height()) // 2), size)
                item.setGeometry(QStyle.visualRect(direction, rect, place))
                x += size.width() + self.spacing()
            y += height + self._row_spacing

    # -- rows

    def _rows(self, width: int) -> list[list[QLayoutItem]]:
        leading, trailing = self._visible(self._leading), self._visible(self._trailing)
        if self._width(leading + trailing) <= width:
            whole = leading + trailing
            return [whole] if whole else []
        return self._broken(leading, width) + self._broken(trailing, width)

    def _broken(self, items: list[QLayoutItem], width: int) -> list[list[QLayoutItem]]:
        rows: list[list[QLayoutItem]] = []
        for item in items:
            if rows and self._width([*rows[-1], item]) <= width:
                rows[-1].append(item)
            else:
                rows.append([item])
        return rows

    @staticmethod
    def _visible(items: list[QLayoutItem]) -> list[QLayoutItem]:
        return [item for item in items if not item.isEmpty()]

    def _width(self, items: list[QLayoutItem]) -> int:
        return sum(item.sizeHint().width() for item in items) + self.spacing() * max(
            0, len(items) - 1
        )

    @staticmethod
    def _size(item: QLayoutItem, width: int) -> QSize:
        hint = item.sizeHint()
        return QSize(max(item.minimumSize().width(), min(hint.width(), width)), hint.height())


def _height(items: list[QLayoutItem]) -> int:
    return max((item.sizeHint().height() for item in items), default=0)
