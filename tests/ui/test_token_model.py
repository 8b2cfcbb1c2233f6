"""The list of a text's tokens, tested without a view."""

from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from app.domain.special_tokens import Span
from app.ui.item_models.token_model import TokenModel, TokenRole
from wrappers.contract import Token

TOKENS = (Token(0, "<s>", is_special=True), Token(5, "a"), Token(6, "\n"), Token(7, " b"))
SPANS = (None, Span(0, 1), Span(1, 2), Span(2, 4))


def model_of() -> TokenModel:
    model = TokenModel()
    model.set_tokens(TOKENS, SPANS)
    return model


def test_that_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model_of())  # type: ignore[no-untyped-call]
    qtmodeltester.check(TokenModel())  # type: ignore[no-untyped-call]


def test_that_a_row_tells_its_token_and_its_place() -> None:
    model = model_of()
    assert [model.index(row, 0).data() for row in range(4)] == ["<s>", "a", "⏎", "·b"]
    last = model.index(3, 0)
    assert (last.data(TokenRole.ID), last.data(TokenRole.START), last.data(TokenRole.END)) == (
        7,
        2,
        4,
    )
    first = model.index(0, 0)
    assert first.data(TokenRole.IS_SPECIAL)
    assert first.data(TokenRole.START) is None
    assert first.data(Qt.ItemDataRole.AccessibleTextRole) == "<s>, id 0, special token, 1 of 4"


def test_that_a_place_in_the_text_leads_to_its_token() -> None:
    model = model_of()
    assert [model.row_at(position) for position in range(5)] == [1, 2, 3, 3, None]


def test_that_special_tokens_are_counted() -> None:
    assert model_of().special_count == 1
