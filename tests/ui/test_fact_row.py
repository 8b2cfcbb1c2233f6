"""A line of facts with buttons: beside each other where there is room, else below."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.fact_row import FactRow

FACTS = "11 prompt + 73 completion = 84 tokens · 182 ms to first token"


class Row(QWidget):
    """A row at the top of a window."""

    def __init__(self) -> None:
        super().__init__()
        self.text = QLabel(FACTS)
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(1)
        self.buttons = [QPushButton("Continue"), QPushButton("Regenerate")]
        column = QVBoxLayout(self)
        row = FactRow()
        for widget in (self.text, *self.buttons):
            row.addWidget(widget)
        column.addLayout(row)
        column.addStretch(1)

    def show_at(self, width: int) -> None:
        self.resize(width, 400)
        self.show()
        QApplication.processEvents()


@pytest.fixture
def row(qtbot: QtBot) -> Row:
    row = Row()
    qtbot.addWidget(row)
    return row


def test_that_buttons_stand_beside_the_facts_where_there_is_room(row: Row) -> None:
    row.show_at(820)
    assert all(row.text.geometry().right() < one.x() for one in row.buttons)
    assert all(one.y() < row.text.geometry().bottom() for one in row.buttons)


@pytest.mark.parametrize("width", [260, 140])
def test_that_buttons_go_below_the_facts_where_there_is_none(row: Row, width: int) -> None:
    row.show_at(width)
    assert all(one.y() > row.text.geometry().bottom() for one in row.buttons)
    assert all(row.rect().contains(one.geometry()) for one in (row.text, *row.buttons))
    assert not row.buttons[0].geometry().intersects(row.buttons[1].geometry())


def test_that_facts_are_not_squeezed_into_many_lines_beside_buttons(row: Row) -> None:
    row.text.setText("10 prompt + 20 completion = 30 tokens")
    row.show_at(340)
    assert all(one.y() > row.text.geometry().bottom() for one in row.buttons)
    row.text.setText("cut")
    QApplication.processEvents()
    assert all(one.y() < row.text.geometry().bottom() for one in row.buttons)


def test_that_the_facts_get_all_the_lines_they_need(row: Row) -> None:
    row.show_at(260)
    assert row.text.height() >= row.text.heightForWidth(row.text.width())


def test_that_a_hidden_button_leaves_its_room(row: Row) -> None:
    row.show_at(420)
    narrow = row.text.width()
    row.buttons[0].hide()
    QApplication.processEvents()
    assert row.text.width() > narrow


def test_that_right_to_left_mirrors(row: Row) -> None:
    row.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    row.show_at(820)
    assert row.buttons[1].x() < row.buttons[0].x() < row.text.x()
