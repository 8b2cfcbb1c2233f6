"""Presets from the composer's row to the conversation, the form and the registry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.services.engines import Engine
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.save_preset import SavePresetDialog
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.inspector import Inspector
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.inspector_presenter import InspectorPresenter
from app.ui.presenters.presets_presenter import PresetsPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.undo_bar import UndoBar
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from tests.ui.presenters.conftest import dialog_named, press, until
from wrappers.contract import Failed, Preset, Sampling, SavePreset


@dataclass
class Bench:
    services: Services
    host: ScriptedHost
    window: QWidget
    pane: ChatPane
    chat: ChatPresenter
    inspector: InspectorPresenter
    bar: UndoBar
    undo: UndoPresenter
    presenter: PresetsPresenter
    told: list[Failed]

    async def load(self) -> None:
        self.services.sessions.select(version())
        await self.services.sessions.load()

    async def list(self) -> None:
        await self.services.catalog.refresh()
        await until(lambda: self.services.presets.is_listed)

    @property
    def system(self) -> str:
        return self.pane.composer.system()

    def hint(self) -> str:
        label = self.pane.findChild(QLabel, "draftLine")
        assert label is not None
        return label.text()

    def choose(self, text: str) -> None:
        """Trigger an entry of the menu, which no offscreen window can pop up."""
        menu = self.pane.composer.presets._build_menu()
        action = next(one for one in menu.actions() if one.text() == text and one.isEnabled())
        action.trigger()
        menu.deleteLater()


@pytest.fixture
async def bench(
    services: Services, host: ScriptedHost, tasks: Tasks, window: QWidget, qtbot: QtBot
) -> AsyncIterator[Bench]:
    host.capabilities = replace(STREAMING, parameters=("temperature", "max_tokens", "top_p"))
    pane, form, bar = ChatPane(), Inspector(), UndoBar()
    for widget in (pane, bar):
        qtbot.addWidget(widget)
    pane.resize(820, 600)
    pane.show()
    await services.catalog.open()

    async def ensure_ready() -> Engine | None:
        return services.sessions.current

    dialogs, undo = Dialogs(window), UndoPresenter(bar)
    inspector = InspectorPresenter(services, form, tasks, services.preferences)
    chat = ChatPresenter(services, pane, tasks, ensure_ready=ensure_ready, show_log=lambda *_: None)
    told: list[Failed] = []
    presenter = PresetsPresenter(
        services.presets,
        services.catalog,
        pane.composer,
        chat,
        inspector,
        dialogs,
        undo,
        tasks,
        tell=told.append,
    )
    yield Bench(services, host, window, pane, chat, inspector, bar, undo, presenter, told)
    presenter.close()
    chat.close()
    inspector.close()
    form.deleteLater()  # pytest-qt would delete it before its presenter is done with it


async def test_that_a_preset_sets_the_system_prompt_and_the_parameters(bench: Bench) -> None:
    await bench.load()
    bench.choose("Concise")
    assert bench.system.startswith("Answer in as few words")
    assert bench.chat.conversation.system == bench.system
    assert bench.inspector.sampling() == Sampling(temperature=0.0, max_tokens=200)
    assert bench.bar.isHidden()  # nothing was replaced


async def test_that_a_preset_is_undone_in_the_system_prompt_and_from_the_bar(bench: Bench) -> None:
    await bench.load()
    bench.pane.composer.set_system("My own.")
    bench.inspector.set_sampling(Sampling(temperature=1.5))
    bench.choose("Concise")
    assert not bench.bar.isHidden()
    editor = bench.pane.findChild(QPlainTextEdit, "systemPromptEditor")
    assert editor is not None
    editor.undo()
    assert bench.system == "My own."
    editor.redo()
    bench.undo.undo()
    assert bench.system == "My own."
    assert bench.inspector.sampling() == Sampling(temperature=1.5)


async def test_that_undo_leaves_parameters_that_were_set_since(bench: Bench) -> None:
    await bench.load()
    bench.inspector.set_sampling(Sampling(temperature=1.5))
    bench.choose("Concise")
    bench.inspector.set_sampling(Sampling(temperature=0.7))
    bench.undo.undo()
    assert bench.inspector.sampling() == Sampling(temperature=0.7)


async def test_that_undo_leaves_another_conversation_alone(bench: Bench) -> None:
    await bench.load()
    bench.pane.composer.set_system("My own.")
    bench.choose("Concise")
    bench.chat.new_conversation()
    bench.pane.composer.set_system("Of another.")
    bench.undo.undo()
    assert bench.system == "Of another."


async def test_that_parameters_which_the_model_lacks_are_said(bench: Bench) -> None:
    bench.host.capabilities = replace(STREAMING, parameters=("max_tokens",))
    await bench.load()
    bench.choose("Stand-up comedian")
    assert "no temperature, top_p" in bench.hint()
    assert bench.inspector.sampling() == Sampling(max_tokens=300)


async def test_that_parameters_wait_for_a_model_that_is_not_loaded_yet(bench: Bench) -> None:
    bench.services.sessions.select(version())
    bench.choose("Concise")
    assert bench.inspector.sampling() == Sampling(temperature=0.0, max_tokens=200)  # if asked now
    await bench.services.sessions.load()
    assert bench.inspector.sampling() == Sampling(temperature=0.0, max_tokens=200)


async def test_that_without_a_model_the_system_prompt_is_set_and_it_is_said(bench: Bench) -> None:
    bench.choose("Concise")
    assert bench.system
    assert "Choose a model" in bench.hint()


async def test_that_a_place_to_fill_in_is_selected(bench: Bench) -> None:
    await bench.load()
    bench.choose("Translator")
    editor = bench.pane.findChild(QPlainTextEdit, "systemPromptEditor")
    assert editor is not None
    assert editor.isVisible()
    assert editor.textCursor().selectedText() == "{{language}}"
    assert "{{language}}" in bench.hint()
    QTest.keyClicks(editor, "Danish")
    assert "into Danish." in bench.system


async def test_that_what_is_set_is_saved_under_a_name(bench: Bench) -> None:
    await bench.load()
    bench.pane.composer.set_system("Be patient.")
    bench.inspector.set_sampling(Sampling(temperature=0.5))
    bench.choose("Save as preset…")
    dialog = await dialog_named(bench.window, SavePresetDialog, "savePresetDialog")
    action, name, note = (
        dialog.findChild(QPushButton, "acceptButton"),
        dialog.findChild(QLineEdit, "presetName"),
        dialog.findChild(QLabel, "presetNote"),
    )
    assert action is not None
    assert name is not None
    assert note is not None
    assert not action.isEnabled()
    QTest.keyClicks(name, "Teacher")
    assert "prompt registry" in note.text()
    QTest.keyClick(name, Qt.Key.Key_Return)
    await until(lambda: "Teacher" in bench.host.presets)
    saved = bench.host.presets["Teacher"]
    assert (saved.system, saved.sampling) == ("Be patient.", Sampling(temperature=0.5))
    await until(lambda: bench.window.findChild(SavePresetDialog, "savePresetDialog") is None)
    bench.pane.composer.set_system("")
    bench.choose("Teacher")
    assert bench.system == "Be patient."


async def test_that_a_name_that_is_there_becomes_a_new_version(bench: Bench) -> None:
    await bench.load()
    await bench.services.presets.save("Teacher", "Be patient.", Sampling())
    bench.pane.composer.set_system("Be very patient.")
    bench.presenter.save()
    dialog = await dialog_named(bench.window, SavePresetDialog, "savePresetDialog")
    name = dialog.findChild(QLineEdit, "presetName")
    note = dialog.findChild(QLabel, "presetNote")
    assert name is not None
    assert note is not None
    name.setText("teacher")
    assert "version 2" in note.text()
    name.setText("Teacher")
    press(dialog, "acceptButton")
    await until(lambda: bench.host.presets["Teacher"].version == "2")
    await until(lambda: bench.window.findChild(SavePresetDialog, "savePresetDialog") is None)


async def test_that_a_refusal_is_told_in_the_dialog_which_stays(bench: Bench) -> None:
    refusal = Failed(kind="usage", message="The name is taken.", advice="Give another.")
    bench.host._script = lambda request: [refusal] if isinstance(request, SavePreset) else None
    bench.pane.composer.set_system("Be patient.")
    bench.presenter.save()
    dialog = await dialog_named(bench.window, SavePresetDialog, "savePresetDialog")
    name = dialog.findChild(QLineEdit, "presetName")
    problem = dialog.findChild(QLabel, "problemText")
    assert name is not None
    assert problem is not None
    name.setText("Teacher")
    press(dialog, "acceptButton")
    await until(lambda: "taken" in problem.text())
    assert dialog.isVisible()
    press(dialog, "cancelButton")
    await until(lambda: bench.window.findChild(SavePresetDialog, "savePresetDialog") is None)


async def test_that_there_is_nothing_to_save_without_a_system_prompt(bench: Bench) -> None:
    bench.presenter.save()
    assert "system prompt first" in bench.hint()
    editor = bench.pane.findChild(QPlainTextEdit, "systemPromptEditor")
    assert editor is not None
    assert editor.isVisible()


async def test_that_a_deleted_preset_comes_back_from_the_bar(bench: Bench) -> None:
    await bench.services.presets.save("Teacher", "Be patient.", Sampling())
    bench.presenter.delete("saved:Teacher")
    await until(lambda: not bench.host.presets)
    await until(lambda: not bench.bar.isHidden())
    bench.undo.undo()
    await until(lambda: bench.services.presets.saved)
    assert bench.host.presets["Teacher"].system == "Be patient."
    assert bench.told == []


async def test_that_the_presets_of_other_tools_are_listed_but_not_deleted_here(
    bench: Bench,
) -> None:
    bench.host.presets = {
        "theirs": Preset(name="theirs", version="4", title="theirs & more", system="Hello."),
        "ours": Preset(name="ours", version="1", title="Ours", system="Hi.", is_own=True),
    }
    await bench.list()
    await until(lambda: len(bench.services.presets.saved) == 2)
    bench.choose("theirs && more")
    assert bench.system == "Hello."
    menu = bench.pane.composer.presets._build_menu()
    deletions = menu.findChild(QMenu, "deletePresetMenu")
    assert deletions is not None
    assert [one.text() for one in deletions.actions()] == ["Ours"]
    menu.deleteLater()


async def test_that_what_another_tool_has_changed_is_there_the_next_time(bench: Bench) -> None:
    await bench.list()
    bench.host.presets["new"] = Preset(name="new", version="1", title="new", system="Hello.")
    bench.pane.composer.presets.menu_opened.emit()
    await until(lambda: bench.services.presets.saved)
    bench.choose("new")
    assert bench.system == "Hello."
