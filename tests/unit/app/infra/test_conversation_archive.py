"""Exports and imports on real files: whole or not at all, there and back, cancelled and refused."""

import asyncio
import contextlib
import dataclasses
import json
import os
import stat
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.export.formats import Format
from app.domain.export.record import Exported, Imported, Record
from app.domain.export.writing import LAYOUTS
from app.infra import conversation_archive
from app.infra.conversation_archive import FileArchive
from app.infra.conversation_files import export, import_file
from app.infra.conversation_rows import read_conversation, write_conversation
from app.infra.conversation_schema import MIGRATIONS, open_database, transaction
from app.infra.conversation_store import SqliteConversationStore
from app.services.errors import ServiceError
from app.services.transfers import Transfers
from tests.support.trees import trees

LINE = '{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "Ho"}]}'
DONE = Answer("tiny/1", AnswerState.DONE, "Madrid.", token_ids=(1, 2))


def asked(key: str, text: str = "What is the capital?") -> Conversation:
    nodes = {
        "q": Node("q", None, "user", text, created_ms=1),
        "a": Node("a", "q", "assistant", "", DONE, 2),
        "b": Node("b", "q", "assistant", "", replace(DONE, text="Paris."), 3),
    }
    return Conversation(key, "Be brief.", nodes, "a")


@dataclass
class Home:
    """A folder with a store, as a window has it."""

    folder: Path
    store: SqliteConversationStore
    transfers: Transfers
    reported: list[tuple[int, int]]

    @property
    def database(self) -> Path:
        return self.folder / "conversations.db"

    def report(self, done: int, total: int) -> None:
        self.reported.append((done, total))

    async def export(self, name: str, form: Format = Format.JSON) -> Exported:
        return await self.transfers.export_all(self.folder / name, form, self.report)

    async def import_from(self, path: Path) -> Imported:
        return await self.transfers.import_from(path, self.report)

    async def import_text(self, text: str | bytes) -> Imported:
        path = self.folder / "some.jsonl"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return await self.import_from(path)

    async def kept(self) -> list[Conversation | None]:
        return [await self.store.load(one.id) for one in await self.store.summaries()]

    @property
    def left_beside(self) -> list[str]:
        return [one.name for one in self.folder.iterdir() if one.name.startswith(".")]


def home_in(folder: Path) -> Home:
    folder.mkdir(exist_ok=True)
    store = SqliteConversationStore(folder / "conversations.db")
    transfers = Transfers(store, FileArchive(folder / "conversations.db"))
    return Home(folder, store, transfers, [])


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = home_in(tmp_path / "home")
    yield made
    await made.store.close()


@pytest.fixture
async def other(tmp_path: Path) -> AsyncIterator[Home]:
    made = home_in(tmp_path / "other")
    yield made
    await made.store.close()


async def test_that_an_export_holds_what_was_said_up_to_now_and_comes_back(
    home: Home, other: Home
) -> None:
    for number in range(3):
        home.store.save(asked(f"c{number}"))
    assert await home.export("all.json") == Exported(3)
    assert await other.import_from(home.folder / "all.json") == Imported(3, 0, "c2")
    for number in range(3):
        key = f"c{number}"
        assert await other.store.load(key) == await home.store.load(key) == asked(key)
    assert set(await other.store.summaries()) == set(await home.store.summaries())


class _NoTurn:
    def step(self, done: int, total: int) -> None:
        pass


@settings(deadline=None, max_examples=30)
@given(st.lists(trees(least=1), min_size=1, max_size=3, unique_by=lambda tree: tree.id))
def test_that_any_trees_are_kept_as_if_they_had_been_said_here(
    tmp_path_factory: pytest.TempPathFactory, wanted: list[Conversation]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    layout = LAYOUTS[Format.JSON]
    records = [Record(one, "A title", is_pinned=True, created_ms=1, updated_ms=2) for one in wanted]
    pieces = layout.separator.join(map(layout.encode, records))
    (folder / "all.json").write_bytes(layout.head + pieces + layout.tail)
    store = folder / "conversations.db"

    assert import_file(store, folder / "all.json", _NoTurn()).new == len(wanted)

    with contextlib.closing(open_database(folder / "said.db")) as said:
        for tree in wanted:
            write_conversation(said, tree, None)
        as_said = [read_conversation(said, one.id) for one in wanted]
    with contextlib.closing(open_database(store)) as database:
        assert [read_conversation(database, one.id) for one in wanted] == as_said
        beside = database.execute("SELECT title, pinned, created_ms, updated_ms FROM conversations")
        assert set(beside) == {("A title", 1, 1, 2)}


async def test_that_what_is_there_already_is_not_imported_twice(home: Home) -> None:
    home.store.save(asked("c"))
    await home.export("all.json")
    assert await home.import_from(home.folder / "all.json") == Imported(0, 1, "c")
    assert len(await home.kept()) == 1


async def test_that_one_whose_id_another_has_gets_an_id_of_its_own_and_is_known_by_it(
    home: Home,
) -> None:
    home.store.save(asked("c"))
    await home.export("all.json")
    home.store.save(asked("c", "And another thing?"))
    first = await home.import_from(home.folder / "all.json")
    assert (first.new, first.known) == (1, 0)
    assert first.first is not None
    assert await home.store.load(first.first) == dataclasses.replace(asked("c"), id=first.first)
    assert await home.import_from(home.folder / "all.json") == Imported(0, 1, first.first)


async def test_that_a_line_that_comes_again_is_known(home: Home) -> None:
    text = f"\n{LINE % 'Hi'}\r\n{LINE % 'Hello'}\r\n\r\n{LINE % 'Hi'}\n\n"
    first = await home.import_text(b"\xef\xbb\xbf" + text.encode())
    assert (first.new, first.known) == (2, 1)
    assert [one.opening for one in await home.store.summaries()] == ["Hi", "Hello"]
    assert (await home.import_text(LINE % "Hello")).known == 1


async def test_that_a_broken_file_imports_nothing_and_says_which_line(home: Home) -> None:
    lines = [LINE % number for number in range(50)]
    lines[41] = lines[41].replace("assistant", "robot")
    with pytest.raises(ServiceError) as raised:
        await home.import_text("\n".join(lines))
    assert raised.value.failed.kind == "broken_file"
    assert "Line 42: message 2: a role “robot”" in raised.value.failed.message
    assert await home.kept() == []


async def test_that_an_id_that_is_there_twice_breaks_the_file(home: Home) -> None:
    home.store.save(asked("c"))
    await home.export("all.json")
    whole = json.loads((home.folder / "all.json").read_text())
    whole["conversations"] *= 2
    with pytest.raises(ServiceError, match="the id “c” is there twice"):
        await home.import_text(json.dumps(whole))


@pytest.mark.parametrize("form", list(Format))
async def test_that_each_format_is_written(home: Home, form: Format) -> None:
    home.store.save(asked("c"))
    home.store.save(asked("d", "And of France?"))
    assert await home.export("all", form) == Exported(2)
    text = (home.folder / "all").read_text()
    assert text.index("And of France?") < text.index("What is the capital?")
    assert ("Paris." in text) == (form is Format.JSON)
    assert text.endswith("\n")


async def test_that_one_conversation_is_written_as_it_is_here(home: Home) -> None:
    home.store.save(asked("c"))
    home.store.save(asked("d"))
    later = asked("c", "Something that could not be kept?")
    target = home.folder / "one.md"
    written = await home.transfers.export_one(later, target, Format.MARKDOWN, home.report)
    assert written == Exported(1)
    assert target.read_text().count("Something that could not be kept?") == 2


async def test_that_one_conversation_gets_out_of_a_store_that_cannot_be_opened(home: Home) -> None:
    database = open_database(home.database)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    target = home.folder / "one.json"
    await home.transfers.export_one(asked("c"), target, Format.JSON, home.report)
    assert "capital" in target.read_text()
    with pytest.raises(ServiceError, match="newer Parley"):
        await home.export("all.json")


async def test_that_an_empty_store_has_nothing_to_export_and_is_not_made(home: Home) -> None:
    target = home.folder / "all.json"
    target.write_text("mine")
    with pytest.raises(ServiceError, match="no conversation to export"):
        await home.export("all.json")
    assert target.read_text() == "mine"
    assert not home.database.exists()


async def test_that_a_damaged_conversation_does_not_keep_the_others_from_being_exported(
    home: Home,
) -> None:
    home.store.save(asked("c"))
    home.store.save(asked("d"))
    await home.store.settle()
    with contextlib.closing(open_database(home.database)) as database:
        database.execute("UPDATE nodes SET answer = '{}' WHERE conversation = 'd' AND id = 'a'")
    assert await home.export("all.json") == Exported(1, damaged=1)


async def test_that_a_new_file_is_its_users_alone_and_another_keeps_its_rights(home: Home) -> None:
    home.store.save(asked("c"))
    target = home.folder / "all.json"
    await home.export("all.json")
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.chmod(0o644)
    await home.export("all.json")
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o644


async def test_that_a_link_is_followed(home: Home) -> None:
    home.store.save(asked("c"))
    (home.folder / "link.json").symlink_to(home.folder / "real.json")
    await home.export("link.json")
    assert (home.folder / "link.json").is_symlink()
    assert "capital" in (home.folder / "real.json").read_text()


@pytest.mark.parametrize("name", ["conversations.db", "conversations.db-wal"])
async def test_that_an_export_never_takes_the_place_of_the_store(home: Home, name: str) -> None:
    home.store.save(asked("c"))
    with pytest.raises(ServiceError, match="is where the conversations are kept"):
        await home.export(name)
    assert len(await home.kept()) == 1


async def test_that_a_folder_that_is_not_there_is_named(home: Home) -> None:
    home.store.save(asked("c"))
    with pytest.raises(ServiceError, match="there is no folder"):
        await home.export("nowhere/all.json")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is always full")  # noqa: PTH110
async def test_that_a_full_disk_leaves_the_old_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.store.save(asked("c"))
    (home.folder / "all.json").write_text("old")

    def on_the_full_disk(dir: Path, prefix: str) -> tuple[int, str]:  # noqa: A002
        name = str(dir / f"{prefix}x")
        Path(name).touch()
        return os.open("/dev/full", os.O_WRONLY), name

    monkeypatch.setattr("tempfile.mkstemp", on_the_full_disk)
    with pytest.raises(ServiceError, match=r"the disk of .* is full"):
        await home.export("all.json")
    assert (home.folder / "all.json").read_text() == "old"
    assert home.left_beside == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
async def test_that_a_folder_that_may_not_be_written_to_is_told(home: Home) -> None:
    home.store.save(asked("c"))
    locked = home.folder / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(ServiceError, match="may not be written to"):
        await home.export("locked/all.json")


@pytest.mark.parametrize(
    ("name", "says"), [("nothing.json", "There is no file"), ("", "cannot be read")]
)
async def test_that_a_file_that_is_none_is_told(home: Home, name: str, says: str) -> None:
    with pytest.raises(ServiceError, match=says):
        await home.import_from(home.folder / name)


async def test_that_a_cancelled_export_leaves_no_half_file(home: Home) -> None:
    for number in range(20):
        home.store.save(asked(f"c{number}"))
    await home.store.settle()
    target = home.folder / "all.json"
    target.write_text("old")

    class Ended(Exception):  # noqa: N818
        pass

    class EndsAtTheTenth:
        def step(self, done: int, total: int) -> None:
            assert total == 20
            if done == 10:
                assert home.left_beside
                raise Ended

    with pytest.raises(Ended):
        export(home.database, target, Format.JSON, EndsAtTheTenth())
    assert target.read_text() == "old"
    assert home.left_beside == []


async def test_that_a_cancelled_import_leaves_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.folder / "many.jsonl"
    path.write_text("\n".join(LINE % number for number in range(50)))
    loop = asyncio.get_running_loop()
    step = conversation_archive._Turn.step
    task: asyncio.Task[Imported]

    def step_until_cancelled(turn: conversation_archive._Turn, done: int, total: int) -> None:
        if done > total * 3 / 4:  # it is being written
            loop.call_soon_threadsafe(task.cancel)
            assert turn._ended.wait(60)
        step(turn, done, total)

    monkeypatch.setattr(conversation_archive._Turn, "step", step_until_cancelled)
    task = asyncio.create_task(home.import_from(path))
    await asyncio.wait([task])
    assert task.cancelled()
    assert await home.kept() == []


async def test_that_an_import_that_is_cancelled_too_late_says_what_has_come(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home.folder / "some.jsonl"
    path.write_text("\n".join(LINE % number for number in range(3)))
    loop = asyncio.get_running_loop()
    task: asyncio.Task[Imported]
    told: list[bool] = []
    home.transfers.imported.connect(lambda: told.append(True))

    def import_and_be_cancelled(*arguments: Any) -> Imported:
        imported = import_file(*arguments)
        loop.call_soon_threadsafe(task.cancel)
        return imported

    monkeypatch.setattr(conversation_archive, "import_file", import_and_be_cancelled)
    task = asyncio.create_task(home.import_from(path))
    assert (await task).new == 3
    assert told == [True]
    assert len(await home.kept()) == 3


async def test_that_what_is_said_meanwhile_is_kept_while_an_export_runs(home: Home) -> None:
    for number in range(200):
        home.store.save(asked(f"c{number}"))
    await home.store.settle()
    export = asyncio.create_task(home.export("all.json"))
    await asyncio.sleep(0)
    home.store.save(asked("new"))
    await home.store.settle()
    assert (await export).written in (200, 201)
    assert len(await home.kept()) == 201


async def test_that_one_that_was_taken_away_and_is_kept_unseen_comes_back(home: Home) -> None:
    """Whatever takes a conversation out of the list: its rows may still be there."""
    await home.store.settle()
    hidden = dataclasses.replace(asked("c"), leaf=None)
    with contextlib.closing(open_database(home.database)) as database, transaction(database):
        write_conversation(database, hidden, None)
    layout = LAYOUTS[Format.JSON]
    record = Record(asked("c"))
    imported = await home.import_text(layout.head + layout.encode(record) + layout.tail)
    assert imported.new == 1
    assert imported.first != "c"
    assert len(await home.kept()) == 1
