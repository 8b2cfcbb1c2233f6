"""What goes to the clipboard: the words, without what only shows them."""

import pytest
from PySide6.QtGui import QTextCursor

from app.ui.markdown.copying import selected_text, whole_text
from tests.support.markdown_documents import rendered


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# A\n\n**b** *c* ~~d~~ `e` [f](https://g.h)", "A\n\nb c d e f"),
        ("- a\n- b\n  - c\n\nd", "- a\n- b\n  - c\n\nd"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("| a | b |\n|---|---|\n| c | d |\n\ne", "a\tb\nc\td\n\ne"),
        ("a\n\n```python\nif b:\n    c\n\n\td\n```\n\ne", "a\n\nif b:\n    c\n\n\td\n\ne"),
        ("```\na\n```\n```\nb\n```", "a\n\nb"),
        ("> a\n> b", "a b"),
        ("a  \nb", "a\nb"),
        ("![a cat](cat.png)", "a cat"),
    ],
)
def test_that_the_text_is_copied_without_its_markup(markdown: str, text: str) -> None:
    assert whole_text(rendered(markdown)) == text


def test_that_a_part_of_a_message_is_copied_across_its_blocks() -> None:
    document = rendered("One two.\n\n- three\n- four\n\n```\nfive\nsix\n```\n\nSeven $x^2$ eight.")
    cursor = document.find("two")
    cursor.setPosition(cursor.selectionStart())
    cursor.setPosition(document.find("eight").position(), QTextCursor.MoveMode.KeepAnchor)
    assert selected_text(cursor) == ("two.\n\n- three\n- four\n\nfive\nsix\n\nSeven $x^2$ eight")
