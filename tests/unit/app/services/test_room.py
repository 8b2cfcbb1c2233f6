"""What has to be left out of a conversation, as the loaded model counts it."""

import pytest
from msgspec.structs import replace

from app.domain.context_room import without_oldest
from app.services.engines import Engine
from app.services.program import Services
from app.services.room import ContextFull, foreseen_drop, messages_to_drop
from tests.support.scripted_host import STREAMING, ScriptedHost, rendered_tokens, version
from wrappers.contract import AnyEvent, AnyRequest, Counted, CountTokens, Message, Sampling

SYSTEM = Message("system", "Be brief.")
TURNS = (Message("user", "one two three"), Message("assistant", "four five six")) * 5
"""Of ten tokens each."""
MESSAGES = (SYSTEM, *TURNS, Message("user", "and now"))
ASKED = Sampling(max_tokens=10)


async def loaded(services: Services, host: ScriptedHost, length: int | None) -> Engine:
    host.capabilities = replace(STREAMING, context_length=length)
    engine = services.pool.get(version())
    await engine.load()
    return engine


async def test_that_nothing_is_dropped_from_what_fits(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, rendered_tokens(MESSAGES) + 1)
    assert await messages_to_drop(engine, MESSAGES, ASKED, may_drop=False) == 0


async def test_that_the_user_is_asked_before_anything_is_dropped(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, rendered_tokens(MESSAGES))
    with pytest.raises(ContextFull) as raised:
        await messages_to_drop(engine, MESSAGES, ASKED, may_drop=False)
    assert raised.value.excess == 1
    assert raised.value.length == rendered_tokens(MESSAGES)
    left = without_oldest(MESSAGES, raised.value.drop)
    assert 0 < raised.value.drop < len(TURNS)
    assert rendered_tokens(left) + 10 <= rendered_tokens(MESSAGES)


async def test_that_once_agreed_to_the_answer_s_own_room_is_kept_free(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, rendered_tokens(MESSAGES) + 1)
    assert await messages_to_drop(engine, MESSAGES, ASKED, may_drop=True) > 0


async def test_that_the_same_messages_stay_out_while_that_is_enough(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, 60)
    first = await messages_to_drop(engine, MESSAGES, ASKED, may_drop=True)
    longer = (*MESSAGES, Message("assistant", "yes"), Message("user", "and then"))
    assert await messages_to_drop(engine, longer, ASKED, may_drop=True, dropped=first) == first
    much_longer = (*longer, *TURNS, Message("user", "so"))
    more = await messages_to_drop(engine, much_longer, ASKED, may_drop=True, dropped=first)
    assert more > first


async def test_that_a_model_with_more_room_is_sent_everything_again(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, 4096)
    assert await messages_to_drop(engine, MESSAGES, ASKED, may_drop=True, dropped=4) == 0


async def test_that_a_question_too_long_by_itself_is_left_to_the_model_to_refuse(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, 20)
    question = (*TURNS, Message("user", "word " * 40))
    assert await messages_to_drop(engine, question, ASKED, may_drop=False) == 0
    assert await foreseen_drop(engine, question, ASKED) is None


async def test_that_a_model_that_cannot_count_is_sent_all_and_half_of_it_the_next_time(
    services: Services, host: ScriptedHost
) -> None:
    def script(asked: AnyRequest) -> list[AnyEvent] | None:
        return [Counted(tokens=None)] if isinstance(asked, CountTokens) else None

    host._script = script
    engine = await loaded(services, host, 20)
    assert await messages_to_drop(engine, MESSAGES, ASKED, may_drop=False) == 0
    half = await foreseen_drop(engine, MESSAGES, ASKED)
    assert half == 6
    assert await messages_to_drop(engine, MESSAGES, ASKED, may_drop=True, dropped=half) == half
    assert await foreseen_drop(engine, MESSAGES, ASKED, dropped=half) == 8
    assert await foreseen_drop(engine, MESSAGES, ASKED, dropped=10) is None


async def test_that_a_model_of_unknown_context_is_sent_everything(
    services: Services, host: ScriptedHost
) -> None:
    engine = await loaded(services, host, None)
    assert await messages_to_drop(engine, MESSAGES, ASKED, may_drop=False) == 0
