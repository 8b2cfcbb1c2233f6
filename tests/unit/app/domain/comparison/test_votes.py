"""Who stands where, what is hidden until the vote, and what votes add up to."""

import random

import pytest
from msgspec.structs import fields, replace

from app.domain.answer import AnswerState
from app.domain.comparison.record import Phase, Turn, Vote
from app.domain.comparison.votes import (
    Cover,
    HiddenTurn,
    PairResult,
    Seen,
    as_chosen,
    as_seen,
    can_be_voted,
    cover_of,
    draw_sides,
    hidden,
    results,
    revealed,
    standing,
    voted,
    wilson,
    with_turn,
)
from tests.support.comparisons import TEXTS, comparison, turn
from wrappers.contract import Failed, StoredVote, VoteChoice


def with_answer(of: Turn, at: int, **changes: object) -> Turn:
    sides = list(of.sides)
    sides[at] = replace(sides[at], answer=replace(sides[at].answer, **changes))
    return replace(of, sides=(sides[0], sides[1]))


# -- standing


def test_that_each_slot_stands_left_about_half_of_the_time() -> None:
    lot = random.Random(4)  # noqa: S311 - a lot that falls the same in every run
    drawn = [draw_sides(lot) for _ in range(2000)]
    # Six standard deviations of a fair coin around the middle.
    assert abs(sum(drawn) - 1000) < 6 * (2000 * 0.25) ** 0.5


@pytest.mark.parametrize("is_swapped", [False, True])
@pytest.mark.parametrize("seen", ["left", "right", "tie", "both_bad"])
def test_that_a_vote_names_the_slot_that_stood_there(seen: Seen, is_swapped: bool) -> None:
    chosen = as_chosen(seen, is_swapped=is_swapped)
    assert as_seen(chosen, is_swapped=is_swapped) == seen
    if seen in ("left", "right"):
        at = standing(replace(turn(), is_swapped=is_swapped))[("left", "right").index(seen)]
        assert chosen == ("first", "second")[at]


# -- what is hidden


def test_that_of_a_hidden_turn_only_the_words_are_told() -> None:
    told = hidden(replace(turn(), is_blind=True, is_swapped=True))
    assert told == HiddenTurn("What is the capital of Spain?", Cover.READY, (TEXTS[1], TEXTS[0]))
    assert {field.name for field in fields(HiddenTurn)} == {"question", "cover", "texts"}


def test_that_space_around_a_text_does_not_tell_its_wrapper() -> None:
    blind = with_answer(replace(turn(), is_blind=True), 0, text=f" {TEXTS[0]}\n")
    assert hidden(blind).texts == TEXTS


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize(
    "state",
    [AnswerState.QUEUED, AnswerState.LOADING, AnswerState.READING, AnswerState.STREAMING],
)
def test_that_both_are_held_back_until_both_are_whole(at: int, state: AnswerState) -> None:
    writing = with_answer(replace(turn(), is_blind=True, phase=Phase.WARMING_UP), at, state=state)
    assert hidden(writing) == HiddenTurn(writing.text, Cover.WRITING, None)


def test_that_what_is_hidden_is_the_same_whichever_side_is_the_slow_one() -> None:
    going = replace(turn(), is_blind=True, phase=Phase.MEASURING, asking=(True, False))
    states = [
        with_answer(going, 0, state=AnswerState.STREAMING, text="The"),
        with_answer(replace(going, asking=(False, True)), 1, state=AnswerState.READING, text=""),
    ]
    assert hidden(states[0]) == hidden(states[1])


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("state", [AnswerState.FAILED, AnswerState.STOPPED])
def test_that_a_turn_without_two_answers_shows_none_and_cannot_be_voted_on(
    at: int, state: AnswerState
) -> None:
    failure = Failed(kind="died", message="It ended.")
    broken = with_answer(replace(turn(), is_blind=True), at, state=state, failure=failure)
    assert hidden(broken) == HiddenTurn(broken.text, Cover.VOID, None)
    assert not can_be_voted(broken)


def test_that_a_turn_that_was_stopped_while_it_was_measured_can_be_voted_on() -> None:
    assert can_be_voted(replace(turn(), phase=Phase.STOPPED))


def test_that_there_is_no_vote_while_it_is_measured() -> None:
    measuring = replace(turn(), phase=Phase.MEASURING)
    assert cover_of(measuring) is Cover.READY
    assert not can_be_voted(measuring)


# -- voting


def test_that_only_the_vote_before_the_sides_were_seen_is_a_blind_one() -> None:
    first = voted(replace(turn(), is_blind=True), "first", 5)
    assert first.vote == Vote("first", True, 5)
    assert not first.is_hidden
    assert voted(first, "tie", 6).vote == Vote("tie", False, 6)
    taken_back = revealed(first)
    assert (taken_back.vote, taken_back.is_hidden) == (None, False)
    assert voted(taken_back, "first", 7).vote == Vote("first", False, 7)


def test_that_a_turn_is_put_in_its_own_place() -> None:
    whole = comparison(3)
    changed = voted(whole.turns[1], "both_bad", 1)
    after = with_turn(whole, changed)
    assert after.turns == (whole.turns[0], changed, whole.turns[2])


# -- what votes add up to


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_that_the_interval_is_the_published_one(
    hits: int, of: int, low: float, high: float
) -> None:
    """Newcombe 1998, table I, method 3: the score method without a correction."""
    rate = wilson(hits, of)
    assert rate is not None
    assert (round(rate.low, 4), round(rate.high, 4)) == (low, high)
    assert rate.value == hits / of
    mirrored = wilson(of - hits, of)
    assert mirrored is not None
    assert mirrored.low == pytest.approx(1 - rate.high)
    assert mirrored.high == pytest.approx(1 - rate.low)


def test_that_there_is_no_rate_of_nothing() -> None:
    assert wilson(0, 0) is None


def stored(
    choice: VoteChoice,
    *,
    comparison: str = "c",
    versions: tuple[str, str] = ("a/1", "b/1"),
    is_blind: bool = True,
    voter: str = "me",
    at: int | None = 0,
) -> StoredVote:
    return StoredVote(
        comparison=comparison,
        traces=(f"tr-{comparison}-0", f"tr-{comparison}-1"),
        versions=versions,
        choice=choice,
        is_blind=is_blind,
        voter=voter,
        voted_ms=at,
    )


def test_that_votes_are_counted_for_each_pair_whichever_was_asked_first() -> None:
    votes = [
        stored("first", comparison="1"),
        stored("first", comparison="2", versions=("b/1", "a/1")),
        stored("tie", comparison="3", versions=("b/1", "a/1")),
        stored("both_bad", comparison="4"),
        stored("second", comparison="5", versions=("a/10", "a/9")),
    ]
    assert results(votes) == (
        PairResult(("a/1", "b/1"), True, (1, 1), 1, 1),
        PairResult(("a/9", "a/10"), True, (1, 0), 0, 0),
    )


def test_that_ties_and_both_bad_do_not_count_in_the_rate() -> None:
    votes = [stored("first", comparison=str(number)) for number in range(3)]
    votes += [stored("second", comparison="s")]
    votes += [stored("tie", comparison="t"), stored("both_bad", comparison="b")]
    (pair,) = results(votes)
    assert pair.votes == 6
    assert pair.rate == wilson(3, 4)
    (undecided,) = results([stored("tie")])
    assert (undecided.votes, undecided.rate) == (1, None)


def test_that_blind_votes_stand_by_themselves() -> None:
    votes = [stored("first", comparison="1", is_blind=False), stored("second", comparison="2")]
    assert results(votes) == (
        PairResult(("a/1", "b/1"), True, (0, 1), 0, 0),
        PairResult(("a/1", "b/1"), False, (1, 0), 0, 0),
    )


def test_that_a_voter_has_one_vote_on_a_turn_and_the_last_counts() -> None:
    votes = [
        stored("second", at=20),
        stored("first", at=10),
        stored("tie", voter="another", at=5),
        stored("both_bad", at=None),
    ]
    assert results(votes) == (PairResult(("a/1", "b/1"), True, (0, 1), 1, 0),)


def test_that_a_version_against_itself_keeps_the_order_it_was_asked_in() -> None:
    (pair,) = results([stored("second", versions=("a/1", "a/1"))])
    assert pair.wins == (0, 1)
