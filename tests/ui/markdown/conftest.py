"""Formulas are drawn on a thread: what a test draws is drawn before it goes on."""

import threading
from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.ui.markdown.formulas import Key, drawings

Drawn = Callable[[Key], bool]


@pytest.fixture(autouse=True)
def _draws_all_that_was_asked_for() -> Iterator[None]:
    """Also what nobody waits for: of a hundred formulas, a busy machine may draw the last one later
    than a thread may go on after its test."""
    yield
    for thread in threading.enumerate():
        if thread.name == "parley-formulas":
            thread.join(120)


@pytest.fixture
def drawn(qtbot: QtBot) -> Drawn:
    """Waits until a formula is drawn, or known to be undrawable; says which."""

    def wait(key: Key) -> bool:
        def is_known() -> bool:
            try:
                drawings().find(key)
            except KeyError:
                return False
            return True

        qtbot.waitUntil(is_known, timeout=30_000)
        return drawings().find(key) is not None

    return wait


@pytest.fixture
def warm(drawn: Drawn) -> None:
    """What is imported, and read, for the first text and the first formula, is there."""
    from PySide6.QtGui import QTextDocument

    from app.ui.markdown.stream import MarkdownStream

    document = QTextDocument()
    MarkdownStream(document).show("# warm *up* `x`\n\n```py\nimport x\n```", is_whole=True)
    drawn(Key("x", False, 10.0, "#000000"))
