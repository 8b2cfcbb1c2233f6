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
import time
from pathlib import Path
from typing import TypedDict

import pytest

from app.domain.answer import AnswerState
from app.infra.conversation_store import SqliteConversationStore
from tests.support.drive_store import DRAFT
from tests.support.seeds import chance_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX"),
]

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = 20
LONGEST_S = 3.0
LOSS_S = 1.0
"""What was handed over longer ago than this must be there."""


class Told(TypedDict):
    """A state of an answer, and when it was handed to the store."""

    at: float
    conversation: str
    question: str
    reply: str
    text: str
    state: str
    draft: str


def killed_after(path: Path, seconds: float, seed: str) -> tuple[float, list[Told]]:
    """Kill it so long after its first word; returns when that was, and all that it had told."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.drive_store", str(path), seed],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told: list[Told] = [json.loads(process.stdout.readline())]
        while time.monotonic() < told[0]["at"] + seconds:
            told.append(json.loads(process.stdout.readline()))
        os.kill(process.pid, signal.SIGKILL)
        killed_at = time.monotonic()
        told += [json.loads(line) for line in process.stdout if line.endswith("\n")]
    return killed_at, told


async def look_at(path: Path, told: list[Told], kept_until: float) -> None:
    """See that all is there that was told until then, and nothing that was never said."""
    store = SqliteConversationStore(path)
    try:
        listed = {one.id for one in await store.summaries()}
        for one in told:
            if one["at"] > kept_until:
                continue
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
        kept = [one["draft"] for one in told if one["at"] <= kept_until]
        assert drafts.get(DRAFT, "").startswith(kept[-1] if kept else "")
        if kept:
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
        seconds = chance.uniform(0, LONGEST_S)
        killed_at, told = killed_after(path, seconds, f"{chance.random()}")
        where = f"kill {number + 1}, {seconds:.3f} s after its first word"
        try:
            await look_at(path, told, killed_at - LOSS_S)
        except AssertionError as error:
            raise AssertionError(f"lost at {where}") from error
        whole += [one for one in told if one["at"] <= killed_at - LOSS_S]
    # The last process's draft may have come after what is whole of it.
    await look_at(path, [{**one, "draft": ""} for one in whole], killed_at)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(whole) > MOMENTS, "there was something to lose"
    database.close()
