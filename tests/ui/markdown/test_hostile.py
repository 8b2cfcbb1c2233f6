"""Texts made to hang, to crash or to break out: they are text, and nothing else."""

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from app.ui.markdown.copying import whole_text
from app.ui.widgets.text_view import TextView
from tests.support.markdown_documents import nothing_touched, rendered

LINKS = "javascript:alert(1) file:///etc/passwd data:text/html,x vbscript:x //a.b/c"
TEXTS = {
    "nested quotes": ">" * 10_000 + " deep",
    "nested quotes with spaces": "> " * 10_000 + "deep",
    "nested lists": "- " * 5_000 + "deep",
    "a list ever deeper": "\n".join("  " * depth + "- a" for depth in range(300)),
    "a line of a million": "a" * 1_000_000,
    "words in a line of a million": "some words " * 90_000,
    "a million in code": "```\n" + "a" * 1_000_000,
    "an unclosed fence": "```python\n" + "x = [1]\n" * 3_000,
    "unclosed emphasis": "*a **b _c __d " * 2_000,
    "unclosed links": "[" * 20_000 + "a" + "](" * 20_000,
    "unclosed ticks": " ".join("`" * count for count in range(300)),
    "dollars": "$" * 20_000 + " $x" * 5_000,
    "unclosed formulas": "\\[\n\\(" * 3_000,
    "nested formulas": "$" + "\\frac{" * 500 + "x" + "}{y}" * 500 + "$",
    "a wide table": "|a" * 3_000 + "|\n" + "|-" * 3_000 + "|\n" + "|b" * 3_000 + "|\n",
    "many code blocks": "```\na\n```\n" * 1_000,
    "bidi overrides": "safe \u202e txt.exe \u2066 \u2069 \u202d end",
    "terminal escapes": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x00\x08\x7f",
    "zero width": "\u200b\u200c\u200d\ufeff\u2060" * 5_000 + "end",
    "combining": "a" + "\u0301" * 5_000,
    "separators": "a\u2028b\u2029c\x0bd\x0ce\x85f",
    "Qt's own marks": "a\ufdd0b\ufdd1c\ufffcd\ufffee",
    "half a character": "a\ud800b\udfffc",
    "html": "<script>alert(1)</script><img src=x onerror=y><!-- a --><style>*{}</style>",
    "images": "![a](file:///etc/passwd) ![b](https://example.org/b.png) ![c](:/icons/x.svg)",
    "links": " ".join(f"[{link}]({link}) <{link}>" for link in LINKS.split()),
}


class _Asking(TextView):
    """Notes what Qt asks it for."""

    def __init__(self) -> None:
        super().__init__("text")
        self.asked: list[str] = []

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802 - Qt's name
        self.asked.append(str(name))
        return super().loadResource(kind, name)


@pytest.mark.parametrize("name", TEXTS)
def test_that_a_hostile_text_is_shown_without_a_file_or_the_net(
    qtbot: QtBot, warm: None, name: str
) -> None:
    text = TEXTS[name]
    view = _Asking()
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    with nothing_touched():
        view.show_markdown(text[: len(text) // 2], is_whole=False)
        view.show_markdown(text, is_whole=False)
        view.show_markdown(text)
        view.grab()
    assert view.asked == []
    if name != "a list ever deeper":  # Qt lets the spaces before its items hang over the edge
        assert view.document().size().width() <= view.viewport().width()


@pytest.mark.parametrize("name", ["a line of a million", "a million in code"])
def test_that_a_very_long_line_is_copied_in_one_piece(name: str) -> None:
    assert "a" * 1_000_000 in whole_text(rendered(TEXTS[name]))


@pytest.mark.parametrize("name", ["nested quotes", "nested lists"])
def test_that_what_is_nested_too_deep_is_shown_as_typed(name: str) -> None:
    assert whole_text(rendered(TEXTS[name])) == TEXTS[name]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TEXTS["terminal escapes"], "␛[31mred␛[0m ␛]0;title␇ \ufffd␈␡"),
        (TEXTS["separators"], "a\nb\nc␋d␌e\x85f"),
        (TEXTS["half a character"], "a\ufffdb\ufffdc"),
        (TEXTS["images"], "a b c"),
        ("[here](javascript:alert(1))", "here (javascript:alert(1))"),
        ("[here](https://a.b)", "here"),
        ("<b>a</b> <!-- c -->", "<b>a</b> <!-- c -->"),
    ],
)
def test_that_what_is_no_plain_character_is_made_one(text: str, shown: str) -> None:
    assert whole_text(rendered(text)) == shown


@pytest.mark.parametrize("link", LINKS.split())
def test_that_an_address_of_another_kind_is_no_link(link: str) -> None:
    document = rendered(f"[a]({link}) and <{link}>")
    block = document.begin()
    iterator = block.begin()
    while not iterator.atEnd():
        assert not iterator.fragment().charFormat().isAnchor()
        iterator += 1
