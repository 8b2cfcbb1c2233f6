"""The command palette: one field, and what it finds."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QGuiApplication,
    QKeyEvent,
    QPainterPath,
    QRegion,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)

from app.ui.item_models.palette_model import PaletteModel, PaletteRole, PaletteRow
from app.ui.theme import scaled, set_look
from app.ui.widgets.hairline import Hairline
from app.ui.widgets.palette_delegate import PaletteDelegate

_WIDTH: Final = 600
_ROWS: Final = 14
_TOP: Final = 64
_MARGIN: Final = 16
_RADIUS: Final = 12
"""Of the card, as the theme has it."""


class PaletteField(QLineEdit):
    """Where the query is typed.

    Signals: ``moved(int)``, so many rows on or back; ``chosen()``, at Enter.
    """

    moved = Signal(int)
    chosen = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        match event.key():
            case Qt.Key.Key_Down:
                self.moved.emit(1)
            case Qt.Key.Key_Up:
                self.moved.emit(-1)
            case Qt.Key.Key_PageDown:
                self.moved.emit(_ROWS - 2)
            case Qt.Key.Key_PageUp:
                self.moved.emit(2 - _ROWS)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if not event.isAutoRepeat():
                    self.chosen.emit()
            case _:
                super().keyPressEvent(event)


class PaletteDialog(QDialog):
    """Over the window's upper half. Enter or a click chooses, which closes it; so does Esc.

    Signals: ``query_changed(str)``; `chosen_key` is what was chosen when it is accepted.
    """

    query_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, title: str = "", sought: str = "") -> None:
        """`title` and `sought` say what is chosen here, where it is not everything."""
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        title = title or self.tr("Command palette")
        sought = sought or self.tr("Find models, conversations and actions")
        self.setObjectName("commandPalette")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.chosen_key = ""
        self._field = PaletteField()
        self._field.setObjectName("paletteField")
        self._field.setAccessibleName(sought)
        self._field.setPlaceholderText(sought)
        self._field.setFrame(False)
        self._model = PaletteModel(self)
        self._list = QListView()
        self._delegate = PaletteDelegate(self._list)
        self._nothing = QLabel(self.tr("Nothing fits. Try fewer letters."))
        self._lay_out()
        self._field.textChanged.connect(self.query_changed)
        self._field.moved.connect(self._move)
        self._field.chosen.connect(self._choose_current)
        self._list.clicked.connect(self._choose)
        self._list.selectionModel().currentChanged.connect(self._tell_current)

    def query(self) -> str:
        return self._field.text()

    def show_rows(self, rows: Sequence[PaletteRow], *, is_final: bool = True) -> None:
        """Show these, with the first that can be chosen current; `is_final` says that no more will
        come for this query, so that nothing at all can be told."""
        before = self._list.currentIndex().data(PaletteRole.KEY) if self._was_moved else None
        self._model.set_rows(rows)
        keys = [row.key for row in rows]
        at = keys.index(before) if before and before in keys else self._next(-1, 1)
        self._list.setCurrentIndex(self._model.index(at, 0) if at >= 0 else QModelIndex())
        self._nothing.setVisible(is_final and not rows)
        self._list.setVisible(bool(rows))
        if not rows:
            self._tell_current(QModelIndex(), QModelIndex())

    def begin(self) -> None:
        """Another query: whatever was current before is so no more."""
        self._was_moved = False

    def _lay_out(self) -> None:
        self._was_moved = False
        self._list.setObjectName("paletteList")
        self._list.setAccessibleName(self.tr("Found"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(self._delegate)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field has the keys
        self._list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMinimumHeight(1)
        self._nothing.setObjectName("paletteNothing")
        self._nothing.setContentsMargins(12, 8, 12, 8)
        self._nothing.setWordWrap(True)
        self._nothing.hide()
        set_look(self._nothing, role="muted")
        card = QFrame()
        card.setObjectName("paletteCard")
        set_look(card, role="card")
        column = QVBoxLayout(card)
        column.setContentsMargins(4, 8, 4, 8)
        column.setSpacing(8)
        column.addWidget(self._field)
        column.addWidget(Hairline())
        column.addWidget(self._list, 1)
        column.addWidget(self._nothing)
        column.addStretch(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        self._place()
        super().showEvent(event)
        self._field.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self._clip()

    def _place(self) -> None:
        parent = self.parentWidget()
        if parent is None:
            self.resize(scaled(_WIDTH), scaled(400))
            return
        window = parent.window()
        width = min(scaled(_WIDTH), window.width() - 2 * _MARGIN)
        rows = _ROWS * self._delegate.row_height
        height = min(rows + scaled(72), window.height() - 2 * _MARGIN)
        top = min(scaled(_TOP), window.height() - height - _MARGIN)
        corner = window.mapToGlobal(QPoint((window.width() - width) // 2, max(_MARGIN, top)))
        self.setGeometry(corner.x(), corner.y(), width, height)

    def _clip(self) -> None:
        """Without a compositor, which X11 may lack, what is outside the card's corners is black."""
        if QGuiApplication.platformName() == "xcb":
            shape = QPainterPath()
            radius = scaled(_RADIUS)
            shape.addRoundedRect(QRectF(self.rect()), radius, radius)
            self.setMask(QRegion(shape.toFillPolygon().toPolygon()))

    def _move(self, step: int) -> None:
        """So many rows on; a single step goes round, a larger one stays at the end."""
        self._was_moved = True
        count = self._model.rowCount()
        at = self._list.currentIndex().row()
        if abs(step) == 1:
            target = self._next(at, step)
        else:
            target = min(max(at + step, 0), count - 1)
            if target >= 0 and self._model.rows[target].is_heading:
                beyond = self._next(target, 1 if target == 0 else -1)
                target = beyond if beyond >= 0 else at
        if target >= 0:
            self._list.setCurrentIndex(self._model.index(target, 0))
            above = target - 1
            if above >= 0 and self._model.rows[above].is_heading:
                self._list.scrollTo(self._model.index(above, 0))
            self._list.scrollTo(self._model.index(target, 0))

    def _next(self, at: int, step: int) -> int:
        """The next row that can be chosen, going round; -1 where there is none."""
        count = self._model.rowCount()
        for _ in range(count):
            at = (at + step) % count if at >= 0 or step > 0 else count - 1
            if not self._model.rows[at].is_heading:
                return at
        return -1

    def _choose_current(self) -> None:
        self._choose(self._list.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        key = index.data(PaletteRole.KEY) if index.isValid() else ""
        if key:
            self.chosen_key = key
            self.accept()

    def _tell_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        """To a screen reader: the focus stays in the field, so it hears of no other row."""
        spoken = current.data(Qt.ItemDataRole.AccessibleTextRole) if current.isValid() else ""
        if spoken == self._field.accessibleDescription():
            return
        self._field.setAccessibleDescription(spoken)
        if spoken and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._field, spoken))
