"""One run, and what of it is time of the model's own."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.domain.answer import AnswerState
from app.services.measuring import Take, take
from app.services.program import Services
from tests.support.scripted_host import ScriptedHost, version
from wrappers.contract import Finished, Generate


async def test_that_waiting_for_another_s_answer_is_no_part_of_a_run(services: Services) -> None:
    engine = services.pool.get(version())
    await engine.load()
    others = engine.generate(Generate(id=0, prompt="endless other"))
    last: list[Take] = []
    came_at: list[float] = []

    async def follow(states: AsyncGenerator[Take, None]) -> None:
        async with aclosing(states):
            async for state in states:
                if state.pieces and not came_at:
                    came_at.append(time.monotonic())
                last.append(state)

    async with aclosing(others) as batches:
        await anext(batches)
        task = asyncio.create_task(follow(take(engine, Generate(id=0, prompt="mine"))))
        while not engine.waiting:  # noqa: ASYNC110 - it is told by no event alone
            await asyncio.sleep(0)
        free_at = time.monotonic()
        engine.stop()
        async for _ in batches:
            pass
    await task
    assert last[-1].answer.state is AnswerState.DONE
    assert last[-1].pieces[0].at_s <= came_at[0] - free_at


async def test_that_what_comes_whole_is_one_piece_and_ends_the_reading(
    services: Services, host: ScriptedHost
) -> None:
    whole = Finished(text="hello there ", stop_reason="end_of_turn")
    host._script = lambda request: [whole] if isinstance(request, Generate) else None
    engine = services.pool.get(version())
    states = [one async for one in take(engine, Generate(id=0, prompt="hello there"))]
    (piece,) = states[-1].pieces
    assert piece.text == "hello there "
    assert states[-1].reading_s == piece.at_s
    run = states[-1].as_run(went_first=True, shown=None)
    assert run.same_answer is True
    assert run.stop_reason == "end_of_turn"


async def test_that_an_answer_of_nothing_has_been_read_at_its_end(services: Services) -> None:
    engine = services.pool.get(version())
    states = [one async for one in take(engine, Generate(id=0, prompt=" "))]
    assert states[-1].pieces == ()
    assert states[-1].reading_s is not None
    assert states[0].reading_s is None
