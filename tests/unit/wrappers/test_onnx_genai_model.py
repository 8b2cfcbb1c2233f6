"""The parts of the logged file that need no engine."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrappers.onnx_genai_model import HeldBackText, RequestError, Settings, prompts_of

letters = st.text("ab<|", max_size=4)


def could_begin(text: str, stops: list[str]) -> bool:
    return any(stop.startswith(text) for stop in stops)


@given(pieces=st.lists(letters), stops=st.lists(letters, max_size=3))
def test_that_text_is_shown_whole_up_to_a_stop_string_and_never_a_part_of_one(
    pieces: list[str], stops: list[str]
) -> None:
    held, wanted = HeldBackText(stops), [stop for stop in stops if stop]
    shown, fed, hit = "", "", False
    for piece in pieces:
        text, hit = held.feed(piece)
        fed += piece
        shown += text
        assert fed.startswith(shown)
        if hit:
            break
        assert not any(could_begin(fed[at:], wanted) for at in range(len(shown)))
        assert len(shown) == len(fed) or could_begin(fed[len(shown) :], wanted)
    assert hit == any(stop in fed for stop in wanted)
    if hit:
        assert shown == fed[: min(at for stop in wanted if (at := fed.find(stop)) >= 0)]
    else:
        assert shown + held.flush() == fed


def test_that_text_without_stop_strings_is_shown_at_once() -> None:
    assert HeldBackText().feed("<|en") == ("<|en", False)


def test_that_a_stop_string_cut_across_pieces_is_found() -> None:
    held = HeldBackText(["<|end|>"])
    assert held.feed("Paris.<|e") == ("Paris.", False)
    assert held.feed("nd") == ("", False)
    assert held.feed("|> more") == ("", True)


def test_that_what_only_looked_like_a_stop_string_is_shown_after_all() -> None:
    held = HeldBackText(["<|end|>"])
    assert held.feed("a <|") == ("a ", False)
    assert held.feed("b") == ("<|b", False)
    assert held.feed("<") == ("", False)
    assert held.flush() == "<"


@pytest.mark.parametrize(
    "model_input",
    [
        pd.DataFrame({"prompt": ["one", "two"]}),
        pd.DataFrame({"only": ["one", "two"]}),
        pd.DataFrame({"prompt": [["one", "two"]]}),
        pd.DataFrame({"other": [1, 2], "prompt": ["one", "two"]}),
        pd.Series(["one", "two"]),
        np.array(["one", "two"]),
        {"prompt": ["one", "two"]},
        [{"prompt": "one"}, {"prompt": "two"}],
        ["one", "two"],
        ("one", "two"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_that_every_row_of_any_input_is_a_prompt(model_input: object) -> None:
    assert prompts_of(model_input) == ["one", "two"]


@pytest.mark.parametrize("model_input", ["one", {"prompt": "one"}, {"text": "one"}])
def test_that_a_single_prompt_may_be_given_bare(model_input: object) -> None:
    assert prompts_of(model_input) == ["one"]


@pytest.mark.parametrize("model_input", [None, 3, [None], {"a": "x", "b": "y"}, {}])
def test_that_input_without_a_prompt_is_refused_in_words(model_input: object) -> None:
    with pytest.raises(RequestError) as caught:
        prompts_of(model_input)
    assert caught.value.kind == "usage"


def test_that_temperature_zero_is_greedy() -> None:
    options = Settings.of({"temperature": 0}).search_options(vocabulary=100)
    assert options["do_sample"] is False
    assert "temperature" not in options


def test_that_a_temperature_left_alone_is_the_models_own() -> None:
    assert "do_sample" not in Settings.of({"temperature": None}).search_options(vocabulary=100)


def test_that_the_engine_is_never_given_a_number_it_refuses() -> None:
    options = Settings.of({"seed": 2**40 + 7, "top_k": 1000}).search_options(vocabulary=100)
    assert options["random_seed"] == 7
    assert options["top_k"] == 100


def test_that_stop_may_be_one_string_or_an_array() -> None:
    assert Settings.of({"stop": "x"}).stop == ("x",)
    assert Settings.of({"stop": np.array(["x", "y"])}).stop == ("x", "y")


@pytest.mark.parametrize(
    "params", [{"max_tokens": 0}, {"temperature": -0.1}, {"top_p": 1.1}, {"top_k": -1}]
)
def test_that_a_number_out_of_range_is_refused_by_name(params: dict[str, float]) -> None:
    with pytest.raises(RequestError) as caught:
        Settings.of(params)
    (name,) = params
    assert caught.value.kind == "usage"
    assert name in caught.value.message
