"""Draws the rows of the registry: names, and versions with their chips."""

from typing import NamedTuple

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.item_models.registry_model import Key, LoadMark, RegistryRole, mode_word
from app.ui.theme import FACTS_PX, SECTION_PX, TEXT_PX, scaled, tokens, ui_font
from app.ui.widgets.painting import Lines, fill, mirrored
from app.ui.widgets.registry_measures import name_font, row_height
from app.ui.widgets.registry_row import fit_row

AnyIndex = QModelIndex | QPersistentModelIndex

FOLD_PX = 24
"""The end of a name's row, where a click folds it."""
_TINT_MARGIN, _PAD, _END, _GAP, _CHIP_PAD, _DOT = 2, 8, 6, 4, 9, 9
_LEAST_CHIP, _RING_PX = 56, 5


class Fonts(NamedTuple):
    name: Lines
    text: Lines
    facts: Lines
    chip: Lines

    @classmethod
    def of_theme(cls) -> "Fonts":
        semibold = QFont.Weight.DemiBold
        return cls(
            Lines(name_font()),
            Lines(ui_font(TEXT_PX)),
            Lines(ui_font(FACTS_PX)),
            Lines(ui_font(SECTION_PX, semibold)),
        )


class RegistryDelegate(QStyledItemDelegate):
    """Draws everything of a row itself, over the full width that the view gives it.

    `chosen` is the version that the panes use: its tint stays where the keyboard goes on.
    `start` and `end` are pixels that a row keeps free at its ends, in reading direction.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chosen: Key | None = None
        self.start = self.end = 0
        self._fonts = Fonts.of_theme()

    def refresh_fonts(self) -> None:
        """The theme or the zoom is another."""
        self._fonts = Fonts.of_theme()

    @property
    def row_height(self) -> int:
        return row_height(lines.height for lines in self._fonts)

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:  # noqa: N802, ARG002 - Qt's name and signature
        return QSize(scaled(80), self.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(RegistryRole.IS_MODEL):
            self._paint_name(painter, option, index)
        else:
            self._paint_version(painter, option, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            out = scaled(_RING_PX)
            ring = self._content(option).adjusted(-out, 1, out, -1)
            painter.drawRoundedRect(mirrored(option, ring), scaled(8), scaled(8))
        painter.restore()

    def _content(self, option: QStyleOptionViewItem) -> QRect:
        """Where a row is drawn, as if it read from left to right; `mirrored` turns it round."""
        return option.rect.adjusted(self.start, 0, -self.end, 0)

    # ----------------------------------------------------------------------------------------
    # A model's name

    def _paint_name(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        row = self._content(option)
        folded = not option.state & QStyle.StateFlag.State_Open
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        text_end = row.right()
        if folded or hovered:
            mark = QRect(row.right() - scaled(FOLD_PX), row.top(), scaled(FOLD_PX), row.height())
            text_end = mark.left()
            self._paint_chevron(painter, mirrored(option, mark), folded, option.direction)
        name = QRect(row.left(), row.top(), text_end - row.left(), row.height())
        # Names often differ at their end: the middle goes.
        self._text(
            painter,
            option,
            name,
            index.data(Qt.ItemDataRole.DisplayRole),
            self._fonts.name,
            tokens().text,
            Qt.TextElideMode.ElideMiddle,
        )

    @staticmethod
    def _paint_chevron(
        painter: QPainter, rect: QRect, folded: bool, direction: Qt.LayoutDirection
    ) -> None:
        centre, arm = QPointF(rect.center()), scaled(4)
        points = [QPointF(-arm, -arm / 2), QPointF(0, arm / 2), QPointF(arm, -arm / 2)]
        if folded:
            side = 1 if direction == Qt.LayoutDirection.LeftToRight else -1
            points = [QPointF(-point.y() * -side, point.x()) for point in points]
        painter.setPen(
            QPen(
                QColor(tokens().muted),
                scaled(3) / 2,
                Qt.PenStyle.SolidLine,
                Qt.PenCapStyle.RoundCap,
                Qt.PenJoinStyle.RoundJoin,
            )
        )
        painter.drawPolyline(QPolygonF([centre + point for point in points]))

    # ----------------------------------------------------------------------------------------
    # A version

    def _paint_version(
        self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex
    ) -> None:
        colours = tokens()
        key = (index.data(RegistryRole.NAME), index.data(RegistryRole.VERSION))
        content = self._content(option)
        row = content.adjusted(0, scaled(_TINT_MARGIN), 0, -scaled(_TINT_MARGIN))
        tinted = mirrored(option, row)
        if key == self.chosen:
            fill(painter, tinted, colours.accent_tint, scaled(7))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            fill(painter, tinted, colours.hover, scaled(7))
        inner = row.adjusted(scaled(_PAD), 0, -scaled(_END), 0)
        mark = index.data(RegistryRole.LOAD)
        if mark != LoadMark.NONE:
            self._paint_dot(painter, option, inner, mark)
            inner.setLeft(inner.left() + scaled(_DOT + 6))
        mode = index.data(RegistryRole.MODE)
        if mode:
            self._paint_chatting(painter, option, inner, index, mode)
        else:
            self._paint_silent(painter, option, inner, index)

    @staticmethod
    def _paint_dot(
        painter: QPainter, option: QStyleOptionViewItem, inner: QRect, mark: str
    ) -> None:
        side = scaled(_DOT)
        dot = mirrored(option, QRect(inner.left(), inner.center().y() - side // 2 + 1, side, side))
        live = QColor(tokens().live)
        if mark == LoadMark.LOADING:
            painter.setPen(QPen(live, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(dot.adjusted(1, 1, -1, -1))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(live)
            painter.drawEllipse(dot)

    def _paint_chatting(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        inner: QRect,
        index: AnyIndex,
        mode: str,
    ) -> None:
        colours, mode_chip = tokens(), mode_word(mode)
        chip = self._fonts.chip
        pad = 2 * scaled(_CHIP_PAD)
        parts = fit_row(
            inner.width(),
            (index.data(Qt.ItemDataRole.DisplayRole), f"v{index.data(RegistryRole.VERSION)}"),
            [f"@{alias}" for alias in index.data(RegistryRole.ALIASES)],
            mode_chip,
            label_width=self._fonts.text.width_of,
            chip_width=lambda word: chip.width_of(word) + pad,
            gap=scaled(_GAP),
            least_chip=scaled(_LEAST_CHIP),
        )
        tint, ink = (
            (colours.messages_tint, colours.messages)
            if mode == "messages"
            else (colours.template_tint, colours.template)
        )
        end = self._paint_chip(painter, option, inner, inner.right(), mode_chip, tint, ink)
        for number, alias in reversed(list(enumerate(parts.aliases))):
            word = alias
            if number == 0 and parts.elide_to is not None:
                word = chip.elided(alias, parts.elide_to - pad)
            end = self._paint_chip(
                painter, option, inner, end, word, colours.accent_tint, colours.accent
            )
        label = QRect(inner.left(), inner.top(), end - inner.left() + 1, inner.height())
        self._text(painter, option, label, parts.label, self._fonts.text, colours.text)

    def _paint_chip(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        inner: QRect,
        end: int,
        word: str,
        tint: str,
        ink: str,
    ) -> int:
        """Draw a chip that ends at x = `end`; gives where the one before it has to end."""
        lines = self._fonts.chip
        width = lines.width_of(word) + 2 * scaled(_CHIP_PAD)
        height = lines.height + scaled(4)
        chip = QRect(end - width + 1, inner.center().y() - height // 2 + 1, width, height)
        drawn = mirrored(option, chip)
        fill(painter, drawn, tint, min(scaled(8), height / 2))
        painter.setPen(QColor(ink))
        lines.draw(painter, drawn, word, Qt.AlignmentFlag.AlignHCenter)
        return chip.left() - 1 - scaled(_GAP)

    def _paint_silent(
        self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, index: AnyIndex
    ) -> None:
        """A version that does not chat: greyed, with the reason beside it. Muted text is too pale
        on a tint."""
        key = (index.data(RegistryRole.NAME), index.data(RegistryRole.VERSION))
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        ink = tokens().text if hovered or key == self.chosen else tokens().muted
        label = index.data(Qt.ItemDataRole.DisplayRole)
        width = self._fonts.text.width_of(label)
        self._text(painter, option, inner, label, self._fonts.text, ink)
        rest = inner.adjusted(width + scaled(_PAD), 0, 0, 0)
        reason = index.data(RegistryRole.REASON) or "…"
        self._text(painter, option, rest, reason, self._fonts.facts, ink)

    # ----------------------------------------------------------------------------------------

    @staticmethod
    def _text(
        painter: QPainter,
        option: QStyleOptionViewItem,
        rect: QRect,
        text: str,
        lines: Lines,
        colour: str,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        """One line within `rect` (given left to right), elided, mirrored where the row is."""
        painter.setPen(QColor(colour))
        is_mirrored = option.direction is Qt.LayoutDirection.RightToLeft
        align = Qt.AlignmentFlag.AlignRight if is_mirrored else Qt.AlignmentFlag.AlignLeft
        lines.draw(painter, mirrored(option, rect), text, align, elide)
