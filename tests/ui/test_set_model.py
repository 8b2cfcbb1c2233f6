"""The table of a prompt set, without a view."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.comparison.record import SetPrompt
from app.domain.comparison.set_rows import RowState, SetRow, SideRow
from app.ui.item_models.set_model import Column, SetModel, SetRole, Show

NAMES = ("first/1", "second/1")


def row(index: int, text: str, state: RowState = "done", *, same: bool | None = True) -> SetRow:
    if state in ("waiting", "running"):
        return SetRow(index, SetPrompt(str(index + 1), text), state, (SideRow(), SideRow()), None)
    first = SideRow(f"{text} one", index + 2, 0.2 - index / 100, 20.0 + index)
    failure = "It is too long." if state == "failed" else ""
    second = SideRow(f"{text} two", None, 0.1 + index / 100, 40.0 - index, failure)
    same = None if state == "failed" else same
    return SetRow(index, SetPrompt(str(index + 1), text, (), "42"), state, (first, second), same)


ROWS = [
    row(0, "pear"),
    row(1, "Apple", same=False),
    row(2, "fig", "failed"),
    row(3, "plum", "running"),
    row(4, "date", "waiting"),
]


@pytest.fixture
def model() -> SetModel:
    made = SetModel()
    made.set_rows(ROWS, NAMES)
    return made


def shown(model: SetModel) -> list[int]:
    return [model.index(at, 0).data(SetRole.ROW) for at in range(model.rowCount())]


def cell(model: SetModel, index: int, column: Column, role: int = Qt.ItemDataRole.DisplayRole):  # type: ignore[no-untyped-def]  # noqa: ANN201
    place = model.place_of(index)
    assert place is not None
    return model.index(place, column).data(role)


def test_that_it_keeps_the_rules_of_item_models(
    model: SetModel, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    model.sort(Column.PROMPT, Qt.SortOrder.DescendingOrder)
    model.set_filter("pl")
    model.set_row(row(3, "plum"))
    model.set_filter("", "same")
    model.set_row(row(4, "date"))
    model.set_rows([], NAMES)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]


def test_that_both_sides_stand_above_each_other(model: SetModel) -> None:
    assert cell(model, 0, Column.ANSWERS) == "pear one\npear two"
    assert cell(model, 0, Column.FIRST_TOKEN) == "200 ms\n100 ms"
    assert cell(model, 0, Column.SPEED, SetRole.LINES) == ["20.0", "40.0"]
    assert cell(model, 0, Column.TOKENS, SetRole.LINES) == ["2", ""]
    assert cell(model, 0, Column.PROMPT, SetRole.LINES) == ["pear", "expected: 42"]
    assert [cell(model, at, Column.RESULT) for at in range(5)] == [
        "same",
        "differ",
        "failed",
        "running",
        "waiting",
    ]
    assert cell(model, 2, Column.ANSWERS, SetRole.LINES) == ["fig one", "It is too long."]
    assert cell(model, 2, Column.ANSWERS, SetRole.FAILED) == [False, True]


def test_that_a_cell_says_whose_numbers_it_has(model: SetModel) -> None:
    role = Qt.ItemDataRole.AccessibleTextRole
    told = cell(model, 0, Column.TOKENS, role)
    assert told == "Tokens. first/1: 2. second/1: nothing yet"
    assert cell(model, 0, Column.RESULT, role) == "Result: same"


@pytest.mark.parametrize(
    ("column", "side", "ascending"),
    [
        (Column.NUMBER, 0, [0, 1, 2, 3, 4]),
        (Column.PROMPT, 0, [1, 4, 2, 0, 3]),
        (Column.ANSWERS, 0, [1, 2, 0, 3, 4]),
        (Column.TOKENS, 0, [0, 1, 2, 3, 4]),
        (Column.FIRST_TOKEN, 0, [2, 1, 0, 3, 4]),
        (Column.FIRST_TOKEN, 1, [0, 1, 2, 3, 4]),
        (Column.SPEED, 1, [2, 1, 0, 3, 4]),
        (Column.RESULT, 0, [2, 1, 0, 3, 4]),
    ],
)
def test_that_rows_are_sorted_and_what_is_not_known_is_last(
    model: SetModel, column: Column, side: int, ascending: list[int]
) -> None:
    model.set_side(side)
    model.sort(column)
    assert shown(model) == ascending
    model.sort(column, Qt.SortOrder.DescendingOrder)
    unknown = 0 if column in (Column.NUMBER, Column.PROMPT, Column.RESULT) else 2
    known = ascending[: len(ascending) - unknown]
    assert shown(model) == known[::-1] + ascending[len(known) :]
    model.sort(-1)
    assert shown(model) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("words", "show", "found"),
    [
        ("", "all", [0, 1, 2, 3, 4]),
        ("APPLE", "all", [1]),
        ("two pe", "all", [0]),
        ("too long", "all", [2]),
        ("", "same", [0]),
        ("", "differ", [1]),
        ("", "failed", [2]),
        ("", "waiting", [3, 4]),
        ("plum", "same", []),
    ],
)
def test_that_rows_are_found_by_words_and_by_what_came_of_them(
    model: SetModel, words: str, show: Show, found: list[int]
) -> None:
    model.set_filter(words, show)
    assert shown(model) == found


def test_that_a_row_goes_where_it_belongs_once_it_is_through(model: SetModel) -> None:
    model.sort(Column.FIRST_TOKEN)
    held = QPersistentModelIndex(model.index(0, 0))
    model.set_row(row(4, "date"))
    assert shown(model) == [4, 2, 1, 0, 3]
    assert held.data(SetRole.ROW) == 2
    model.set_filter("", "failed")
    model.set_row(replace(row(3, "plum", "failed")))
    assert shown(model) == [3, 2]


def test_that_only_the_row_that_changes_is_told(model: SetModel) -> None:
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.set_row(ROWS[1])
    model.set_row(row(3, "plum"))
    assert changed == [(3, 3)]


def test_that_of_ten_thousand_rows_those_with_the_words_are_shown_in_order() -> None:
    model = SetModel()
    model.set_rows([row(at, f"plum{at % 977} and more") for at in range(10_000)], NAMES)
    model.sort(Column.PROMPT)
    model.set_filter("more plum97")
    texts = [f"plum{at % 977}" for at in range(10_000)]
    assert model.rowCount() == sum(text.startswith("plum97") for text in texts)
    first = model.index(0, Column.PROMPT).data(SetRole.LINES)[0]
    assert first == "plum97 and more"
