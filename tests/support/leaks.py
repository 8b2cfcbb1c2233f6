"""What a test may have left behind: processes, threads, timers, tasks."""

import asyncio
import gc
import sys
import threading
from typing import Any

import psutil

_JOIN_S = 15.0
"""For what has been told to end and is about to; a busy machine takes its time."""

# Started once and kept by the libraries that they belong to.
_KEPT_PROCESSES = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
_KEPT_THREADS = ("asyncio_", "ThreadPoolExecutor", "Dummy-", "tqdm", "pytest_timeout")


def child_processes() -> set[psutil.Process]:
    return set(psutil.Process().children(recursive=True))


def left_processes(before: set[psutil.Process]) -> list[str]:
    """Processes that run and did not before; they are ended, so that one test fails alone."""
    _, alive = psutil.wait_procs(
        [one for one in child_processes() - before if not _is_kept(one)], timeout=_JOIN_S
    )
    told = []
    for process in alive:
        try:
            told.append(f"process {process.pid}: {' '.join(process.cmdline())}")
            process.kill()
        except psutil.NoSuchProcess:
            continue
    return told


def _is_kept(process: psutil.Process) -> bool:
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return True  # it has just ended
    return any(kept in command for kept in _KEPT_PROCESSES)


def left_threads(before: set[threading.Thread], *, ours_only: bool) -> list[str]:
    """Threads that run and did not before; `ours_only` where engines start what they like."""
    left = []
    for thread in set(threading.enumerate()) - before:
        ours = thread.name.startswith("parley")
        if not ours and (ours_only or thread.name.startswith(_KEPT_THREADS)):
            continue
        thread.join(_JOIN_S)
        if thread.is_alive():
            left.append(f"thread {thread.name}")
    return left


def active_timers() -> set[Any]:
    """All `QTimer` of Python that run now; empty where Qt is not even imported."""
    core = sys.modules.get("PySide6.QtCore")
    shiboken = sys.modules.get("shiboken6")
    if core is None or shiboken is None:
        return set()
    return {
        one
        for one in gc.get_objects()
        if isinstance(one, core.QTimer) and shiboken.isValid(one) and one.isActive()
    }


def left_timers(before: set[Any]) -> list[str]:
    """Timers that run and did not before, once what is only waiting to be deleted is gone."""
    if active_timers() - before:
        core = sys.modules["PySide6.QtCore"]
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        gc.collect()
    return [
        f"timer {timer.objectName() or timer!r} of {timer.parent()!r}"
        for timer in active_timers() - before
    ]


def left_tasks(before: set[asyncio.Task[Any]]) -> list[str]:
    """Tasks of the running loop that go on and did not run before, and timers of that loop."""
    tasks = [task for task in asyncio.all_tasks() - before if not task.done()]
    tasks = [task for task in tasks if task is not asyncio.current_task()]
    scheduled: list[asyncio.TimerHandle] = getattr(asyncio.get_running_loop(), "_scheduled", [])
    timers = [timer for timer in scheduled if not timer.cancelled()]
    return [repr(one) for one in (*tasks, *timers)]
