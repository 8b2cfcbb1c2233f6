"""Whether a conversation fits into a model's context, and what to leave out where it does not."""

from app.domain.context_room import (
    Room,
    droppable,
    half_of,
    least_drop,
    room_for,
    without_oldest,
)
from app.services.engines import Engine
from wrappers.contract import Failed, Message, Sampling


class ContextFull(Exception):  # noqa: N818 - a question, not an error
    """The user has to choose first: drop the oldest messages, or stop."""

    def __init__(
        self,
        *,
        excess: int | None,
        length: int | None,
        drop: int,
        refusal: Failed | None = None,
    ) -> None:
        super().__init__(f"{drop} messages would have to be dropped")
        self.excess = excess
        """Tokens too many; ``None`` where nobody counts."""
        self.length = length
        self.drop = drop
        """How many of the oldest messages would have to go."""
        self.refusal = refusal
        """What the model said, where it was asked and refused."""


async def messages_to_drop(
    engine: Engine,
    messages: tuple[Message, ...],
    sampling: Sampling,
    *,
    may_drop: bool,
    dropped: int = 0,
) -> int:
    """How many of the oldest messages the loaded model cannot be sent.

    `dropped` were left out the last time, and stay so while that is enough: what the model has read
    of the rest is then read already. Raises `ContextFull` where some have to go and nobody has
    agreed to it. A model that cannot count is sent all but `dropped`, and may refuse.
    """
    room = _room(engine, sampling)
    kept = min(dropped, droppable(messages)[-1]) if may_drop else 0
    if room is None:
        return kept
    whole = await engine.count(messages=messages)
    if whole is None:
        return kept
    # What is out comes back only where there is room to spare, or it would go and come by turns.
    agreed = room.after_drop if kept else room.comfortable
    if whole <= (agreed if may_drop else room.most):
        return 0
    if kept:
        tokens = await engine.count(messages=without_oldest(messages, kept))
        if tokens is not None and tokens <= room.comfortable:
            return kept
    drop = await _least_drop(engine, messages, room, least=kept)
    if drop is None:
        return kept  # the question alone is too long: the model says so, in its own numbers
    if may_drop:
        return drop
    raise ContextFull(excess=whole - room.most, length=room.length, drop=drop)


async def foreseen_drop(
    engine: Engine, messages: tuple[Message, ...], sampling: Sampling, *, dropped: int = 0
) -> int | None:
    """How many messages would make room for an answer that the context cut, or that the model
    refused to begin; ``None`` where there are no more to drop."""
    choices = droppable(messages)
    further = tuple(one for one in choices if one > dropped)
    if not further:
        return None
    room = _room(engine, sampling)
    if room is None or await engine.count(messages=messages) is None:
        return half_of(choices, dropped)
    return await _least_drop(engine, messages, room, least=further[0])


def _room(engine: Engine, sampling: Sampling) -> Room | None:
    capabilities = engine.capabilities
    if capabilities is None or capabilities.context_length is None:
        return None
    return room_for(capabilities.context_length, sampling, capabilities.defaults)


async def _least_drop(
    engine: Engine, messages: tuple[Message, ...], room: Room, *, least: int
) -> int | None:
    search = least_drop(droppable(messages), room, least=least)
    try:
        candidate = next(search)
        while True:
            tokens = await engine.count(messages=without_oldest(messages, candidate))
            # What cannot be counted any more, for the model is gone, is not searched on.
            candidate = search.send(0 if tokens is None else tokens)
    except StopIteration as found:
        drop: int | None = found.value
        return drop
