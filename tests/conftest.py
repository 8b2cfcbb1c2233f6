"""What holds for every test: it leaves nothing behind, and no unexpected line in a log."""

import asyncio
import contextlib
import gc
import inspect
import logging
import os
import re
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytestqt.plugin
from hypothesis import HealthCheck, settings

from tests.support import leaks

# Before any test imports Qt or an engine: nothing on the screen, nothing from the net.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(
    HF_HUB_OFFLINE="1",
    MLFLOW_DISABLE_TELEMETRY="true",
    ORT_DISABLE_TELEMETRY="1",
    MLFLOW_UV_AUTO_DETECT="false",
)

# MLflow waits for the disk at each of its many commits, which no test is about: their files are in
# memory, where there is room.
_MEMORY = Path("/dev/shm")  # noqa: S108 - what pytest makes there is its user's alone
_ROOM_BYTES = 4 * 2**30
if (
    _MEMORY.is_dir()
    and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES
    and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC  # a test runs the program that it builds
):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# How long an example takes says nothing on a machine that does something else as well.
settings.register_profile(
    "parley", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("parley")

_LOGGERS = ("app", "asyncio", "qasync")
_ENGINE_FREE = {"app", "ui", "end2end"}
"""Folders whose tests run no engine in their own process, so that every thread is ours."""


def pytest_configure(config: pytest.Config) -> None:
    _let_events_pass_in_the_loop()
    config.addinivalue_line(
        "markers", "expects_log(pattern): lines of the program's log that belong to the test"
    )


def _let_events_pass_in_the_loop() -> None:
    """pytest-qt has no hook for it: see `tests.support.loops`."""
    let_pass = pytestqt.plugin._process_events

    def let_pass_in_the_loop() -> None:
        loops = sys.modules.get("tests.support.loops")
        with contextlib.nullcontext() if loops is None else loops.counted_as_running():
            let_pass()  # type: ignore[no-untyped-call]

    pytestqt.plugin._process_events = let_pass_in_the_loop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            # First, so that it looks after all other fixtures have gone.
            item.fixturenames.insert(0, "_leaves_no_task")


_seen: set[Path] = set()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """MLflow keeps the registry that a test has opened for all that runs later in its process, and
    names it to the processes that it starts: each file of tests begins without one, and without the
    garbage of the others. Not a fixture, before which those of the session would come."""
    if item.path in _seen:
        return
    _seen.add(item.path)
    gc.collect()
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.environ.pop("MLFLOW_REGISTRY_URI", None)
    mlflow = sys.modules.get("mlflow")
    if mlflow is not None:
        mlflow.set_registry_uri(None)


@pytest.fixture
async def _leaves_no_task() -> AsyncIterator[None]:
    """Fail a coroutine test that leaves a task or a timer in its loop."""
    tasks = asyncio.all_tasks()
    yield
    left = leaks.left_tasks(tasks)
    assert not left, f"left behind: {left}"


@pytest.fixture(autouse=True)
def _leaves_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a process, a thread or a timer."""
    # Of the project alone: it may itself lie in a folder that is called so.
    folders = set(request.path.relative_to(request.config.rootpath).parts)
    shows_windows = bool({"ui", "end2end"} & folders)
    threads = set(threading.enumerate())
    processes = leaks.child_processes()
    timers = leaks.TimerWatch() if shows_windows else None
    yield
    left = leaks.left_processes(processes)
    left += leaks.left_threads(threads, ours_only=not _ENGINE_FREE & folders)
    if timers is not None:
        left += timers.left()
    assert not left, f"left behind: {left}"


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the program is patient for a moment, its test is for as long as a busy machine may keep
    a thread waiting: with the end for what is still to be recorded, and with another's hold of the
    store. What has taken longer is let go, or tried again later, and either is logged."""
    monkeypatch.setattr("app.services.traces.FLUSH_S", 60.0)
    monkeypatch.setattr("app.infra.conversation_schema._BUSY_MS", 60_000)


_IMPORTED_OBJECTS = 10_000
"""Fewer are frozen where only the interpreter has frozen any, or a window was closed."""


@pytest.fixture(autouse=True)
def _collects_on_this_thread() -> Iterator[None]:
    """As in the program: a worker thread's collection would destroy widgets where Qt can't, also
    those that an earlier test has left. Python never collects by itself, not between tests either
    (see `leaks.TimerWatch`). What all tests have imported is no garbage: not looked at again."""
    gc.disable()
    if gc.get_freeze_count() < _IMPORTED_OBJECTS:
        gc.collect()
        gc.freeze()
    yield
    gc.collect(1)


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _logs_nothing_unexpected(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test for a warning in our log that it does not expect (`expects_log`)."""
    expected = [re.compile(mark.args[0]) for mark in request.node.iter_markers("expects_log")]
    collector = _Collector()
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(collector)
    yield
    for name in _LOGGERS:
        logging.getLogger(name).removeHandler(collector)
    unexpected = [line for line in collector.lines if not any(one.search(line) for one in expected)]
    assert not unexpected, f"unexpected in the log: {unexpected}"
