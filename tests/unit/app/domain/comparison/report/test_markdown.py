"""The text: nothing in it gets out of its place, as a CommonMark parser with tables sees it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from app.domain.characters import visible
from app.domain.comparison.record import Comparison
from app.domain.comparison.report.markdown import fenced, literal, markdown_report, table
from tests.support.comparisons import TEXTS, comparison, running, turn
from tests.support.hostile import HOSTILE, filled

_PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def parsed(text: str) -> list[Token]:
    tokens = _PARSER.parse(text)
    return tokens + [child for token in tokens for child in token.children or ()]


def kinds(text: str) -> set[str]:
    return {token.type for token in parsed(text)}


def test_that_it_tells_the_same_as_the_page() -> None:
    text = markdown_report(comparison(2))
    for said in (
        "# phi3-mini/3 and phi3-onnx/1",
        "| Dtype | float32 | int4 |",
        "## Turn 2",
        f"```text\n{TEXTS[0]}\n```",
        "| First token | 184 ms (182 to 186 ms) | 97 ms, 1.9× sooner (96 to 98 ms) |",
        "The answers part at token 8: phi3-mini/3 wrote",
        "| , | 30 | 62.0% | 100.0% |",
        '```json\n[{"object": "chat.completion", "choices": []}]\n```',
    ):
        assert said in text


@pytest.mark.parametrize("record", [comparison(2), running()])
def test_that_hostile_texts_stay_text_wherever_they_stand(record: Comparison) -> None:
    plain, text = markdown_report(record), markdown_report(filled(record))
    assert kinds(text) <= kinds(plain) | {"softbreak", "text_special"}
    headings = [token for token in parsed(text) if token.type == "heading_open"]
    assert len(headings) == len([one for one in parsed(plain) if one.type == "heading_open"])
    assert not set("\0\x1b\x9b\u202e") & set(text)


def test_that_a_hidden_turn_tells_nothing() -> None:
    blind = replace(turn(), is_blind=True, is_swapped=True)
    text = markdown_report(replace(comparison(), turns=(blind,)))
    asked = text[text.index("## Turn 1") :]
    for told in ("phi3", " ms", "tokens/s", "<|user|>", "MLflow"):
        assert told not in asked
    assert asked.index(TEXTS[1]) < asked.index(TEXTS[0])


@pytest.mark.parametrize("text", [*HOSTILE, "````\n", "~~~\n`````\n", "\n\n", "no end"])
def test_that_a_fence_holds_what_it_is_given(text: str) -> None:
    (token,) = _PARSER.parse(f"before\n\n{fenced(text)}\n\nafter")[3:-3]
    assert token.type == "fence"
    shown = visible(text)
    assert token.content == (shown if shown.endswith("\n") else f"{shown}\n")


@given(st.text(st.sampled_from("ab1. \t\n`*_[]()<>#~|&!$\\-+=:/\"'{}\0\u2028")))
def test_that_a_line_is_a_line_of_plain_words(text: str) -> None:
    line = literal(text)
    assert "\n" not in line
    tokens = _PARSER.parse(f"{line}\n")
    if not line:
        assert tokens == []
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or ()} <= {"text", "text_special"}


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=3))
def test_that_a_cell_stays_in_its_cell(rows: list[tuple[str, str]]) -> None:
    tokens = _PARSER.parse(table(("a", "b"), rows))
    assert [token.type for token in tokens].count("td_open") == 2 * len(rows)
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"
