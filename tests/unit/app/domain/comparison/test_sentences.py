"""What is said of a comparison."""

import pytest
from msgspec.structs import replace

from app.domain.comparison.measures import Spread
from app.domain.comparison.record import Contract, Parting, Plan, Turn
from app.domain.comparison.sentences import notes, shown, spread_text
from tests.support import comparisons
from wrappers.contract import Failed, Sampling, Timings, Usage


def told(turn: Turn, **known: object) -> str:
    whole = replace(comparisons.comparison(), turns=(turn,), **known)
    return "\n".join(notes(whole, turn))


def test_that_a_finished_turn_says_who_is_faster_where_they_part_and_what_predict_gave() -> None:
    turn = comparisons.turn()
    assert notes(comparisons.comparison(), turn) == (
        "phi3-onnx/1 is 1.90 times as fast as phi3-mini/3 to the first token.",
        "Both are equally fast at reading the prompt.",
        "phi3-onnx/1 is 1.85 times as fast as phi3-mini/3 at writing.",
        "Total times are not compared, since a longer answer takes longer: phi3-mini/3 wrote 12 "
        "tokens, phi3-onnx/1 11 tokens.",
        'The answers part at token 8: phi3-mini/3 wrote ".", which it thought 62.0 % likely; '
        'phi3-onnx/1 wrote ",", which it thought 62.0 % likely.',
        "MLflow's predict of phi3-mini/3 gives the same text.",
        "MLflow's predict of phi3-onnx/1 gives the same text.",
    )


def test_that_two_parameter_sets_of_one_model_are_told_apart() -> None:
    slot = comparisons.SLOTS[0]
    slots = (slot, replace(slot, sampling=Sampling(temperature=1)))
    text = told(replace(comparisons.turn(), not_parallel="same_model"), slots=slots)
    assert "Both sides are one loaded model" in text
    assert "asked with different parameters" in text
    assert "phi3-mini/3 (B) is 1.90 times as fast as phi3-mini/3 (A)" in text


def test_that_runs_in_parallel_are_said_to_share_the_machine() -> None:
    assert "shared the machine" in told(comparisons.turn(), plan=Plan(parallel=True))
    assert "shared the machine" not in told(comparisons.turn())


def test_that_a_knob_that_one_side_lacks_is_said() -> None:
    facts = (replace(comparisons.facts(0), parameters=("max_tokens",)), comparisons.facts(1))
    text = told(comparisons.turn(), facts=facts)
    assert "phi3-mini/3 does not know temperature and seed, and answered without." in text


def test_that_what_did_not_go_well_is_said() -> None:
    turn = comparisons.turn()
    first, second = turn.sides
    died = Failed(kind="died", message="It died.")
    odd = replace(first.runs[1], same_answer=False)
    first = replace(first, runs=(first.runs[0], odd, replace(first.runs[2], failure=died)))
    second = replace(
        second,
        answer=replace(second.answer, failure=died),
        runs=(),
        contract=Contract(failure=died),
    )
    text = told(replace(turn, sides=(first, second)))
    assert "phi3-mini/3 was measured 2 of 3 times." in text
    assert "A run of phi3-mini/3 failed. It died." in text
    assert "phi3-mini/3 wrote something else than what is shown in 1 of 2 runs." in text
    assert "phi3-onnx/1 has no answer. It died." in text
    assert "MLflow's predict of phi3-onnx/1 could not be asked. It died." in text
    assert "as fast as" not in text


def test_that_a_number_that_one_side_does_not_tell_is_said_to_be_unknown() -> None:
    turn = comparisons.turn()
    first, second = turn.sides
    runs = tuple(replace(run, timings=Timings(total_s=1.0)) for run in first.runs)
    text = told(replace(turn, sides=(replace(first, runs=runs), second)))
    assert "Which one is faster at writing is not known: not both tell that number." in text


def test_that_where_one_answer_ends_the_other_goes_on() -> None:
    turn = comparisons.turn()
    first, second = turn.sides
    longer = replace(first.answer, token_ids=(1, 2, 3))
    shorter = replace(second.answer, token_ids=(1, 2))
    turn = replace(
        turn,
        sides=(replace(first, answer=longer), replace(second, answer=shorter)),
        parting=Parting(2),
    )
    text = told(turn)
    assert "part at token 3: phi3-mini/3 wrote token 3; phi3-onnx/1 had ended there." in text


def test_that_equal_answers_are_said_to_be() -> None:
    turn = comparisons.turn()
    first, second = turn.sides
    same = replace(second, answer=replace(second.answer, token_ids=first.answer.token_ids))
    assert "Both wrote the same 12 tokens." in told(
        replace(turn, sides=(first, same), parting=None)
    )


def test_that_two_vocabularies_are_said() -> None:
    text = told(replace(comparisons.turn(), same_vocabulary=False, parting=None))
    assert "different vocabularies" in text
    assert "part at" not in text


def test_that_total_times_are_compared_where_both_wrote_as_much() -> None:
    turn = comparisons.turn()
    first, second = turn.sides
    runs = tuple(replace(run, usage=Usage(13, 11, 24)) for run in first.runs)
    text = told(replace(turn, sides=(replace(first, runs=runs), second)))
    assert "phi3-onnx/1 is 1.98 times as fast as phi3-mini/3 over the whole answer." in text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((31.42,), "31.4"),
        ((31.0, 32.0, 30.0), "31.0 (30.0 to 32.0)"),
        ((1.0, 2.0, 3.0, 4.0), "2.5 (1.0 to 4.0; half of them 1.8 to 3.2)"),
    ],
)
def test_that_a_spread_tells_as_much_as_there_are_runs(
    values: tuple[float, ...], text: str
) -> None:
    assert spread_text(Spread(values), shown("decode_tokens_per_s")) == text
    assert spread_text(None, shown("decode_tokens_per_s")) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0042, "4 ms"), (0.182, "0.18 s"), (12.3, "12 s"), (75, "1 min 15 s")]
)
def test_that_times_are_told_as_precisely_as_they_matter(seconds: float, text: str) -> None:
    assert shown("total_s")(seconds) == text
