"""Votes on their way to the traces of both answers."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.comparison.record import Comparison, Turn
from app.domain.comparison.votes import PairResult, revealed, voted, with_turn
from app.domain.feedback import TraceRef
from app.services.program import Services
from app.services.traces import Place
from app.services.votes import Kept
from tests.support.comparisons import comparison
from tests.support.scripted_host import ScriptedHost, version
from wrappers.contract import Failed, LogTrace, LogVote, Message, Sampling, StoredVote


async def asked(services: Services) -> TraceRef:
    """The trace of an answer that has just been given."""
    engine = services.pool.get(version())
    states = services.chat.answer(
        engine, [Message("user", "hello")], Sampling(), place=Place("chat", "session", "message")
    )
    trace = [answer async for answer in states][-1].trace
    assert trace is not None
    return trace


async def compared(services: Services, *, is_blind: bool = True) -> Comparison:
    """A comparison of one turn, both of whose answers are on their way to the registry."""
    whole = comparison()
    traces = await asked(services), await asked(services)
    return traced(whole, traces, is_blind=is_blind)


def traced(
    of: Comparison, traces: tuple[TraceRef | None, TraceRef | None], *, is_blind: bool = True
) -> Comparison:
    first, second = (
        replace(side, answer=replace(side.answer, trace=trace))
        for side, trace in zip(of.turns[0].sides, traces, strict=True)
    )
    return with_turn(of, replace(of.turns[0], sides=(first, second), is_blind=is_blind))


def vote(services: Services, of: Comparison, turn: Turn) -> Kept:
    return services.votes.keep(with_turn(of, turn), turn)


async def written(services: Services) -> None:
    async with asyncio.timeout(20):
        while services.traces.waiting:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


def logged(host: ScriptedHost) -> list[LogVote]:
    return [one for one in host.requests if isinstance(one, LogVote)]


async def test_that_a_vote_follows_the_traces_of_both_answers(
    services: Services, host: ScriptedHost
) -> None:
    whole = await compared(services)
    turn = voted(whole.turns[0], "second", 5)
    assert vote(services, whole, turn) is Kept.IN_MLFLOW
    assert services.votes.waiting == 1
    await services.catalog.open()
    await written(services)
    sent = [one for one in host.requests if isinstance(one, LogTrace | LogVote)]
    assert [type(one) for one in sent] == [LogTrace, LogTrace, LogVote]
    (told,) = logged(host)
    assert told.traces == tuple(one.trace_id for one in sent if isinstance(one, LogTrace))
    assert told.versions == ("phi3-mini/3", "phi3-onnx/1")
    assert (told.comparison, told.choice, told.is_blind) == (turn.id, "second", True)
    assert services.votes.waiting == 0


async def test_that_of_votes_that_wait_only_the_last_is_written(
    services: Services, host: ScriptedHost
) -> None:
    whole = await compared(services)
    first = voted(whole.turns[0], "first", 5)
    vote(services, whole, first)
    vote(services, whole, voted(first, "tie", 6))
    await services.catalog.open()
    await written(services)
    assert [(one.choice, one.is_blind) for one in logged(host)] == [("tie", False)]


async def test_that_a_vote_taken_back_is_taken_back_there(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    whole = await compared(services)
    turn = voted(whole.turns[0], "first", 5)
    vote(services, whole, turn)
    await written(services)
    vote(services, whole, revealed(turn))
    await written(services)
    assert [one.choice for one in logged(host)] == ["first", None]


async def test_that_each_vote_that_is_written_is_told(
    services: Services,
) -> None:
    told: list[object] = []
    services.traces.written.connect(told.append)
    await services.catalog.open()
    whole = await compared(services)
    vote(services, whole, voted(whole.turns[0], "first", 5))
    await written(services)
    assert [type(one) for one in told] == [LogTrace, LogTrace, LogVote]


async def test_that_a_vote_without_two_traces_stays_with_the_turn(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    trace = TraceRef("tr-1", services.catalog.tracking_uri)
    elsewhere = TraceRef("tr-2", "sqlite:////elsewhere.db")
    for pair in ((None, None), (trace, None), (None, trace), (trace, elsewhere)):
        whole = traced(comparison(), pair)
        turn = voted(whole.turns[0], "first", 5)
        assert vote(services, whole, turn) is Kept.NO_TRACE
    assert services.traces.waiting == 0
    assert logged(host) == []


async def test_that_nothing_is_written_while_traces_are_off(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    whole = await compared(services)
    await written(services)
    services.traces.switch(on=False)
    assert vote(services, whole, voted(whole.turns[0], "first", 5)) is Kept.TRACES_OFF
    assert services.traces.waiting == 0
    assert logged(host) == []


async def test_that_a_vote_waits_for_the_registry_that_its_traces_are_in(
    services: Services, host: ScriptedHost, tmp_path: Path
) -> None:
    await services.catalog.open()
    whole = await compared(services)
    await written(services)
    await services.catalog.open(f"sqlite:///{tmp_path / 'other.db'}")
    assert vote(services, whole, voted(whole.turns[0], "first", 5)) is Kept.LATER
    assert logged(host) == []
    await services.catalog.open()
    await written(services)
    assert [one.choice for one in logged(host)] == ["first"]


@pytest.mark.expects_log("was not kept")
async def test_that_a_vote_that_cannot_be_written_says_so(
    services: Services, host: ScriptedHost
) -> None:
    gone = Failed(kind="not_found", message="There is no trace tr-1.")
    host._script = lambda request: [gone] if isinstance(request, LogVote) else None
    told: list[Failed] = []
    services.traces.failed.connect(told.append)
    await services.catalog.open()
    whole = await compared(services)
    vote(services, whole, voted(whole.turns[0], "first", 5))
    await written(services)
    (failed,) = told
    assert "vote" in failed.message
    assert failed.advice == "It is kept with the comparison."


async def test_that_results_are_counted_from_what_the_registry_has(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    host.votes = [
        StoredVote(
            comparison=str(number),
            traces=("tr-1", "tr-2"),
            versions=("a/1", "b/1"),
            choice="first",
            is_blind=True,
        )
        for number in range(3)
    ]
    assert await services.votes.results() == (PairResult(("a/1", "b/1"), True, (3, 0), 0, 0),)
