"""The Prompt pane in the whole window, by its keys, on a scripted host."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from app.bootstrap import Program
from app.domain.answer import AnswerState
from app.infra.settings import Settings
from app.ui.panes.prompt_pane import PromptPane
from app.ui.widgets.prompt_tabs import PromptTabs
from tests.support.prompt_windows import TELLING, child
from tests.support.scripted_host import ScriptedHost
from tests.ui.presenters.conftest import until
from tests.ui.presenters.test_window_actions import focus, press
from wrappers.contract import AnyEvent, AnyRequest, Finished, Generate, NextTokens, TextPiece


def read(request: AnyRequest) -> Iterable[AnyEvent] | None:
    """Tells what it read where it was asked in messages."""
    if isinstance(request, Generate) and request.messages is not None:
        return [
            TextPiece(text="Ho."),
            Finished(text="Ho.", prompt="<|user|>Hi", stop_reason="length"),
        ]
    return None


@pytest.fixture
def scripted() -> ScriptedHost:
    host = ScriptedHost(read)
    host.capabilities = msgspec.structs.replace(TELLING, mode="messages")
    return host


@pytest.fixture
async def program(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripted: ScriptedHost
) -> AsyncIterator[Program]:
    monkeypatch.setattr("wrappers.host.serve", scripted.serve)
    program = Program(Settings(home=tmp_path, in_process=True))
    program.window.resize(1380, 820)
    program.window.show()
    program.window.activateWindow()
    await until(lambda: program.services.sessions.current is not None)
    yield program
    await program.window.shutdown()


def pane_of(program: Program) -> PromptPane:
    program.window.show_page("prompt")
    return child(program.window, PromptPane, "promptPane")


async def test_that_tabs_are_begun_stepped_moved_renamed_and_closed_by_keys(
    program: Program,
) -> None:
    pane = pane_of(program)
    tabs = child(pane, PromptTabs, "promptTabs")

    def titles() -> list[str]:
        return [tabs.tabText(at) for at in range(tabs.count())]

    QTest.keyClicks(pane.editor, "one")
    press(focus(program), "Ctrl+Shift+P")
    QTest.keyClicks(focus(program), "two")
    await until(lambda: titles() == ["one", "two"])
    assert pane.editor.prompt() == "two"
    press(focus(program), "Ctrl+PgDown")
    assert pane.editor.prompt() == "one"
    assert pane.editor.hasFocus()
    press(focus(program), "Ctrl+Shift+PgDown")
    assert titles() == ["two", "one"]
    press(focus(program), "Shift+F2")
    field = child(tabs, QLineEdit, "promptTitleField")
    field.setText("Mine")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert titles() == ["two", "Mine"]
    press(focus(program), "Ctrl+W")
    assert titles() == ["two"]
    press(program.window, "Ctrl+Z")
    assert titles() == ["two", "Mine"]


async def test_that_what_could_come_next_is_asked_and_folded_away_by_keys(
    program: Program, scripted: ScriptedHost
) -> None:
    pane = pane_of(program)

    def shown() -> str:
        return pane.views.shown

    QTest.keyClicks(pane.editor, "one two")
    press(focus(program), "Ctrl+U")
    table = pane.views.next_tokens.table
    await until(lambda: len(table.model.chances) == 2)
    assert [one.prompt for one in scripted.requests if isinstance(one, NextTokens)] == ["one two"]
    press(focus(program), "Ctrl+F5")
    assert shown() == "tokens"
    press(focus(program), "Ctrl+Shift+F5")
    assert shown() == "chances"
    press(focus(program), "Ctrl+Shift+F5")
    assert shown() == ""
    press(focus(program), "Shift+F5")
    assert (shown(), pane.views.follows) == ("chances", True)


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
async def test_that_the_history_opens_by_its_key(program: Program) -> None:
    pane = pane_of(program)
    QTest.keyClicks(pane.editor, "one")
    press(focus(program), "Ctrl+Return")
    await until(lambda: pane.editor.prompt() == "oneone " and not program.prompt.is_generating)
    press(focus(program), "Ctrl+H")
    menu = child(pane, QMenu, "historyMenu")
    assert menu.isVisible()
    assert len(menu.actions()) == 1
    QTest.keyClick(menu, Qt.Key.Key_Escape)


async def test_that_a_turn_is_sent_to_the_prompt_by_its_key(program: Program) -> None:
    program.window.show_start(False)
    QTest.keyClicks(focus(program), "Hi")
    QTest.keyClick(focus(program), Qt.Key.Key_Return)
    await until(lambda: len(program.chat.conversation.branch()) == 2)
    await until(lambda: not program.chat.is_answering)
    press(focus(program), "Shift+F9")
    assert program.window.page == "prompt"
    assert pane_of(program).editor.prompt() == "<|user|>Hi"


async def test_that_two_models_complete_the_same_prompt_in_the_compare_pane(
    program: Program, scripted: ScriptedHost
) -> None:
    pane = pane_of(program)
    await until(lambda: program.compare.comparison is not None)
    pane.editor.set_prompt("<|user|>\nHi\u00a0there")
    pane.editor.setFocus()
    press(focus(program), "Ctrl+Alt+Return")
    assert program.window.page == "compare"
    await until(lambda: program.compare.is_running)
    await until(lambda: not program.compare.is_running)
    comparison = program.compare.comparison
    assert comparison is not None
    assert comparison.kind == "prompt"
    (turn,) = comparison.turns
    assert turn.text == "<|user|>\nHi\u00a0there"
    assert [side.answer.state for side in turn.sides] == [AnswerState.DONE] * 2
    asked = {one.prompt for one in scripted.requests if isinstance(one, Generate)}
    assert asked == {"<|user|>\nHi\u00a0there"}
