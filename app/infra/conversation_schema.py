"""The file that conversations are kept in: opening it, its versions, and the way between them.

``PRAGMA user_version`` counts the migrations that a file has been through, and
``PRAGMA application_id`` says that it is Parley's at all.
"""

import contextlib
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from app.services.errors import ServiceError

Migration = Callable[[sqlite3.Connection], None]

APPLICATION_ID: Final = 0x5041524C
"""``PARL``, in the file's header."""

_BUSY_MS: Final = 5_000
"""How long another window's write is waited for."""
_PAUSE_S: Final = 0.01
_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100


def _create(database: sqlite3.Connection) -> None:
    """Version 1."""
    for statement in (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE conversations (
            id TEXT NOT NULL PRIMARY KEY,
            system TEXT NOT NULL,
            leaf TEXT,               -- the visible branch's last node
            title TEXT,              -- NULL until it is renamed
            opening TEXT NOT NULL,   -- beside the nodes, so that a list needs none of them
            pinned INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX conversations_by_age ON conversations (updated_ms)",
        """
        CREATE TABLE nodes (
            number INTEGER PRIMARY KEY,  -- the order they came in, which siblings keep
            conversation TEXT NOT NULL REFERENCES conversations (id),
            id TEXT NOT NULL,
            parent TEXT,
            role TEXT NOT NULL,
            text TEXT NOT NULL,
            answer TEXT,                 -- app.domain.answer.Answer as JSON
            created_ms INTEGER NOT NULL,
            UNIQUE (conversation, id)
        ) STRICT
        """,
        """
        CREATE TABLE drafts (
            key TEXT NOT NULL PRIMARY KEY,
            text TEXT NOT NULL,
            changed_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
    ):
        database.execute(statement)


def _add_versions(database: sqlite3.Connection) -> None:
    """What of a tree was deleted, and which of several versions was visible last."""
    # NULL while the message is there; what follows a deleted one is hidden with it.
    database.execute("ALTER TABLE nodes ADD COLUMN deleted_ms INTEGER")
    # By a message's id, the one below it, as a JSON object; NULL for none.
    database.execute("ALTER TABLE conversations ADD COLUMN choices TEXT")


def _add_search(database: sqlite3.Connection) -> None:
    """What a search needs, `app.infra.conversation_index`, and conversations that are deleted."""
    # Not INSERT OR IGNORE, which an upsert that sets the trigger off would turn into a failure.
    mark_node = """
        INSERT INTO unindexed SELECT new.number
        WHERE NOT EXISTS (SELECT 1 FROM unindexed WHERE number = new.number);
    """
    mark_title = """
        INSERT INTO titles (conversation) SELECT new.id
        WHERE NOT EXISTS (SELECT 1 FROM titles WHERE conversation = new.id);
        INSERT INTO unindexed SELECT number + (1 << 61) FROM titles t WHERE conversation = new.id
        AND NOT EXISTS (SELECT 1 FROM unindexed WHERE number = t.number + (1 << 61));
    """
    for statement in (
        # Deleted ones are out of sight, and can be had back until they are erased.
        "ALTER TABLE conversations ADD COLUMN deleted_ms INTEGER",
        """
        CREATE TABLE titles (
            number INTEGER PRIMARY KEY,  -- in the index; SQLite may give a row another rowid
            conversation TEXT NOT NULL UNIQUE
        ) STRICT
        """,
        # Numbers in the index that are still to be brought up to date: whoever writes marks them.
        "CREATE TABLE unindexed (number INTEGER PRIMARY KEY) STRICT",
        f"CREATE TRIGGER node_added AFTER INSERT ON nodes BEGIN {mark_node} END",
        f"CREATE TRIGGER node_changed AFTER UPDATE OF text, answer ON nodes BEGIN {mark_node} END",
        f"""
        CREATE TRIGGER title_added AFTER INSERT ON conversations WHEN new.title IS NOT NULL
        BEGIN {mark_title} END
        """,
        f"""
        CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations
        WHEN new.title IS NOT old.title BEGIN {mark_title} END
        """,
        "INSERT INTO unindexed SELECT number FROM nodes",
        "INSERT INTO titles (conversation) SELECT id FROM conversations WHERE title IS NOT NULL",
        "INSERT INTO unindexed SELECT number + (1 << 61) FROM titles",
    ):
        database.execute(statement)


def _add_comparisons(database: sqlite3.Connection) -> None:
    """Comparisons and prompt sets: `app.domain.comparison.record`'s values as JSON."""
    for statement in (
        """
        CREATE TABLE comparisons (
            id TEXT NOT NULL PRIMARY KEY,
            head TEXT NOT NULL,      -- a Comparison without its turns
            title TEXT NOT NULL,     -- beside it, with the names, so that a list needs no JSON
            first_name TEXT NOT NULL,
            second_name TEXT NOT NULL,
            updated_ms INTEGER NOT NULL,
            deleted_ms INTEGER
        ) STRICT
        """,
        """
        CREATE TABLE comparison_turns (
            number INTEGER PRIMARY KEY,  -- the order they came in
            comparison TEXT NOT NULL REFERENCES comparisons (id),
            id TEXT NOT NULL,
            turn TEXT NOT NULL,
            UNIQUE (comparison, id)
        ) STRICT
        """,
        """
        CREATE TABLE prompt_sets (
            id TEXT NOT NULL PRIMARY KEY,
            head TEXT NOT NULL,      -- a PromptSet without results and facts
            facts TEXT,              -- NULL until its models were loaded
            name TEXT NOT NULL,
            first_name TEXT NOT NULL,
            second_name TEXT NOT NULL,
            prompts INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL
        ) STRICT
        """,
        # Not one JSON per set: a row is written while the next one is being run.
        """
        CREATE TABLE prompt_set_results (
            prompt_set TEXT NOT NULL REFERENCES prompt_sets (id),
            position INTEGER NOT NULL,
            turn TEXT NOT NULL,
            PRIMARY KEY (prompt_set, position)
        ) STRICT, WITHOUT ROWID
        """,
    ):
        database.execute(statement)


MIGRATIONS: Final[tuple[Migration, ...]] = (
    _create,
    _add_versions,
    _add_search,
    _add_comparisons,
)
"""Number n leads from version n to n + 1. One that has been released is never changed."""


def open_database(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> sqlite3.Connection:
    """The store at `path`, made or brought up to date where need be; autocommit is on.

    Raises `ServiceError` for a file that is not to be written to: one of a newer version
    (``database_newer``), or none of Parley's; it is left as it is. Raises `sqlite3.Error` and
    `OSError` for what may be another time, such as a full disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _look_at_header(path, len(migrations))
    database = sqlite3.connect(path, autocommit=True)
    try:
        database.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        _migrate(database, path, migrations)
        # Readers and one writer at once, and a commit is an append to one file.
        _set_wal(database)
        # In WAL mode a commit is then safe from any end of the process, without a wait for the
        # disk. A power cut may take the last commits back, yet never leaves a broken file.
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        database.close()
        raise
    return database


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of the block, or nothing. It waits for another window's before it begins."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        # SQLite ends the transaction itself where the disk is full.
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _migrate(database: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """One transaction per version, so that a failure leaves the last version that was reached."""
    while _version(database) != len(migrations):
        with transaction(database):
            # Again, now that no other window can change it.
            version = _version(database)
            if version > len(migrations):
                raise _newer(path)
            if version == 0 and database.execute("SELECT 1 FROM sqlite_schema").fetchone():
                raise _foreign(path)
            if version < len(migrations):
                migrations[version](database)
                database.execute(f"PRAGMA user_version = {version + 1}")


def _set_wal(database: sqlite3.Connection) -> None:
    """SQLite itself does not wait here for windows that do the same at this moment."""
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _look_at_header(path: Path, newest: int) -> None:
    """Refuse a file without opening it as a database, which alone may write to it."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except FileNotFoundError:
        return
    if not header:
        return  # SQLite makes an empty file before it writes to it
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise _foreign(path)
    (version,) = struct.unpack_from(">I", header, 60)
    (application,) = struct.unpack_from(">I", header, 68)
    if application != APPLICATION_ID and (application, version) != (0, 0):
        raise _foreign(path)
    if version > newest:
        raise _newer(path)


def _newer(path: Path) -> ServiceError:
    return ServiceError.of(
        "database_newer",
        f"The conversations in {path} were kept by a newer Parley.",
        "Open them with that one; this window works, but keeps nothing of what is said in it.",
    )


def _foreign(path: Path) -> ServiceError:
    return ServiceError.of(
        "disk",
        f"{path} is not a file of Parley's conversations.",
        "Move it elsewhere and start Parley again; until then nothing that is said is kept.",
    )
