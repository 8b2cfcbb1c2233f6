"""Bins of two sides: round, few, and none of the values lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.comparison.histogram import MOST_BINS, histogram

NUMBERS = st.floats(0, 1e6, allow_nan=False).map(lambda value: round(value, 6))


@given(st.lists(NUMBERS, max_size=40), st.lists(NUMBERS, max_size=40), st.booleans())
def test_that_no_value_is_lost_and_bins_are_few(
    first: list[float], second: list[float], are_whole: bool
) -> None:
    found = histogram(first, second, are_whole=are_whole)
    if not (first or second):
        assert found is None
        return
    assert found is not None
    assert [sum(counts) for counts in found.counts] == [len(first), len(second)]
    assert len(found.counts[0]) == len(found.counts[1]) <= MOST_BINS + 2
    end = found.start + found.width * len(found.counts[0])
    slack = found.width * 1e-6
    assert found.start - slack <= min(first + second)
    assert max(first + second) <= end + slack


def test_that_edges_are_round() -> None:
    found = histogram([0.118, 0.263], [0.139, 0.276])
    assert found is not None
    assert (round(found.start, 6), round(found.width, 6)) == (0.11, 0.01)
    assert found.counts[0][0] == 1
    assert found.counts[1][-1] == 1


@pytest.mark.parametrize("values", [[7.0], [7.0, 7.0, 8.0], [0.0]])
def test_that_each_whole_number_has_a_bin_around_it(values: list[float]) -> None:
    found = histogram(values, [], are_whole=True)
    assert found is not None
    assert found.width == 1
    assert found.start == values[0] - 0.5
    assert found.counts[0][0] == values.count(values[0])
