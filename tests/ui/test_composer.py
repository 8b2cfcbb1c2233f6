"""Writing a message: keys, input methods, room, and what stands beneath."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.widgets.composer import Composer


@pytest.fixture
def composer(qtbot: QtBot) -> Composer:
    composer = Composer()
    qtbot.addWidget(composer)
    composer.resize(520, 200)
    composer.show()
    return composer


def _draft(composer: Composer) -> QPlainTextEdit:
    draft = composer.findChild(QPlainTextEdit, "chatComposer")
    assert draft is not None
    return draft


def _line(composer: Composer) -> str:
    line = composer.findChild(QLabel, "draftLine")
    assert line is not None
    return line.text()


def test_that_enter_sends_and_leaves_the_draft_alone(qtbot: QtBot, composer: Composer) -> None:
    QTest.keyClicks(_draft(composer), "Hello")
    with qtbot.waitSignal(composer.send_requested):
        QTest.keyClick(_draft(composer), Qt.Key.Key_Return)
    assert composer.draft() == "Hello"


def test_that_the_keypad_s_enter_sends_too(qtbot: QtBot, composer: Composer) -> None:
    with qtbot.waitSignal(composer.send_requested):
        QTest.keyClick(_draft(composer), Qt.Key.Key_Enter, Qt.KeyboardModifier.KeypadModifier)


def test_that_shift_and_enter_break_the_line(qtbot: QtBot, composer: Composer) -> None:
    QTest.keyClicks(_draft(composer), "one")
    with qtbot.assertNotEmitted(composer.send_requested):
        QTest.keyClick(_draft(composer), Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(_draft(composer), "two")
    assert composer.draft() == "one\ntwo"


def test_that_the_enter_of_an_input_method_does_not_send(qtbot: QtBot, composer: Composer) -> None:
    draft = _draft(composer)
    QApplication.sendEvent(draft, QInputMethodEvent("にほん", []))
    with qtbot.assertNotEmitted(composer.send_requested):
        QTest.keyClick(draft, Qt.Key.Key_Return)
    committed = QInputMethodEvent()
    committed.setCommitString("日本")
    QApplication.sendEvent(draft, committed)
    assert composer.draft() == "日本"
    with qtbot.waitSignal(composer.send_requested):
        QTest.keyClick(draft, Qt.Key.Key_Return)


def test_that_escape_stops(qtbot: QtBot, composer: Composer) -> None:
    with qtbot.waitSignal(composer.stop_requested):
        QTest.keyClick(_draft(composer), Qt.Key.Key_Escape)


def test_that_tab_leaves_the_draft(qtbot: QtBot, composer: Composer) -> None:
    _draft(composer).setFocus()
    QTest.keyClick(_draft(composer), Qt.Key.Key_Tab)
    assert composer.draft() == ""


def test_that_a_draft_that_was_taken_comes_back_with_undo(composer: Composer) -> None:
    composer.set_draft("What is the capital of Spain?")
    composer.set_draft("")
    _draft(composer).undo()
    assert composer.draft() == "What is the capital of Spain?"
    _draft(composer).redo()
    assert composer.draft() == ""


def test_that_it_grows_with_the_text_up_to_eight_lines(composer: Composer) -> None:
    heights = []
    for lines in (1, 3, 5, 8, 30):
        composer.set_draft("\n".join("line" for _ in range(lines)))
        heights.append(_draft(composer).height())
    assert heights[0] == heights[1] < heights[2] < heights[3] == heights[4]


def test_that_a_long_line_that_wraps_counts_as_the_lines_it_takes(composer: Composer) -> None:
    before = _draft(composer).height()
    composer.set_draft("word " * 200)
    assert _draft(composer).height() > before


def test_that_a_hint_stays_until_the_draft_changes(composer: Composer) -> None:
    composer.set_facts("4 tokens")
    composer.show_hint("Write something first.")
    composer.set_facts("5 tokens")
    assert _line(composer) == "Write something first."
    composer.set_draft("x")
    assert _line(composer) == "5 tokens"


def test_that_what_was_done_is_said_for_a_moment_in_place_of_the_facts(composer: Composer) -> None:
    composer.set_facts("4 tokens")
    composer.show_done("Copied")
    composer.set_facts("5 tokens")
    assert _line(composer) == "Copied"
    composer._told_long_enough.timeout.emit()
    assert _line(composer) == "5 tokens"
    composer.show_done("Copied")
    composer.show_hint("Write something first.")
    assert not composer._told_long_enough.isActive()


def test_that_the_system_prompt_folds_out_and_leaves_a_mark_when_it_folds_in(
    qtbot: QtBot, composer: Composer
) -> None:
    button = composer.findChild(QPushButton, "systemPromptButton")
    editor = composer.findChild(QPlainTextEdit, "systemPromptEditor")
    assert button is not None
    assert editor is not None
    assert not editor.isVisible()
    unmarked = button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert editor.isVisible()
    with qtbot.waitSignal(composer.system_changed):
        QTest.keyClicks(editor, "Be brief.")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert composer.system() == "Be brief.\n"
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert not editor.isVisible()
    assert button.text() != unmarked


def test_that_every_control_has_an_accessible_name(composer: Composer) -> None:
    controls = [*composer.findChildren(QPlainTextEdit), *composer.findChildren(QPushButton)]
    assert len(controls) == 5
    assert all(control.accessibleName() for control in controls)


# -- undo and redo

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def _undo(editor: QPlainTextEdit) -> str:
    QTest.keyClick(editor, Qt.Key.Key_Z, CONTROL)
    return editor.toPlainText()


def _redo(editor: QPlainTextEdit) -> str:
    QTest.keyClick(editor, Qt.Key.Key_Z, CONTROL | SHIFT)
    return editor.toPlainText()


def test_that_a_sent_draft_and_what_is_typed_after_it_are_steps_of_their_own(
    composer: Composer,
) -> None:
    draft = _draft(composer)
    QTest.keyClicks(draft, "one")
    composer.set_draft("")
    QTest.keyClicks(draft, "two")
    assert [_undo(draft), _undo(draft), _undo(draft)] == ["", "one", ""]
    assert [_redo(draft), _redo(draft), _redo(draft)] == ["one", "", "two"]


def test_that_what_is_typed_on_in_a_text_that_was_put_there_is_undone_without_it(
    composer: Composer,
) -> None:
    draft = _draft(composer)
    composer.set_draft("What is the capital")
    QTest.keyClicks(draft, " of Spain?")
    assert _undo(draft) == "What is the capital"
    assert draft.textCursor().position() == len("What is the capital")
    assert _undo(draft) == ""
    assert [_redo(draft), _redo(draft)] == ["What is the capital", "What is the capital of Spain?"]


def test_that_ctrl_y_redoes_on_every_system(composer: Composer) -> None:
    draft = _draft(composer)
    QTest.keyClicks(draft, "one")
    _undo(draft)
    QTest.keyClick(draft, Qt.Key.Key_Y, CONTROL)
    assert composer.draft() == "one"


def test_that_a_change_by_the_program_is_told_once(qtbot: QtBot, composer: Composer) -> None:
    told: list[bool] = []
    composer.draft_changed.connect(lambda: told.append(True))
    composer.set_draft("one")
    assert told == [True]


def test_that_each_conversation_s_draft_has_its_own_undo(composer: Composer) -> None:
    draft = _draft(composer)
    composer.take_up_draft("a", "")
    QTest.keyClicks(draft, "for a")
    composer.take_up_draft("b", "")
    assert _undo(draft) == ""
    QTest.keyClicks(draft, "for b")
    composer.take_up_draft("a", "for a")
    assert composer.draft() == "for a"
    assert [_undo(draft), _redo(draft)] == ["", "for a"]
    composer.take_up_draft("b", "as it is by now")
    assert [_undo(draft), _undo(draft)] == ["for b", ""]


def test_that_many_drafts_are_taken_up_one_after_the_other(composer: Composer) -> None:
    for number in range(50):
        composer.take_up_draft(str(number), f"draft {number}")
    composer.take_up_draft("0", "draft 0")
    assert composer.draft() == "draft 0"
    assert _draft(composer).height() == _draft(composer).minimumHeight()


def test_that_a_draft_taken_up_is_as_large_as_its_text_and_in_its_font(
    composer: Composer,
) -> None:
    draft = _draft(composer)
    composer.take_up_draft("a", "\n".join("line" for _ in range(6)))
    tall = draft.height()
    composer.take_up_draft("b", "")
    assert draft.height() < tall
    composer.take_up_draft("a", "\n".join("line" for _ in range(6)))
    assert draft.height() == tall
    assert draft.document().defaultFont() == draft.font()
    QApplication.processEvents()
    assert draft.verticalScrollBar().maximum() == 0


def test_that_another_system_prompt_taken_up_is_no_change_of_it(
    qtbot: QtBot, composer: Composer
) -> None:
    composer.take_up_system("a", "Be brief.")
    with qtbot.assertNotEmitted(composer.system_changed):
        composer.take_up_system("b", "Be verbose.")
    assert composer.system() == "Be verbose."
    editor = composer.findChild(QPlainTextEdit, "systemPromptEditor")
    assert editor is not None
    editor.undo()
    assert composer.system() == "Be verbose."
    composer.take_up_system("a", "Be brief.")
    assert composer.system() == "Be brief."


@pytest.mark.parametrize("lines", [3, 5, 8])
def test_that_a_text_that_fits_has_no_scroll_bar(composer: Composer, lines: int) -> None:
    composer.set_draft("\n".join("line" for _ in range(lines)))
    QApplication.processEvents()
    assert _draft(composer).verticalScrollBar().maximum() == 0
