"""Turns as traces, read back as any MLflow client reads them: in SQLite and behind a server."""

import contextlib
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.asking import ask, connected, own_home
from tests.support.mlflow_server import registry_of
from wrappers.base import WrapperError
from wrappers.contract import (
    SMALL_QUESTIONS,
    Connected,
    Done,
    ListModels,
    LogFeedback,
    LogTrace,
    Message,
    Ready,
    Sampling,
    Timings,
    TraceLogged,
    Usage,
    decode_event,
    encode_line,
)
from wrappers.registry import RegistryServer

ROOT = Path(__file__).resolve().parents[3]

STARTED_MS = 1_700_000_000_000


def chat(session: str | None = "a conversation", **known: Any) -> LogTrace:
    """A turn of a chat; each call has a trace of its own."""
    values: dict[str, Any] = {
        "trace_id": f"tr-{uuid.uuid4().hex}",
        "session": session,
        "message": uuid.uuid4().hex,
        "pane": "chat",
        "model": "models:/tiny/3",
        "name": "tiny/3",
        "model_id": "m-0123456789abcdef",
        "messages": (
            Message("system", "Be brief."),
            Message("user", "What is the capital of Spain?"),
        ),
        "text": "Madrid.",
        "sampling": Sampling(temperature=0.5, max_tokens=20, stop=("\n",), seed=7),
        "usage": Usage(11, 3, 14),
        "timings": Timings(time_to_first_token_s=0.25, total_s=1.5),
        "stop_reason": "end_of_turn",
        "status": "done",
        "started_ms": STARTED_MS,
        "ended_ms": STARTED_MS + 1500,
    }
    return LogTrace(id=2, **(values | known))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    with registry_of(request.param, tmp_path_factory.mktemp("traces")) as server:
        yield server


@pytest.fixture
def client(server: RegistryServer) -> Any:
    """As another program would have it."""
    import mlflow

    uri = server._opened()[0].tracking_uri
    return mlflow.MlflowClient(uri, uri)


def traces(client: Any, session: str) -> list[Any]:
    experiment = client.get_experiment_by_name("parley").experiment_id
    query = f"metadata.`mlflow.trace.session` = '{session}'"
    return list(client.search_traces(locations=[experiment], filter_string=query))


def test_that_a_turn_is_found_by_its_conversation_with_usage_and_model(
    server: RegistryServer, client: Any
) -> None:
    turn = chat("by session")
    (event,) = ask(server, turn)
    assert event == TraceLogged(id=2, trace_id=turn.trace_id)
    ask(server, chat("another"))
    (trace,) = traces(client, "by session")
    info = trace.info
    assert info.trace_id == turn.trace_id
    assert info.token_usage == {"input_tokens": 11, "output_tokens": 3, "total_tokens": 14}
    assert info.trace_metadata["mlflow.modelId"] == "m-0123456789abcdef"
    assert info.tags["parley.model"] == "models:/tiny/3"
    assert info.tags["mlflow.traceName"] == "tiny/3"
    assert info.state.value == "OK"
    assert (info.request_time, info.execution_duration) == (STARTED_MS, 1500)
    assert info.client_request_id == turn.message
    assert info.request_preview == "What is the capital of Spain?"
    assert info.response_preview == "Madrid."


def test_that_its_span_is_a_chat_with_parameters_and_timings(
    server: RegistryServer, client: Any
) -> None:
    turn = chat("a span")
    ask(server, turn)
    (span,) = client.get_trace(turn.trace_id).data.spans
    assert span.span_type == "CHAT_MODEL"
    assert span.inputs["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is the capital of Spain?"},
    ]
    assert span.inputs["temperature"] == 0.5
    assert span.inputs["seed"] == 7
    assert span.outputs["choices"][0]["message"] == {"role": "assistant", "content": "Madrid."}
    assert span.outputs["choices"][0]["finish_reason"] == "stop"
    assert span.get_attribute("mlflow.chat.tokenUsage")["output_tokens"] == 3
    assert span.get_attribute("parley.timings") == {"time_to_first_token_s": 0.25, "total_s": 1.5}
    assert span.get_attribute("parley.sampling")["stop"] == ["\n"]
    assert span.start_time_ns == STARTED_MS * 1_000_000
    assert span.end_time_ns == (STARTED_MS + 1500) * 1_000_000


def test_that_a_completion_is_kept_with_its_prompt_and_without_a_session(
    server: RegistryServer, client: Any
) -> None:
    turn = chat(
        messages=None, prompt="<|user|>Hi<|end|>", session=None, message=None, pane="prompt",
        model_id=None, usage=Usage(), timings=Timings(), text="",
    )  # fmt: skip
    ask(server, turn)
    trace = client.get_trace(turn.trace_id)
    (span,) = trace.data.spans
    assert span.span_type == "LLM"
    assert span.inputs["prompt"] == "<|user|>Hi<|end|>"
    assert span.outputs["choices"][0]["text"] == ""
    assert trace.info.token_usage is None
    assert "mlflow.trace.session" not in trace.info.trace_metadata
    assert "mlflow.modelId" not in trace.info.trace_metadata


def test_that_a_failed_turn_is_an_error_that_says_why(server: RegistryServer, client: Any) -> None:
    turn = chat(status="failed", error="The model raised.", text="Half", stop_reason=None)
    ask(server, turn)
    trace = client.get_trace(turn.trace_id)
    assert trace.info.state.value == "ERROR"
    assert trace.data.spans[0].status.description == "The model raised."
    assert trace.data.spans[0].outputs["choices"][0]["message"]["content"] == "Half"


def test_that_a_turn_sent_twice_is_there_once(server: RegistryServer, client: Any) -> None:
    turn = chat("twice")
    ask(server, turn)
    ask(server, turn)
    (trace,) = traces(client, "twice")
    assert len(trace.data.spans) == 1
    assert trace.info.token_usage["total_tokens"] == 14


def test_that_long_texts_and_any_script_come_back_whole(
    server: RegistryServer, client: Any
) -> None:
    text = "Añádele 日本語 🎉 <|end|>\u0000 " * 20_000
    turn = chat("long", text=text, messages=(Message("user", text),), name="n" * 300)
    ask(server, turn)
    trace = client.get_trace(turn.trace_id)
    (span,) = trace.data.spans
    assert span.outputs["choices"][0]["message"]["content"] == text
    assert len(trace.info.response_preview) == 1000


# -- assessments


def assessments(client: Any, turn: LogTrace) -> dict[str, tuple[object, str]]:
    """Name to value and rationale."""
    given = client.get_trace(turn.trace_id).info.assessments
    assert all(one.source.source_type == "HUMAN" for one in given)
    return {one.name: (one.value, one.rationale or "") for one in given}


def say(server: RegistryServer, turn: LogTrace, good: bool | None, comment: str = "") -> None:
    (event,) = ask(server, LogFeedback(id=3, trace_id=turn.trace_id, good=good, comment=comment))
    assert event == Done(id=3)


def test_that_a_changed_mind_changes_the_assessment_and_taking_it_back_deletes_it(
    server: RegistryServer, client: Any
) -> None:
    turn = chat("rated")
    ask(server, turn)
    say(server, turn, good=True)
    assert assessments(client, turn) == {"rating": (True, "")}
    say(server, turn, good=False, comment="Lisbon is in Portugal.")
    assert assessments(client, turn) == {"rating": (False, "Lisbon is in Portugal.")}
    say(server, turn, good=False)
    assert assessments(client, turn) == {"rating": (False, "")}
    say(server, turn, good=None, comment="Hm.")
    assert assessments(client, turn) == {"comment": ("Hm.", "")}
    say(server, turn, good=None)
    assert assessments(client, turn) == {}


def test_that_the_assessments_of_others_stay(server: RegistryServer, client: Any) -> None:
    from mlflow.entities import AssessmentSource, Feedback
    from mlflow.tracing.client import TracingClient

    turn = chat("judged")
    ask(server, turn)
    other = AssessmentSource(source_type="HUMAN", source_id="somebody else")
    TracingClient(client.tracking_uri).log_assessment(
        turn.trace_id, Feedback(name="rating", value=False, source=other)
    )
    say(server, turn, good=True)
    say(server, turn, good=None)
    (left,) = client.get_trace(turn.trace_id).info.assessments
    assert left.source.source_id == "somebody else"


def test_that_an_assessment_of_a_trace_that_is_not_there_is_refused(
    server: RegistryServer,
) -> None:
    with pytest.raises(WrapperError) as caught:
        say(server, chat(), good=True)
    assert caught.value.kind == "not_found"


# -- what goes wrong


def waits_briefly(server: RegistryServer) -> None:
    """Have SQLite wait half a second for another program, where MLflow says twenty."""
    from sqlalchemy import event

    def shortened(*args: Any) -> tuple[str, Any]:
        statement, parameters = args[2:4]
        return statement.replace("busy_timeout = 20000", "busy_timeout = 500"), parameters

    engine = server._opened()[0].client._tracking_client.store.engine
    event.listen(engine, "before_cursor_execute", shortened, retval=True)


def test_that_a_database_that_another_program_holds_is_told_plainly(tmp_path: Path) -> None:
    server = connected(own_home(tmp_path))
    waits_briefly(server)
    turn = chat("held")
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.execute("BEGIN EXCLUSIVE")
        with pytest.raises(WrapperError) as caught:
            ask(server, turn)
        assert caught.value.kind == "unreachable"
    ask(server, turn)
    assert len(traces(server._opened()[0].client, "held")) == 1


# -- the process


class Child:
    """A registry's process, asked line by line."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "--host", "registry"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert isinstance(self.read(), Ready)
        self.send(own_home(home))
        assert isinstance(self.read(), Connected)

    def send(self, request: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(encode_line(request))
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        return decode_event(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.mark.slow
def test_that_a_killed_process_has_stored_every_turn_that_it_acknowledged(tmp_path: Path) -> None:
    child = Child(tmp_path)
    turns = [replace(chat("killed"), id=10 + number) for number in range(12)]
    for turn in turns:
        child.send(turn)
    acknowledged = [child.read().trace_id for _ in range(5)]
    child.kill()
    client = connected(own_home(tmp_path))._opened()[0].client
    found = {trace.info.trace_id for trace in traces(client, "killed")}
    assert set(acknowledged) <= found <= {turn.trace_id for turn in turns}


def test_that_a_turn_is_stored_while_the_models_are_listed(tmp_path: Path) -> None:
    server = connected(own_home(tmp_path))
    client = server._opened()[0].client
    client.create_registered_model("listed")
    client.create_model_version("listed", "/nowhere/at/all")
    turn = chat("meanwhile")
    sent: list[Any] = []

    def should_stop() -> bool:
        """As the host does, between two steps."""
        if not sent:
            sent.extend(ask(server, turn))
        return False

    listed = ask(server, ListModels(id=5), should_stop)
    assert sent == [TraceLogged(id=2, trace_id=turn.trace_id)]
    assert "listed" in {one.name for page in listed for one in page.versions}  # type: ignore[attr-defined]
    assert isinstance(turn, SMALL_QUESTIONS)
    assert len(traces(client, "meanwhile")) == 1
