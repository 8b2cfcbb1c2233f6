"""From an engine's events to the states of an answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from app.domain.answer import Answer, advance_all
from app.services.engines import Engine
from wrappers.contract import Generate


async def answers(engine: Engine, request: Generate) -> AsyncGenerator[Answer, None]:
    """The states that the answer to `request` goes through; the first is given at once."""
    answer = Answer(model=engine.name, through_predict=request.through_predict)
    yield answer
    async with aclosing(engine.generate(request)) as batches:
        async for batch in batches:
            answer = advance_all(answer, batch)
            yield answer
