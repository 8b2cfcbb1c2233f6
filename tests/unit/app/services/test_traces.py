"""Turns on their way to MLflow: in order, behind the window, across what goes wrong."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path

import pytest

from app.domain.answer import Answer
from app.domain.feedback import TraceRef
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services import traces as traces_module
from app.services.program import Services
from app.services.traces import Place
from tests.support.scripted_host import Death, ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
    LogFeedback,
    LogTrace,
    Message,
    Sampling,
)

CHAT = Place("chat", "conversation", "message")


async def say(services: Services, text: str, place: Place | None = CHAT) -> Answer:
    """Ask the model, and give its last state."""
    engine = services.pool.get(version())
    states = services.chat.answer(
        engine, [Message("user", text)], Sampling(max_tokens=9), place=place
    )
    return [answer async for answer in states][-1]


async def written(services: Services) -> None:
    """Return once nothing waits any more."""
    async with asyncio.timeout(20):
        while services.traces.waiting:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


def logged(host: ScriptedHost) -> list[LogTrace]:
    return [one for one in host.requests if isinstance(one, LogTrace)]


def feedback(host: ScriptedHost) -> list[tuple[bool | None, str]]:
    return [(one.good, one.comment) for one in host.requests if isinstance(one, LogFeedback)]


async def test_that_a_turn_is_written_as_it_was_asked_and_answered(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    answer = await say(services, "hello there")
    await written(services)
    (turn,) = logged(host)
    assert answer.trace == TraceRef(turn.trace_id, services.catalog.tracking_uri)
    assert (turn.session, turn.message, turn.pane) == ("conversation", "message", "chat")
    assert (turn.model, turn.name, turn.model_id) == ("models:/tiny/1", "tiny/1", "m-tiny-1")
    assert turn.messages == (Message("user", "hello there"),)
    assert turn.sampling.max_tokens == 9
    assert (turn.text, turn.status, turn.stop_reason) == ("hello there ", "done", "end_of_turn")
    assert turn.usage.total_tokens == 4
    assert turn.started_ms <= turn.ended_ms


async def test_that_turns_are_written_in_the_order_of_their_ends(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    for number in range(5):
        await say(services, f"number {number}")
    await written(services)
    assert [turn.text for turn in logged(host)] == [f"number {number} " for number in range(5)]


async def test_that_a_prompt_is_a_turn_without_a_conversation(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    engine = services.pool.get(version())
    states = services.prompt.complete(engine, "once upon", Sampling(), place=Place("prompt"))
    async for _ in states:
        pass
    await written(services)
    (turn,) = logged(host)
    assert (turn.prompt, turn.messages, turn.session) == ("once upon", None, None)


async def test_that_a_stopped_turn_is_written_with_what_it_had(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    engine = services.pool.get(version())
    states = services.chat.answer(engine, [Message("user", "endless")], Sampling(), place=CHAT)
    async with aclosing(states):
        async for answer in states:
            if answer.text:
                break
    await written(services)
    (turn,) = logged(host)
    assert (turn.status, turn.text) == ("stopped", "endless ")


@pytest.mark.expects_log("process ended")
async def test_that_a_failed_turn_is_written_with_its_reason(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    answer = await say(services, "will die")
    await written(services)
    (turn,) = logged(host)
    assert answer.failure is not None
    assert (turn.status, turn.error) == ("failed", answer.failure.message)


async def test_that_a_turn_withdrawn_before_the_model_is_none(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    engine = services.pool.get(version())
    states = services.chat.answer(engine, [Message("user", "hello")], Sampling(), place=CHAT)
    async with aclosing(states):
        await anext(states)
    assert services.traces.waiting == 0
    assert logged(host) == []


async def test_that_nothing_is_written_while_traces_are_off_or_without_a_place(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    assert services.traces.is_on
    services.traces.switch(on=False)
    assert not services.preferences.load().traces
    assert (await say(services, "hello")).trace is None
    services.traces.switch(on=True)
    assert (await say(services, "hello", None)).trace is None
    assert services.traces.waiting == 0
    assert logged(host) == []


# -- what goes wrong


class Outage:
    """A registry that cannot be written to until it is mended."""

    def __init__(self, failed: Failed) -> None:
        self.failed: Failed | None = failed

    def __call__(self, request: AnyRequest) -> Iterable[AnyEvent] | None:
        if isinstance(request, LogTrace | LogFeedback) and self.failed is not None:
            return [self.failed]
        return None


HELD = Failed(kind="unreachable", message="Another program keeps the database locked.")


@pytest.fixture
def outage(host: ScriptedHost) -> Outage:
    outage = Outage(HELD)
    host._script = outage
    return outage


@pytest.fixture
def told(services: Services) -> list[Failed]:
    found: list[Failed] = []
    services.traces.failed.connect(found.append)
    return found


async def asked_for(host: ScriptedHost, times: int) -> None:
    """Return once the registry was asked so often to write a turn; it may not have answered yet."""
    async with asyncio.timeout(20):
        while len(logged(host)) < times:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


async def refused(told: list[Failed]) -> None:
    """Return once it is known here that the registry did not write a turn."""
    async with asyncio.timeout(20):
        while not told:  # noqa: ASYNC110 - a list has no events
            await asyncio.sleep(0)


async def test_that_turns_wait_for_the_registry_and_it_is_told_once(
    services: Services,
    host: ScriptedHost,
    outage: Outage,
    told: list[Failed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(traces_module, "RETRY_S", 0.01)
    await services.catalog.open()
    for number in range(3):
        await say(services, f"number {number}")
    await asked_for(host, 4)
    assert services.traces.waiting == 3
    (failed,) = told
    assert "not recorded" in failed.message
    assert HELD.message in failed.message
    recovered: list[bool] = []
    services.traces.recovered.connect(lambda: recovered.append(True))
    outage.failed = None
    await written(services)
    assert recovered == [True]
    assert [turn.text for turn in logged(host)[-3:]] == [f"number {number} " for number in range(3)]


async def test_that_a_turn_is_not_asked_for_again_with_every_turn(
    services: Services, host: ScriptedHost, outage: Outage, told: list[Failed]
) -> None:
    await services.catalog.open()
    await say(services, "first")
    await refused(told)
    await say(services, "second")
    assert len(logged(host)) == 1
    outage.failed = None
    await services.traces.close()
    assert len(logged(host)) == 3


@pytest.mark.expects_log("was not kept")
async def test_that_what_can_never_be_written_does_not_keep_others_waiting(
    services: Services, host: ScriptedHost, outage: Outage, told: list[Failed]
) -> None:
    await services.catalog.open()
    outage.failed = Failed(kind="internal", message="A fault.")
    await say(services, "first")
    await written(services)
    outage.failed = None
    await say(services, "second")
    await written(services)
    assert [turn.text for turn in logged(host)] == ["first ", "second "]
    assert len(told) == 1


@pytest.mark.expects_log("process ended")
async def test_that_a_turn_is_written_by_the_next_process_when_one_dies(
    services: Services, host: ScriptedHost, told: list[Failed]
) -> None:
    deaths = [Death()]
    host._script = lambda request: (
        [deaths.pop()] if isinstance(request, LogTrace) and deaths else None
    )
    await services.catalog.open()
    await say(services, "hello")
    await written(services)
    first, second = logged(host)
    assert first.trace_id == second.trace_id
    assert told == []


async def test_that_turns_wait_for_the_registry_that_they_belong_to(
    services: Services,
    host: ScriptedHost,
    outage: Outage,
    told: list[Failed],
    tmp_path: Path,
) -> None:
    await services.catalog.open()
    answer = await say(services, "here")
    await refused(told)
    outage.failed = None
    await services.catalog.open(f"sqlite:///{tmp_path / 'other.db'}")
    assert answer.trace is not None
    assert not services.traces.is_within_reach(answer.trace)
    await say(services, "there")
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        while services.traces.waiting > 1:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    assert [turn.text for turn in logged(host)] == ["here ", "there "]
    await services.catalog.open()
    await written(services)
    assert [turn.text for turn in logged(host)] == ["here ", "there ", "here "]


async def test_that_opening_a_registry_while_a_turn_is_written_is_no_outage(
    services: Services, host: ScriptedHost, told: list[Failed]
) -> None:
    unanswered = [True]
    host._script = lambda request: (
        [] if isinstance(request, LogTrace) and unanswered and unanswered.pop() else None
    )
    await services.catalog.open()
    await say(services, "hello")
    await asked_for(host, 1)
    await services.catalog.open()
    await written(services)
    assert [turn.text for turn in logged(host)] == ["hello ", "hello "]
    assert told == []


# -- the end


async def test_that_the_end_writes_what_waits(services: Services, host: ScriptedHost) -> None:
    await services.catalog.open()
    await say(services, "last words")
    await services.close()
    assert [turn.text for turn in logged(host)] == ["last words "]


@pytest.mark.expects_log("Not recorded")
async def test_that_the_end_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces_module, "FLUSH_S", 0.05)
    never = ScriptedHost(lambda request: [] if isinstance(request, LogTrace) else None)
    services = build_services(Settings(home=tmp_path, in_process=True), in_process_host=never.serve)
    await services.catalog.open()
    await say(services, "last words")
    await services.close()
    assert services.traces.waiting == 0


@pytest.mark.expects_log("let go")
async def test_that_what_waits_does_not_grow_without_end(
    services: Services,
    host: ScriptedHost,
    outage: Outage,
    told: list[Failed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(traces_module, "LONGEST_QUEUE", 2)
    await say(services, "number 0")
    await refused(told)
    await say(services, "number 1")
    await say(services, "number 2")
    assert services.traces.waiting == 2
    outage.failed = None
    await services.catalog.open()
    await written(services)
    assert [turn.text for turn in logged(host)[1:]] == ["number 1 ", "number 2 "]


# -- ratings


async def test_that_of_ratings_that_wait_only_the_last_is_written(
    services: Services, host: ScriptedHost, outage: Outage, told: list[Failed]
) -> None:
    answer = await say(services, "hello")
    await refused(told)
    assert answer.trace is not None
    services.traces.rate(answer.trace, "good", "")
    services.traces.rate(answer.trace, "bad", "Wrong.")
    services.traces.rate(answer.trace, None, "")
    services.traces.rate(answer.trace, "good", "Right.")
    outage.failed = None
    await services.catalog.open()
    await written(services)
    assert feedback(host) == [(True, "Right.")]
    assert len(logged(host)) == 2
    assert isinstance(host.requests[-1], LogFeedback)
