"""What hostile answers are in a file: text."""

import re
from itertools import chain, pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.export.formats import Format
from app.domain.export.reading import read
from app.domain.export.record import Record
from app.domain.export.writing import LAYOUTS
from tests.support.hostile_texts import TEXTS


def record_of(text: str) -> Record:
    nodes = {
        "q": Node("q", None, "user", text),
        "a": Node("a", "q", "assistant", "", Answer("demo/1", AnswerState.DONE, text)),
    }
    return Record(Conversation("c", text, nodes, "a"), title=text)


def file_of(kind: Format, record: Record) -> bytes:
    layout = LAYOUTS[kind]
    return layout.head + layout.encode(record) + layout.tail


@pytest.mark.parametrize("kind", [Format.JSON, Format.JSONL])
@pytest.mark.parametrize("name", TEXTS)
def test_that_a_hostile_answer_comes_back_from_a_file_as_it_was(name: str, kind: Format) -> None:
    (found,) = read(file_of(kind, record_of(TEXTS[name])))
    whole = re.sub("[\ud800-\udfff]", "\ufffd", TEXTS[name])
    question, answered = found.record.conversation.branch()
    assert answered.answer is not None
    assert [question.text, answered.answer.text] == [whole, whole]


HOLES = {
    "definition": "[a]: javascript:x\n\n[a] <IMG SRC=x> `<b>` \\<b>",
    "an open tick": "`open <b>",
    "ticks over lines": "`open\n<b> `close <img src=x onerror=y> `",
    "ticks that never close": "``` <b> ``",
    "ticks in an address": "[a](https://x`) `b` <img>`",
    "ticks in a link": "<https://x`> `a` <b>`",
    "a fence that ends with its list": "- a\n  ```\n<script>a</script>",
    "a line that is none to a parser": "a\u2028```\n<script>a</script>",
    "a form feed": "a\x0c```\n<img>\n",
    "code in a table": "|a|b|\n|-|-|\n|`c|<b>`|",
    "a scheme in entities": "[a](&#106;avascript:x)",
    "a link over lines": "[a](\njavascript:x)",
}
PIECES = (
    *("`", "``", "```", "~~~", "\n", "\n\n", "    ", "- ", "> ", "1. ", "\\", "|", "a", "# ", "*"),
    *("<b>", "<!--", "-->", "<https://x", ">", "![a](b)", "[a](javascript:x)", "[a](https://x"),
    *("[a]: data:x", "[a]", "](", "(", ")", "&#106;avascript:", "\u2028", "\x0c", "|a|\n|-|\n"),
)


def assert_text(text: str) -> None:
    """Whether `text` is a text to every reader of Markdown, said in a file before another."""
    file = f"{file_of(Format.MARKDOWN, record_of(text)).decode()}\n## Last\n"
    for parser in (MarkdownIt("commonmark"), MarkdownIt("gfm-like", {"linkify": False})):
        parser.options["html"] = True
        parser.validateLink = lambda url: True  # type: ignore[method-assign] # noqa: ARG005
        tokens = parser.parse(file)
        inner = list(chain.from_iterable(token.children or () for token in tokens))
        html = [one.content for one in (*tokens, *inner) if one.type.startswith("html")]
        assert not [one for one in html if one not in ("<sub>", "</sub>")]
        assert not [one for one in inner if one.type == "image"]
        links = [str(one.attrs["href"]) for one in inner if one.type == "link_open"]
        schemes = {found[1] for one in links if (found := re.match(r"([\w+.-]+):", one))}
        assert schemes <= {"http", "https", "mailto"}
        headings = [
            after.content
            for one, after in pairwise(tokens)
            if one.type == "heading_open" and one.tag == "h2" and one.level == 0
        ]
        assert {"You", "demo/1", "Last"} <= set(headings), "one text has swallowed the next"


@pytest.mark.parametrize("name", TEXTS | HOLES)
def test_that_what_is_read_as_markdown_runs_and_fetches_nothing(name: str) -> None:
    text = (TEXTS | HOLES)[name]
    # A parser takes its time for what a window shows in none: here its reading is the test.
    assert_text(text if len(text) < 30_000 else text[:5_000])


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("`a\n\n<b>`")
@example("|a|\n|-|\na```|>~~~<!-->```<!--\\")
def test_that_no_text_of_such_pieces_is_more_than_text(text: str) -> None:
    assert_text(text)


@pytest.mark.parametrize("name", TEXTS)
def test_that_no_character_does_anything_where_the_file_is_printed(name: str) -> None:
    text = TEXTS[name]
    file = file_of(Format.MARKDOWN, record_of(text)).decode()
    assert not set("\x00\x07\x08\x0b\x0c\x1b\x7f\x85\u202d\u202e\u2066\ufdd0") & set(file)


def test_that_code_stands_as_it_was_written() -> None:
    text = "`<b>` and ``[a](data:x)``\n\n- a\n\n```html\n<b>![a](file:///x)</b>\n```"
    assert text in file_of(Format.MARKDOWN, record_of(text)).decode()


def test_that_no_text_is_too_much_for_it() -> None:
    for text in ("`" * 1_000_000, "` `` " * 20_000, "<" * 1_000_000, *TEXTS.values()):
        assert file_of(Format.MARKDOWN, record_of(text))
