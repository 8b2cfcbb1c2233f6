"""The list of next tokens, tested without a view."""

from PySide6.QtCore import Qt
from pytestqt.modeltest import ModelTester

from app.ui.item_models.chance_model import ChanceModel, ChanceRole, can_insert
from wrappers.contract import Token, TokenChance

CHANCES = (
    TokenChance(Token(7, " Madrid"), 0.61, 1.0),
    TokenChance(Token(2, "<|end|>", is_special=True), 0.14, 0.0),
    TokenChance(Token(9, "\ufffd"), 0.02),
)


def model_of(*chances: TokenChance) -> ChanceModel:
    model = ChanceModel()
    model.set_chances(chances)
    return model


def test_that_the_model_keeps_qt_s_rules(qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(model_of(*CHANCES))  # type: ignore[no-untyped-call]
    qtmodeltester.check(model_of())  # type: ignore[no-untyped-call]


def test_that_a_row_shows_its_blanks_and_keeps_its_text() -> None:
    model = model_of(*CHANCES)
    index = model.index(0, 0)
    assert index.data() == "·Madrid"
    assert index.data(ChanceRole.TEXT) == " Madrid"
    assert index.data(ChanceRole.ID) == 7
    assert index.data(ChanceRole.PROBABILITY) == 0.61
    assert index.data(ChanceRole.SAMPLED) == 1.0


def test_that_a_screen_reader_hears_all_that_a_row_shows() -> None:
    model = model_of(*CHANCES)
    spoken = [
        model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(len(CHANCES))
    ]
    assert spoken == [
        "·Madrid, id 7, 61 % by the model, 100 % after the sampling settings",
        "<|end|>, id 2, special token, 14 % by the model, ruled out by the sampling settings",
        "\ufffd, id 9, part of a character, which cannot be inserted by itself, 2.0 % by the model",
    ]


def test_that_the_roles_have_names() -> None:
    names = {bytes(name.data()) for name in ChanceModel().roleNames().values()}
    assert {b"text", b"id", b"is_special", b"probability", b"sampled"} <= names


def test_that_settings_nobody_tells_of_are_not_known() -> None:
    assert model_of(*CHANCES).knows_sampled
    assert not model_of(TokenChance(Token(1, "a"), 0.5)).knows_sampled


def test_that_a_part_of_a_character_cannot_be_inserted() -> None:
    assert can_insert(" Madrid")
    assert not can_insert("\ufffd")
    assert not can_insert("")
