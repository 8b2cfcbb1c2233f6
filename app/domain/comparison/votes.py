"""Votes between two answers: who stands where, what may be seen before, what they add up to."""

import math
import random
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.comparison.record import Comparison, Turn, Vote
from wrappers.contract import StoredVote, VoteChoice

Seen = Literal["left", "right", "tie", "both_bad"]
"""A vote as it is given: by where the answers stand."""

_Z: Final = 1.959963984540054
"""Of the normal distribution: 95 % lie within."""


# --------------------------------------------------------------------------------------------
# Standing left or right


def draw_sides(lot: random.Random) -> bool:
    """Whether the second slot stands on the left this time; both are as likely."""
    return bool(lot.getrandbits(1))


def standing(turn: Turn) -> tuple[Literal[0, 1], Literal[0, 1]]:
    """The indices into `Turn.sides`, and `Comparison.slots`, of who stands left and right."""
    return (1, 0) if turn.is_swapped else (0, 1)


def as_chosen(seen: Seen, *, is_swapped: bool) -> VoteChoice:
    """The vote in the order of the slots."""
    match seen:
        case "left":
            return "second" if is_swapped else "first"
        case "right":
            return "first" if is_swapped else "second"
        case _:
            return seen


def as_seen(choice: VoteChoice, *, is_swapped: bool) -> Seen:
    """The vote as the window has it."""
    match choice:
        case "first":
            return "right" if is_swapped else "left"
        case "second":
            return "left" if is_swapped else "right"
        case _:
            return choice


# --------------------------------------------------------------------------------------------
# What is hidden


class Cover(StrEnum):
    """How much of a hidden turn may be seen."""

    WRITING = "writing"
    """At least one answer is not whole: neither is shown."""
    READY = "ready"
    """Both are whole, and are shown."""
    VOID = "void"
    """It is over, and at least one side has no answer: there is nothing to vote on. Neither is
    shown, for which one it is might tell the model."""


class HiddenTurn(Struct, frozen=True):
    """All that may be drawn of a turn before its vote: the same for both sides but the words.

    Both answers are held back until the slower one is whole: one that came as it is written would
    tell its model by its pace, and one that came first by its being first. That costs the sight of
    the words coming, and leaves nothing else to see: replaying both at one pace would only delay
    them, and the lengths of the texts are seen in any case.
    """

    question: str
    cover: Cover
    texts: tuple[str, str] | None
    """Left and right, where `cover` is ``READY``."""


def hidden(turn: Turn) -> HiddenTurn:
    """What may be drawn of `turn` while `Turn.is_hidden`."""
    cover = cover_of(turn)
    if cover is not Cover.READY:
        return HiddenTurn(turn.text, cover, None)
    left, right = standing(turn)
    # Space around a text is the wrapper's way to cut it.
    return HiddenTurn(
        turn.text,
        cover,
        (turn.sides[left].answer.text.strip(), turn.sides[right].answer.text.strip()),
    )


def cover_of(turn: Turn) -> Cover:
    """How much may be seen of `turn`, hidden or not."""
    answers = [side.answer for side in turn.sides]
    if all(_is_whole(answer) for answer in answers):
        return Cover.READY
    return Cover.VOID if turn.phase.is_final else Cover.WRITING


def can_be_voted(turn: Turn) -> bool:
    """Whether there are two answers to choose between, and nothing more is measured: a run's later
    states would know nothing of the vote."""
    return turn.phase.is_final and cover_of(turn) is Cover.READY


def hides_sides(comparison: Comparison) -> bool:
    """Whether any turn keeps to itself which side is which."""
    return any(turn.is_hidden for turn in comparison.turns)


# --------------------------------------------------------------------------------------------
# Voting


def voted(turn: Turn, choice: VoteChoice, at_ms: int) -> Turn:
    """`turn` with the vote. It is a blind one only where the sides were hidden until now: after
    they have been seen, another vote on the same turn is an open one."""
    return replace(turn, vote=Vote(choice, turn.is_hidden, at_ms), is_blind=turn.is_hidden)


def revealed(turn: Turn) -> Turn:
    """`turn` without a vote, and from now on without a secret."""
    return replace(turn, vote=None, is_blind=False)


def with_turn(comparison: Comparison, turn: Turn) -> Comparison:
    """`comparison` with `turn` in the place of the one of the same id."""
    turns = tuple(turn if one.id == turn.id else one for one in comparison.turns)
    return replace(comparison, turns=turns)


def _is_whole(answer: Answer) -> bool:
    """One that the user stopped is none: how far it got tells its speed."""
    return answer.state is AnswerState.DONE


# --------------------------------------------------------------------------------------------
# What votes add up to


class Rate(Struct, frozen=True):
    """A share with its 95 % confidence interval; all from 0 to 1."""

    value: float
    low: float
    high: float


class PairResult(Struct, frozen=True):
    """The votes between two model versions, those of blind turns or the others."""

    versions: tuple[str, str]
    """``name/3`` of both, in the order of their names, whichever was asked for first."""
    is_blind: bool
    wins: tuple[int, int]
    """Of each."""
    ties: int
    both_bad: int

    @property
    def votes(self) -> int:
        return sum(self.wins) + self.ties + self.both_bad

    @property
    def rate(self) -> Rate | None:
        """How often the first of `versions` was preferred, where one of both was.

        Ties and votes that both are bad say nothing of which one is better, so they do not count
        here (as in a sign test); they are told beside it. ``None`` where nobody preferred one.
        """
        return wilson(self.wins[0], sum(self.wins))


def wilson(hits: int, of: int) -> Rate | None:
    """The share `hits` / `of` with Wilson's score interval at 95 %, without a correction for
    continuity; ``None`` of nothing.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22
    (1927) 209-212. It stays within 0 and 1 and is usable from few votes on, which the textbook's
    ``p ± z·sqrt(p(1 - p)/n)`` is not (R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872).
    """
    if of <= 0:
        return None
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low = 0.0 if hits == 0 else max(middle - half, 0.0)
    high = 1.0 if hits == of else min(middle + half, 1.0)
    return Rate(share, low, high)


def results(votes: Iterable[StoredVote]) -> tuple[PairResult, ...]:
    """Per pair of versions and kind of vote, the pairs in the order of their names and the blind
    votes first. Each voter has one vote on each turn: the last one given."""
    last: dict[tuple[str, str], StoredVote] = {}
    for vote in sorted(votes, key=lambda vote: vote.voted_ms or 0):
        last[vote.comparison, vote.voter] = vote
    counted: dict[tuple[tuple[str, str], bool], dict[VoteChoice, int]] = {}
    for vote in last.values():
        versions, choice = _in_order(vote)
        counts = counted.setdefault((versions, vote.is_blind), {})
        counts[choice] = counts.get(choice, 0) + 1
    return tuple(
        PairResult(
            versions=versions,
            is_blind=is_blind,
            wins=(counts.get("first", 0), counts.get("second", 0)),
            ties=counts.get("tie", 0),
            both_bad=counts.get("both_bad", 0),
        )
        for (versions, is_blind), counts in sorted(counted.items(), key=_by_names)
    )


def _in_order(vote: StoredVote) -> tuple[tuple[str, str], VoteChoice]:
    """The same vote with its versions in the order of their names. A version that was compared
    with itself, under other parameters, stays as it was asked."""
    first, second = vote.versions
    if _name_key(first) <= _name_key(second):
        return vote.versions, vote.choice
    swapped = as_chosen(as_seen(vote.choice, is_swapped=False), is_swapped=True)
    return (second, first), swapped


def _name_key(name: str) -> tuple[str, str, int, str]:
    """Version 10 comes after version 9."""
    model, _, version = name.rpartition("/")
    return (model.casefold(), model, int(version) if version.isdecimal() else 0, version)


def _by_names(item: tuple[tuple[tuple[str, str], bool], object]) -> tuple[object, ...]:
    (versions, is_blind), _ = item
    return (*(_name_key(name) for name in versions), not is_blind)
