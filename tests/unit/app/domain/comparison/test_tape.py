"""Answers as they came."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.comparison.tape import MOST_PIECES, Tape

_texts = st.lists(st.text(max_size=3), max_size=30)


@given(_texts, st.text(max_size=3))
def test_that_the_pieces_are_the_answer(texts: list[str], rest: str) -> None:
    tape = Tape()
    for number, text in enumerate(texts):
        tape.add(number, text)
    tape.complete(len(texts), "".join(texts) + rest)
    assert "".join(one.text for one in tape.pieces) == "".join(texts) + rest
    times = [one.at_s for one in tape.pieces]
    assert times == sorted(set(times))
    assert all(one.text for one in tape.pieces)


def test_that_a_very_long_answer_is_kept_whole_in_a_bounded_number_of_pieces() -> None:
    tape = Tape()
    words = [f"{number} " for number in range(5 * MOST_PIECES + 1)]
    for number, word in enumerate(words):
        tape.add(number, word)
    assert "".join(one.text for one in tape.pieces) == "".join(words)
    assert len(tape.pieces) <= MOST_PIECES
    times = [one.at_s for one in tape.pieces]
    assert times == sorted(times)
    assert times[-1] == len(words) - 1


def test_that_an_answer_that_ends_as_less_than_came_is_left_as_it_came() -> None:
    tape = Tape()
    tape.add(1, "Madrid STOP")
    tape.complete(2, "Madrid")
    assert [(one.at_s, one.text) for one in tape.pieces] == [(1, "Madrid STOP")]
