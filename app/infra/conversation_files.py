"""Conversations between a database and a file: nothing of threads."""

import contextlib
import dataclasses
import errno
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final, Protocol

import msgspec

from app.domain.conversation import Conversation
from app.domain.export.broken import BrokenFileError, NotConversationsError, line_at, without_bom
from app.domain.export.formats import Format
from app.domain.export.found import Found
from app.domain.export.reading import read
from app.domain.export.record import Exported, Imported, Record, id_of, settled
from app.domain.export.writing import LAYOUTS
from app.infra.conversation_rows import read_conversation, read_summaries, write_conversation
from app.infra.conversation_schema import open_database, transaction
from app.infra.files import not_written, replacing
from app.services.errors import ServiceError

MOST_BYTES: Final = 1 << 30


class Turn(Protocol):
    """Whoever waits for it."""

    def step(self, done: int, total: int) -> None:
        """Tell how far it is. Raises where it is to end here."""


# --------------------------------------------------------------------------------------------
# To a file


def export(
    store: Path, target: Path, form: Format, turn: Turn, only: Conversation | None = None
) -> Exported:
    """Raises `ServiceError`; what was at `target` is still there then."""
    count = damaged = 0
    layout = LAYOUTS[form]
    if target.parent.resolve() == store.parent.resolve() and target.name.startswith(store.name):
        raise ServiceError.of(
            "usage", f"{target} is where the conversations are kept.", "Choose another name."
        )
    with _told(lambda error: _not_written(error, target)), contextlib.ExitStack() as stack:
        records = stack.enter_context(
            contextlib.closing(_records(store, turn) if only is None else _record(store, only))
        )
        file = stack.enter_context(replacing(target))
        file.write(layout.head)
        for record in records:
            piece = b"" if record is None else layout.encode(record)
            damaged += record is None
            if piece:
                file.write(layout.separator if count else b"")
                file.write(piece)
                count += 1
        if not count:
            # Raised in here: an empty file would take the place of what there is.
            raise _nothing_to_export(damaged)
        file.write(layout.tail)
    return Exported(count, damaged)


def _records(store: Path, turn: Turn) -> Generator[Record | None]:
    """All that is listed, from one moment, though more is said meanwhile; ``None`` for one that
    cannot be read."""
    if not store.exists():
        return
    with contextlib.closing(open_database(store)) as database:
        database.execute("BEGIN")
        summaries = read_summaries(database)
        for done, summary in enumerate(summaries):
            turn.step(done, len(summaries))
            try:
                conversation = read_conversation(database, summary.id)
            except msgspec.MsgspecError:
                yield None
                continue
            if conversation is not None:
                yield _beside(database, conversation)


def _record(store: Path, only: Conversation) -> Generator[Record | None]:
    """`only` with its title; without, where that cannot be read: it may be the last way out."""
    record = Record(only)
    if store.exists():
        with (
            contextlib.suppress(ServiceError, sqlite3.Error, OSError),
            contextlib.closing(open_database(store)) as database,
        ):
            record = _beside(database, only)
    yield record


def _beside(database: sqlite3.Connection, conversation: Conversation) -> Record:
    row = database.execute(
        "SELECT title, pinned, created_ms, updated_ms FROM conversations WHERE id = ?",
        [conversation.id],
    ).fetchone()
    if row is None:
        return Record(conversation)
    title, pinned, created_ms, updated_ms = row
    return Record(conversation, title, bool(pinned), created_ms, updated_ms)


def _nothing_to_export(damaged: int) -> ServiceError:
    if damaged:
        return ServiceError.of(
            "disk",
            "The conversations that are kept cannot be read.",
            "They are left as they are; put a copy of conversations.db in its place.",
        )
    return ServiceError.of(
        "not_found", "There is no conversation to export yet.", "Say something first."
    )


# --------------------------------------------------------------------------------------------
# From a file


def import_file(store: Path, source: Path, turn: Turn) -> Imported:
    """Raises `ServiceError`; nothing of the file is kept then."""
    with _told(lambda error: _not_imported(error, source, store)):
        data = without_bom(_content(source, turn))
        _check(data, turn)
        # Again, one at a time: what is decoded takes many times as much memory as its text.
        with contextlib.closing(open_database(store)) as database, transaction(database):
            return _keep(database, data, turn)


def _content(source: Path, turn: Turn) -> bytes:
    size = source.stat().st_size
    if not source.is_file():
        raise OSError(errno.EINVAL, "it is no file")
    if size > MOST_BYTES:
        raise NotConversationsError("It is larger than 1 GB. Split it into several files.")
    turn.step(0, 2 * size)
    # At once: putting pieces together would keep the window waiting for the interpreter.
    with source.open("rb", buffering=0) as file:
        return file.readall()


def _check(data: bytes, turn: Turn) -> None:
    """All of it, before anything is kept."""
    ids: set[str] = set()
    for found in read(data):
        turn.step(found.end, 2 * len(data))
        key = found.record.conversation.id
        if found.has_own_id and key in ids:
            raise BrokenFileError(f"the id “{key}” is there twice.", line_at(data, found.begin))
        ids.add(key)
    if not ids:
        raise NotConversationsError("There is no conversation in it. Choose another file.")


def _keep(database: sqlite3.Connection, data: bytes, turn: Turn) -> Imported:
    new = known = 0
    first: str | None = None
    now = time.time_ns() // 1_000_000
    for number, found in enumerate(read(data)):
        turn.step(len(data) + found.end, 2 * len(data))
        key, is_known = _place(database, found, data)
        first = first or key
        if is_known:
            known += 1
            continue
        record = found.record
        write_conversation(database, dataclasses.replace(record.conversation, id=key), None)
        database.execute(
            """
            UPDATE conversations SET title = ?, pinned = ?, created_ms = ?, updated_ms = ?
            WHERE id = ?
            """,
            [
                record.title,
                record.is_pinned,
                record.created_ms or now,
                # The first of a file that tells no times stands on top.
                record.updated_ms or now - number,
                key,
            ],
        )
        new += 1
    return Imported(new, known, first)


def _place(database: sqlite3.Connection, found: Found, data: bytes) -> tuple[str, bool]:
    """The id that it is kept under, and whether it is there already.

    One whose id another has gets one that is made of what it says, so that it too is known when
    it comes again.
    """
    conversation = found.record.conversation
    key, number = conversation.id, 0
    while True:
        there = _there(database, key)
        if there is None:
            return key, False
        if there == dataclasses.replace(conversation, id=key):
            return key, True
        key = id_of([conversation.id.encode(), data[found.begin : found.end], bytes([number])])
        number += 1


def _there(database: sqlite3.Connection, key: str) -> Conversation | None:
    if database.execute("SELECT 1 FROM conversations WHERE id = ?", [key]).fetchone() is None:
        return None
    try:
        there = read_conversation(database, key)
    except msgspec.MsgspecError:
        there = None
    # One that is damaged, or was taken away, is equal to none.
    return Conversation(key) if there is None else settled(there)


# --------------------------------------------------------------------------------------------
# In words


@contextlib.contextmanager
def _told(words: Callable[[Exception], ServiceError | None]) -> Iterator[None]:
    """What is raised in here, as a `ServiceError` in these words."""
    try:
        yield
    except ServiceError:
        raise
    except (OSError, sqlite3.Error, BrokenFileError, NotConversationsError) as error:
        told = words(error)
        if told is None:
            raise
        raise told from error


def _not_written(error: Exception, target: Path) -> ServiceError | None:
    match error:
        case OSError():
            return not_written(error, target)
        case sqlite3.Error():
            return ServiceError.of(
                "disk",
                f"Nothing was exported: the kept conversations cannot be read ({error}).",
                "Try again in a moment.",
            )
        case _:
            return None


def _not_imported(error: Exception, source: Path, store: Path) -> ServiceError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    match error:
        case BrokenFileError():
            return ServiceError.of(
                "broken_file",
                f"Nothing was imported from {source.name}. {error}",
                "Mend the file there, or export it once more.",
            )
        case NotConversationsError():
            return ServiceError.of("broken_file", f"Nothing was imported. {error}")
        case FileNotFoundError():
            message, advice = f"There is no file {source}.", "Check its name."
        case sqlite3.Error() if primary == sqlite3.SQLITE_FULL:
            message = f"Nothing was imported: the disk of {store.parent} is full."
            advice = "Make room on it, and import once more."
        case sqlite3.Error() if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            message = f"Nothing was imported: another program holds {store}."
            advice = "Wait for that one, and import once more."
        case sqlite3.Error():
            message = f"Nothing was imported: {store} cannot be written ({error})."
            advice = "See that its folder may be written to."
        case _:
            why = getattr(error, "strerror", None) or error
            message = f"{source} cannot be read ({why})."
            advice = "Choose another file, or see that you may read it."
    return ServiceError.of("disk", message, advice)
