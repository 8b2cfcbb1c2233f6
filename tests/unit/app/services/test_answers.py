"""Chat and Prompt: from a question to the states of its answer."""

import pytest
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.services.program import Services
from tests.support.scripted_host import STREAMING, ScriptedHost, version
from wrappers.contract import Generate, Message, Sampling


async def test_that_an_answer_goes_from_queued_over_loading_to_done(services: Services) -> None:
    engine = services.pool.get(version())
    messages = [Message("user", "hello there")]
    states = [one async for one in services.chat.answer(engine, messages, Sampling())]

    assert states[0] == Answer(model="tiny/1", sampling=Sampling())
    assert AnswerState.LOADING in [one.state for one in states]
    assert states[-1].state is AnswerState.DONE
    assert states[-1].text == "hello there "
    assert states[-1].usage.total_tokens == 4


async def test_that_an_answer_keeps_what_it_was_asked_with(
    services: Services, host: ScriptedHost
) -> None:
    defaults = Sampling(temperature=0.0, max_tokens=256)
    host.capabilities = replace(STREAMING, defaults=defaults, context_length=4096)
    engine = services.pool.get(version())
    sampling = Sampling(temperature=0.7, stop=("\n",), seed=3)
    states = [
        one async for one in services.chat.answer(engine, [Message("user", "hello")], sampling)
    ]

    assert {one.sampling for one in states} == {sampling}
    assert (states[0].defaults, states[0].context_length) == (None, None)
    assert (states[-1].defaults, states[-1].context_length) == (defaults, 4096)


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_death_ends_the_answer_with_what_it_had(services: Services) -> None:
    engine = services.pool.get(version())
    states = [one async for one in services.prompt.complete(engine, "will die", Sampling())]

    assert states[-1].state is AnswerState.FAILED
    assert states[-1].text == "will die "
    assert states[-1].failure is not None
    assert states[-1].failure.kind == "died"


async def test_that_a_bare_string_model_gets_the_question_as_it_is(
    services: Services, host: ScriptedHost
) -> None:
    host.capabilities = replace(STREAMING, accepts=("template",), template="none")
    engine = services.pool.get(version())
    messages = [Message("user", "hello")]
    async for _ in services.chat.answer(engine, messages, Sampling(seed=3)):
        pass

    (sent,) = [one for one in host.requests if isinstance(one, Generate)]
    assert sent.prompt == "hello"
    assert sent.messages is None
    assert sent.sampling.seed == 3
