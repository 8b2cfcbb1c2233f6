"""The whole window: what it can do, by which keys, and what the command palette finds."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from app.bootstrap import Program
from app.infra.settings import Settings
from app.services.sessions import Sessions
from app.ui.dialogs.palette import PaletteDialog
from app.ui.item_models.palette_model import PaletteModel
from app.ui.panes.sidebar import Sidebar
from tests.support.scripted_host import ScriptedHost, version
from tests.support.sidebars import listed
from tests.ui.presenters.conftest import until

LINE = {"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "Ho"}]}

WITHOUT_KEYS = {"theme_system", "theme_light", "theme_dark"}
"""`next_theme` comes to each of them."""

REACHED = {
    "allVersionsButton": "",
    "askBeforeDroppingButton": "ask_before_dropping",
    "cancelJobButton": "cancel_job",
    "cancelLoadButton": "load",
    "cancelStartJobButton": "cancel_job",
    "conversationSearchClear": "",
    "compareBlind": "compare_blind",
    "compareContract": "compare_contract",
    "compareDifferences": "compare_differences",
    "compareExport": "compare_export",
    "compareInTurn": "compare_plan",
    "compareKept": "compare_kept",
    "compareLeftCancel": "compare_load_first",
    "compareLeftEarlier": "compare_earlier",
    "compareLeftLoad": "compare_load_first",
    "compareLeftModel": "compare_first",
    "compareLeftUnload": "compare_load_first",
    "compareLeftLoadOptions": "compare_load_as_first",
    "compareRightLoadOptions": "compare_load_as_second",
    "compareLog": "compare_log",
    "compareMore": "compare_more",
    "compareOwnParameters": "compare_plan",
    "compareParallel": "compare_plan",
    "comparePlan": "compare_plan",
    "comparePredict": "compare_plan",
    "compareRightCancel": "compare_load_second",
    "compareRightEarlier": "compare_earlier",
    "compareRightLoad": "compare_load_second",
    "compareRightModel": "compare_second",
    "compareRightUnload": "compare_load_second",
    "compareSendButton": "",
    "compareShowLeft": "compare_other_side",
    "compareShowRight": "compare_other_side",
    "compareTokens": "compare_tokens",
    "compareWarmUp": "compare_plan",
    "compareChooseFirst": "compare_first",
    "compareChooseSecond": "compare_second",
    "continueButton": "continue",
    "copyCallButton": "copy_call",
    "copyRunButton": "copy_run",
    "openRunButton": "open_run",
    "dismissRunButton": "dismiss",
    "dismissJobButton": "dismiss",
    "dismissUndoButton": "dismiss",
    "dropOldestButton": "drop_oldest",
    "fromConversationButton": "from_conversation",
    "generateButton": "",
    "insertTemplateButton": "insert_template",
    "jobLogButton": "show_log",
    "loadButton": "load",
    "loadOptionsButton": "load_as",
    "newConversationButton": "new_conversation",
    "nextStepButton": "",
    "predictSwitch": "through_predict",
    "presetsButton": "presets",
    "regenerateButton": "regenerate",
    "reloadButton": "load",
    "registrySearchClear": "",
    "replayButton": "replay",
    "replayCloseButton": "replay_close",
    "replayPlayButton": "replay",
    "replayRestartButton": "replay_restart",
    "replaySpeedButton": "replay_speed",
    "replayTogetherButton": "replay_together",
    "resetButton": "reset_parameters",
    "sendButton": "",
    "compareSets": "sets",
    "setBack": "set_back",
    "setChooseDataset": "set_dataset",
    "setDistributions": "set_page",
    "setExport": "set_export",
    "setGoOn": "set_pause",
    "setNext": "set_next",
    "setOpenFile": "set_file",
    "setPause": "set_pause",
    "setPrevious": "set_previous",
    "setRetry": "set_retry",
    "setRows": "set_page",
    "setRun": "set_run",
    "setSearchClear": "",
    "setStop": "set_stop",
    "settingsButton": "menu",
    "showLogButton": "show_log",
    "signatureJsonButton": "signature_json",
    "signatureTextButton": "signature_text",
    "startJobLogButton": "show_log",
    "startBackButton": "dismiss",
    "stopButton": "stop",
    "stopHereButton": "stop_here",
    "systemPromptButton": "system_prompt",
    "toBottomButton": "to_last",
    "undoButton": "take_back",
    "undoDeletionButton": "undo",
    "unloadButton": "unload",
    "voteBackButton": "vote_back",
    "voteBothBadButton": "vote_both_bad",
    "voteLeftButton": "vote_left",
    "voteResultsButton": "vote_results",
    "voteRightButton": "vote_right",
    "voteTieButton": "vote_tie",
    "closePromptTab": "close_prompt",
    "compareCompletionsButton": "compare_completions",
    "followCursorButton": "follow_cursor",
    "historyButton": "prompt_history",
    "newPromptButton": "new_prompt",
    "nextTokensButton": "next_tokens",
    "nextVersionButton": "",
    "previousVersionButton": "",
    "probabilitiesButton": "probabilities",
    "tokensButton": "tokens",
}
"""By a button's name the action that does the same; empty where Enter, Esc or Ctrl+Enter do."""

CARDS = {"makeDemoButton", "registerButton", "openRegistryButton", "retryRegistryButton"}


@pytest.fixture
async def program(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Program]:
    monkeypatch.setattr("wrappers.host.serve", ScriptedHost().serve)
    program = Program(Settings(home=tmp_path, in_process=True))
    program.window.resize(1380, 820)
    program.window.show()
    program.window.activateWindow()
    yield program
    await program.window.shutdown()


async def say(program: Program, tmp_path: Path, *questions: str) -> None:
    """Put conversations into the store and list them."""
    lines = []
    for question in questions:
        line = json.loads(json.dumps(LINE))
        line["messages"][0]["content"] = question
        lines.append(json.dumps(line))
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines))
    await program.services.transfers.import_from(path, lambda _done, _total: None)
    sidebar = program.window.findChild(Sidebar)
    assert sidebar is not None
    await until(lambda: len(listed(sidebar)) == len(questions))


def press(widget: QWidget, keys: str) -> None:
    combination = QKeySequence(keys)[0]  # type: ignore[index]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


def focus(program: Program) -> QWidget:
    widget = QApplication.focusWidget()
    return program.window if widget is None else widget


async def palette_of(program: Program) -> PaletteDialog:
    def shown() -> list[PaletteDialog]:
        found = program.window.findChildren(PaletteDialog)
        return [one for one in found if one.isVisible()]

    await until(lambda: bool(shown()))
    return shown()[0]


def rows_of(palette: PaletteDialog) -> list[str]:
    model = palette.findChild(PaletteModel)
    assert model is not None
    return [row.title for row in model.rows]


async def find(program: Program, query: str, *, first: str) -> PaletteDialog:
    """Open the palette, type, and wait for what is to stand first below its heading."""
    press(focus(program), "Ctrl+K")
    palette = await palette_of(program)
    field = palette.findChild(QLineEdit, "paletteField")
    assert field is not None
    QTest.keyClicks(field, query)
    await until(lambda: rows_of(palette)[1:2] == [first])
    return palette


async def choose(program: Program, query: str, first: str) -> None:
    palette = await find(program, query, first=first)
    press(palette.findChild(QLineEdit, "paletteField"), "Return")  # type: ignore[arg-type]
    await until(lambda: not program.window.findChildren(PaletteDialog))
    program.window.activateWindow()  # as a desktop does when a dialog has gone
    await until(program.window.isActiveWindow)


async def test_that_everything_the_window_does_has_a_key(program: Program) -> None:
    keyless = {one.id for one in program.actions.entries if not one.keys}
    assert keyless == WITHOUT_KEYS


def make_all(program: Program) -> None:
    """What is made when it is first shown."""
    assert program.prompt is not None
    assert program.compare is not None


async def test_that_no_shortcut_is_bound_twice(program: Program) -> None:
    make_all(program)
    bound: list[str] = []
    for action in program.window.findChildren(QAction):
        bound += [keys.toString() for keys in action.shortcuts()]
    for shortcut in program.window.findChildren(QShortcut):
        bound += [keys.toString() for keys in shortcut.keys()]  # noqa: SIM118
    assert len(bound) > 40
    assert [one for one, count in Counter(bound).items() if count > 1] == []


async def test_that_every_entry_of_the_menu_and_every_button_can_be_reached_by_a_key(
    program: Program,
) -> None:
    make_all(program)
    entries = {one.id: one for one in program.actions.entries}
    settings = program.window.findChild(QWidget, "sidebar").settings  # type: ignore[union-attr]
    actions = {one.action for one in entries.values()}
    assert [one.text() for one in settings.entries() if one not in actions] == []
    names = {
        one.objectName()
        for one in program.window.findChildren(QAbstractButton)
        if one.objectName() and not one.objectName().startswith(("qt_", "Scroll"))  # Qt's own
    }
    start = program.window.findChild(QWidget, "startScreen")
    assert start is not None
    names -= {one.objectName() for one in start.findChildren(QAbstractButton)}
    # Never shown: the models of a set's row are those of the set.
    row = program.window.findChild(QWidget, "setCards")
    assert row is not None
    names -= {one.objectName() for one in row.findChildren(QAbstractButton)}
    assert names - REACHED.keys() == set()
    assert {action for action in REACHED.values() if action} <= entries.keys()


async def test_that_the_shortcuts_dialog_lists_all_there_are(program: Program) -> None:
    press(focus(program), "F1")

    def dialog() -> QDialog | None:
        return program.window.findChild(QDialog, "shortcutsDialog")

    await until(lambda: dialog() is not None)
    shown = {one.text() for one in dialog().findChildren(QWidget) if hasattr(one, "text")}  # type: ignore[union-attr]
    for entry in program.actions.entries:
        if entry.keys:
            assert entry.text in shown
            assert " or ".join(entry.keys) in shown
    told = [row for section in program.actions.sections() for row in section.rows]
    assert [row for row, count in Counter(told).items() if count > 1] == []
    dialog().reject()  # type: ignore[union-attr]


async def test_that_the_palette_begins_with_what_was_said_last_and_what_can_be_done(
    program: Program, tmp_path: Path
) -> None:
    await say(program, tmp_path, "Why is the sky blue?", "Tell me a joke.")
    await until(lambda: program.services.sessions.current is not None)
    press(focus(program), "Ctrl+K")
    palette = await palette_of(program)
    await until(lambda: rows_of(palette)[0] == "Conversations")
    rows = rows_of(palette)
    assert rows[1:3] == ["Why is the sky blue?", "Tell me a joke."]
    assert rows[3:6] == ["Models", "tiny · version 1", "Actions"]
    assert "Quit" in rows
    assert "Unload the model" not in rows
    palette.reject()


async def test_that_a_theme_is_found_by_what_it_is(program: Program) -> None:
    await choose(program, "dark the", "Dark theme")
    assert program.services.preferences.load().theme == "dark"


async def test_that_the_palette_opens_a_conversation(program: Program, tmp_path: Path) -> None:
    await say(program, tmp_path, "Why is the sky blue?", "Tell me a joke.")
    await choose(program, "tj", "Tell me a joke.")
    await until(lambda: len(program.chat.conversation.branch()) == 2)
    assert program.chat.conversation.branch()[0].text == "Tell me a joke."


async def test_that_the_palette_does_what_is_chosen_and_remembers_it(program: Program) -> None:
    before = program.services.preferences.load().theme
    await choose(program, "next th", "The next theme")
    assert program.services.preferences.load().theme != before
    press(focus(program), "Ctrl+K")
    palette = await palette_of(program)
    rows = rows_of(palette)
    assert rows[rows.index("Actions") + 1] == "The next theme"
    palette.reject()
    await until(lambda: not program.window.findChildren(PaletteDialog))
    program.actions.run("next_theme")
    program.actions.run("next_theme")
    assert program.services.preferences.load().theme == before


async def test_that_the_palette_makes_a_model_current(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {("phi3-mini", "2"): version("phi3-mini", "2"), ("other", "1"): version("other", "1")}
    await until(lambda: program.services.sessions.current is not None)
    monkeypatch.setattr(program.services.catalog, "versions", found)
    chosen: list[str] = []
    select = Sessions.select

    def note(sessions: Sessions, wanted: object) -> None:
        chosen.append(wanted.name)  # type: ignore[attr-defined]
        select(sessions, wanted)  # type: ignore[arg-type]

    monkeypatch.setattr(Sessions, "select", note)
    await choose(program, "phi 2", "phi3-mini · version 2")
    assert chosen[0] == "phi3-mini"


async def test_that_keys_lead_to_their_places(program: Program) -> None:
    program.window.show_start(False)
    composer = program.window.findChild(QPlainTextEdit, "chatComposer")
    assert composer is not None
    for keys, name in (
        ("Ctrl+F", "registrySearch"),
        ("Ctrl+Shift+W", "chatComposer"),
        ("Ctrl+2", "promptEditor"),
        ("Ctrl+3", "compareComposer"),
        ("Ctrl+1", "chatComposer"),
        ("Ctrl+Shift+S", "systemPromptEditor"),
    ):
        press(focus(program), keys)
        assert focus(program).objectName() == name


async def test_that_a_folded_column_comes_back_for_its_search(program: Program) -> None:
    program.window.toggle_column("sidebar")
    sidebar = program.window.findChild(QWidget, "sidebar")
    assert sidebar is not None
    assert not sidebar.isVisible()
    press(focus(program), "Ctrl+F")
    assert sidebar.isVisible()
    assert focus(program).objectName() == "registrySearch"


async def test_that_the_last_answer_is_copied_by_its_key(program: Program, tmp_path: Path) -> None:
    await say(program, tmp_path, "Why is the sky blue?")
    await choose(program, "sky", "Why is the sky blue?")
    await until(lambda: bool(program.chat.conversation.nodes))
    QApplication.clipboard().setText("")
    press(focus(program), "Ctrl+Shift+C")
    assert QApplication.clipboard().text() == "Ho"


async def test_that_a_question_without_an_answer_is_answered_by_its_key(
    program: Program, tmp_path: Path
) -> None:
    await until(lambda: program.services.sessions.current is not None)
    await say(program, tmp_path, "Why is the sky blue?")
    await choose(program, "sky", "Why is the sky blue?")
    await until(lambda: len(program.chat.conversation.branch()) == 2)
    answer = next(one for one in program.actions.entries if one.id == "answer")
    assert not answer.is_possible()
    program.actions.run("delete")
    assert [one.role for one in program.chat.conversation.branch()] == ["user"]
    press(focus(program), "Ctrl+Shift+A")
    await until(lambda: len(program.chat.conversation.branch()) == 2)
    await until(lambda: not program.chat.is_answering)


async def test_that_the_shown_conversation_is_exported_by_its_key(
    program: Program, tmp_path: Path
) -> None:
    press(focus(program), "Ctrl+E")  # nothing was said yet
    assert program.window.findChildren(QFileDialog) == []
    await say(program, tmp_path, "Why is the sky blue?")
    await choose(program, "sky", "Why is the sky blue?")
    await until(lambda: bool(program.chat.conversation.nodes))
    press(focus(program), "Ctrl+E")

    def dialogs() -> list[QFileDialog]:
        return [one for one in program.window.findChildren(QFileDialog) if one.isVisible()]

    await until(lambda: bool(dialogs()))
    assert Path(dialogs()[0].selectedFiles()[0]).name == "Why is the sky blue.json"
    dialogs()[0].reject()
    await until(lambda: not program.window.findChildren(QFileDialog))


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
async def test_that_the_menu_opens_by_its_key_and_waits_for_nobody(program: Program) -> None:
    press(focus(program), "F10")
    menu = program.window.findChild(QWidget, "settingsMenu")
    assert menu is not None
    assert menu.isVisible()
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()


async def test_that_a_draft_that_is_back_late_takes_nobodys_place(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = program.services.conversations
    store.set_draft("compare", "from last time")
    await store.settle()
    read, is_read, may_be_told = store.drafts, asyncio.Event(), asyncio.Event()

    async def slowly() -> dict[str, str]:
        found = await read()
        assert found["compare"] == "from last time"
        is_read.set()
        await may_be_told.wait()
        return found

    monkeypatch.setattr(store, "drafts", slowly)
    composer = program._compare_parts().pane.composer  # made now, and reading that
    await is_read.wait()
    composer.set_draft("What is it?")
    composer.set_draft("")  # as sent
    may_be_told.set()
    await until(lambda: not any(is_restoring(one) for one in program._tasks._running))
    assert composer.draft() == ""


def is_restoring(task: asyncio.Task[None]) -> bool:
    return task.get_name() == "show the last comparison"
