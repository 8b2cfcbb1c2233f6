"""Coroutines of the window, and repaints that are not one per token."""

import asyncio

import pytest
from pytestqt.qtbot import QtBot

from app.ui.coalesce import Coalescer
from app.ui.tasks import Tasks


@pytest.mark.expects_log("save failed")
async def test_that_a_failure_is_told_with_the_name_of_what_failed() -> None:
    told: list[tuple[str, str]] = []
    tasks = Tasks(lambda name, error: told.append((name, str(error))))

    async def fail() -> None:
        raise ValueError("no room")

    await asyncio.wait([tasks.start(fail(), "save")])
    await asyncio.sleep(0)
    assert told == [("save", "no room")]


async def test_that_a_task_that_is_cancelled_is_no_failure() -> None:
    told: list[str] = []
    tasks = Tasks(lambda name, _error: told.append(name))
    tasks.start(asyncio.Event().wait(), "wait")  # type: ignore[arg-type]
    await tasks.cancel_all()
    assert told == []


async def test_that_all_that_runs_is_ended_and_has_cleaned_up() -> None:
    cleaned: list[str] = []
    tasks = Tasks()

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(name)

    for name in ("one", "two"):
        tasks.start(work(name), name)
    await asyncio.sleep(0)
    await tasks.cancel_all()
    assert sorted(cleaned) == ["one", "two"]


async def test_that_a_task_may_end_all_others_from_within() -> None:
    tasks = Tasks()
    other = tasks.start(asyncio.Event().wait(), "wait")  # type: ignore[arg-type]
    await asyncio.wait([tasks.start(tasks.cancel_all(), "shut down")])
    assert other.cancelled()


def test_that_the_first_change_is_shown_at_once_and_the_rest_together(qtbot: QtBot) -> None:
    shown: list[int] = []
    text: list[str] = []
    frames = Coalescer(lambda: shown.append(len(text)), interval_ms=5)
    for _ in range(100):
        text.append("token")
        frames.request()
    assert shown == [1]
    qtbot.waitUntil(lambda: shown == [1, 100])
    frames.stop()


def test_that_the_last_change_is_flushed_and_nothing_comes_after() -> None:
    shown: list[str] = []
    frames = Coalescer(lambda: shown.append("frame"), interval_ms=60_000)
    frames.request()
    frames.request()
    frames.flush()
    assert shown == ["frame", "frame"]
    frames.flush()
    assert shown == ["frame", "frame"]


def test_that_what_is_stopped_calls_nothing_any_more() -> None:
    shown: list[str] = []
    frames = Coalescer(lambda: shown.append("frame"), interval_ms=60_000)
    frames.request()
    frames.request()
    frames.stop()
    frames.flush()
    assert shown == ["frame"]
