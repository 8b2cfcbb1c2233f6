"""Export and import as the window shows them, on a real store and Qt's own file dialogs."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QWidget

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.export.record import Exported, Imported
from app.infra.conversation_archive import FileArchive, _Turn
from app.infra.conversation_store import SqliteConversationStore
from app.services.transfers import Transfers
from app.ui.dialogs.files import SaveDialog
from app.ui.dialogs.opener import Dialogs
from app.ui.presenters.transfers_presenter import TransfersPresenter, exported, imported
from app.ui.tasks import Tasks
from app.ui.widgets.job_strip import JobStrip
from tests.ui.presenters.conftest import until

LINE = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}'


def said(key: str, text: str) -> Conversation:
    nodes = {
        "q": Node("q", None, "user", text),
        "a": Node("a", "q", "assistant", "", Answer("tiny/1", AnswerState.DONE, "Yes.")),
    }
    return Conversation(key, nodes=nodes, leaf="a")


@dataclass
class Scene:
    """A window's strip, and a folder for files."""

    folder: Path
    parent: QWidget
    strip: JobStrip
    store: SqliteConversationStore
    presenter: TransfersPresenter
    tasks: Tasks
    listed: list[None]
    shown: Conversation

    async def dialog(self) -> QFileDialog:
        def is_there() -> bool:
            return any(one.isVisible() for one in self.parent.findChildren(QFileDialog))

        await until(is_there)
        return next(one for one in self.parent.findChildren(QFileDialog) if one.isVisible())

    async def choose(self, name: str) -> None:
        """Choose a file in the dialog that is open."""
        dialog = await self.dialog()
        dialog.setDirectory(str(self.folder))
        dialog.selectFile(name)
        dialog.accept()

    @property
    def told(self) -> str:
        label = self.strip.findChild(QLabel, "jobText")
        assert label is not None
        return label.text() if self.strip.isVisible() else ""

    async def until_told(self, beginning: str) -> str:
        await until(lambda: self.told.startswith(beginning))
        return self.told


@pytest.fixture
async def scene(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Scene]:
    store = SqliteConversationStore(tmp_path / "home" / "conversations.db")
    archive = FileArchive(tmp_path / "home" / "conversations.db")
    tasks, parent = Tasks(), QWidget()
    listed: list[None] = []
    strip = JobStrip(parent)
    parent.resize(900, 600)
    parent.show()

    def refresh() -> None:
        listed.append(None)

    presenter = TransfersPresenter(
        Transfers(store, archive),
        strip,
        Dialogs(parent),
        tasks,
        conversation=lambda: made.shown,
        name_of=lambda one: one.nodes["q"].text if one.nodes else "",
        refresh=refresh,
    )
    shown = said("c", "What is 1/2?")
    made = Scene(tmp_path, parent, strip, store, presenter, tasks, listed, shown)
    yield made
    presenter.close()
    await tasks.cancel_all()
    await store.close()
    parent.close()
    parent.deleteLater()


async def test_that_a_conversation_is_exported_under_its_own_name(scene: Scene) -> None:
    scene.presenter.export_conversation()
    dialog = await scene.dialog()
    assert isinstance(dialog, SaveDialog)
    assert Path(dialog.selectedFiles()[0]).name == "What is 1 2.json"
    await scene.choose("mine.json")
    assert await scene.until_told("1 conversation") == "1 conversation is in mine.json."
    assert "What is 1/2?" in (scene.folder / "mine.json").read_text()
    assert scene.presenter.is_idle


async def test_that_the_kind_gives_the_name_its_suffix(scene: Scene) -> None:
    scene.presenter.export_conversation()
    dialog = await scene.dialog()
    dialog.setDirectory(str(scene.folder))
    dialog.selectFile("Version 1.5 is out.json")
    markdown = next(one for one in dialog.nameFilters() if ".md" in one)
    dialog.selectNameFilter(markdown)
    dialog.filterSelected.emit(markdown)
    assert Path(dialog.selectedFiles()[0]).name == "Version 1.5 is out.md"
    dialog.accept()
    await scene.until_told("1 conversation is in Version 1.5 is out.md")
    assert (scene.folder / "Version 1.5 is out.md").read_text().startswith("# What is 1/2?")


async def test_that_a_name_with_a_foreign_suffix_gets_one_of_ours(scene: Scene) -> None:
    scene.presenter.export_conversation()
    await scene.choose("Version 1.5")
    assert await scene.until_told("1 conversation") == "1 conversation is in Version 1.5.json."


async def test_that_all_are_exported_and_come_back(scene: Scene) -> None:
    scene.store.save(said("c", "One?"))
    scene.store.save(said("d", "Two?"))
    scene.presenter.export_all()
    await scene.choose("all.jsonl")
    assert await scene.until_told("2 ") == "2 conversations are in all.jsonl."
    scene.presenter.import_file()
    await scene.choose("all.jsonl")
    assert await scene.until_told("2 conv") is not None
    await until(lambda: scene.told == "2 conversations have come from all.jsonl.")
    assert len(scene.listed) == 1
    assert len(await scene.store.summaries()) == 4


async def test_that_a_broken_file_is_told_with_its_line_until_it_is_dismissed(scene: Scene) -> None:
    (scene.folder / "in.jsonl").write_text(f"{LINE}\n{LINE[:-1]}\n")
    scene.presenter.import_file()
    await scene.choose("in.jsonl")
    told = await scene.until_told("Nothing was imported")
    assert "from in.jsonl. Line 2" in told
    assert scene.listed == []
    dismiss = scene.strip.findChild(QPushButton, "dismissJobButton")
    assert dismiss is not None
    dismiss.click()
    assert not scene.strip.isVisible()


async def test_that_a_dialog_that_is_closed_leaves_nothing(scene: Scene) -> None:
    scene.presenter.export_all()
    (await scene.dialog()).reject()
    await until(lambda: scene.presenter.is_idle)
    assert scene.told == ""


async def test_that_there_is_one_dialog_at_a_time(scene: Scene) -> None:
    scene.presenter.export_all()
    await scene.dialog()
    scene.presenter.import_file()
    scene.presenter.export_conversation()
    await asyncio.sleep(0)
    assert len(scene.parent.findChildren(QFileDialog)) == 1
    (await scene.dialog()).reject()
    await until(lambda: scene.presenter.is_idle)


async def test_that_a_conversation_with_nothing_said_is_not_exported(scene: Scene) -> None:
    scene.shown = Conversation("empty")
    assert not scene.presenter.can_export
    scene.presenter.export_conversation()
    assert scene.presenter.is_idle


async def test_that_an_import_that_is_cancelled_takes_its_strip_along(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (LINE.replace("Hi", f"Hi {number}") for number in range(1000))
    (scene.folder / "in.jsonl").write_text("\n".join(lines))
    step, has_written_some = _Turn.step, threading.Event()

    def step_and_wait_for_the_end(turn: _Turn, done: int, total: int) -> None:
        step(turn, done, total)
        if done > total * 3 // 4:
            has_written_some.set()
            turn._ended.wait(60)

    monkeypatch.setattr(_Turn, "step", step_and_wait_for_the_end)
    scene.presenter.import_file()
    await scene.choose("in.jsonl")
    await scene.until_told("Importing in.jsonl")
    await until(has_written_some.is_set)
    cancel = scene.strip.findChild(QPushButton, "cancelJobButton")
    assert cancel is not None
    cancel.click()
    await until(lambda: scene.presenter.is_idle)
    assert scene.told == ""
    assert await scene.store.summaries() == ()


def test_that_what_it_came_to_is_told_in_a_sentence() -> None:
    path = Path("all.json")
    assert exported(Exported(3, damaged=1), path) == (
        "3 conversations are in all.json. 1 could not be read, and are not in it."
    )
    assert imported(Imported(1, 2), path) == (
        "1 conversation has come from all.json. 2 were here already."
    )
    assert imported(Imported(0, 2), path) == "Everything in all.json is here already."
