"""Texts made to hang, to crash or to break out: they are text, and nothing else."""

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from app.ui.markdown.copying import whole_text
from app.ui.widgets.text_view import TextView
from tests.support.hostile_texts import LINKS, TEXTS
from tests.support.markdown_documents import nothing_touched, rendered


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
