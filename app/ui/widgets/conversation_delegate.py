"""Draws the rows of the list of conversations, and has a name edited in its place."""

from typing import Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.domain.conversation_summary import OPENING_LENGTH
from app.ui.item_models.conversation_model import ConversationRole, RowKind
from app.ui.theme import FACTS_PX, TEXT_PX, scaled, tokens, ui_font
from app.ui.widgets.painting import draw_line, fill, mirrored

AnyIndex = QModelIndex | QPersistentModelIndex

_ROW_PX: Final = 30
_PAD_PX: Final = 8
_DOT_PX: Final = 8
_RADIUS_PX: Final = 7


class ConversationDelegate(QStyledItemDelegate):
    """All rows are of one height, so that ten thousand need no measuring: a line, or two while
    `is_searching`.

    `chosen` is the conversation that the pane shows: its tint stays where the keyboard goes on.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chosen: str | None = None
        self.is_searching = False
        self._text, self._facts = QFont(), QFont()
        self.refresh_fonts()

    def refresh_fonts(self) -> None:
        """The theme or the zoom is another."""
        self._text, self._facts = ui_font(TEXT_PX), ui_font(FACTS_PX)

    @property
    def row_height(self) -> int:
        text = QFontMetrics(self._text).height()
        if self.is_searching:
            return text + QFontMetrics(self._facts).height() + scaled(16)
        return max(scaled(_ROW_PX), text + scaled(12))

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name and signature
        return QSize(scaled(80), self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        match index.data(ConversationRole.KIND):
            case RowKind.HEADING:
                self._paint_heading(painter, option, index)
            case RowKind.HIT:
                self._paint_hit(painter, option, index)
            case _:
                self._paint_conversation(painter, option, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = scaled(_RADIUS_PX)
            painter.drawRoundedRect(option.rect.adjusted(1, 2, -1, -2), radius, radius)
        painter.restore()

    # ----------------------------------------------------------------------------------------
    # Rows

    def _paint_heading(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        painter.setPen(QColor(tokens().muted))
        line = mirrored(option, option.rect.adjusted(0, scaled(4), 0, 0))
        draw_line(painter, line, index.data(), self._facts, ends=option.direction)

    def _paint_conversation(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        self._paint_tint(painter, option, is_chosen=self._is_chosen(index))
        pad = scaled(_PAD_PX)
        line = option.rect.adjusted(pad, 0, -pad, 0)
        if index.data(ConversationRole.IS_ANSWERING):
            side = scaled(_DOT_PX)
            dot = QRect(line.right() - side + 1, line.center().y() - side // 2 + 1, side, side)
            fill(painter, mirrored(option, dot), tokens().live, side / 2)
            line.setRight(dot.left() - pad)
        painter.setPen(QColor(tokens().text))
        draw_line(painter, mirrored(option, line), index.data(), self._text, ends=option.direction)

    def _paint_hit(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        is_tinted = self._paint_tint(painter, option, is_chosen=is_current)
        pad = scaled(_PAD_PX)
        title_height = QFontMetrics(self._text).height()
        inner = option.rect.adjusted(pad, scaled(6), -pad, -scaled(6))
        title = QRect(inner.left(), inner.top(), inner.width(), title_height)
        context = inner.adjusted(0, title_height + scaled(4), 0, 0)
        painter.setPen(QColor(tokens().text))
        draw_line(painter, mirrored(option, title), index.data(), self._text, ends=option.direction)
        # Muted text is too pale on a tint.
        painter.setPen(QColor(tokens().text if is_tinted else tokens().muted))
        draw_line(
            painter,
            mirrored(option, context),
            index.data(ConversationRole.CONTEXT),
            self._facts,
            ends=option.direction,
            marks=index.data(ConversationRole.MARKS),
            marked_colour=tokens().text,
        )

    def _is_chosen(self, index: AnyIndex) -> bool:
        return self.chosen is not None and index.data(ConversationRole.ID) == self.chosen

    @staticmethod
    def _paint_tint(painter: QPainter, option: QStyleOptionViewItem, *, is_chosen: bool) -> bool:
        """Whether there is one."""
        is_hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if is_chosen or is_hovered:
            colour = tokens().accent_tint if is_chosen else tokens().hover
            fill(painter, option.rect.adjusted(0, 1, 0, -1), colour, scaled(_RADIUS_PX))
        return is_chosen or is_hovered

    # ----------------------------------------------------------------------------------------
    # A name

    def createEditor(  # noqa: N802 - Qt's name
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,  # noqa: ARG002 - Qt's signature
        index: AnyIndex,  # noqa: ARG002
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setObjectName("conversationTitleEditor")
        editor.setAccessibleName(self.tr("Name of the conversation"))
        editor.setMaxLength(OPENING_LENGTH)
        return editor

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:  # noqa: N802 - Qt's name
        if isinstance(editor, QLineEdit) and not editor.isModified():
            editor.setText(index.data(Qt.ItemDataRole.EditRole))
            # From the end, so that a long one is seen from its beginning.
            editor.end(False)
            editor.home(True)

    def setModelData(self, editor: QWidget, model: QObject, index: AnyIndex) -> None:  # noqa: N802, ARG002 - Qt's name and signature
        if isinstance(editor, QLineEdit) and editor.isModified():
            index.model().setData(index, editor.text())

    def updateEditorGeometry(  # noqa: N802 - Qt's name
        self,
        editor: QWidget,
        option: QStyleOptionViewItem,
        index: AnyIndex,  # noqa: ARG002 - Qt's signature
    ) -> None:
        editor.setGeometry(option.rect)
