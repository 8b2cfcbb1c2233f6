"""A process that is killed while it keeps an answer loses nothing but the last second.

`test_kept` does the same to the real window with a real model. Here it is the store alone, so that
there is time for twenty moments, and all on one file: what was kept before stays through them all.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from math import ceil
from pathlib import Path
from typing import TypedDict

import pytest

from app.domain.answer import AnswerState
from app.infra.conversation_store import SqliteConversationStore
from tests.support.drive_store import DRAFT, FRAME_S
from tests.support.seeds import chance_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX"),
]

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = 20
SECOND = ceil(1 / FRAME_S)
"""In frames: what was handed over longer ago than this must be there. They are the process's own
count, which stands still while a busy machine has it wait; it does not write then, either."""
LONGEST = 3 * SECOND


class Told(TypedDict):
    """A state of an answer that was handed to the store: one a frame."""

    conversation: str
    question: str
    reply: str
    text: str
    state: str
    draft: str


def killed_after(path: Path, frames: int, seed: str) -> list[Told]:
    """Kill it once it has told of so many; returns all that it had told by then."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.drive_store", str(path), seed],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told: list[Told] = [json.loads(process.stdout.readline()) for _ in range(frames)]
        os.kill(process.pid, signal.SIGKILL)
        told += [json.loads(line) for line in process.stdout if line.endswith("\n")]
    return told


async def look_at(path: Path, told: list[Told], certain: list[Told]) -> None:
    """See that `certain`, the beginning of what was `told`, is there, and nothing that was never
    said."""
    store = SqliteConversationStore(path)
    try:
        listed = {one.id for one in await store.summaries()}
        for one in certain:
            assert one["conversation"] in listed
            conversation = await store.load(one["conversation"])
            assert conversation is not None
            assert conversation.system == "Be brief."
            assert conversation.nodes[one["question"]].text.startswith("question")
            answer = conversation.nodes[one["reply"]].answer
            assert answer is not None
            assert answer.text.startswith(one["text"])
            if AnswerState(one["state"]).is_final:
                assert answer.state is AnswerState.DONE
                assert answer.usage.completion_tokens == len(one["text"])
            assert answer.state.is_final, "without an end in the file, it reads as stopped"
            # It may have been handed over, and killed before it told so.
            said = max((other["text"] for other in told if other["reply"] == one["reply"]), key=len)
            assert answer.text.startswith(said) or said.startswith(answer.text)
        drafts = await store.drafts()
        assert drafts.get(DRAFT, "").startswith(certain[-1]["draft"] if certain else "")
        if certain:
            assert (await store.search('"question 0"')).hits
    finally:
        await store.close()


async def test_that_a_process_killed_at_twenty_random_moments_keeps_all_but_the_last_second(
    tmp_path: Path,
) -> None:
    path = tmp_path / "conversations.db"
    chance = chance_of("killed")
    whole: list[Told] = []
    for number in range(MOMENTS):
        frames = chance.randint(1, LONGEST)
        told = killed_after(path, frames, f"{chance.random()}")
        where = f"kill {number + 1}, after {frames} frames"
        try:
            await look_at(path, told, told[:-SECOND])
        except AssertionError as error:
            raise AssertionError(f"lost at {where}") from error
        whole += told[:-SECOND]
    # The last process's draft may have come after what is whole of it.
    whole = [{**one, "draft": ""} for one in whole]
    await look_at(path, whole, whole)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(whole) > MOMENTS, "there was something to lose"
    database.close()
