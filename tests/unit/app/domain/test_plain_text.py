"""What of a stranger's text is shown."""

import pytest

from app.domain.plain_text import lines, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phi3 · version 3 (é, ÿ)", "phi3 · version 3 (é, ÿ)"),
        ("日本語", "日本語"),
        ("a\tb\u00a0c", "a b c"),
        ("soft\u00adhyphen", "soft<U+00AD>hyphen"),
        ("\u202eturned", "<U+202E>turned"),
        ("bell\x07, \x7f and \x85", "bell<U+0007>, <U+007F> and <U+0085>"),
        ("a" + "\u0301" * 20, "a" + "\u0301" * 8),
        ("one\ntwo", "one<U+000A>two"),
    ],
)
def test_that_what_cannot_be_seen_is_made_visible_in_a_line(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_that_lines_keep_their_breaks_and_nothing_else_that_is_unseen() -> None:
    assert lines("model · 1\r\n@champion\nsize") == "model · 1\n@champion\nsize"
    assert lines("model · 1\n\x1b[2J\rsize") == "model · 1\n<U+001B>[2J<U+000D>size"


@pytest.mark.parametrize("text", ["abcdefgh", "äbcdefgh", "ab日defgh"])
def test_that_what_is_too_long_is_cut(text: str) -> None:
    assert one_line(text, 8) == text
    assert one_line(text, 7) == text[:6] + "…"
