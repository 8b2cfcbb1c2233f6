"""The prompt as text: exact, coloured, marked, and undone step by step."""

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.marks import Mark
from app.domain.special_tokens import Span
from app.ui import theme
from app.ui.widgets.prompt_editor import PromptEditor

STAND_UP = (
    "<|system|>You are a stand-up comedian.<|end|><|user|>Tell me a joke about atoms.<|end|>"
    "<|assistant|>"
)


@pytest.fixture
def editor(qtbot: QtBot) -> PromptEditor:
    editor = PromptEditor()
    qtbot.addWidget(editor)
    editor.resize(500, 200)
    editor.show()
    return editor


def paste(editor: PromptEditor, text: str) -> None:
    """Text outside ASCII cannot be sent as keys."""
    data = QMimeData()
    data.setText(text)
    editor.insertFromMimeData(data)


def type_at_end(editor: PromptEditor, text: str) -> None:
    editor.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(editor, text)


def write(editor: PromptEditor, *pieces: str) -> None:
    """A generation, of text so far after text so far."""
    editor.begin_generation()
    so_far = ""
    for piece in pieces:
        so_far += piece
        editor.show_completion(so_far)
    editor.end_generation()


def marked(editor: PromptEditor) -> list[str]:
    """What is tinted as the model's."""
    return [one.cursor.selectedText().replace("\u2029", "\n") for one in editor.extraSelections()]


def coloured(editor: PromptEditor) -> list[str]:
    found = []
    block = editor.document().firstBlock()
    while block.isValid():
        raw = block.text().encode("utf-16-le")
        found += [
            raw[2 * one.start : 2 * (one.start + one.length)].decode("utf-16-le")
            for one in block.layout().formats()
            if one.format.foreground().color() == QColor(theme.tokens().template)
        ]
        block = block.next()
    return found


def test_that_the_prompt_comes_back_byte_for_byte(editor: PromptEditor) -> None:
    text = "<|user|>\n4\u00a0096\u202ffois\t\u2028🙂 שלום\n\n<|end|>"
    editor.set_prompt(text)
    assert editor.prompt() == text


def test_that_pasted_text_stays_as_it_was(editor: PromptEditor) -> None:
    paste(editor, "non\u00a0breaking 🙂")
    assert editor.prompt() == "non\u00a0breaking 🙂"


def test_that_shift_and_enter_break_the_line_as_the_model_knows_it(editor: PromptEditor) -> None:
    QTest.keyClicks(editor, "a")
    QTest.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(editor, "b")
    assert editor.prompt() == "a\nb"


def test_that_special_tokens_stand_out(editor: PromptEditor) -> None:
    editor.set_prompt(STAND_UP)
    assert coloured(editor) == ["<|system|>", "<|end|><|user|>", "<|end|><|assistant|>"]


def test_that_special_tokens_are_found_behind_characters_of_two_units(
    editor: PromptEditor,
) -> None:
    editor.set_prompt("🙂🙂<|user|>🙂<|end|>")
    assert coloured(editor) == ["<|user|>", "<|end|>"]


def test_that_only_the_model_s_own_tokens_stand_out(editor: PromptEditor) -> None:
    editor.set_prompt("<|user|>[INST]")
    editor.set_special_tokens(("[INST]",))
    assert coloured(editor) == ["[INST]"]


def test_that_the_colours_follow_the_theme(editor: PromptEditor) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    editor.set_prompt(STAND_UP)
    write(editor, "Why")
    theme.apply_theme(app, "dark")
    assert "".join(coloured(editor)) == "<|system|><|end|><|user|><|end|><|assistant|>"
    (selection,) = editor.extraSelections()
    assert selection.format.background().color() == QColor(theme.DARK.accent_tint)


def test_that_a_font_without_ligatures_shows_tokens_as_typed(editor: PromptEditor) -> None:
    metrics = QFontMetrics(editor.font())
    assert metrics.horizontalAdvance("<|end|>") == metrics.horizontalAdvance("iWiWiWi")
    assert editor.font().featureValue(QFont.Tag("calt")) == 0


def test_that_a_completion_is_written_on_and_marked(editor: PromptEditor) -> None:
    editor.set_prompt(STAND_UP)
    write(editor, "Why do ", "atoms\n", "lie? 🙂")
    assert editor.prompt() == STAND_UP + "Why do atoms\nlie? 🙂"
    assert marked(editor) == ["Why do atoms\nlie? 🙂"]


def test_that_a_completion_whose_end_changes_is_put_right(editor: PromptEditor) -> None:
    editor.set_prompt("A")
    write(editor, "bcd")
    editor.begin_generation()
    editor.show_completion("Human")
    editor.show_completion("Hum")
    editor.show_completion("Hut")
    editor.end_generation()
    assert editor.prompt() == "AbcdHut"
    assert marked(editor) == ["bcd", "Hut"]


def test_that_undo_takes_a_whole_generation_back_and_redo_brings_it_again(
    editor: PromptEditor,
) -> None:
    type_at_end(editor, "Tell me")
    write(editor, " a", " joke", " now")
    editor.undo()
    assert (editor.prompt(), marked(editor)) == ("Tell me", [])
    editor.redo()
    assert (editor.prompt(), marked(editor)) == ("Tell me a joke now", [" a joke now"])


def test_that_typing_after_a_generation_is_another_step_of_undo(editor: PromptEditor) -> None:
    type_at_end(editor, "Tell me")
    write(editor, " a", " joke")
    type_at_end(editor, "!?")
    assert marked(editor) == [" a joke"]
    editor.undo()
    assert (editor.prompt(), marked(editor)) == ("Tell me a joke", [" a joke"])
    editor.undo()
    assert editor.prompt() == "Tell me"


def test_that_two_generations_are_two_steps(editor: PromptEditor) -> None:
    write(editor, "one", " two")
    write(editor, " three", " four")
    assert marked(editor) == ["one two", " three four"]
    editor.undo()
    assert (editor.prompt(), marked(editor)) == ("one two", ["one two"])


def test_that_what_is_typed_into_a_completion_is_the_user_s(editor: PromptEditor) -> None:
    editor.set_prompt("P:")
    write(editor, "abcd")
    cursor = editor.textCursor()
    cursor.setPosition(4)
    editor.setTextCursor(cursor)
    QTest.keyClicks(editor, "XY")
    assert editor.prompt() == "P:abXYcd"
    assert marked(editor) == ["ab", "cd"]


def test_that_marks_move_with_the_text_before_them(editor: PromptEditor) -> None:
    editor.set_prompt("P:")
    write(editor, "abcd")
    cursor = editor.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Start)
    editor.setTextCursor(cursor)
    paste(editor, "🙂\nnew ")
    assert marked(editor) == ["abcd"]
    assert editor.marks == (Mark(9, 13, 1),)


def test_that_take_back_removes_the_last_generation_and_what_the_user_wrote_stays(
    editor: PromptEditor,
) -> None:
    editor.set_prompt("P:")
    write(editor, "one")
    write(editor, "two")
    type_at_end(editor, "!")
    assert editor.take_back()
    assert (editor.prompt(), marked(editor)) == ("P:one!", ["one"])
    editor.undo()
    assert (editor.prompt(), marked(editor)) == ("P:onetwo!", ["one", "two"])
    assert editor.take_back()
    assert editor.take_back()
    assert editor.prompt() == "P:!"
    assert not editor.take_back()


def test_that_the_text_cannot_be_edited_while_the_model_writes(editor: PromptEditor) -> None:
    editor.set_prompt("P:")
    editor.begin_generation()
    editor.show_completion("a")
    QTest.keyClicks(editor, "no")
    assert editor.prompt() == "P:a"
    assert not editor.can_take_back
    editor.end_generation()
    type_at_end(editor, "yes")
    assert editor.prompt() == "P:ayes"


def test_that_the_cursor_and_the_view_stay_where_one_reads(
    qtbot: QtBot, editor: PromptEditor
) -> None:
    editor.set_prompt("\n".join(f"line {at}" for at in range(100)))
    cursor = editor.textCursor()
    cursor.setPosition(12)
    cursor.setPosition(20, QTextCursor.MoveMode.KeepAnchor)
    editor.setTextCursor(cursor)
    editor.verticalScrollBar().setValue(10)
    write(editor, "more\n" * 50)
    assert editor.verticalScrollBar().value() == 10
    assert (editor.textCursor().anchor(), editor.textCursor().position()) == (12, 20)


def test_that_the_view_follows_the_completion_from_the_end(editor: PromptEditor) -> None:
    editor.set_prompt("\n".join(f"line {at}" for at in range(100)))
    bar = editor.verticalScrollBar()
    bar.setValue(bar.maximum())
    before = bar.maximum()
    write(editor, "more\n" * 50)
    assert bar.maximum() > before
    assert bar.value() == bar.maximum()


def test_that_a_selection_to_the_end_does_not_grow_with_the_completion(
    editor: PromptEditor,
) -> None:
    editor.set_prompt("select me")
    editor.selectAll()
    write(editor, " and", " more")
    assert editor.textCursor().selectedText() == "select me"


def test_that_an_inserted_template_has_its_placeholder_selected(editor: PromptEditor) -> None:
    editor.set_prompt("🙂")
    editor.moveCursor(QTextCursor.MoveOperation.End)
    editor.insert_prompt("<|user|>🙂Your question<|end|>", select="Your question")
    QTest.keyClicks(editor, "Why?")
    assert editor.prompt() == "🙂<|user|>🙂Why?<|end|>"


def test_that_copying_gives_plain_text(qtbot: QtBot, editor: PromptEditor) -> None:
    editor.set_prompt("P:")
    write(editor, "abc")
    editor.selectAll()
    editor.copy()
    assert QGuiApplication.clipboard().text() == "P:abc"


def test_that_every_change_is_told(qtbot: QtBot, editor: PromptEditor) -> None:
    with qtbot.waitSignal(editor.prompt_changed):
        QTest.keyClicks(editor, "a")
    editor.begin_generation()
    with qtbot.waitSignal(editor.prompt_changed):
        editor.show_completion("b")
    editor.end_generation()


def test_that_an_inserted_template_is_a_step_of_its_own_between_what_is_typed(
    qtbot: QtBot,
) -> None:
    editor = PromptEditor()
    qtbot.addWidget(editor)
    editor.show()
    QTest.keyClicks(editor, "Once ")
    editor.insert_prompt("<s>{}</s>", "{}")
    QTest.keyClicks(editor, "upon")
    states = []
    for _ in range(4):
        states.append(editor.prompt())
        QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert states == ["Once <s>upon</s>", "Once <s>{}</s>", "Once ", ""]
    for state in reversed(states[:-1]):
        QTest.keyClick(editor, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert editor.prompt() == state


def test_that_a_prompt_put_in_place_of_another_is_a_step_of_its_own(qtbot: QtBot) -> None:
    editor = PromptEditor()
    qtbot.addWidget(editor)
    editor.show()
    QTest.keyClicks(editor, "Once")
    editor.set_prompt("Twice")
    editor.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(editor, " a day")
    editor.undo()
    assert editor.prompt() == "Twice"
    editor.undo()
    assert editor.prompt() == "Once"


def test_that_a_generation_taken_back_comes_with_undo_and_goes_with_redo(qtbot: QtBot) -> None:
    editor = PromptEditor()
    qtbot.addWidget(editor)
    editor.show()
    QTest.keyClicks(editor, "Once")
    editor.begin_generation()
    editor.show_completion(" upon")
    editor.show_completion(" upon a time")
    editor.end_generation()
    QTest.keyClicks(editor, ".")
    assert editor.take_back()
    QTest.keyClicks(editor, "!")
    seen = []
    for _ in range(5):
        seen.append(editor.prompt())
        editor.undo()
    assert seen == ["Once.!", "Once.", "Once upon a time.", "Once upon a time", "Once"]
    assert editor.prompt() == ""
    for state in reversed(seen):
        editor.redo()
        assert editor.prompt() == state


def test_that_there_is_nothing_to_undo_at_first(qtbot: QtBot) -> None:
    editor = PromptEditor()
    qtbot.addWidget(editor)
    assert not editor.document().isUndoAvailable()


# -- what is put in its place


def test_that_an_inserted_token_is_the_model_s_and_one_step_to_undo(editor: PromptEditor) -> None:
    editor.set_prompt("a🙂c")
    cursor = editor.textCursor()
    cursor.setPosition(3)
    editor.setTextCursor(cursor)
    editor.insert_token(" b")
    assert editor.prompt() == "a🙂 bc"
    assert editor.marks == (Mark(3, 5, 1),)
    assert editor.textCursor().position() == 5
    editor.undo()
    assert editor.prompt() == "a🙂c"
    assert marked(editor) == []
    editor.redo()
    assert editor.marks == (Mark(3, 5, 1),)


def test_that_a_token_put_into_what_the_model_wrote_is_taken_back_alone(
    editor: PromptEditor,
) -> None:
    editor.set_prompt("P")
    write(editor, "one two")
    cursor = editor.textCursor()
    cursor.setPosition(4)
    editor.setTextCursor(cursor)
    editor.insert_token("!")
    assert marked(editor) == ["one", "!", " two"]
    assert editor.take_back()
    assert editor.prompt() == "Pone two"
    assert marked(editor) == ["one two"]


def test_that_another_version_takes_the_place_of_the_whole_in_one_step(
    editor: PromptEditor,
) -> None:
    editor.set_prompt("P")
    write(editor, " 🙂one")
    editor.show_version("P 🙂one", " more", [Span(1, 6)])
    assert editor.prompt() == "P 🙂one more"
    assert marked(editor) == [" 🙂one", " more"]
    editor.show_version("Q", " two", [])
    assert editor.prompt() == "Q two"
    assert marked(editor) == [" two"]
    editor.undo()
    assert editor.prompt() == "P 🙂one more"
    assert marked(editor) == [" 🙂one", " more"]
    editor.undo()
    assert marked(editor) == [" 🙂one"]
    assert editor.take_back()
    assert editor.prompt() == "P"


def test_that_what_was_kept_is_taken_up_with_nothing_to_undo(editor: PromptEditor) -> None:
    text = "a\u00a0\u2028🙂\n one"
    editor.restore(text, (Mark(6, 10, 4),))
    assert editor.prompt() == text
    assert marked(editor) == [" one"]
    editor.undo()
    assert editor.prompt() == text
    write(editor, "!")
    assert editor.marks[-1].generation == 5
    assert editor.take_back()
    assert marked(editor) == [" one"]


def test_that_the_text_before_the_cursor_is_byte_for_byte(editor: PromptEditor) -> None:
    editor.set_prompt("a\u00a0🙂\nb")
    cursor = editor.textCursor()
    cursor.setPosition(5)
    editor.setTextCursor(cursor)
    assert editor.text_before_cursor() == "a\u00a0🙂\n"


def test_that_a_span_past_the_end_is_selected_as_far_as_there_is_text(
    editor: PromptEditor,
) -> None:
    editor.set_prompt("abc")
    editor.select_span(1, 99)
    assert editor.textCursor().selectedText() == "bc"
