"""The list of conversations, without a view."""

from PySide6.QtCore import QPersistentModelIndex
from pytestqt.modeltest import ModelTester

from app.domain.conversation import Conversation, Node
from app.ui.item_models.conversation_model import (
    TITLE_LENGTH,
    ConversationEntry,
    ConversationModel,
    ConversationRole,
    title_of,
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


def test_that_a_conversation_is_called_after_its_first_words() -> None:
    empty = Conversation(id="1")
    asked = empty.with_node(Node("n", None, "user", "  What is\nthe capital?  "))
    assert title_of(empty, "New conversation") == "New conversation"
    assert title_of(asked, "New conversation") == "What is the capital?"


def test_that_a_long_title_ends_after_a_word() -> None:
    node = Node("n", None, "user", "word " * 40)
    title = title_of(Conversation(id="1").with_node(node), "")
    assert len(title) <= TITLE_LENGTH
    assert title.endswith("word…")
    endless = title_of(Conversation(id="1").with_node(Node("n", None, "user", "x" * 500)), "")
    assert len(endless) == TITLE_LENGTH
