"""A distribution as the tokens that a user is told of."""

from collections.abc import Iterable

import numpy as np
import pytest

from wrappers.base import WrapperError
from wrappers.chances import chances, check_tokens
from wrappers.contract import NextTokens, Token

PROBABILITIES = np.array([0.1, 0.4, 0.1, 0.25, 0.15])
SAMPLED = np.array([0.0, 0.7, 0.0, 0.3, 0.0])


def tokens_of(ids: Iterable[int]) -> tuple[Token, ...]:
    return tuple(Token(one, f"t{one}") for one in ids)


def ids_told(request: NextTokens) -> list[int]:
    return [one.token.id for one in chances(request, PROBABILITIES, SAMPLED, tokens_of)]


def test_that_the_likeliest_come_first_each_with_both_its_shares() -> None:
    first, second = chances(NextTokens(id=1, count=2), PROBABILITIES, SAMPLED, tokens_of)
    assert (first.token, first.probability, first.sampled) == (Token(1, "t1"), 0.4, 0.7)
    assert (second.token, second.probability, second.sampled) == (Token(3, "t3"), 0.25, 0.3)


def test_that_tokens_asked_for_by_name_stand_where_they_belong() -> None:
    assert ids_told(NextTokens(id=1, count=1, also=(2, 4, 1))) == [1, 4, 2]


@pytest.mark.parametrize(("count", "told"), [(0, []), (-3, []), (99, [1, 3, 4, 0, 2])])
def test_that_any_count_is_taken(count: int, told: list[int]) -> None:
    assert ids_told(NextTokens(id=1, count=count)) == told


def test_that_what_is_not_known_of_the_sampling_is_not_made_up() -> None:
    (told,) = chances(NextTokens(id=1, count=1), PROBABILITIES, None, tokens_of)
    assert told.sampled is None


@pytest.mark.parametrize("unknown", [5, -1])
def test_that_a_token_the_model_does_not_have_is_refused(unknown: int) -> None:
    for request in (NextTokens(id=1, also=(unknown,)), NextTokens(id=1, continuation=(unknown,))):
        with pytest.raises(WrapperError, match="no token"):
            check_tokens(request, 5)
    check_tokens(NextTokens(id=1, also=(4,), continuation=(0,)), 5)
