"""The list of conversations, without a view."""

from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester

from app.ui.item_models.conversation_model import (
    TITLE_LENGTH,
    ConversationEntry,
    ConversationModel,
    ConversationRole,
    shorten,
)

A, B, C = (ConversationEntry(letter, f"Title {letter}") for letter in "abc")


def _ids(model: ConversationModel) -> str:
    return "".join(model.index(row).data(ConversationRole.ID) for row in range(model.rowCount()))


def test_that_it_keeps_the_rules_of_item_models(qtmodeltester: ModelTester) -> None:
    model = ConversationModel()
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    for entries in ([A], [B, A], [C, A, B], [A, C], []):
        model.set_entries(entries)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]


def test_that_rows_follow_the_order_given() -> None:
    model = ConversationModel()
    for order, expected in (([A, B], "ab"), ([C, B, A], "cba"), ([B, A], "ba")):
        model.set_entries(order)
        assert _ids(model) == expected


def test_that_a_conversation_keeps_its_row_when_it_moves() -> None:
    model = ConversationModel()
    model.set_entries([A, B])
    kept = QPersistentModelIndex(model.index_of("b"))
    model.set_entries([C, B, A])
    assert kept.row() == 1
    assert kept.data(ConversationRole.ID) == "b"


def test_that_a_new_title_changes_only_its_row() -> None:
    model = ConversationModel()
    model.set_entries([A, B])
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.extend([first.row(), last.row()]))
    model.set_entries([A, ConversationEntry("b", "Another")])
    assert changed == [1, 1]
    assert model.index(1).data() == "Another"


def test_that_a_long_title_ends_after_a_word() -> None:
    title = shorten("word " * 40)
    assert len(title) <= TITLE_LENGTH
    assert title.endswith("word…")
    assert len(shorten("x" * 500)) == TITLE_LENGTH
    assert shorten("What is the capital?") == "What is the capital?"


def test_that_ten_thousand_rows_are_shown_and_one_moved_to_the_top() -> None:
    many = [ConversationEntry(str(number), f"Title {number}") for number in range(10_000)]
    model = ConversationModel()
    model.set_entries(many)
    assert model.rowCount() == 10_000
    kept = QPersistentModelIndex(model.index_of("9999"))
    model.set_entries([many[-1], *many[:-1]])
    assert kept.row() == 0
    assert model.index(1).data() == "Title 0"
