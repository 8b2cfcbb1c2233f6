"""Numbers of two models' runs beside each other."""

import statistics
from itertools import takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.comparison.measures import (
    MEASURES,
    Measure,
    comparable_difference,
    context_used,
    first_difference,
    knobs_lacking,
    peak_memory,
    ratio,
    ratios,
    same_vocabulary,
    spread,
    tokens_in_common,
)
from app.domain.comparison.record import Run, Side
from tests.support import comparisons
from wrappers.contract import Failed, Sampling, Timings, Usage

_ids = st.lists(st.integers(0, 3), max_size=8).map(tuple)
_seconds = st.floats(1e-3, 1e3)


def runs_of(*values: float | None, tokens: int | None = 5) -> tuple[Run, ...]:
    """Runs in which every number is the same."""
    return tuple(
        Run(
            went_first=True,
            timings=Timings(
                time_to_first_token_s=value,
                prefill_tokens_per_s=value,
                decode_tokens_per_s=value,
                total_s=value,
            ),
            usage=Usage(1, tokens, None),
            stop_reason="end_of_turn",
        )
        for value in values
    )


def sides(first: tuple[Run, ...], second: tuple[Run, ...]) -> tuple[Side, Side]:
    return Side(Answer("a/1"), runs=first), Side(Answer("b/1"), runs=second)


# -- where tokens part


@given(_ids, _ids)
def test_that_the_first_difference_is_where_the_common_beginning_ends(
    first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    index = first_difference(first, second)
    if first == second:
        assert index is None
        return
    assert index is not None
    assert first[:index] == second[:index]
    assert first[index : index + 1] != second[index : index + 1]
    pairs = zip(first, second, strict=False)
    common = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    assert index == common == tokens_in_common(first, second)


def test_that_an_answer_that_goes_on_parts_at_the_other_one_s_end() -> None:
    assert first_difference((1, 2), (1, 2, 3)) == 2
    assert first_difference((), (1,)) == 0


@pytest.mark.parametrize(("first", "second"), [(None, (1,)), ((1,), None), (None, None)])
def test_that_unknown_tokens_do_not_part(
    first: tuple[int, ...] | None, second: tuple[int, ...] | None
) -> None:
    assert first_difference(first, second) is None


def test_that_tokens_of_two_vocabularies_are_not_compared() -> None:
    turn = comparisons.turn()
    assert comparable_difference(turn) == 7
    assert comparable_difference(replace(turn, same_vocabulary=False)) is None


def test_that_one_prompt_read_by_both_tells_whether_they_count_alike() -> None:
    answer = comparisons.side(0).answer
    other = replace(answer, prompt_token_ids=(1, 2))
    assert same_vocabulary(answer, answer) is True
    assert same_vocabulary(answer, other) is False
    assert same_vocabulary(answer, replace(other, prompt="another")) is None
    assert same_vocabulary(answer, replace(other, prompt_token_ids=None)) is None


# -- spreads


@given(st.lists(_seconds, min_size=1, max_size=9))
def test_that_a_spread_is_the_middle_and_the_ends_of_the_runs_that_have_the_number(
    values: list[float],
) -> None:
    found = spread((*runs_of(*values), *runs_of(None)), "total_s")
    assert found is not None
    assert found.values == tuple(values)
    below = sum(value <= found.median for value in values)
    above = sum(value >= found.median for value in values)
    assert min(below, above) >= len(values) / 2
    assert (found.lowest, found.highest) == (min(values), max(values))
    if len(values) < 4:
        assert found.quartiles is None
    else:
        assert found.quartiles is not None
        first, third = found.quartiles
        assert found.lowest <= first <= found.median <= third <= found.highest
        assert found.median == statistics.median(values)


def test_that_quartiles_lie_between_the_values_beside_them() -> None:
    found = spread(runs_of(1, 2, 3, 4), "total_s")
    assert found is not None
    assert found.quartiles == (1.75, 3.25)


def test_that_what_nobody_measured_has_no_spread() -> None:
    assert spread((), "total_s") is None
    assert spread(runs_of(None, None), "total_s") is None


def test_that_runs_that_were_cut_or_failed_do_not_count() -> None:
    (whole,) = runs_of(1)
    cut = replace(whole, stop_reason="cancelled", timings=Timings(total_s=9))
    failed = replace(cut, stop_reason=None, failure=Failed(kind="died", message=""))
    found = spread((cut, whole, failed), "total_s")
    assert found is not None
    assert found.values == (1,)


# -- ratios


@pytest.mark.parametrize(
    ("measure", "quicker"),
    [
        ("time_to_first_token_s", 0),
        ("total_s", 0),
        ("prefill_tokens_per_s", 1),
        ("decode_tokens_per_s", 1),
    ],
)
def test_that_less_time_and_more_tokens_a_second_are_quicker(
    measure: Measure, quicker: int
) -> None:
    found = ratio(sides(runs_of(1, 2, 3), runs_of(3, 4, 5)), measure)
    assert (found.value, found.quicker, found.why_none) == (2, quicker, None)


@given(first=_seconds, second=_seconds)
def test_that_a_ratio_is_the_same_from_either_side(first: float, second: float) -> None:
    pair = sides(runs_of(first), runs_of(second))
    for one, other in zip(ratios(pair), ratios((pair[1], pair[0])), strict=True):
        assert one.value is not None
        assert one.value >= 1
        assert one.value == other.value
        assert (one.quicker is None) == (first == second)
        if one.quicker is not None and other.quicker is not None:
            assert one.quicker == 1 - other.quicker


def test_that_there_is_no_ratio_of_what_one_side_does_not_tell() -> None:
    for found in ratios(sides(runs_of(1), runs_of(None))):
        assert (found.value, found.why_none) == (None, "not_measured")
    for found in ratios(sides(runs_of(1), ())):
        assert (found.value, found.why_none) == (None, "not_measured")


def test_that_total_times_are_compared_only_where_both_wrote_as_many_tokens() -> None:
    def found(*counts: int | None) -> object:
        first, second = counts
        pair = sides(runs_of(1, tokens=first), runs_of(2, tokens=second))
        one = ratio(pair, "total_s")
        assert (one.value is None) == (one.why_none is not None)
        return one.why_none

    assert found(5, 5) is None
    assert found(5, 6) == "token_counts_differ"
    assert found(5, None) == "token_counts_unknown"
    uneven = sides((*runs_of(1), *runs_of(1, tokens=9)), runs_of(1))
    assert ratio(uneven, "total_s").why_none == "token_counts_differ"


def test_that_every_number_has_a_ratio_of_its_own() -> None:
    assert [one.measure for one in ratios(comparisons.turn().sides)] == list(MEASURES)


# -- the rest


def test_that_the_peak_of_memory_is_the_highest_of_all_runs() -> None:
    side = comparisons.side(0)
    assert side.warm_up is not None
    high = replace(side.warm_up, peak_memory_bytes=9_000_000_000)
    assert peak_memory(replace(side, warm_up=high)) == 9_000_000_000
    assert peak_memory(Side(Answer("a/1"), runs=runs_of(1))) is None


def test_that_a_knob_is_lacking_where_it_is_asked_for_and_not_honoured() -> None:
    slot = replace(comparisons.SLOTS[0], sampling=Sampling(temperature=0, top_k=3, stop=("x",)))
    facts = replace(comparisons.facts(0), parameters=("temperature", "seed"))
    assert knobs_lacking(slot, facts) == ("top_k", "stop")
    assert knobs_lacking(slot, None) == ()


def test_that_the_context_in_use_is_prompt_and_answer() -> None:
    answer = replace(comparisons.side(0).answer, context_length=50)
    assert context_used(answer) == 0.5
    assert context_used(replace(answer, context_length=None)) is None
    assert context_used(replace(answer, usage=Usage())) is None
