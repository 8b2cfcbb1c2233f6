"""Turns from the window's side of the pipe into a real registry, whose process may die."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.answer import Answer, AnswerState
from app.domain.feedback import TraceRef
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.program import Services
from app.services.traces import Place
from wrappers.contract import Generate, Message, ModelVersion, Sampling, Timings, Usage

VERSION = ModelVersion(name="tiny", version="3", model_id="m-0123456789abcdef")


@pytest.fixture
async def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """With the registry of a new home open."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    built = build_services(Settings(home=tmp_path))
    await built.catalog.open()
    yield built
    await built.close()


def turn(services: Services, text: str) -> TraceRef:
    """A turn that has just come to its end."""
    request = Generate(id=0, messages=(Message("user", text),), sampling=Sampling(seed=3))
    engine = services.pool.get(VERSION)
    recording = services.traces.begin(engine, Place("chat", "session", text), request)
    assert recording is not None
    answer = Answer(
        model=engine.name,
        state=AnswerState.DONE,
        text=f"{text}, indeed",
        stop_reason="end_of_turn",
        usage=Usage(5, 2, 7),
        timings=Timings(total_s=0.5),
    )
    recording.follow(answer)
    recording.end(answer)
    return recording.trace


def found(home: Path) -> list[Any]:
    """All traces of the session, as another program finds them, latest first."""
    import mlflow

    uri = f"sqlite:///{(home / 'mlflow.db').as_posix()}"
    client = mlflow.MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("parley").experiment_id
    query = "metadata.`mlflow.trace.session` = 'session'"
    return list(client.search_traces(locations=[experiment], filter_string=query))


async def test_that_turns_and_ratings_are_there_after_the_end(
    services: Services, tmp_path: Path
) -> None:
    first, second = turn(services, "one"), turn(services, "two")
    services.traces.rate(first, "good", "Fine.")
    await services.close()
    traces = {trace.info.trace_id: trace for trace in found(tmp_path)}
    assert set(traces) == {first.id, second.id}
    info = traces[first.id].info
    assert info.token_usage["total_tokens"] == 7
    assert info.trace_metadata["mlflow.modelId"] == VERSION.model_id
    assert info.execution_duration == 500
    (rating,) = info.assessments
    assert (rating.name, rating.value, rating.rationale) == ("rating", True, "Fine.")


@pytest.mark.slow
@pytest.mark.expects_log("process ended")
async def test_that_every_turn_is_there_once_though_the_process_was_killed(
    services: Services, tmp_path: Path
) -> None:
    child = services.catalog._child
    assert child is not None
    pid = child.pid
    assert pid is not None
    refs = [turn(services, f"number {number}") for number in range(10)]
    os.kill(pid, signal.SIGKILL)
    refs += [turn(services, f"number {number}") for number in range(10, 13)]
    async with asyncio.timeout(60):
        while services.traces.waiting:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)
    traces = [trace.info.trace_id for trace in found(tmp_path)]
    assert sorted(traces) == sorted(ref.id for ref in refs)
