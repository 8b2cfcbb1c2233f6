"""Lines that are laid out once and drawn again and again."""

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.widgets.painting import Lines

TEXTS = ("Version 3", "temperature", "a-very-long-model-name-that-goes-on", "שלום", "日本語", "")


def _picture(draw: str, text: str, place: QRect, *, align: Qt.AlignmentFlag) -> QImage:
    """What `Lines` draws twice, or `QPainter` once."""
    font = theme.fixed_font(theme.TEXT_PX)
    image = QImage(300, 60, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    if draw == "lines":
        lines = Lines(font)
        lines.draw(painter, place.translated(0, 30), text, align)
        lines.draw(painter, place, text, align)
    else:
        painter.setFont(font)
        flags = align | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        for one in (place, place.translated(0, 30)):
            painter.drawText(one, flags | Qt.TextFlag.TextSingleLine, shown)
    painter.end()
    return image


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("height", [27, 30])
def test_that_a_line_stands_where_qt_itself_puts_it(
    qtbot: QtBot,
    text: str,
    height: int,
) -> None:
    place = QRect(7, 0, 140, height)
    left = Qt.AlignmentFlag.AlignLeft
    ours, theirs = (_picture(draw, text, place, align=left) for draw in ("lines", "painter"))
    assert ours == theirs


@pytest.mark.parametrize("side", ["left", "right", "middle"])
def test_that_a_line_stands_at_the_side_that_is_asked_for(
    qtbot: QtBot,
    side: str,
) -> None:
    place = QRect(0, 0, 300, 30)
    align = {
        "left": Qt.AlignmentFlag.AlignLeft,
        "right": Qt.AlignmentFlag.AlignRight,
        "middle": Qt.AlignmentFlag.AlignHCenter,
    }[side]
    left, right = _inked(_picture("lines", "ink", place, align=align))
    assert {
        "left": left < 10,
        "right": right > 290,
        "middle": abs(left - (299 - right)) <= 2,
    }[side]


def test_that_a_line_break_begins_no_other_line(qtbot: QtBot) -> None:
    left = Qt.AlignmentFlag.AlignLeft
    place = QRect(0, 0, 300, 30)
    broken, whole = (_picture("lines", text, place, align=left) for text in ("a\nb", "a b"))
    assert broken == whole


def _inked(image: QImage) -> tuple[int, int]:
    """First and last column that is not white."""
    white = QImage(1, image.height(), image.format())
    white.fill(Qt.GlobalColor.white)
    columns = [x for x in range(image.width()) if image.copy(x, 0, 1, image.height()) != white]
    return columns[0], columns[-1]
