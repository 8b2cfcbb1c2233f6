"""A text that is shown in steps ends as the document that it makes when it is shown at once."""

import pytest
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.markdown import builder, stream
from app.ui.markdown.stream import MarkdownStream
from app.ui.widgets.text_view import TextView
from tests.support.hostile_texts import TEXTS
from tests.support.markdown_documents import commonmark_examples, rendered, streamed, structure
from tests.ui.markdown.test_stream import EVERYTHING

STEP = 300
LONGEST_CODE = 1000
"""Both shorter than they are, so that the texts can be short as well."""
LINE = "words = 'of some code'\n"
CODE = LINE * (LONGEST_CODE // len(LINE) + 2)
LONG = {
    "everything": EVERYTHING * 3,
    "definitions at the end": EVERYTHING + "\n[a] and\n" * 200 + "\n[a]: https://a.b\n",
    "code": f"Before.\n\n  ```py\n  {CODE}  ```\n\nAfter.\n",
    "code without an end": f"```py\n{CODE}",
    "code without an end, nor a last line's": f"```py\n{CODE}x",
    "code with half a fence": f"````py\n{CODE}```",
    "code that ends with the text": f"````py\n{CODE}````",
    "code, and code": f"```\n{CODE}```\n```\n{CODE}\n```\n",
    "short code that is longer than a step": f"a\n\n```py\n{LINE * 20}```\n\n```py\n{LINE * 20}",
    "blank lines": "\n\n\na\n" + "\n" * 900 + "b\n" * 400 + "\n\n",
    "a line": "word " * 4000,
    "a line after another": "# a\n\n" + "word " * 4000 + "\n\n",
}


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_STEP", STEP)
    monkeypatch.setattr(stream, "LONGEST_CODE", LONGEST_CODE)
    monkeypatch.setattr(builder, "LONGEST_CODE", LONGEST_CODE)


def _in_steps(text: str) -> tuple[QTextDocument, int]:
    document = QTextDocument()
    return document, sum(1 for _ in MarkdownStream(document).show_in_steps(text))


@pytest.mark.parametrize("name", LONG)
def test_that_a_long_text_in_steps_is_as_it_is_at_once(warm: None, name: str) -> None:
    document, steps = _in_steps(LONG[name])
    assert steps > 1
    assert structure(document) == structure(rendered(LONG[name]))


@pytest.mark.parametrize("name", [name for name in LONG if "code" in name or "line" in name])
def test_that_a_long_block_that_grows_is_as_it_is_at_once(warm: None, name: str) -> None:
    text = LONG[name]
    end = len(text)
    for cuts in ([end // 2], [end - 1], [end - 5, end - 4], [9, end], [9, end - 20, end - 2]):
        assert structure(streamed(text, cuts)) == structure(rendered(text))


@pytest.mark.parametrize("step", [1, 9])
def test_that_short_texts_in_short_steps_are_as_they_are_at_once(
    warm: None, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(stream, "_STEP", step)
    for text in [EVERYTHING, *commonmark_examples()[::2]]:
        document, _ = _in_steps(text)
        assert structure(document) == structure(rendered(text)), text


@pytest.mark.parametrize("name", [name for name in TEXTS if len(TEXTS[name]) < 25_000])
def test_that_a_hostile_text_in_steps_is_as_it_is_at_once(warm: None, name: str) -> None:
    document, _ = _in_steps(TEXTS[name])
    assert structure(document) == structure(rendered(TEXTS[name]))


def _settle(view: TextView) -> int:
    """Turns of the loop until its height stays."""
    turns, height, rests = 0, view.height(), 0
    while rests < 5:
        QApplication.processEvents()
        rests = rests + 1 if view.height() == height else 0
        height, turns = view.height(), turns + 1
    return turns


@pytest.mark.parametrize("is_markdown", [True, False])
def test_that_a_long_text_takes_several_turns_and_another_takes_its_place(
    qtbot: QtBot, warm: None, monkeypatch: pytest.MonkeyPatch, is_markdown: bool
) -> None:
    monkeypatch.undo()
    view = TextView("text")
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.show()
    show = view.show_markdown if is_markdown else view.show_plain
    text = "Some words of it.\n\n" * 12_000
    show(text)
    first = view.document().characterCount()
    assert 0 < first < len(text) // 2
    _settle(view)
    assert view.document().lastBlock().text() == ("Some words of it." if is_markdown else "")
    show(text + "end")
    show("Another.")
    _settle(view)
    assert view.document().toPlainText() == "Another."
    show(text)
    assert view.shown_text().count("Some words of it.") == 12_000
