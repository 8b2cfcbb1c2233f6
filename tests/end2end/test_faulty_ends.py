"""The window as a process of its own that is closed in the midst of something, or sleeps."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app.domain.answer import AnswerState
from app.infra.conversation_store import SqliteConversationStore
from tests.support.leaks import outlived

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="its processes stop by POSIX signals"),
]

ROOT = Path(__file__).resolve().parents[2]
SLEEP_S = 2.5
"""Longer than what ends is given to do so."""


@pytest.fixture
def home(faulty_home: Path, tmp_path: Path) -> Path:
    """With what was agreed to, and no conversation yet."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(faulty_home / "mlflow.db", home)
    return home


@contextmanager
def window(home: Path, scene: str) -> Iterator[subprocess.Popen[str]]:
    """Plays `scene`; ends with nothing left of it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.drive_faults", str(home), scene],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def closed(process: subprocess.Popen[str], home: Path) -> None:
    """Close the window and see that nothing is left."""
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 2, "the registry's process, and the model's"
    process.communicate("close\n", timeout=60)
    assert process.returncode == 0
    assert outlived(family) == []
    assert list((home / "cache" / "tmp").iterdir()) == []


def test_that_a_window_closed_while_a_model_loads_leaves_nothing_behind(home: Path) -> None:
    with window(home, "loading") as process:
        assert line_of(process) == "loading"
        closed(process, home)


async def test_that_a_window_that_slept_goes_on_and_closed_while_it_streams_leaves_nothing_behind(
    home: Path,
) -> None:
    with window(home, "streaming") as process:
        assert line_of(process) == "streaming"
        family = psutil.Process(process.pid).children(recursive=True)
        model = {one.pid for one in family}
        for pid in (process.pid, *model):
            os.kill(pid, signal.SIGSTOP)
        slept_until = time.monotonic() + SLEEP_S
        while time.monotonic() < slept_until:
            os.sched_yield()
        for pid in (process.pid, *model):
            os.kill(pid, signal.SIGCONT)
        assert process.stdin is not None
        process.stdin.write("wake\n")
        process.stdin.flush()
        word, woken = line_of(process).split()
        assert word == "woken"
        assert int(woken) in model, "it is still the process that it was"
        closed(process, home)
    store = SqliteConversationStore(home / "conversations.db")
    (summary,) = await store.summaries()
    conversation = await store.load(summary.id)
    await store.close()
    assert conversation is not None
    answer = conversation.branch()[-1].answer
    assert answer is not None
    assert answer.state is AnswerState.STOPPED
    assert answer.text.startswith("once more ")
