"""The command palette by itself: one field, and a list that the keyboard goes through."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListView, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.dialogs.palette import PaletteDialog
from app.ui.item_models.palette_model import PaletteModel, PaletteRole, PaletteRow

ROWS = (
    PaletteRow("", "Models"),
    PaletteRow("model 1 demo", "demo · version 1", "@champion"),
    PaletteRow("model 2 demo", "demo · version 2"),
    PaletteRow("", "Actions"),
    PaletteRow("action quit", "Quit", "Parley", "Ctrl+Q", frozenset({0, 1})),
)


@pytest.fixture
def palette(window: QWidget) -> PaletteDialog:
    palette = PaletteDialog(window)
    palette.show_rows(ROWS)
    palette.open()
    return palette


def field_of(palette: PaletteDialog) -> QLineEdit:
    field = palette.findChild(QLineEdit, "paletteField")
    assert field is not None
    return field


def list_of(palette: PaletteDialog) -> QListView:
    view = palette.findChild(QListView, "paletteList")
    assert view is not None
    return view


def current(palette: PaletteDialog) -> str:
    key: str = list_of(palette).currentIndex().data(PaletteRole.KEY)
    return key


def press(palette: PaletteDialog, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(field_of(palette), key)


def test_that_the_model_keeps_qts_rules(qtmodeltester: ModelTester) -> None:
    model = PaletteModel()
    model.set_rows(ROWS)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    model.set_rows(ROWS[:2])
    assert model.rowCount() == 2


def test_that_the_arrows_pass_headings_over_and_go_round(palette: PaletteDialog) -> None:
    seen = [current(palette)]
    for _ in range(3):
        press(palette, Qt.Key.Key_Down)
        seen.append(current(palette))
    assert seen == ["model 1 demo", "model 2 demo", "action quit", "model 1 demo"]
    press(palette, Qt.Key.Key_Up)
    assert current(palette) == "action quit"


def test_that_the_page_keys_stay_at_the_ends(palette: PaletteDialog) -> None:
    press(palette, Qt.Key.Key_PageDown)
    assert current(palette) == "action quit"
    press(palette, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)
    assert current(palette) == "model 1 demo"


def test_that_enter_chooses_and_esc_does_not(palette: PaletteDialog, qtbot: QtBot) -> None:
    press(palette, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert (palette.result(), palette.chosen_key) == (QDialog.DialogCode.Accepted, "model 2 demo")
    palette.open()
    press(palette, Qt.Key.Key_Escape)
    assert palette.result() == QDialog.DialogCode.Rejected


def test_that_a_click_chooses_but_not_on_a_heading(palette: PaletteDialog) -> None:
    view = list_of(palette)

    def click(row: int) -> None:
        place = view.visualRect(view.model().index(row, 0)).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    click(3)
    assert palette.isVisible()
    click(4)
    assert palette.chosen_key == "action quit"


def test_that_the_current_row_is_told_while_the_field_keeps_the_focus(
    palette: PaletteDialog,
) -> None:
    field = field_of(palette)
    assert field.hasFocus()
    assert field.accessibleDescription() == "demo · version 1, @champion"
    press(palette, Qt.Key.Key_Up)
    assert field.accessibleDescription() == "Quit, Parley, Ctrl+Q"


def test_that_nothing_is_told_only_once_nothing_more_will_come(palette: PaletteDialog) -> None:
    nothing = palette.findChild(QLabel, "paletteNothing")
    assert nothing is not None
    palette.show_rows((), is_final=False)
    assert not nothing.isVisible()
    palette.show_rows(())
    assert nothing.isVisible()
    press(palette, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_PageUp)
    assert palette.isVisible()
    palette.show_rows(ROWS)
    assert not nothing.isVisible()


def test_that_a_row_that_was_moved_to_stays_current_when_more_is_found(
    palette: PaletteDialog,
) -> None:
    press(palette, Qt.Key.Key_Down)
    palette.show_rows((PaletteRow("new", "New"), *ROWS))
    assert current(palette) == "model 2 demo"
    palette.begin()
    palette.show_rows((PaletteRow("new", "New"), *ROWS))
    assert current(palette) == "new"


@pytest.mark.parametrize("size", [(620, 420), (480, 400), (1400, 900)])
def test_that_it_stays_within_the_window(window: QWidget, size: tuple[int, int]) -> None:
    window.resize(*size)
    palette = PaletteDialog(window)
    palette.show_rows(ROWS)
    palette.open()
    corner = window.mapFromGlobal(palette.geometry().topLeft())
    assert corner.x() >= 0
    assert corner.y() >= 0
    assert window.rect().contains(corner + QPoint(palette.width(), palette.height()))


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_that_it_can_be_drawn(palette: PaletteDialog, qapp: object, choice: theme.Choice) -> None:
    theme.apply_theme(qapp, choice)  # type: ignore[arg-type]
    assert not palette.grab().isNull()
