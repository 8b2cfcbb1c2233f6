"""Draws the rows of the command palette."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.item_models.palette_model import PaletteRole
from app.ui.theme import FACTS_PX, SECTION_PX, TEXT_PX, fixed_font, scaled, tokens, ui_font

AnyIndex = QModelIndex | QPersistentModelIndex

_PAD, _GAP, _ROW_PAD, _RADIUS = 12, 16, 12, 8


class PaletteDelegate(QStyledItemDelegate):
    """Title with the letters that were looked for, a muted detail, the keys at the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        semibold = QFont.Weight.DemiBold
        self._title, self._marked = ui_font(TEXT_PX), ui_font(TEXT_PX, semibold)
        self._heading, self._detail = ui_font(SECTION_PX, semibold), ui_font(FACTS_PX)
        self._keys = fixed_font(FACTS_PX)

    @property
    def row_height(self) -> int:
        return QFontMetrics(self._title).height() + scaled(_ROW_PAD)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name and signature
        return QSize(scaled(120), self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        colours = tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner = option.rect.adjusted(scaled(_PAD), 0, -scaled(_PAD), 0)
        if index.data(PaletteRole.IS_HEADING):
            low = inner.adjusted(0, scaled(4), 0, 0)
            title = index.data(Qt.ItemDataRole.DisplayRole)
            self._text(painter, option, low, title, self._heading, colours.muted)
            painter.restore()
            return
        # Muted text is too pale on a tint.
        muted = colours.muted
        if option.state & QStyle.StateFlag.State_Selected:
            muted = colours.text
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.accent_tint))
            tint = option.rect.adjusted(scaled(4), 0, -scaled(4), 0)
            painter.drawRoundedRect(tint, scaled(_RADIUS), scaled(_RADIUS))
        keys = index.data(PaletteRole.KEYS)
        if keys:
            width = QFontMetrics(self._keys).horizontalAdvance(keys)
            end = QRect(inner.right() - width, inner.top(), width + 1, inner.height())
            self._text(painter, option, end, keys, self._keys, muted)
            inner.setRight(end.left() - scaled(_GAP))
        taken = self._paint_title(painter, option, inner, index)
        detail = index.data(PaletteRole.DETAIL)
        rest = inner.adjusted(taken + scaled(_PAD), 0, 0, 0)
        if detail and rest.width() > scaled(32):
            self._text(painter, option, rest, detail, self._detail, muted)
        painter.restore()

    def _paint_title(
        self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, index: AnyIndex
    ) -> int:
        """The width that it takes."""
        colours = tokens()
        title = index.data(Qt.ItemDataRole.DisplayRole)
        marks = set(index.data(PaletteRole.MARKS))
        plain, marked = QFontMetrics(self._title), QFontMetrics(self._marked)
        whole = plain.horizontalAdvance(title)
        # Joined letters and those of the other direction must not be torn into pieces.
        if not marks or not _stands_apart(title) or whole + len(marks) > inner.width():
            self._text(painter, option, inner, title, self._title, colours.text)
            return min(whole, inner.width())
        x = inner.left()
        for text, is_marked in _runs(title, marks):
            font, metrics = (self._marked, marked) if is_marked else (self._title, plain)
            width = metrics.horizontalAdvance(text)
            colour = colours.accent if is_marked else colours.text
            place = QRect(x, inner.top(), width + 1, inner.height())
            self._text(painter, option, place, text, font, colour)
            x += width
        return x - inner.left()

    @staticmethod
    def _text(
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRect,
        text: str,
        font: QFont,
        colour: str,
    ) -> None:
        """One line within `rect` (given left to right), elided, mirrored where the row is."""
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        drawn = QStyle.visualRect(option.direction, option.rect, rect)
        align = Qt.AlignmentFlag.AlignVCenter | QStyle.visualAlignment(
            option.direction, Qt.AlignmentFlag.AlignLeft
        )
        painter.drawText(drawn, align | Qt.TextFlag.TextSingleLine, shown)


def _stands_apart(text: str) -> bool:
    """Whether its letters stand beside each other from left to right, and are joined to none."""
    return all(
        character < "\u0300" or "\u0370" <= character < "\u0590" or "\u2010" <= character < "\u2028"
        for character in text
    )


def _runs(text: str, marks: set[int]) -> list[tuple[str, bool]]:
    """`text` in pieces that are marked or not."""
    runs: list[tuple[str, bool]] = []
    for at, character in enumerate(text):
        if runs and runs[-1][1] == (at in marks):
            runs[-1] = (runs[-1][0] + character, at in marks)
        else:
            runs.append((character, at in marks))
    return runs
