"""The text of a message: its code and the button over it, keys, selection, what may be copied."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QPaintEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.markdown.boxes import code_boxes
from app.ui.markdown.look import CODE_GAP
from app.ui.widgets.text_view import TextView

TWO = "Ask:\n\n```python\nimport a\n\n\tb()\n```\n\nThen:\n\n```\nsh it\n```\n"


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[TextView]:
    window = QWidget()
    view = TextView("demo", window)
    qtbot.addWidget(window)
    window.resize(520, 600)
    view.resize(500, 400)
    window.show()
    yield view
    window.hide()


def _buttons(view: TextView) -> list[QPushButton]:
    return [one for one in view.findChildren(QPushButton, "copyCodeButton") if one.isVisible()]


def test_that_each_code_block_has_a_button_that_copies_the_code_alone(view: TextView) -> None:
    view.show_markdown(TWO)
    first, second = _buttons(view)
    first.click()
    assert QGuiApplication.clipboard().text() == "import a\n\n\tb()"
    second.click()
    assert QGuiApplication.clipboard().text() == "sh it"
    assert (first.accessibleName(), second.accessibleName()) == (
        "Copy code block 1 python",
        "Copy code block 2",
    )


def test_that_the_buttons_stand_over_their_blocks_at_any_width_and_zoom(
    view: TextView, qapp: QApplication
) -> None:
    view.show_markdown("| a |\n|---|\n| b |\n\n" + TWO)
    for width, zoom in ((500, 1.0), (260, 1.0), (260, 2.0)):
        theme.apply_theme(qapp, "light", zoom)
        view.resize(width, view.height())
        QApplication.processEvents()
        boxes = list(code_boxes(view.document()))
        assert len(boxes) == 2
        for box, button in zip(boxes, _buttons(view), strict=True):
            assert box.rect.toAlignedRect().contains(button.geometry())
            assert button.geometry().bottom() <= box.rect.top() + box.head
            assert box.rect.right() <= view.viewport().width()


@pytest.mark.parametrize("code", ["```\nx\n```\n\n", "- a\n  ```\n  x\n  ```\n\n"])
def test_that_what_follows_a_code_block_keeps_off_its_box(view: TextView, code: str) -> None:
    view.show_markdown(code + "Next.")
    (box,) = code_boxes(view.document())
    below = view.document().lastBlock()
    assert below.text() == "Next."
    top = below.layout().position().y()
    assert top - box.rect.bottom() >= CODE_GAP


def test_that_a_block_that_goes_has_no_button_any_more(view: TextView) -> None:
    view.show_markdown(TWO)
    view.show_markdown("Nothing.")
    assert _buttons(view) == []
    view.show_plain(TWO)
    assert _buttons(view) == []
    assert view.toPlainText() == TWO.rstrip("\n")


def test_that_the_open_block_of_a_streamed_text_is_copied_as_far_as_it_is(view: TextView) -> None:
    for end in range(10, len(TWO) + 1, 7):
        view.show_markdown(TWO[:end], is_whole=False)
    assert len(_buttons(view)) == 2
    view.show_markdown(TWO[:24], is_whole=False)
    (button,) = _buttons(view)
    button.click()
    assert QGuiApplication.clipboard().text() == "import a"


def test_that_the_tab_key_comes_to_the_buttons(view: TextView) -> None:
    view.show_markdown(TWO)
    stops = view.tab_stops()
    assert stops == (view, *_buttons(view))


def test_that_many_code_blocks_are_not_served_with_a_widget_each(view: TextView) -> None:
    view.show_markdown("```\na\n```\n\n" * 300)
    assert len(_buttons(view)) == 60
    assert view.shown_text().count("a") == 300


def test_that_keys_copy_all_of_it_as_it_is_read(view: TextView) -> None:
    view.show_markdown("**One** `two`\n\n" + TWO)
    view.window().activateWindow()
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    expected = "One two\n\nAsk:\n\nimport a\n\n\tb()\n\nThen:\n\nsh it"
    assert QGuiApplication.clipboard().text() == expected


def test_that_a_selection_in_what_grows_is_kept(view: TextView) -> None:
    text = "One **two**.\n\nThree four"
    view.show_markdown(text, is_whole=False)
    found = view.document().find("Three")
    view.setTextCursor(found)
    for more in (" five", " five\n\nSix", " five\n\nSix\n\nSeven"):
        view.show_markdown(text + more, is_whole=False)
        assert view.textCursor().selectedText() == "Three"
    view.show_markdown(text + " five\n\nSix\n\nSeven")
    assert view.textCursor().selectedText() == "Three"


def test_that_of_words_that_come_their_line_alone_is_painted(view: TextView) -> None:
    text = "Some words.\n\n" * 12 + "The last line"
    view.show_markdown(text, is_whole=False)
    QApplication.processEvents()
    painted: list[int] = []

    class Watch(QObject):
        def eventFilter(self, _: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if isinstance(event, QPaintEvent):
                painted.append(event.rect().height())
            return False

    watch = Watch()
    view.viewport().installEventFilter(watch)
    view.show_markdown(text + " goes on", is_whole=False)
    QApplication.processEvents()
    assert painted
    assert max(painted) < view.height() / 4


def test_that_the_reader_s_cursor_is_told_and_the_text_s_growth_is_not(
    qtbot: QtBot, view: TextView
) -> None:
    view.show_markdown("One two three.", is_whole=False)
    view.window().activateWindow()
    view.setFocus()
    with qtbot.assertNotEmitted(view.cursor_moved):
        view.show_markdown("One two three. Four.", is_whole=False)
    with qtbot.waitSignal(view.cursor_moved):
        view.moveCursor(QTextCursor.MoveOperation.End)


def test_that_scrolling_keys_are_left_to_what_it_stands_in(view: TextView) -> None:
    view.show_markdown("One.\n\n" * 30)
    view.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
        QTest.keyClick(view, key)
        assert view.textCursor().position() == 0
    QTest.keyClick(view, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert view.textCursor().selectedText() == "One."
