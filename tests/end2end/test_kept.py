"""A window that is killed while a model answers loses nothing but the last second.

`test_killed` does the same to the store alone, at many more moments.
"""

import json
import os
import signal
import subprocess
import sys
from math import ceil
from pathlib import Path
from typing import TypedDict

import psutil
import pytest

from app.domain.answer import AnswerState
from app.domain.conversation import Conversation
from app.infra.conversation_store import SqliteConversationStore
from tests.support.demo_models import DemoModels, copy_home
from tests.support.drive_window import BEAT_S, LONG
from tests.support.seeds import chance_of

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX"),
]

ROOT = Path(__file__).resolve().parents[2]
SECOND = ceil(1 / BEAT_S)
"""In beats: what was shown longer ago than this must be there. They are the window's own count,
which stands still while a busy machine has it wait; it does not write then, either."""


class Shown(TypedDict):
    """A state of the answer, and the beat in which it was shown."""

    beat: int
    text: str
    state: str


def kill_while_it_writes(home: Path, states: int) -> list[Shown]:
    """Play the scene and kill the window once it has shown so many states of the answer; returns
    all that it had shown by then."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.drive_window", str(home), "keeps_writing"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
    ) as window:
        assert window.stdout is not None
        family: list[psutil.Process] = []
        shown: list[Shown] = []
        while len(shown) < states and not (shown and AnswerState(shown[-1]["state"]).is_final):
            shown.append(json.loads(window.stdout.readline()))
            family = family or psutil.Process(window.pid).children(recursive=True)
        os.kill(window.pid, signal.SIGKILL)
        shown += [json.loads(line) for line in window.stdout if line.endswith("\n")]
    psutil.wait_procs(family, timeout=10)
    return shown


async def kept_in(home: Path) -> Conversation:
    """The only conversation that a new window finds."""
    store = SqliteConversationStore(home / "conversations.db")
    (summary,) = await store.summaries()
    assert summary.opening == LONG
    conversation = await store.load(summary.id)
    await store.close()
    assert conversation is not None
    return conversation


@pytest.mark.parametrize("number", range(5))
async def test_that_a_window_killed_at_any_moment_keeps_all_but_the_last_second(
    demo: DemoModels, tmp_path: Path, number: int
) -> None:
    states = chance_of("kept", number).randrange(1, 150)
    home = copy_home(demo, tmp_path / "home")
    shown = kill_while_it_writes(home, states)
    question, answered = (await kept_in(home)).branch()
    assert question.text == LONG
    answer = answered.answer
    assert answer is not None
    assert answer.is_cut
    if not AnswerState(shown[-1]["state"]).is_final:
        assert answer.state is AnswerState.STOPPED
    newest = max(shown[-1]["text"], answer.text, key=len)
    assert newest.startswith(answer.text)
    for earlier in shown:
        if earlier["beat"] < shown[-1]["beat"] - SECOND:
            assert answer.text.startswith(earlier["text"])
