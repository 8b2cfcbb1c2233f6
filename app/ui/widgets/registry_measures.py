"""What the sidebar knows of the registry's rows before there are any."""

from collections.abc import Iterable
from typing import Final

from PySide6.QtGui import QFont

from app.ui.theme import TITLE_PX, scaled, ui_font

COLUMN_MARGIN_PX: Final = 14
"""The column's margin, which the view keeps itself: its scroll bar stands there."""
LEAST_ROWS: Final = 2
"""The view takes room for so many, also where it has none."""
_ROW_PX: Final = 30


def name_font() -> QFont:
    """Of a model's name, the largest in a row."""
    return ui_font(TITLE_PX, QFont.Weight.DemiBold)


def row_height(line_heights: Iterable[int]) -> int:
    """Of every row, in pixels; its texts' lines are so high."""
    return max(scaled(_ROW_PX), max(line_heights) + scaled(10))
