"""Formulas are drawn on a thread: what a test draws is drawn before it goes on."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.ui.markdown.formulas import Key, drawings

Drawn = Callable[[Key], bool]


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
