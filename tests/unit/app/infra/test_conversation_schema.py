"""The versions of the conversations' file, on real SQLite."""

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from app.domain.answer import AnswerState
from app.domain.comparison.record import Phase
from app.infra.comparison_rows import read_comparison, read_set
from app.infra.conversation_rows import read_conversation, read_drafts, write_drafts
from app.infra.conversation_schema import MIGRATIONS, open_database
from app.services.errors import ServiceError

STORES = Path(__file__).parents[3] / "support" / "stores"
NEWEST = len(MIGRATIONS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "conversations.db"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def version_of(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def refused(path: Path) -> ServiceError:
    """The refusal, after which the file and its folder are as they were."""
    before = digest(path)
    with pytest.raises(ServiceError) as caught:
        open_database(path)
    assert digest(path) == before
    assert list(path.parent.iterdir()) == [path]
    return caught.value


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_that_a_file_of_every_released_version_is_brought_up_to_date(
    version: int, path: Path
) -> None:
    path.parent.mkdir()
    shutil.copy(STORES / f"version_{version}.sqlite", path)
    database = open_database(path)
    assert version_of(database) == NEWEST
    conversation = read_conversation(database, "spain")
    assert conversation is not None
    assert conversation.system == "Be brief."
    question, answer = conversation.branch()
    assert question.text == "What is the capital of Spain?"
    assert answer.answer is not None
    assert answer.answer.state is AnswerState.DONE
    assert answer.answer.text == "Madrid."
    assert answer.answer.token_ids == (4, 5)
    assert read_drafts(database) == {"prompt": "Once upon a time"}
    database.close()


def test_that_versions_and_deletions_are_in_the_file_since_version_2(path: Path) -> None:
    path.parent.mkdir()
    shutil.copy(STORES / "version_2.sqlite", path)
    database = open_database(path)
    conversation = read_conversation(database, "spain")
    database.close()
    assert conversation is not None
    assert conversation.nodes["b"].deleted_ms == 1790000003000
    assert conversation.choices == {"q": "a"}
    assert conversation.version_of("a") == (1, 2)
    answer = conversation.nodes["c"].answer
    assert answer is not None
    assert answer.edited


def test_that_a_migration_keeps_what_is_there(path: Path) -> None:
    path.parent.mkdir()
    shutil.copy(STORES / "version_1.sqlite", path)

    def add_stars(database: sqlite3.Connection) -> None:
        database.execute("ALTER TABLE conversations ADD COLUMN stars INTEGER NOT NULL DEFAULT 3")

    database = open_database(path, (MIGRATIONS[0], add_stars))
    assert version_of(database) == 2
    assert database.execute("SELECT id, stars FROM conversations").fetchall() == [("spain", 3)]
    database.close()


def test_that_a_migration_that_fails_leaves_the_version_before(path: Path) -> None:
    open_database(path).close()

    def fail(database: sqlite3.Connection) -> None:
        database.execute("DROP TABLE drafts")
        database.execute("CREATE TABLE drafts (")

    with pytest.raises(sqlite3.OperationalError):
        open_database(path, (*MIGRATIONS, fail))
    database = open_database(path)
    assert version_of(database) == NEWEST
    write_drafts(database, [("prompt", "still here")])
    assert read_drafts(database) == {"prompt": "still here"}
    database.close()


def test_that_a_newer_file_is_refused_and_left_as_it_is(path: Path) -> None:
    open_database(path, (*MIGRATIONS, lambda _: None)).close()
    error = refused(path)
    assert error.failed.kind == "database_newer"
    assert str(path) in error.failed.message


def test_that_a_newer_file_is_refused_while_its_version_is_in_the_log_alone(path: Path) -> None:
    open_database(path).close()
    with open_database(path, (*MIGRATIONS, lambda _: None)) as newer:
        with pytest.raises(ServiceError) as caught:
            open_database(path)
        assert version_of(newer) == NEWEST + 1
    newer.close()
    assert caught.value.failed.kind == "database_newer"


@pytest.mark.parametrize("content", [b"x", b"Dear diary, " * 500])
def test_that_a_file_that_is_no_database_is_refused_and_left_as_it_is(
    content: bytes, path: Path
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert "is not a file of Parley's conversations" in refused(path).failed.message


@pytest.mark.parametrize("marks", ["", "PRAGMA user_version = 1", "PRAGMA application_id = 7"])
def test_that_the_database_of_another_program_is_refused_and_left_as_it_is(
    marks: str, path: Path
) -> None:
    path.parent.mkdir()
    database = sqlite3.connect(path, autocommit=True)
    database.execute("CREATE TABLE recipes (name TEXT)")
    database.execute(marks)
    database.close()
    assert "is not a file of Parley's conversations" in refused(path).failed.message


def test_that_an_empty_file_becomes_a_store(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    database = open_database(path)
    assert version_of(database) == NEWEST
    database.close()


def test_that_a_commit_outlives_its_process_and_readers_wait_for_nobody(path: Path) -> None:
    database = open_database(path)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (1,), "NORMAL"
    assert database.execute("PRAGMA busy_timeout").fetchone()[0] > 0
    database.close()


def test_that_comparisons_and_prompt_sets_are_in_the_file_since_version_4(path: Path) -> None:
    path.parent.mkdir()
    shutil.copy(STORES / "version_4.sqlite", path)
    database = open_database(path)
    comparison = read_comparison(database, "comparison-1")
    prompt_set = read_set(database, "set-1")
    database.close()
    assert comparison is not None
    assert [slot.name for slot in comparison.slots] == ["phi3-mini/3", "phi3-onnx/1"]
    assert [turn.phase for turn in comparison.turns] == [Phase.DONE] * 2
    first, _ = comparison.turns[0].sides
    assert first.answer.text.startswith("The capital of Spain is **Madrid**.")
    assert len(first.runs) == 3
    assert prompt_set is not None
    assert [one.text for one in prompt_set.prompts][1] == "And of Portugal?"
    assert list(prompt_set.results) == [0]
    assert prompt_set.facts[1] is not None
    assert prompt_set.facts[1].dtype == "int4"
