"""A conversation longer than a real model's context, cut down until the model answers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.answer import Answer, AnswerState
from app.domain.context_room import without_oldest
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.program import Services
from app.services.room import ContextFull, messages_to_drop
from tests.support.tiny_model import CONTEXT_LENGTH, build_tiny_phi3
from wrappers.contract import Message, Sampling

TURNS = (
    Message("user", "What is the capital of Spain?"),
    Message("assistant", "The capital of Spain is Madrid."),
) * 25
MESSAGES = (Message("system", "You are a comedian."), *TURNS, Message("user", "And of France?"))
ASKED = Sampling(temperature=0.0, max_tokens=16)


@pytest.fixture
async def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    services = build_services(Settings(home=tmp_path / "home"))
    checkpoint = build_tiny_phi3(tmp_path / "checkpoint")
    await services.jobs.start_register("transformers", str(checkpoint), "tiny").wait()
    yield services
    await services.close()


@pytest.mark.slow
async def test_that_a_conversation_too_long_is_answered_without_its_oldest_turns(
    services: Services,
) -> None:
    card = await services.catalog.describe("tiny")
    services.sessions.select(card.version)
    await services.sessions.load()
    engine = services.sessions.current
    assert engine is not None

    async def answer(messages: tuple[Message, ...]) -> Answer:
        states = [one async for one in services.chat.answer(engine, messages, ASKED)]
        return states[-1]

    refused = await answer(MESSAGES)
    assert refused.failure is not None
    assert refused.failure.kind == "context_too_long"

    with pytest.raises(ContextFull) as raised:
        await messages_to_drop(engine, MESSAGES, ASKED, may_drop=False)
    whole = await engine.count(messages=MESSAGES)
    assert raised.value.excess == (whole or 0) - CONTEXT_LENGTH + 1
    # The model says the same number.
    assert f" {raised.value.excess:,} more" in refused.failure.message

    drop = await messages_to_drop(engine, MESSAGES, ASKED, may_drop=True)
    given = await answer(without_oldest(MESSAGES, drop))
    assert given.state is AnswerState.DONE
    assert (given.prompt or "").startswith("<|system|>\nYou are a comedian.")
    assert (given.usage.prompt_tokens or 0) <= CONTEXT_LENGTH * 3 // 4
    assert len(given.token_ids or ()) == 16 or given.stop_reason == "end_of_turn"
