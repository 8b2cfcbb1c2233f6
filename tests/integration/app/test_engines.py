"""Engines with real child processes, on models that misbehave."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from app.infra import process
from app.infra.child_log import HEAD_BYTES, TAIL_BYTES
from app.infra.launcher import HostLauncher
from app.infra.logs import create_child_log
from app.infra.settings import Settings
from app.services import engine as engine_module
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from tests.support.leaks import child_processes
from wrappers.contract import (
    AnyEvent,
    Failed,
    Fetched,
    Finished,
    Generate,
    LoadOptions,
    ModelCard,
    ModelVersion,
    TextPiece,
)

MakeEngine = Callable[[str], Engine]


@pytest.fixture
async def make_engine(tmp_path: Path, model_folders: dict[str, Path]) -> AsyncIterator[MakeEngine]:
    """An engine on a model of `model_folders`, everything of it below `tmp_path`."""
    launcher = HostLauncher(Settings(home=tmp_path).resolve())
    made: list[Engine] = []

    def make(name: str = "unruly") -> Engine:
        async def fetch(version: ModelVersion, _: Callable[[str], None]) -> Fetched:
            card = ModelCard(version=version)
            return Fetched(card=card, model_dir=str(model_folders[name]))

        version = ModelVersion(name=name, version="1")
        engine = Engine(
            version, LoadOptions(), launcher=launcher, fetch=fetch, admit=lambda _: None
        )
        made.append(engine)
        return engine

    yield make
    for engine in made:
        await engine.unload()
    temporary = tmp_path / "cache" / "tmp"
    assert not temporary.exists() or not list(temporary.iterdir())
    for folder in model_folders.values():
        assert not list(folder.rglob("__pycache__"))


def prompt(text: str, *, through_predict: bool = False) -> Generate:
    return Generate(id=0, prompt=text, through_predict=through_predict)


async def events(answer: AsyncGenerator[list[AnyEvent], None]) -> list[AnyEvent]:
    return [event async for batch in answer for event in batch]


async def first_text(answer: AsyncGenerator[list[AnyEvent], None]) -> str:
    async for batch in answer:
        pieces = [event.text for event in batch if isinstance(event, TextPiece)]
        if pieces:
            return "".join(pieces)
    raise AssertionError("the answer had no text")


async def reached(engine: Engine, state: EngineState, stage: str = "") -> None:
    """Return once `engine` has come to `state`, and there to `stage`."""
    there = asyncio.Event()

    def look() -> None:
        if engine.state is state and engine.stage == stage:
            there.set()

    disconnect = engine.changed.connect(look)
    look()
    await there.wait()
    disconnect()


def text_of(batch: list[AnyEvent]) -> str:
    return "".join(event.text for event in batch if isinstance(event, TextPiece))


def only_child() -> psutil.Process:
    (process,) = child_processes()
    return process


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_killed_process_is_told_and_the_next_request_loads_it_again(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine("unruly")
    answer = engine.generate(prompt("endless"))
    await first_text(answer)
    victim = only_child()
    os.kill(victim.pid, signal.SIGKILL)
    failed = (await events(answer))[-1]

    assert isinstance(failed, Failed)
    assert failed.kind == "died"
    assert "killed, signal 9" in failed.message
    assert failed.advice == "Your next message loads it again."
    assert engine.state is EngineState.FAILED
    assert not victim.is_running()

    again = await events(engine.generate(prompt("once")))
    assert isinstance(again[-1], Finished)
    assert again[-1].text == "once "


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_crash_of_native_code_comes_with_the_end_of_the_log(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine("unruly")
    answer = await events(engine.generate(prompt("crash")))
    failed = answer[-1]

    assert text_of(answer) == "almost "
    assert isinstance(failed, Failed)
    assert "signal 6" in failed.message
    assert "Fatal Python error: Aborted" in failed.detail
    assert engine.log_path is not None
    assert engine.log_path.exists()


async def test_that_stop_ends_the_engines_work_and_keeps_the_text_already_shown(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine("unruly")
    answer = engine.generate(prompt("endless"))
    shown = await first_text(answer)
    engine.stop()
    rest = await events(answer)
    finished = rest[-1]

    assert isinstance(finished, Finished)
    assert finished.stop_reason == "cancelled"
    assert finished.text == shown + text_of(rest)
    assert engine.state is EngineState.READY
    # The process is free for the next request, and still the same.
    last = (await events(engine.generate(prompt("once"))))[-1]
    assert isinstance(last, Finished)


async def test_that_what_cannot_be_stopped_is_ended_and_loaded_again(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "PROCESS_GRACE_S", 0.0)
    engine = make_engine("unruly")
    await engine.load()
    stuck = only_child()
    answer = engine.generate(prompt("forever", through_predict=True))
    stopping = asyncio.create_task(events(answer))
    await reached(engine, EngineState.BUSY)
    engine.stop()
    finished = (await stopping)[-1]

    assert isinstance(finished, Finished)
    assert finished.stop_reason == "cancelled"
    assert not stuck.is_running()
    await engine.load()
    assert only_child().pid != stuck.pid


async def test_that_a_load_can_be_cancelled_and_its_process_ends(make_engine: MakeEngine) -> None:
    engine = make_engine("loads_forever")
    loading = asyncio.create_task(engine.load())
    await reached(engine, EngineState.LOADING, "Loading the model's code and artifacts")
    process = only_child()
    engine.cancel_load()

    with pytest.raises(ServiceError) as caught:
        await loading
    assert caught.value.failed.kind == "cancelled"
    assert engine.state is EngineState.STOPPED
    assert not process.is_running()


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_death_between_two_answers_is_noticed(make_engine: MakeEngine) -> None:
    engine = make_engine("unruly")
    await engine.load()
    only_child().kill()
    await reached(engine, EngineState.FAILED)

    assert engine.failure is not None
    assert engine.failure.kind == "died"


async def test_that_a_model_sees_no_credentials_and_writes_into_its_own_folder(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("MLFLOW_TRACKING_TOKEN", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, "secret")
    engine = make_engine("unruly")
    answer = (await events(engine.generate(prompt("environment"))))[-1]

    assert isinstance(answer, Finished)
    environment = json.loads(answer.text)
    assert "secret" not in environment.values()
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert Path(environment["TMPDIR"]).is_relative_to(tmp_path)


async def test_that_what_a_model_prints_goes_to_its_log(make_engine: MakeEngine) -> None:
    engine = make_engine("unruly")
    answer = (await events(engine.generate(prompt("print"))))[-1]

    assert isinstance(answer, Finished)
    assert answer.text == "printed"
    await engine.unload()
    assert engine.log_path is not None
    assert "this goes to the log" in engine.log_path.read_text(encoding="utf-8")


async def test_that_a_model_that_prints_without_end_does_not_fill_the_disk(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine("unruly")
    answer = (await events(engine.generate(prompt("print much"))))[-1]
    assert isinstance(answer, Finished)
    await engine.unload()
    assert engine.log_path is not None
    log = engine.log_path.read_bytes()
    assert len(log) <= HEAD_BYTES + 2 * TAIL_BYTES + 200
    assert b"the first line\n" in log[:20_000]
    assert log.endswith(b"x\nthe last line\n")
    assert b"[Parley left out 2" in log


async def test_that_a_model_answers_though_its_log_finds_no_room(
    disk: Path, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "create_child_log", lambda _, label: create_child_log(disk, label))
    engine = make_engine("unruly")
    for word in ("print much", "print much", "print"):
        answer = (await events(engine.generate(prompt(word))))[-1]
        assert isinstance(answer, Finished), answer
        assert answer.text == "printed"
    assert engine.log_path is not None
    assert engine.log_path.parent == disk
    with pytest.raises(OSError, match="No space left"):
        (disk / "more").write_bytes(bytes(100_000))
