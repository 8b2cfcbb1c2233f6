"""The tokens of a text one after the other, each on a ground of its own."""

from typing import Final

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.ui.item_models.token_model import TokenModel
from app.ui.theme import FACTS_PX, fixed_font, notifier, scaled, tokens

AnyIndex = QModelIndex | QPersistentModelIndex

_PAD: Final = 4
_ROW_PAD: Final = 6
_LONGEST: Final = 40
"""Characters of a token that are shown; some are hundreds of blanks."""
_CENTRED: Final = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
_BATCH: Final = 200
"""Tokens that are laid out at once, so that thousands hold up nothing."""


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: TokenModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._sizes: dict[str, QSize] = {}
        """By the text: few are different, and Qt asks for each token at every width."""
        self.refresh()

    def refresh(self) -> None:
        colours = tokens()
        names = ("code", "text", "accent_tint", "template_tint", "template", "accent", "on_accent")
        self._colours = {name: QColor(getattr(colours, name)) for name in (*names, "hairline")}
        self._font = fixed_font(FACTS_PX)
        self._metrics = QFontMetrics(self._font)
        self._sizes.clear()

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name and signature
        text = self._model.shown(index.row())
        size = self._sizes.get(text)
        if size is None:
            width = self._metrics.horizontalAdvance(_short(text)) + 2 * scaled(_PAD)
            size = QSize(width, self._metrics.height() + scaled(_ROW_PAD))
            self._sizes[text] = size
        return size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        row, rect, state, colours = index.row(), option.rect, option.state, self._colours
        ground, ink, line = "code", "text", "hairline"
        if self._model.is_special(row):
            ground, ink = "template_tint", "template"
        elif row % 2:
            ground = "accent_tint"
        if state & QStyle.StateFlag.State_MouseOver:
            line = "accent"
        if state & QStyle.StateFlag.State_Selected:
            ground, ink = "accent", "on_accent"
        painter.setPen(colours[line])
        painter.setBrush(colours[ground])
        painter.drawRect(rect.adjusted(1, 1, 0, -2))
        painter.setFont(self._font)
        painter.setPen(colours[ink])
        painter.drawText(rect, _CENTRED, _short(self._model.shown(row)))


class TokenFlow(QListView):
    """Selecting tells where in the text a token stands; `show_position` is told in return.

    Signals: ``token_chosen(int)``, its row, by the mouse or the keyboard.
    """

    token_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tokenList")
        self.setAccessibleName(self.tr("Tokens of the prompt"))
        self.tokens = TokenModel(self)
        self._delegate = _Delegate(self.tokens, self)
        self._is_told = False
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(_BATCH)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setModel(self.tokens)
        self.selectionModel().currentChanged.connect(self._current_changed)
        notifier().changed.connect(self._dress)

    def show_position(self, position: int) -> None:
        """Select the token at `position` of the text, in UTF-16 units; tells nothing."""
        row = self.tokens.row_at(position)
        selection = self.selectionModel()
        self._is_told = True
        try:
            if row is None:
                selection.clear()
            elif row != self.currentIndex().row() or not selection.hasSelection():
                index = self.tokens.index(row, 0)
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        finally:
            self._is_told = False

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, index: QModelIndex) -> None:
        if index.isValid() and not self._is_told:
            self.token_chosen.emit(index.row())

    @Slot()
    def _dress(self) -> None:
        self._delegate.refresh()
        self.scheduleDelayedItemsLayout()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
