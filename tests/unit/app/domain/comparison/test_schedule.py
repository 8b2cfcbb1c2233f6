"""Who is asked when."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.comparison.record import Phase, Plan, Run, settled
from app.domain.comparison.schedule import BOTH, goes_on, history, steps
from tests.support import comparisons
from wrappers.contract import Failed, Message

_plans = st.builds(Plan, repeats=st.integers(1, 9), warm_up=st.booleans())


@given(plan=_plans, first=st.sampled_from(BOTH), together=st.booleans())
def test_that_every_side_runs_once_a_round(plan: Plan, first: int, together: bool) -> None:
    numbers = range(0 if plan.warm_up else 1, plan.repeats + 1)
    ran = [
        (step.number, side)
        for step in steps(plan, first=first, together=together)
        for side in step.sides
    ]
    assert sorted(ran) == [(number, side) for number in numbers for side in BOTH]
    assert [number for number, _ in ran] == sorted(number for number, _ in ran)


@given(plan=_plans, first=st.sampled_from(BOTH))
def test_that_neither_goes_first_twice_in_a_row_or_more_than_once_oftener(
    plan: Plan, first: int
) -> None:
    began = [step.sides[0] for step in steps(plan, first=first) if step.went_first and step.number]
    assert began[0] == first
    assert all(one != other for one, other in pairwise(began))


def test_that_nobody_goes_first_where_both_are_asked_at_once() -> None:
    both = list(steps(Plan(repeats=2), together=True))
    assert [step.sides for step in both] == [BOTH] * 3
    assert not any(step.went_first for step in both)


def test_that_there_is_a_run_whatever_the_plan_says() -> None:
    assert len(list(steps(Plan(repeats=0, warm_up=False)))) == 2


def test_that_a_turn_in_which_a_side_said_nothing_is_left_out_of_its_history() -> None:
    whole = comparisons.comparison(2)
    first, second = whole.turns[0].sides
    silent = replace(first, answer=replace(first.answer, text="", state=AnswerState.FAILED))
    whole = replace(
        whole,
        system="Be brief.",
        turns=(replace(whole.turns[0], sides=(silent, second)), whole.turns[1]),
    )
    question = Message("user", whole.turns[0].text)
    assert history(whole, 0) == (
        Message("system", "Be brief."),
        question,
        Message("assistant", comparisons.TEXTS[0]),
    )
    assert history(whole, 1)[1:] == (question, Message("assistant", comparisons.TEXTS[1])) * 2
    assert history(replace(whole, kind="prompt"), 1) == ()


@pytest.mark.parametrize(
    ("run", "goes"),
    [
        (Run(went_first=True, stop_reason="length"), True),
        (Run(went_first=True, stop_reason="cancelled"), False),
        (Run(went_first=True, failure=Failed(kind="died", message="It died.")), False),
    ],
)
def test_that_a_side_that_failed_or_was_cut_is_not_run_again(run: Run, goes: bool) -> None:
    side = replace(comparisons.side(0), runs=(run,))
    assert goes_on(side) is goes
    assert goes_on(replace(side, warm_up=run, runs=())) is goes


def test_that_what_never_came_to_its_end_was_stopped() -> None:
    going = comparisons.running().turns[0]
    ended = settled(going)
    assert ended.phase is Phase.STOPPED
    assert [side.answer.state for side in ended.sides] == [AnswerState.DONE, AnswerState.STOPPED]
    assert settled(ended) is ended
