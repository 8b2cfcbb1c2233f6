"""The list of conversations, without a view."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.conversation_search import SearchHit
from app.domain.conversation_summary import ConversationSummary
from app.ui.item_models.conversation_model import (
    TITLE_LENGTH,
    ConversationModel,
    ConversationRole,
    Heading,
    Row,
    RowKind,
    shorten,
)

A, B, C = (ConversationSummary(letter, f"Title {letter}", 1) for letter in "abc")
TODAY, YESTERDAY = Heading("Today"), Heading("Yesterday")


def _ids(model: ConversationModel) -> str:
    return "".join(model.index(row).data(ConversationRole.ID) for row in range(model.rowCount()))


def test_that_it_keeps_the_rules_of_item_models(qtmodeltester: ModelTester) -> None:
    model = ConversationModel()
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
    orders: list[list[Row]] = [
        [A],
        [B, A],
        [TODAY, C, A, B],
        [TODAY, B, YESTERDAY, C, A],
        [YESTERDAY, A, C],
        [SearchHit("a", None, "Title", "context", ((0, 3),))],
        [],
    ]
    for order in orders:
        model.set_rows(order)
        shown = [model.index(row).data() for row in range(model.rowCount())]
        assert len(shown) == len(order)
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]


def test_that_rows_follow_the_order_given() -> None:
    model = ConversationModel()
    for order, expected in (([A, B], "ab"), ([C, B, A], "cba"), ([B, A], "ba")):
        model.set_rows(order)
        assert _ids(model) == expected


def test_that_a_row_is_the_same_while_others_come_and_go_around_it() -> None:
    model = ConversationModel()
    model.set_rows([TODAY, A, B])
    kept = QPersistentModelIndex(model.index_of("b"))
    model.set_rows([TODAY, C, YESTERDAY, B])
    assert kept.row() == 3
    assert kept.data(ConversationRole.ID) == "b"
    model.set_rows([B])
    assert kept.row() == 0


def test_that_a_new_title_changes_only_its_row() -> None:
    model = ConversationModel()
    model.set_rows([A, B])
    changed: list[int] = []
    model.dataChanged.connect(lambda first, last: changed.extend([first.row(), last.row()]))
    model.set_rows([A, replace(B, title="Another")])
    assert changed == [1, 1]
    assert model.index(1).data() == "Another"


def test_that_a_long_title_ends_after_a_word() -> None:
    title = shorten("word " * 40)
    assert len(title) <= TITLE_LENGTH
    assert title.endswith("word…")
    assert len(shorten("x" * 500)) == TITLE_LENGTH
    assert shorten("What is the capital?") == "What is the capital?"


def test_that_ten_thousand_rows_are_shown_and_one_moved_to_the_top() -> None:
    many = [ConversationSummary(str(number), f"Title {number}", 1) for number in range(10_000)]
    model = ConversationModel()
    model.set_rows(many)
    assert model.rowCount() == 10_000
    kept = QPersistentModelIndex(model.index_of("5"))
    model.set_rows([replace(many[-1], updated_ms=2), *many[:-1]])
    assert model.index(0).data(ConversationRole.ID) == "9999"
    assert kept.row() == 6
    assert model.rowCount() == 10_000


@given(st.lists(st.permutations(range(12)).map(lambda order: order[:8]), max_size=5))
def test_that_any_rows_follow_any_others(orders: list[list[int]]) -> None:
    model = ConversationModel()
    for order in orders:
        rows: list[Row] = [
            Heading(str(one)) if one < 3 else ConversationSummary(str(one), "", one)
            for one in order
        ]
        model.set_rows(rows)
        assert model._rows == rows


def test_that_many_new_rows_among_others_are_shown_at_once() -> None:
    model = ConversationModel()
    old: list[Row] = [ConversationSummary(f"old{number}", "", 1) for number in range(1000)]
    new: list[Row] = [ConversationSummary(f"new{number}", "", 1) for number in range(1000)]
    mixed = [row for pair in zip(old, new, strict=True) for row in pair]
    model.set_rows(old)
    model.set_rows(mixed)
    assert model._rows == mixed


def test_that_a_heading_is_not_to_be_chosen_and_a_conversation_can_be_renamed() -> None:
    model = ConversationModel()
    model.set_rows([TODAY, A])
    heading, row = model.index(0), model.index(1)
    assert heading.data(ConversationRole.KIND) == RowKind.HEADING
    assert heading.flags() == Qt.ItemFlag.NoItemFlags
    told: list[tuple[str, str]] = []
    model.renamed.connect(lambda key, name: told.append((key, name)))
    assert not model.setData(heading, "No")
    assert model.setData(row, "Yes")
    assert told == [("a", "Yes")]
    assert row.data() == "Title a", "who listens shows it"


def test_that_a_name_is_shown_whole_and_first_words_are_shortened() -> None:
    model = ConversationModel()
    long = "word " * 30
    model.set_rows([ConversationSummary("a", long, 1), ConversationSummary("b", "", 1, title=long)])
    assert model.index(0).data() == shorten(long)
    assert model.index(1).data() == long
    assert model.index(0).data(Qt.ItemDataRole.EditRole) == long


def test_that_what_is_not_seen_of_a_row_can_be_heard() -> None:
    model = ConversationModel()
    model.set_rows([replace(A, is_pinned=True), B])
    model.set_answering("b")
    spoken = [model.index(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(2)]
    assert spoken == ["Title a, pinned", "Title b, answering"]
    model.set_answering(None)
    assert model.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Title b"


def test_that_a_hit_has_its_message_and_where_the_words_are() -> None:
    model = ConversationModel()
    model.add_rows([SearchHit("c", "m", "Title", "the word", ((4, 8),))])
    hit = model.index(0)
    assert hit.data(ConversationRole.KIND) == RowKind.HIT
    assert hit.data(ConversationRole.ID) == "c"
    assert hit.data(ConversationRole.MESSAGE_ID) == "m"
    assert [tuple(one) for one in hit.data(ConversationRole.MARKS)] == [(4, 8)]
    assert hit.data(Qt.ItemDataRole.AccessibleTextRole) == "Title: the word"
