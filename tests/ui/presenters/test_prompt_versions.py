"""Versions of a completion, and all that models have written for a prompt."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.ui.widgets.version_switcher import VersionSwitcher
from tests.support.prompt_windows import OpenPrompt, PromptWindow, child
from tests.ui.presenters.conftest import until
from wrappers.contract import AnyEvent, AnyRequest, Finished, Generate, TextPiece, Usage


class Writer:
    """Writes another word each time."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)

    def __call__(self, request: AnyRequest) -> Iterable[AnyEvent] | None:
        if not isinstance(request, Generate):
            return None
        word = self.words.pop(0)
        return [
            TextPiece(text=word, token_ids=(1,)),
            Finished(text=word, stop_reason="length", usage=Usage(1, len(word), 1 + len(word))),
        ]


def usage(window: PromptWindow) -> str:
    return window.label("usageLine").split(" = ")[0]


async def test_that_regenerating_adds_a_version_and_turning_back_shows_it_again(
    open_prompt: OpenPrompt,
) -> None:
    window = open_prompt(Writer(" one", " two!"))
    await window.generate("P")
    assert window.version == ""
    await window.generate(press="regenerateButton")
    assert (window.text, window.version) == ("P two!", "2/2")
    window.press("previousVersionButton")
    assert (window.text, window.version) == ("P one", "1/2")
    assert usage(window) == "1 prompt + 4 completion"
    assert [(one.start, one.end) for one in window.pane.editor.marks] == [(1, 5)]
    window.press("nextVersionButton")
    assert (window.text, window.version) == ("P two!", "2/2")
    assert usage(window) == "1 prompt + 5 completion"


async def test_that_what_was_taken_back_is_a_step_away(open_prompt: OpenPrompt) -> None:
    window = open_prompt(Writer(" one"))
    await window.generate("P")
    window.press("undoButton")
    assert (window.text, window.version) == ("P", "–/1")
    window.press("previousVersionButton")
    assert window.text == "P one"
    assert not child(window.pane, VersionSwitcher, "promptVersionSwitcher").isVisible()


async def test_that_undo_and_redo_go_as_far_as_the_text_does(open_prompt: OpenPrompt) -> None:
    window = open_prompt(Writer(" one", " two"))
    await window.generate("P")
    await window.generate(press="regenerateButton")
    window.press("previousVersionButton")
    editor = window.pane.editor
    editor.undo()
    assert (window.text, window.version) == ("P two", "2/2")
    assert [(one.start, one.end) for one in editor.marks] == [(1, 5)]
    editor.redo()
    assert (window.text, window.version) == ("P one", "1/2")


async def test_that_continuing_begins_versions_of_its_own(open_prompt: OpenPrompt) -> None:
    window = open_prompt(Writer(" one", " more", " other"))
    await window.generate("P")
    await window.generate(press="continueButton")
    await window.generate(press="regenerateButton")
    assert (window.text, window.version) == ("P one other", "2/2")
    window.press("previousVersionButton")
    assert window.text == "P one more"
    assert [(one.start, one.end) for one in window.pane.editor.marks] == [(1, 5), (5, 10)]
    window.press("undoButton")
    window.press("undoButton")
    assert window.text == "P"


async def test_that_keys_step_through_the_versions(open_prompt: OpenPrompt) -> None:
    window = open_prompt(Writer(" one", " two"))
    await window.generate("P")
    await window.generate(press="regenerateButton")
    modifiers = Qt.KeyboardModifier.AltModifier
    QTest.keyClick(window.pane.editor, Qt.Key.Key_Left, modifiers)
    assert window.text == "P one"
    QTest.keyClick(window.pane.editor, Qt.Key.Key_Right, modifiers)
    assert window.text == "P two"


async def test_that_the_history_gives_back_what_the_text_has_left_behind(
    open_prompt: OpenPrompt,
) -> None:
    window = open_prompt(Writer(" one", " two", "!"))
    assert not window.pane.history.isVisible()
    await window.generate("P")
    await window.generate("Q")
    await window.generate(press="continueButton")
    window.write("something else")
    assert window.version == ""
    menu = child(window.pane, QMenu, "historyMenu")
    menu.aboutToShow.emit()
    assert [one.text() for one in menu.actions()] == [
        "! · tiny · version 1 · 1 token · 3/3",
        "two · tiny · version 1 · 4 tokens · 2/3",
        "one · tiny · version 1 · 4 tokens · 1/3",
    ]
    menu.actions()[0].trigger()
    assert window.text == "Q two!"
    assert [(one.start, one.end) for one in window.pane.editor.marks] == [(1, 5), (5, 6)]
    window.pane.editor.undo()
    assert window.text == "something else"


async def test_that_no_version_is_shown_while_a_model_writes(open_prompt: OpenPrompt) -> None:
    window = open_prompt()
    await window.generate("endful words")
    window.write("endless")
    window.press("generateButton")
    await until(lambda: window.prompt.is_streaming)
    before = window.text
    window.parts.versions.step(-1)
    window.parts.versions.show(window.prompt.sheet.completions[0].id)
    assert (window.text, window.version) == (before, "")
    assert not window.pane.history.isEnabled()
    window.prompt.stop()
    await until(lambda: not window.prompt.is_generating)


async def test_that_versions_that_read_alike_are_stepped_through(open_prompt: OpenPrompt) -> None:
    window = open_prompt(Writer(" two", " one", " one"))
    await window.generate("P")
    await window.generate(press="regenerateButton")
    await window.generate(press="regenerateButton")
    assert window.version == "3/3"
    window.press("previousVersionButton")
    assert (window.text, window.version) == ("P one", "2/3")
    window.press("previousVersionButton")
    assert (window.text, window.version) == ("P two", "1/3")
    window.pane.editor.undo()
    assert (window.text, window.version) == ("P one", "3/3")
