"""Models that fail in every way there is, in the real window.

Each time: a sentence in the pane, no text lost, the other pane works on, and the next message is
answered, by the same process or by one that is started anew.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.bootstrap import Program
from app.domain.answer import AnswerState
from app.infra.settings import Settings
from app.services import engine as engine_module
from app.services.engines import EngineState
from app.ui.wording import usage_line
from tests.support.faulty_windows import MODEL, FaultDriver
from tests.support.leaks import child_processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="these faults are Linux's"),
]

SLEEP_S = 2.5
"""Longer than what ends is given to do so."""
SAID = {
    "raises": ("almost ", "raised ValueError", "the tokenizer has no such word"),
    "wrong_type": ("almost ", "type int"),
    "runs_out_of_memory": ("almost ", "not enough memory", "unload another model"),
}
"""What is kept and what is said where the process goes on."""
DEATHS = {
    "is_killed": "signal 9",
    "crashes": "fault in a native library",
    "runs_out_of_native_memory": "ran out of memory",
    "closes_its_pipe": "closed its pipe",
}


LOAD_FAULTS = {
    "is killed": ("while it loaded", "signal 9"),
    "crashes": ("while it loaded", "fault in a native library"),
    "runs out of memory": ("not enough memory",),
    "raises": ("raised ValueError while loading", "the weights are of another kind"),
}


@pytest.fixture
async def driver(faulty_home: Path) -> AsyncIterator[FaultDriver]:
    driver = FaultDriver(Program(Settings(home=faulty_home)))
    yield driver
    await driver.close()
    temporary = faulty_home / "cache" / "tmp"
    assert not temporary.exists() or not list(temporary.iterdir())


async def test_that_a_model_that_misbehaves_is_told_and_its_process_goes_on(
    driver: FaultDriver,
) -> None:
    await driver.choose(MODEL)
    await driver.is_well()
    process = driver.engine_pid()

    for fault, (kept, *words) in SAID.items():
        answer = await driver.ask(fault)
        assert answer.state is AnswerState.FAILED, fault
        assert answer.text == kept
        for word in (*words, "kept above"):
            assert word in driver.band(), fault

    # A limit on memory stays with its process; all else needs none.
    answer = await driver.ask("nothing")
    assert (answer.state, answer.text) == (AnswerState.DONE, "")
    assert usage_line(answer).startswith("it said nothing")
    for fault, said in {"prints_megabytes": "printed", "writes_binary": "written"}.items():
        answer = await driver.ask(fault)
        assert (answer.state, answer.text) == (AnswerState.DONE, said)
    answer = await driver.ask("empty_pieces")
    assert (answer.state, answer.text) == (AnswerState.DONE, "the end")

    await driver.is_well()
    assert driver.engine_pid() == process
    texts = [node.text for node in driver.program.chat.conversation.branch() if not node.answer]
    assert texts == [
        "well",
        *SAID,
        "nothing",
        "prints_megabytes",
        "writes_binary",
        "empty_pieces",
        "well",
    ]


@pytest.mark.expects_log("The model's process ended")
async def test_that_the_death_of_a_model_is_told_with_its_cause_and_it_comes_back(
    driver: FaultDriver,
) -> None:
    await driver.choose(MODEL)
    for fault, word in DEATHS.items():
        answer = await driver.ask(fault)
        assert answer.state is AnswerState.FAILED, fault
        assert answer.text == "almost ", fault
        assert word in driver.band(), fault
        assert "kept above" in driver.band()
    driver.press("reloadButton")
    engine = driver.program.services.sessions.current
    assert engine is not None
    await driver.until(lambda: engine.state is EngineState.READY, "the model to be back")
    await driver.is_well()


async def test_that_a_model_that_ignores_stop_is_ended_by_a_second_stop(
    driver: FaultDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.choose(MODEL)
    await driver.is_well()
    engine = driver.program.services.sessions.current
    assert engine is not None
    # A user waits that long between the two.
    monkeypatch.setattr(engine_module, "PROCESS_GRACE_S", 0.0)
    for fault, kept in {"hangs_at_once": "", "hangs_midway": "almost "}.items():
        process = driver.engine_pid()
        driver.say(fault)
        await driver.until(lambda: engine.state is EngineState.BUSY, "it to be asked")
        state = AnswerState.STREAMING if kept else AnswerState.READING
        await driver.until(lambda state=state: driver.answer.state is state, "it to hang")  # type: ignore[misc]
        driver.press("stopButton")
        await driver.until(lambda: "Stop again" in driver.status(), "a sign of it")
        driver.press("stopButton")
        answer = await driver.answered()
        assert (answer.state, answer.text) == (AnswerState.STOPPED, kept)
        await driver.is_well()
        assert driver.engine_pid() != process


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_process_that_dies_in_its_load_is_told_and_loads_once_it_can(
    driver: FaultDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.choose("dies_loading")
    for fault, words in LOAD_FAULTS.items():
        monkeypatch.setenv("PARLEY_TEST_FAULT", fault)
        driver.say("well")
        await driver.begun()
        await driver.until(lambda: not driver.program.chat.is_answering, f"{fault} to be told")
        for word in words:
            assert word in driver.band(), fault
        assert driver.answer.state is AnswerState.FAILED
        assert driver.program.chat.conversation.branch()[-2].text == "well"
    monkeypatch.setenv("PARLEY_TEST_FAULT", "")
    driver.press("reloadButton")
    engine = driver.program.services.sessions.current
    assert engine is not None
    await driver.until(lambda: engine.state is EngineState.READY, "the model to be back")
    await driver.is_well()


async def test_that_a_load_that_hangs_is_cancelled_and_another_model_answers(
    driver: FaultDriver,
) -> None:
    await driver.choose("loads_forever")
    driver.say("well")
    await driver.begun()
    engine = driver.program.services.sessions.current
    assert engine is not None
    await driver.until(lambda: "code" in engine.stage, "the load to hang")
    driver.press("stopButton")
    await driver.until(lambda: not driver.program.chat.is_answering, "the load's end")
    assert engine.state is EngineState.STOPPED
    assert engine.pid is None
    await driver.choose(MODEL)
    await driver.is_well()


async def test_that_processes_that_slept_are_not_taken_for_dead(driver: FaultDriver) -> None:
    """As those of a laptop do; `test_faulty_ends` sends the window to sleep with them."""
    await driver.choose(MODEL)
    driver.say("endless")
    await driver.begun()
    await driver.streaming()
    catalog = driver.program.services.catalog
    engine = driver.program.services.sessions.current
    assert engine is not None
    children = child_processes()
    assert driver.engine_pid() in {one.pid for one in children}
    for one in children:
        os.killpg(one.pid, signal.SIGSTOP)
    listing = asyncio.create_task(catalog.refresh())
    slept_until = time.monotonic() + SLEEP_S
    await driver.until(lambda: time.monotonic() > slept_until, "the end of the sleep")
    shown = len(driver.answer.text)
    assert engine.state is EngineState.BUSY
    assert not listing.done()

    for one in children:
        os.killpg(one.pid, signal.SIGCONT)
    await listing
    await driver.streaming(shown + 1)
    driver.press("stopButton")
    answer = await driver.answered()
    assert answer.state is AnswerState.STOPPED
    assert answer.timings.total_s is not None
    assert answer.timings.total_s >= SLEEP_S
    assert driver.band() == ""
    await driver.is_well()
    assert child_processes() == children
