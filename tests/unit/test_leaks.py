"""The checks that every test runs under."""

import asyncio
import threading

import pytest

from tests.support import leaks


async def test_that_a_task_left_behind_is_found() -> None:
    before = asyncio.all_tasks()
    task = asyncio.create_task(asyncio.Event().wait())

    assert leaks.left_tasks(before) == [repr(task)]
    task.cancel()
    await asyncio.wait([task])


async def test_that_a_timer_left_behind_is_found() -> None:
    timer = asyncio.get_running_loop().call_later(60, print)

    assert leaks.left_tasks(asyncio.all_tasks()) == [repr(timer)]
    timer.cancel()


def test_that_a_thread_left_behind_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks, "_JOIN_S", 0.0)
    before = set(threading.enumerate())
    done = threading.Event()
    thread = threading.Thread(target=done.wait, name="parley-lost")
    thread.start()

    assert leaks.left_threads(before, ours_only=True) == ["thread parley-lost"]
    done.set()
    thread.join()
