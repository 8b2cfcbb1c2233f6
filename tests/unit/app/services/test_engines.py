"""An engine's life, on a scripted host."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.program import Services
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
    Finished,
    Generate,
    Load,
    LoadOptions,
    LoadProgress,
    Message,
    NextTokens,
    Sampling,
    Stop,
    TextPiece,
    Token,
    Trust,
)


@pytest.fixture
def engine(services: Services) -> Engine:
    return services.pool.get(version())


def prompt(text: str) -> Generate:
    return Generate(id=0, prompt=text)


def state_of(engine: Engine) -> EngineState:
    """Its state now; a plain look at it would have the type checker think it never changes."""
    return engine.state


async def events(answer: AsyncGenerator[list[AnyEvent], None]) -> list[AnyEvent]:
    return [event async for batch in answer for event in batch]


async def until_text(answer: AsyncGenerator[list[AnyEvent], None]) -> None:
    """Read up to the first piece of text."""
    async for batch in answer:
        if any(isinstance(event, TextPiece) for event in batch):
            return


async def test_that_a_load_tells_its_stages_and_ends_ready(engine: Engine) -> None:
    seen: list[tuple[EngineState, str]] = []
    engine.changed.connect(lambda: seen.append((engine.state, engine.stage)))

    assert await engine.load() == STREAMING

    assert (EngineState.LOADING, "Reading the weights") in seen
    assert seen[-1] == (EngineState.READY, "")
    assert engine.load_s == 1.5
    assert engine.loading_since is None


async def test_that_two_loads_at_once_are_one(engine: Engine, host: ScriptedHost) -> None:
    await asyncio.gather(engine.load(), engine.load())

    assert [type(one) for one in host.requests].count(Load) == 1


async def test_that_a_question_loads_the_model_and_shows_the_stages(engine: Engine) -> None:
    answer = await events(engine.generate(prompt("hello")))

    stages = [event.stage for event in answer if isinstance(event, LoadProgress)]
    assert stages == ["Finding its files", "Starting its process", "Reading the weights"]
    assert isinstance(answer[-1], Finished)
    assert answer[-1].text == "hello "
    assert answer[-1].timings.load_s == 1.5


async def test_that_stop_keeps_the_text_already_shown(engine: Engine) -> None:
    answer = engine.generate(prompt("some endless"))
    await until_text(answer)
    engine.stop()
    last = (await events(answer))[-1]

    assert isinstance(last, Finished)
    assert last.stop_reason == "cancelled"
    assert last.text == "some endless "
    assert engine.state is EngineState.READY


async def test_that_a_second_request_waits_visibly_for_the_first(engine: Engine) -> None:
    first = engine.generate(prompt("endless"))
    await until_text(first)
    second = asyncio.create_task(events(engine.generate(prompt("hello"))))
    await asyncio.sleep(0)

    assert engine.waiting == 1
    assert not second.done()

    engine.stop()
    await events(first)
    answered = (await second)[-1]
    assert isinstance(answered, Finished)
    assert answered.text == "hello "
    assert engine.waiting == 0


async def test_that_a_withdrawn_request_leaves_the_queue(engine: Engine) -> None:
    first = engine.generate(prompt("endless"))
    await until_text(first)
    second = asyncio.create_task(events(engine.generate(prompt("hello"))))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.wait([second])

    assert engine.waiting == 0
    assert engine.state is EngineState.BUSY
    await first.aclose()


async def test_that_an_answer_that_nobody_reads_on_is_stopped(engine: Engine) -> None:
    answer = engine.generate(prompt("endless"))
    await until_text(answer)
    await answer.aclose()

    assert engine.state is EngineState.READY
    assert isinstance((await events(engine.generate(prompt("hello"))))[-1], Finished)


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_death_keeps_the_text_and_the_next_request_loads_again(
    engine: Engine, host: ScriptedHost
) -> None:
    answer = await events(engine.generate(prompt("will die")))

    pieces = [event for event in answer if isinstance(event, TextPiece)]
    assert "".join(piece.text for piece in pieces) == "will die "
    assert [one for piece in pieces for one in piece.token_ids or ()] == [1, 1]
    assert isinstance(answer[-1], Failed)
    assert {piece.id for piece in pieces} == {answer[-1].id}
    assert answer[-1].kind == "died"
    assert state_of(engine) is EngineState.FAILED
    assert engine.failure is not None

    again = await events(engine.generate(prompt("hello")))
    assert isinstance(again[-1], Finished)
    assert state_of(engine) is EngineState.READY
    assert host.started.count("model") == 2


async def test_that_a_failed_load_is_told_and_can_be_tried_again(
    engine: Engine, host: ScriptedHost
) -> None:
    broken = True

    def script(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, Load) and broken:
            return [Failed(kind="artifacts_missing", message="A file is missing.")]
        return None

    host._script = script

    with pytest.raises(ServiceError, match="missing"):
        await engine.load()
    assert state_of(engine) is EngineState.FAILED

    broken = False
    await engine.load()
    assert engine.state is EngineState.READY


async def test_that_a_load_cancelled_before_its_first_step_is_told_as_cancelled(
    engine: Engine,
) -> None:
    loading = asyncio.create_task(engine.load())
    await asyncio.sleep(0)
    engine.cancel_load()

    with pytest.raises(ServiceError) as caught:
        await loading
    assert caught.value.failed.kind == "cancelled"
    assert engine.state is EngineState.STOPPED


async def test_that_unloading_turns_the_waiting_requests_away(
    engine: Engine, host: ScriptedHost
) -> None:
    first = engine.generate(prompt("endless"))
    await until_text(first)
    rest = asyncio.create_task(events(first))
    second = asyncio.create_task(events(engine.generate(prompt("hello"))))
    await asyncio.sleep(0)
    await engine.unload()

    last = (await rest)[-1]
    assert isinstance(last, Finished)
    assert last.text == "endless "
    turned_away = (await second)[-1]
    assert isinstance(turned_away, Failed)
    assert turned_away.kind == "cancelled"
    assert engine.state is EngineState.STOPPED
    assert host.started.count("model") == 1


async def test_that_an_empty_prompt_loads_nothing(engine: Engine, host: ScriptedHost) -> None:
    (failed,) = await events(engine.generate(prompt("")))

    assert isinstance(failed, Failed)
    assert failed.kind == "empty_prompt"
    assert host.requests == []


async def test_that_tokens_are_counted_only_once_it_is_loaded(engine: Engine) -> None:
    assert await engine.count("two words") is None
    await engine.load()

    assert await engine.count("two words") == 2


async def test_that_a_text_is_cut_into_tokens_only_once_it_is_loaded(engine: Engine) -> None:
    assert await engine.tokenize("<|user|> hi") is None
    await engine.load()

    assert await engine.tokenize("<|user|> hi") == (
        Token(0, "<|user|>", is_special=True),
        Token(1, "hi"),
    )


async def test_that_what_could_come_next_is_told_as_it_was_asked(
    engine: Engine, host: ScriptedHost
) -> None:
    await engine.load()
    messages, sampling = (Message("user", "a b c"),), Sampling(top_k=2)

    found = await engine.next_tokens(
        messages=messages, continuation=(7, 8), sampling=sampling, count=1, also=(2,)
    )

    assert [chance.token.text for chance in found.chances] == ["a", "c"]
    assert found.prompt_tokens == 5
    assert host.requests[-1] == NextTokens(
        id=host.requests[-1].id,
        messages=messages,
        continuation=(7, 8),
        sampling=sampling,
        count=1,
        also=(2,),
    )
    assert engine.state is EngineState.READY


async def test_that_asking_what_comes_next_loads_nothing(
    engine: Engine, host: ScriptedHost
) -> None:
    with pytest.raises(ServiceError) as caught:
        await engine.next_tokens(prompt="hello")

    assert caught.value.failed.kind == "usage"
    assert host.requests == []


async def test_that_nothing_is_asked_of_an_empty_prompt(engine: Engine, host: ScriptedHost) -> None:
    await engine.load()
    with pytest.raises(ServiceError) as caught:
        await engine.next_tokens(prompt="")

    assert caught.value.failed.kind == "empty_prompt"
    assert not any(isinstance(one, NextTokens) for one in host.requests)


async def test_that_what_comes_next_waits_for_the_answer_that_runs(engine: Engine) -> None:
    answer = engine.generate(prompt("endless"))
    await until_text(answer)
    asked = asyncio.create_task(engine.next_tokens(prompt="hello"))
    await asyncio.sleep(0)

    assert engine.waiting == 1
    assert not asked.done()

    engine.stop()
    await events(answer)
    assert len((await asked).chances) == 1


async def test_that_unloading_turns_a_waiting_look_away(engine: Engine) -> None:
    answer = engine.generate(prompt("endless"))
    await until_text(answer)
    asked = asyncio.create_task(engine.next_tokens(prompt="hello"))
    await asyncio.sleep(0)
    await engine.unload()
    await events(answer)

    with pytest.raises(ServiceError) as caught:
        await asked
    assert caught.value.failed.kind == "cancelled"


async def busy(engine: Engine) -> None:
    """Return once a request of `engine` is on its way."""
    there = asyncio.Event()
    disconnect = engine.changed.connect(
        lambda: there.set() if engine.state is EngineState.BUSY else None
    )
    await there.wait()
    disconnect()


async def test_that_stop_ends_the_look_at_what_comes_next(engine: Engine) -> None:
    await engine.load()
    asked = asyncio.create_task(engine.next_tokens(prompt="endless"))
    await busy(engine)
    engine.stop()

    with pytest.raises(ServiceError) as caught:
        await asked
    assert caught.value.failed.kind == "cancelled"
    assert state_of(engine) is EngineState.READY


async def test_that_who_gives_up_the_look_at_what_comes_next_stops_it(
    engine: Engine, host: ScriptedHost
) -> None:
    await engine.load()
    asked = asyncio.create_task(engine.next_tokens(prompt="endless"))
    await busy(engine)
    asked.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asked
    assert isinstance(host.requests[-1], Stop)
    assert engine.state is EngineState.READY


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_death_is_told_to_who_asks_what_comes_next(engine: Engine) -> None:
    await engine.load()
    with pytest.raises(ServiceError) as caught:
        await engine.next_tokens(prompt="die")

    assert caught.value.failed.kind == "died"


async def test_that_code_nobody_agreed_to_is_not_loaded(engine: Engine, host: ScriptedHost) -> None:
    host.card = type(host.card)(version=version(), trust=Trust(runs_code=True))
    (*_, failed) = await events(engine.generate(prompt("hello")))

    assert isinstance(failed, Failed)
    assert failed.kind == "untrusted"
    assert not any(isinstance(one, Load) for one in host.requests)


async def test_that_the_pool_gives_one_engine_per_version_and_options(services: Services) -> None:
    pool = services.pool
    fast = LoadOptions(threads=1)

    assert pool.get(version()) is pool.get(version(aliases=("champion",)))
    assert pool.get(version()).version.aliases == ()
    assert pool.get(version(), fast) is not pool.get(version())
    assert pool.get(version(number="2")) is not pool.get(version())


async def test_that_the_pool_tells_what_is_loaded(services: Services) -> None:
    engine = services.pool.get(version())
    assert services.pool.loaded() == ()
    await engine.load()

    assert services.pool.loaded() == (engine,)
