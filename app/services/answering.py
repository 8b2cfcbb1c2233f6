"""From an engine's events to the states of an answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from app.domain.answer import Answer, advance_all
from app.services.engines import Engine
from app.services.traces import Place, Traces
from wrappers.contract import AnyEvent, Capabilities, Generate


async def answers(
    engine: Engine, request: Generate, traces: Traces | None = None, place: Place | None = None
) -> AsyncGenerator[Answer, None]:
    """The states that the answer to `request` goes through; the first is given at once.

    With `traces` and a `place` it is recorded, however it ends.
    """
    async with aclosing(followed(engine, request, traces, place)) as states:
        async for answer, _ in states:
            yield answer


async def followed(
    engine: Engine, request: Generate, traces: Traces | None = None, place: Place | None = None
) -> AsyncGenerator[tuple[Answer, list[AnyEvent]], None]:
    """As `answers`, each state with the events that have led to it: none for the first."""
    recording = None
    if traces is not None and place is not None:
        recording = traces.begin(engine, place, request)
    answer = Answer(
        model=engine.name,
        through_predict=request.through_predict,
        sampling=request.sampling,
        options=engine.options,
        trace=None if recording is None else recording.trace,
    )
    try:
        yield answer, []
        async with aclosing(engine.generate(request)) as batches:
            async for batch in batches:
                answer = _with_facts(advance_all(answer, batch), engine.capabilities)
                if recording is not None:
                    recording.follow(answer)
                yield answer, batch
    finally:
        if recording is not None:
            recording.end(answer)


def _with_facts(answer: Answer, capabilities: Capabilities | None) -> Answer:
    """Kept with the answer: what is true of the model now, another load of it may change."""
    if capabilities is None or answer.defaults is not None:
        return answer
    return replace(
        answer, defaults=capabilities.defaults, context_length=capabilities.context_length
    )
