"""Who is asked when: the order of a turn's runs."""

from collections.abc import Iterator

from msgspec import Struct

from app.domain.comparison.record import Comparison, Plan, Side
from wrappers.contract import Message

BOTH = (0, 1)


class Step(Struct, frozen=True):
    """One side is asked, or both at once."""

    sides: tuple[int, ...]
    number: int = 0
    """Of the round, from 1; 0 for the warm-up."""
    went_first: bool = False
    """Whether it is a side that nobody was asked before, in its round."""


def steps(plan: Plan, *, together: bool = False, first: int = 0) -> Iterator[Step]:
    """The runs of a turn: the warm-up of each side, then the rounds.

    In the first round, side `first` begins, and from round to round it is the other one, so that
    neither always finds the machine as the other has left it. `together` has both sides of a round
    asked at once.
    """
    if plan.warm_up:
        yield from _round(0, 0, together=together)
    for number in range(1, max(plan.repeats, 1) + 1):
        yield from _round(number, (first + number - 1) % 2, together=together)


def _round(number: int, first: int, *, together: bool) -> Iterator[Step]:
    if together:
        yield Step(BOTH, number)
    else:
        yield Step((first,), number, went_first=True)
        yield Step((1 - first,), number)


def history(comparison: Comparison, side: int) -> tuple[Message, ...]:
    """What `side` is to read before the next message: the system prompt, and each turn so far with
    its own answer. A turn that it has said nothing in is left out, question and all."""
    if comparison.kind == "prompt":
        return ()
    messages = [Message("system", comparison.system)] if comparison.system else []
    for turn in comparison.turns:
        said = turn.sides[side].answer.text
        if said:
            messages += [Message("user", turn.text), Message("assistant", said)]
    return tuple(messages)


def goes_on(side: Side) -> bool:
    """Whether there is sense in another run of `side`: nothing of it has failed or was stopped."""
    counted = side.runs if side.warm_up is None else (side.warm_up, *side.runs)
    return all(run.failure is None and run.stop_reason != "cancelled" for run in counted)
