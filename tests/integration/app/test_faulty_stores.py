"""What is kept on a disk that is full, or may only be read, and under a clock that is set back."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from app.domain.comparison.record import Comparison
from app.domain.conversation import Conversation, Node
from app.infra.comparison_store import SqliteComparisonStore
from app.infra.conversation_store import SqliteConversationStore
from tests.support import comparisons
from wrappers.contract import Failed

Store = SqliteConversationStore | SqliteComparisonStore
Open = Callable[[], Store]

FAILS = pytest.mark.expects_log("The (conversations|comparisons) in|could not be kept")
DAY_S = 24 * 3600
LARGE = "word " * 100_000


def conversation(name: str, text: str = "What is the capital?") -> Conversation:
    return Conversation(name).with_node(Node(f"{name}-1", None, "user", text))


def comparison(name: str, text: str = "What is the capital?") -> Comparison:
    turn = replace(comparisons.turn(text), id=f"{name}-1")
    return replace(comparisons.comparison(), id=name, turns=(turn,))


KINDS: dict[str, tuple[Callable[[Path], Store], Callable[..., Any]]] = {
    "conversations": (SqliteConversationStore, conversation),
    "comparisons": (SqliteComparisonStore, comparison),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str) -> Callable[..., Any]:
    """Something to keep, by a name, with a text."""
    return KINDS[kind][1]


def remount(disk: Path, how: str) -> None:
    subprocess.run(["/bin/mount", "-o", f"remount,{how}", disk], check=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
async def opener(kind: str) -> AsyncIterator[Callable[[Path], Store]]:
    opened: list[Store] = []

    def open_store(path: Path) -> Store:
        opened.append(KINDS[kind][0](path))
        return opened[-1]

    yield open_store
    for one in opened:
        await one.close()


async def next_failure(store: Store) -> Failed:
    told: asyncio.Queue[Failed] = asyncio.Queue()
    disconnect = store.failed.connect(told.put_nowait)
    try:
        return await asyncio.wait_for(told.get(), 30)
    finally:
        disconnect()


async def names(store: Store) -> list[str]:
    return [one.id for one in await store.summaries()]


@FAILS
async def test_that_on_a_full_disk_nothing_is_lost_and_all_is_kept_once_there_is_room(
    disk: Path, opener: Callable[[Path], Store], make: Callable[..., Any]
) -> None:
    path = disk / "conversations.db"
    store: Any = opener(path)
    store.save(make("a"))
    assert await names(store) == ["a"]
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    large = make("b", LARGE)
    store.save(large)
    failed = await next_failure(store)
    assert f"the disk of {disk} is full" in failed.message
    assert "Make room" in failed.advice
    assert await store.load("b") == large

    ballast.unlink()
    store.save(make("c"))
    await store.close()
    other: Any = opener(path)
    assert set(await names(other)) == {"a", "b", "c"}
    assert await other.load("b") == large


@FAILS
async def test_that_what_is_said_on_a_read_only_disk_stays_and_is_kept_once_it_may_be(
    disk: Path, opener: Callable[[Path], Store], make: Callable[..., Any]
) -> None:
    path = disk / "conversations.db"
    store: Any = opener(path)
    store.save(make("a"))
    await store.close()
    remount(disk, "ro")
    store = opener(path)
    said = make("b")
    store.save(said)
    failed = await next_failure(store)
    assert failed.kind == "disk"
    assert "cannot be written" in failed.message
    assert await store.load("b") == said

    remount(disk, "rw")
    store.save(make("c"))
    await store.close()
    assert set(await names(opener(path))) == {"a", "b", "c"}


async def test_that_what_is_said_last_is_listed_first_though_the_clock_was_set_back(
    opener: Callable[[Path], Store],
    make: Callable[..., Any],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store: Any = opener(path)
    store.save(make("a"))
    await names(store)
    set_clock(monkeypatch, -3600)
    for name in ("b", "c"):
        store.save(make(name))
        await names(store)
    assert await names(opener(path)) == ["c", "b", "a"]
    set_clock(monkeypatch, -100 * DAY_S)
    store.save(make("d"))
    assert await names(store) == ["c", "b", "a", "d"], "it was another day"


async def test_that_what_was_deleted_under_a_wrong_clock_is_not_erased_before_its_day_is_over(
    opener: Callable[[Path], Store],
    make: Callable[..., Any],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store: Any = opener(path)
    said = make("a")
    store.save(said)
    await names(store)
    set_clock(monkeypatch, -1000 * DAY_S)
    store.delete("a")
    await store.close()
    set_clock(monkeypatch, 0)
    store = opener(path)
    await idle(store)
    store.restore("a")
    assert await store.load("a") == said
    store.delete("a")
    await store.close()
    set_clock(monkeypatch, 2 * DAY_S)
    store = opener(path)
    await idle(store)
    store.restore("a")
    assert await store.load("a") is None


_real_ns = time.time_ns


def set_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """So much from what it is."""
    monkeypatch.setattr(time, "time_ns", lambda: _real_ns() + int(seconds * 1e9))
    monkeypatch.setattr(time, "time", lambda: _real_ns() / 1e9 + seconds)


async def idle(store: Any) -> None:
    """Wait until it has done what can wait."""
    await store.summaries()
    while store._may_erase:  # noqa: ASYNC110 - an idle moment has no event
        await asyncio.sleep(0.01)
