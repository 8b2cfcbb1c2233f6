"""A kept turn once more, at the pace at which it was recorded."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.comparison.record import Comparison, Phase, Side, SideFacts, Turn
from app.domain.comparison.votes import Cover, cover_of

_PAUSE_S: Final = 0.6
"""Between one side's end and the other's begin, where they were asked one after the other."""


class Part(Struct, frozen=True):
    """When one side plays, since the recording's begin."""

    begins_s: float
    ends_s: float


class Recording(Struct, frozen=True):
    """A turn laid out in time.

    What is played is the first run of each side, the one whose answer is shown. Repeats added only
    numbers, and loading is left out: the engines were loaded, or were not, for other reasons.
    """

    turn: Turn
    parts: tuple[Part, Part]
    """In the slots' order."""

    @property
    def length_s(self) -> float:
        return max(part.ends_s for part in self.parts)

    @property
    def is_together(self) -> bool:
        """Whether both began at once."""
        return self.parts[0].begins_s == self.parts[1].begins_s


def can_be_replayed(turn: Turn) -> bool:
    """Whether both answers are there, and it is no secret whose is whose: the pace would tell."""
    return (
        turn.phase.is_final
        and not turn.is_hidden
        and cover_of(turn) is Cover.READY
        and any(side.pieces for side in turn.sides)
    )


def recording(turn: Turn) -> Recording:
    """`turn` as it was run: both at once, or one after the other, the one first that was asked
    first."""
    went_first = tuple(_went_first(side) for side in turn.sides)
    if went_first == (False, False):
        return together(turn)
    lengths = tuple(_length_s(side) for side in turn.sides)
    first, second = (1, 0) if went_first[1] else (0, 1)
    begins = [0.0, 0.0]
    begins[second] = lengths[first] + _PAUSE_S
    return Recording(
        turn,
        (
            Part(begins[0], begins[0] + lengths[0]),
            Part(begins[1], begins[1] + lengths[1]),
        ),
    )


def together(turn: Turn) -> Recording:
    """`turn` with both sides from the same zero, whatever the order was: a race of two recordings,
    in which each has the pace that it had with the machine to itself."""
    first, second = (Part(0.0, _length_s(side)) for side in turn.sides)
    return Recording(turn, (first, second))


def at(recorded: Recording, seconds: float) -> Turn:
    """What is to be seen of the turn `seconds` after the recording's begin. At its end, and after,
    it is the turn as it was kept."""
    if seconds >= recorded.length_s:
        return recorded.turn
    turn = recorded.turn
    sides = tuple(
        _side_at(side, seconds - part.begins_s, part)
        for side, part in zip(turn.sides, recorded.parts, strict=True)
    )
    asking = tuple(part.begins_s <= seconds < part.ends_s for part in recorded.parts)
    return replace(
        turn,
        sides=(sides[0], sides[1]),
        phase=Phase.WARMING_UP if _is_warm(turn) else Phase.MEASURING,
        step=0 if _is_warm(turn) else 1,
        asking=(asking[0], asking[1]),
        parting=None,
        # What the user said to it came later.
        vote=None,
        is_blind=False,
    )


def facts_line(comparison: Comparison) -> tuple[str, ...]:
    """What machine it was, as far as it was noted: ``cpu``, ``2 threads``. What both sides have
    alike is told once."""
    told: list[str] = []
    for facts in comparison.facts:
        for part in _machine(facts):
            if part not in told:
                told.append(part)
    return tuple(told)


def _machine(facts: SideFacts | None) -> tuple[str, ...]:
    if facts is None:
        return ()
    threads = None if facts.threads is None else f"{facts.threads} threads"
    return tuple(part for part in (facts.device, threads, facts.engine) if part)


def _side_at(side: Side, seconds: float, part: Part) -> Side:
    """One side, `seconds` after its own begin; nothing of it while that is to come."""
    if seconds >= part.ends_s - part.begins_s:
        return side
    text = "".join(piece.text for piece in side.pieces if piece.at_s <= seconds)
    if seconds < 0:
        state = AnswerState.QUEUED
    elif text:
        state = AnswerState.STREAMING
    else:
        state = AnswerState.READING
    answer = side.answer
    shown = replace(
        answer,
        state=state,
        text=text,
        prompt_done=None,
        prompt_total=None,
        tokens_so_far=None,
        token_ids=None,
        stop_reason=None,
        usage=type(answer.usage)(),
        timings=type(answer.timings)(),
        failure=None,
    )
    return replace(side, answer=shown, runs=(), warm_up=None, contract=None)


def _length_s(side: Side) -> float:
    """From the asking to the last piece."""
    last = max((piece.at_s for piece in side.pieces), default=0.0)
    return max(last, side.reading_s or 0.0, side.answer.timings.total_s or 0.0)


def _is_warm(turn: Turn) -> bool:
    return any(side.warm_up is not None for side in turn.sides)


def _went_first(side: Side) -> bool | None:
    """In the first round, the warm-up where there was one; ``None`` where nothing tells."""
    run = side.warm_up or (side.runs[0] if side.runs else None)
    return None if run is None else run.went_first
