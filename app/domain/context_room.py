"""What of a conversation is left out when it no longer fits into a model's context.

The oldest turns go, a question with its answer; the system prompt and the last question never do.
Nothing here counts: who can count is asked for the tokens of one candidate after the other.
"""

from collections.abc import Generator
from typing import Final

from msgspec import Struct

from app.domain.parameters import effective
from wrappers.contract import Message, Sampling

_USUAL_ANSWER: Final = 256
"""Tokens that are kept free where nobody says how long an answer may be."""

_MOST_RESERVED: Final = 4
"""An answer gets no more than a quarter of the context reserved, whatever it may take."""

_SLACK: Final = 4
"""What is dropped frees a quarter of the context more than is needed now. Every drop makes the
model read all that is left anew, so it had better not happen at each turn."""


class Room(Struct, frozen=True):
    """How many tokens a prompt may have."""

    length: int
    """The model's context."""
    reserve: int
    """Of which so many are kept for the answer."""

    @property
    def most(self) -> int:
        """A longer prompt is refused: it leaves no room for one token."""
        return self.length - 1

    @property
    def comfortable(self) -> int:
        """Up to here the answer has its room."""
        return self.length - self.reserve

    @property
    def after_drop(self) -> int:
        """What a prompt is brought down to once something has to go."""
        return self.comfortable - self.length // _SLACK


def room_for(length: int, sampling: Sampling, defaults: Sampling) -> Room:
    """The room in a context of `length` tokens for a prompt that is asked with `sampling`."""
    wanted = effective(sampling, defaults).max_tokens or _USUAL_ANSWER
    return Room(length, min(wanted, length // _MOST_RESERVED))


def without_oldest(messages: tuple[Message, ...], dropped: int) -> tuple[Message, ...]:
    """`messages` but for the `dropped` oldest ones after the system prompt."""
    head = _head(messages)
    return messages[:head] + messages[head + dropped :]


def droppable(messages: tuple[Message, ...]) -> tuple[int, ...]:
    """How many of the oldest messages can be dropped: nothing, one turn, two and so on.

    What is left begins with a question, as chat templates want it, and ends with the last one.
    """
    rest = messages[_head(messages) :]
    starts = [at for at, message in enumerate(rest) if message.role == "user" and at > 0]
    return (0, *starts)


def least_drop(
    choices: tuple[int, ...], room: Room, *, least: int = 0
) -> Generator[int, int, int | None]:
    """The fewest messages to drop, of `droppable`'s `choices` from `least` on.

    Yields a number of messages and is sent the tokens of the prompt without them, a few times.
    Returns the smallest drop that brings the prompt down to `Room.after_drop`; where the last
    question is too long for that, to what is comfortable, or to what the model reads at all;
    ``None`` where it does not even read that.
    """
    usable = [one for one in choices if one >= least]
    if not usable:
        return None
    shortest = yield usable[-1]
    limits = (room.after_drop, room.comfortable, room.most)
    limit = next((one for one in limits if shortest <= one), None)
    if limit is None:
        return None
    low, high = 0, len(usable) - 1
    while low < high:
        middle = (low + high) // 2
        tokens = yield usable[middle]
        if tokens <= limit:
            high = middle
        else:
            low = middle + 1
    return usable[low]


def half_of(choices: tuple[int, ...], least: int) -> int | None:
    """Where nobody can count: half of the turns that are still there after `least` were dropped;
    ``None`` where there is only one."""
    left = [one for one in choices if one > least]
    return left[(len(left) - 1) // 2] if left else None


def _head(messages: tuple[Message, ...]) -> int:
    return 1 if messages and messages[0].role == "system" else 0
