"""Tokens made readable, and found again in their text."""

import pytest

from app.domain.special_tokens import Span
from app.domain.token_text import percent, token_spans, visible
from wrappers.contract import Token


def tokens(*texts: str) -> list[Token]:
    return [Token(at, text) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Madrid", "Madrid"),
        (" Madrid", "·Madrid"),
        ("\n\n", "⏎⏎"),
        ("\t\r", "⇥␍"),
        ("\u00a0", "⍽"),
        ("", "∅"),
        ("\x07", "⟨U+0007⟩"),
        ("\u202e", "⟨U+202E⟩"),
        ("é", "é"),
        ("\ufffd", "\ufffd"),
    ],
)
def test_that_what_has_no_form_gets_a_sign(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("probability", "told"),
    [
        (1.0, "100 %"),
        (0.614, "61 %"),
        (0.0996, "10 %"),
        (0.0421, "4.2 %"),
        (0.00996, "1.0 %"),
        (0.0031, "0.31 %"),
        (0.00001, "< 0.01 %"),
        (0.0, "0 %"),
    ],
)
def test_that_a_share_is_told_as_exactly_as_it_can_be_read(probability: float, told: str) -> None:
    assert percent(probability) == told


def test_that_every_token_is_found_where_it_stands() -> None:
    text = "<|user|>Hi there, there"
    found = token_spans(text, tokens("<|user|>", "Hi", " there", ",", " there"))
    assert [text[span.start : span.end] for span in found if span] == [
        "<|user|>",
        "Hi",
        " there",
        ",",
        " there",
    ]
    assert found[4] == Span(17, 23)


def test_that_the_parts_of_a_character_have_its_place_together() -> None:
    text = "a🙂b"
    found = token_spans(text, tokens("a", "\ufffd", "\ufffd", "b"))
    assert found == (Span(0, 1), Span(1, 2), Span(1, 2), Span(2, 3))


def test_that_parts_at_the_end_have_what_is_left() -> None:
    assert token_spans("a🙂", tokens("a", "\ufffd", "\ufffd")) == (
        Span(0, 1),
        Span(1, 2),
        Span(1, 2),
    )


def test_that_a_token_which_stands_for_nothing_in_the_text_is_passed_over() -> None:
    found = token_spans("Hi there", tokens("<s>", "Hi", " there"))
    assert found == (None, Span(0, 2), Span(2, 8))


def test_that_a_blank_which_the_token_does_not_tell_of_is_passed_over() -> None:
    assert token_spans("Hi there", tokens("Hi", "there")) == (Span(0, 2), Span(3, 8))


def test_that_a_part_joined_with_whole_characters_is_shared_out() -> None:
    found = token_spans("né!", tokens("n\ufffd", "\ufffd", "!"))
    assert found[0] == found[1] == Span(0, 2)
    assert found[2] == Span(2, 3)


def test_that_thousands_of_tokens_are_found_one_after_the_other() -> None:
    words = [f" w{at % 97}" for at in range(8000)]
    text = "".join(words)
    found = token_spans(text, tokens(*words))
    assert None not in found
    assert "".join(text[span.start : span.end] for span in found if span) == text
