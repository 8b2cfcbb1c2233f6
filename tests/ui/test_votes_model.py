"""The table of votes, tested without a view, and as its dialog shows it."""

import pytest
from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.domain.comparison.votes import PairResult, wilson
from app.ui import theme
from app.ui.dialogs.vote_results import VoteResultsDialog
from app.ui.item_models.votes_model import VoteColumn, VoteRole, VotesModel

RESULTS = (
    PairResult(("phi3-mini/3", "phi3-onnx/1"), True, (12, 5), 4, 1),
    PairResult(("phi3-mini/3", "phi3-onnx/1"), False, (2, 3), 0, 0),
    PairResult(("a/1", "b/2"), True, (0, 0), 2, 0),
)


def model_of(*results: PairResult) -> VotesModel:
    model = VotesModel()
    model.set_results(results)
    return model


def test_that_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model_of(*RESULTS))  # type: ignore[no-untyped-call]
    qtmodeltester.check(model_of())  # type: ignore[no-untyped-call]


def test_that_the_model_keeps_qt_s_rules_when_the_votes_change(
    qtmodeltester: ModelTester,
) -> None:
    model = model_of(*RESULTS)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    model.set_results(RESULTS[:1])
    assert model.rowCount() == 1


def test_that_a_row_tells_both_versions_and_every_number() -> None:
    model = model_of(*RESULTS)
    shown = [[model.index(row, column).data() for column in VoteColumn] for row in (0, 2)]
    assert shown == [
        ["phi3-mini/3", "phi3-onnx/1", "71 % (47 to 87)", "12 : 5", "4", "1", "22", "blind"],
        ["a/1", "b/2", "nobody preferred one", "0 : 0", "2", "0", "2", "blind"],
    ]
    assert model.index(1, VoteColumn.KIND).data() == "open"


def test_that_its_roles_are_named_and_hold_plain_values() -> None:
    model = model_of(*RESULTS)
    names = {bytes(name.data()).decode() for name in model.roleNames().values()}
    assert {"sort", "rate", "is_blind", "versions"} <= names
    index = model.index(0, VoteColumn.RATE)
    assert index.data(VoteRole.RATE) == wilson(12, 17)
    assert index.data(VoteRole.IS_BLIND) is True
    assert index.data(VoteRole.VERSIONS) == ("phi3-mini/3", "phi3-onnx/1")


@pytest.mark.parametrize("column", VoteColumn)
def test_that_every_column_has_a_heading_that_says_what_it_means(column: VoteColumn) -> None:
    model = model_of()
    assert model.headerData(column, Qt.Orientation.Horizontal)
    assert model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)


def test_that_a_screen_reader_hears_what_a_number_is() -> None:
    model = model_of(*RESULTS)
    told = model.index(0, VoteColumn.TIES).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "Ties: 4"


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (VoteColumn.VOTES, ["2", "5", "22"]),
        (VoteColumn.RATE, ["nobody preferred one", "40 % (12 to 77)", "71 % (47 to 87)"]),
        (VoteColumn.KIND, ["blind", "blind", "open"]),
        (VoteColumn.FIRST, ["a/1", "phi3-mini/3", "phi3-mini/3"]),
    ],
)
def test_that_a_column_is_sorted_by_its_value_not_its_words(
    column: VoteColumn, order: list[str]
) -> None:
    proxy = QSortFilterProxyModel()
    proxy.setSourceModel(model := model_of(*RESULTS))
    proxy.setSortRole(VoteRole.SORT)
    proxy.sort(column)
    assert [proxy.index(row, column).data() for row in range(model.rowCount())] == order


# -- the dialog


@pytest.fixture
def dialog(window: QWidget, qtbot: QtBot) -> VoteResultsDialog:
    dialog = VoteResultsDialog(window)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def seen(dialog: VoteResultsDialog) -> str:
    return "\n".join(one.text() for one in dialog.findChildren(QLabel) if one.isVisible())


def refresh(dialog: VoteResultsDialog) -> QPushButton:
    button = dialog.findChild(QPushButton, "refreshVotesButton")
    assert button is not None
    return button


def test_that_it_says_that_it_reads_and_shows_what_there_is(dialog: VoteResultsDialog) -> None:
    assert "Reading" in seen(dialog)
    assert not refresh(dialog).isEnabled()
    dialog.show_results(RESULTS)
    assert dialog.table.isVisible()
    assert dialog.table.model().rowCount() == 3
    assert "confidence interval" in seen(dialog)
    dialog.show_reading()
    assert dialog.table.isVisible()


def test_that_without_votes_it_says_how_to_give_one(dialog: VoteResultsDialog) -> None:
    dialog.show_results(())
    assert not dialog.table.isVisible()
    assert "No votes yet" in seen(dialog)
    assert "Compare pane" in seen(dialog)


def test_that_a_failure_takes_the_place_of_the_table_and_can_be_tried_again(
    dialog: VoteResultsDialog, qtbot: QtBot
) -> None:
    dialog.show_results(RESULTS)
    dialog.show_failure("The votes could not be read.", "Check the server.")
    assert not dialog.table.isVisible()
    assert "Check the server." in seen(dialog)
    with qtbot.waitSignal(dialog.refresh_requested):
        refresh(dialog).click()
    dialog.show_reading()
    assert "Reading" in seen(dialog)


def test_that_votes_on_their_way_are_counted(dialog: VoteResultsDialog) -> None:
    assert "on their way" not in seen(dialog)
    dialog.show_waiting(1)
    assert "One vote is still on its way" in seen(dialog)
    dialog.show_waiting(3)
    assert "3 votes are still on their way" in seen(dialog)
    dialog.show_waiting(0)
    assert "way to MLflow" not in seen(dialog)


@pytest.mark.parametrize("choice", ["light", "dark"])
@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_that_the_share_is_drawn_in_both_themes_and_at_large_text(
    dialog: VoteResultsDialog, choice: theme.Choice, zoom: float, qapp: object
) -> None:
    from PySide6.QtWidgets import QApplication

    assert isinstance(qapp, QApplication)
    theme.apply_theme(qapp, choice, zoom)
    dialog.show_results(RESULTS)
    image = dialog.table.viewport().grab().toImage()
    colours = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(0, image.height(), 2)
    }
    assert theme.tokens().accent.lower() in colours


def test_that_names_share_the_room_that_the_numbers_leave(dialog: VoteResultsDialog) -> None:
    dialog.show_results(RESULTS)
    table = dialog.table
    widths = [table.columnWidth(column) for column in VoteColumn]
    assert abs(widths[VoteColumn.FIRST] - widths[VoteColumn.SECOND]) <= 1
    assert sum(widths) <= table.viewport().width() + 1
