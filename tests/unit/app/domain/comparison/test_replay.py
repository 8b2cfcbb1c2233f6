"""A kept turn at its recorded pace."""

import pytest
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.comparison.record import Piece, Turn
from app.domain.comparison.replay import (
    at,
    can_be_replayed,
    facts_line,
    recording,
    together,
)
from app.domain.comparison.votes import voted
from tests.support.comparisons import TEXTS, comparison, turn
from wrappers.contract import Usage


def recorded() -> Turn:
    """The first side writes at 1 and 2 s, the second at 0.5 and 4 s; the second was asked first."""
    whole = turn()
    times = ((1.0, 2.0), (0.5, 4.0))
    sides = []
    for number, side in enumerate(whole.sides):
        half = len(TEXTS[number]) // 2
        pieces = (
            Piece(times[number][0], TEXTS[number][:half]),
            Piece(times[number][1], TEXTS[number][half:]),
        )
        assert side.warm_up is not None
        answer = replace(
            side.answer, timings=type(side.answer.timings)(total_s=times[number][1] + 0.25)
        )
        sides.append(
            replace(
                side,
                answer=answer,
                pieces=pieces,
                reading_s=times[number][0],
                warm_up=replace(side.warm_up, went_first=number == 1),
            )
        )
    return replace(whole, sides=(sides[0], sides[1]))


def shown(of: Turn) -> tuple[tuple[AnswerState, int], tuple[AnswerState, int]]:
    """Per side: the state, and how much of the text is there."""
    first, second = ((side.answer.state, len(side.answer.text)) for side in of.sides)
    return first, second


HALF = tuple(len(text) // 2 for text in TEXTS)
WHOLE = tuple(len(text) for text in TEXTS)


def test_that_the_side_asked_first_plays_first_and_the_other_waits() -> None:
    tape = recording(recorded())
    assert tape.parts[1].begins_s == 0
    assert tape.parts[0].begins_s > tape.parts[1].ends_s == 4.25
    assert shown(at(tape, 0.0)) == ((AnswerState.QUEUED, 0), (AnswerState.READING, 0))
    assert shown(at(tape, 0.5)) == ((AnswerState.QUEUED, 0), (AnswerState.STREAMING, HALF[1]))
    begin = tape.parts[0].begins_s
    assert shown(at(tape, begin)) == ((AnswerState.READING, 0), (AnswerState.DONE, WHOLE[1]))
    assert shown(at(tape, begin + 1.5)) == (
        (AnswerState.STREAMING, HALF[0]),
        (AnswerState.DONE, WHOLE[1]),
    )


def test_that_together_both_begin_at_once_each_at_its_own_pace() -> None:
    tape = together(recorded())
    assert tape.is_together
    assert shown(at(tape, 0.75)) == ((AnswerState.READING, 0), (AnswerState.STREAMING, HALF[1]))
    assert shown(at(tape, 2.25)) == ((AnswerState.DONE, WHOLE[0]), (AnswerState.STREAMING, HALF[1]))


def test_that_what_was_asked_at_once_plays_at_once() -> None:
    whole = recorded()
    sides = []
    for side in whole.sides:
        assert side.warm_up is not None
        sides.append(replace(side, warm_up=replace(side.warm_up, went_first=False)))
    parallel = replace(whole, sides=(sides[0], sides[1]))
    assert recording(parallel) == together(parallel)
    assert not recording(whole).is_together


def test_that_every_piece_comes_at_its_time_and_never_before() -> None:
    tape = together(turn())
    side = tape.turn.sides[0]
    for number, piece in enumerate(side.pieces):
        before = at(tape, piece.at_s - 1e-6).sides[0].answer.text
        after = at(tape, piece.at_s).sides[0].answer.text
        assert before == "".join(one.text for one in side.pieces[:number])
        assert after == before + piece.text


def test_that_no_number_is_there_before_the_end() -> None:
    tape = recording(recorded())
    playing = at(tape, 1.0)
    for side in playing.sides:
        assert side.answer.usage == Usage()
        assert (side.answer.token_ids, side.runs, side.warm_up) == (None, (), None)
        assert side.contract is None
    assert playing.parting is None
    assert not playing.phase.is_final


def test_that_the_end_is_the_turn_as_it_was_kept() -> None:
    kept = voted(recorded(), "tie", 5)
    tape = recording(kept)
    assert at(tape, tape.length_s) is kept
    assert at(tape, tape.length_s + 100) is kept
    assert at(tape, tape.length_s - 0.01).vote is None


def test_that_a_hidden_turn_cannot_be_replayed() -> None:
    assert can_be_replayed(turn())
    assert not can_be_replayed(replace(turn(), is_blind=True))


def test_that_what_has_no_answer_or_no_pieces_cannot_be_replayed() -> None:
    whole = turn()
    first, second = whole.sides
    failed = replace(first, answer=replace(first.answer, state=AnswerState.FAILED))
    assert not can_be_replayed(replace(whole, sides=(failed, second)))
    bare = tuple(replace(side, pieces=()) for side in whole.sides)
    assert not can_be_replayed(replace(whole, sides=(bare[0], bare[1])))


@pytest.mark.parametrize("at_s", [-1.0, 0.0])
def test_that_the_begin_shows_no_word(at_s: float) -> None:
    assert [side.answer.text for side in at(recording(recorded()), at_s).sides] == ["", ""]


def test_that_what_both_sides_share_of_the_machine_is_told_once() -> None:
    assert facts_line(comparison()) == (
        "cpu", "2 threads", "transformers 5.23.0", "onnxruntime-genai 0.18.0"
    )  # fmt: skip
    assert facts_line(replace(comparison(), facts=(None, None))) == ()
