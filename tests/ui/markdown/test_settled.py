"""The splitter: what it calls settled is read the same alone as with all that follows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ui.markdown.parser import parse_blocks
from app.ui.markdown.settled import settled_length
from tests.support.markdown_documents import commonmark_examples

PIECES = (
    "word", "two words", "*", "**", "_", "`", "```", "~~~", "\n", "\n\n", "\n\n\n", " ", "    ",
    "- ", "* ", "1. ", "2) ", "10. ", "> ", ">> ", "# ", "### ", "---", "***", "===", "| a | b |",
    "|---|---|", "| 1 | 2 |", "[x]", "(https://a.b)", "[x]: /y", " 'title", "tle'", "$$", "$",
    "\\[", "\\]", "\\(", "\\)", "x^2", "<b>", "![i](j)", "\t", "```py\n", "\\", "- [ ] ", "é", "😀",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def _seen(text: str, first_line: int = 0) -> list[tuple[Any, ...]]:
    return [
        (
            token.type,
            token.level,
            token.content,
            token.info,
            token.hidden,
            None if token.map is None else [line + first_line for line in token.map],
        )
        for token in parse_blocks(text)
    ]


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_that_settled_blocks_are_read_the_same_whatever_follows(text: str, more: str) -> None:
    cut = settled_length(text)
    head = text[:cut]
    assert _seen(head) + _seen(text[cut:] + more, head.count("\n")) == _seen(text + more)


def test_that_the_examples_are_read_the_same_in_two_parts() -> None:
    for example in commonmark_examples():
        whole = _seen(example)
        ends = [at + 1 for at, sign in enumerate(example) if sign == "\n"]
        for end in ends:
            cut = settled_length(example[:end])
            parts = _seen(example[:cut]) + _seen(example[cut:], example[:cut].count("\n"))
            assert parts == whole, example


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        ("", ""),
        ("one", ""),
        ("one\n", ""),
        ("one\n\ntwo", ""),
        ("one\n\ntwo\n", "one\n\n"),
        ("- a\n\n- b\n\nc", ""),
        ("- a\n\n- b\n\nc\n", "- a\n\n- b\n\n"),
        ("```\na\n\nb\n", ""),
        ("```\na\n\nb\n```", ""),
        ("```\na\n\nb\n```\n", "```\na\n\nb\n```\n"),
        ("one\n\n$$\nx\n", "one\n\n"),
        ("one\n\n$$\nx\n$$\n", "one\n\n$$\nx\n$$\n"),
        ("\\[\na\n- b\n", ""),
        ("| a |\n|---|\n| b |\n", ""),
    ],
)
def test_that_a_block_is_settled_once_nothing_can_change_it(text: str, settled: str) -> None:
    assert text[: settled_length(text)] == settled
