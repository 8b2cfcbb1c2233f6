"""What a test may have left behind: processes, threads, timers, tasks."""

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import Iterable
from typing import Any, ClassVar

import psutil

_JOIN_S = 15.0
"""For what has been told to end and is about to; a busy machine takes its time."""

# Started once and kept by the libraries that they belong to.
_KEPT_PROCESSES = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
_KEPT_THREADS = ("asyncio_", "ThreadPoolExecutor", "Dummy-", "tqdm", "pytest_timeout")


def child_processes() -> set[psutil.Process]:
    """Without those that libraries keep, whichever test has brought them up."""
    return {one for one in psutil.Process().children(recursive=True) if not _is_kept(one)}


def outlived(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those of `processes` that run on, where all of them are about to end."""
    _, alive = psutil.wait_procs(list(processes), timeout=_JOIN_S)
    return alive


def left_processes(before: set[psutil.Process]) -> list[str]:
    """Processes that run and did not before; they are ended, so that one test fails alone."""
    told = []
    for process in outlived(child_processes() - before):
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


def collections() -> int:
    """How many there have been: each makes what was young old."""
    return sum(generation["collections"] for generation in gc.get_stats())


def active_timers(generation: int | None = None) -> set[Any]:
    """All `QTimer` of Python that run now, or those in one `generation` of the garbage collection
    alone; empty where Qt is not even imported."""
    core = sys.modules.get("PySide6.QtCore")
    shiboken = sys.modules.get("shiboken6")
    if core is None or shiboken is None:
        return set()
    return {
        one
        for one in gc.get_objects(generation)
        if isinstance(one, core.QTimer) and shiboken.isValid(one) and one.isActive()
    }


class TimerWatch:
    """Finds the timers that were made since, and still run.

    Without a collection in between, all that was made since is young: a look at everything there is
    would take longer than most tests. So Python must not collect by itself.
    """

    _known: ClassVar[weakref.WeakSet[Any]] = weakref.WeakSet()
    """Those that have run before a test."""

    def __init__(self) -> None:
        self._known.update(active_timers(0))
        self._collections = collections()

    def left(self) -> list[str]:
        """Once what is only waiting to be deleted is gone."""
        if self._running():
            core = sys.modules["PySide6.QtCore"]
            core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
            gc.collect()
        return [
            f"timer {timer.objectName() or timer!r} of {timer.parent()!r}"
            for timer in self._running()
        ]

    def _running(self) -> set[Any]:
        is_young = collections() == self._collections
        return active_timers(0 if is_young else None) - set(self._known)


def left_tasks(before: set[asyncio.Task[Any]]) -> list[str]:
    """Tasks of the running loop that go on and did not run before, and timers of that loop."""
    tasks = [task for task in asyncio.all_tasks() - before if not task.done()]
    tasks = [task for task in tasks if task is not asyncio.current_task()]
    scheduled: list[asyncio.TimerHandle] = getattr(asyncio.get_running_loop(), "_scheduled", [])
    timers = [timer for timer in scheduled if not timer.cancelled()]
    return [repr(one) for one in (*tasks, *timers)]
