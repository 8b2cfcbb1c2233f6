"""Knobs from signature and capabilities, and what is typed into them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.parameters import (
    Knob,
    KnobError,
    KnobKind,
    effective,
    knobs,
    parse,
    sampling_of,
    shown,
    stepped,
)
from wrappers.contract import Capabilities, ModelCard, ModelVersion, Sampling

ALL = ("temperature", "max_tokens", "top_p", "top_k", "stop", "seed")


def capabilities(*parameters: str, **known: Any) -> Capabilities:
    return Capabilities(
        mode="messages",
        accepts=("messages",),
        streams=True,
        stop="step",
        template="model",
        parameters=parameters,
        engine="transformers 5",
        **known,
    )


def card(**schemas: Any) -> ModelCard:
    return ModelCard(version=ModelVersion(name="m", version="1"), **schemas)


def named(found: tuple[Knob, ...]) -> dict[str, Knob]:
    return {knob.name: knob for knob in found}


CHAT = card(
    signature_inputs=[
        {"name": "messages", "type": "array", "required": True},
        {"name": "temperature", "type": "double", "required": False},
        {"name": "max_tokens", "type": "long", "required": False},
        {"name": "n", "type": "long", "required": False},
    ]
)


def test_that_a_knob_which_the_model_ignores_is_not_shown() -> None:
    assert list(named(knobs(CHAT, capabilities("max_tokens", "seed")))) == ["max_tokens", "seed"]


def test_that_a_model_not_loaded_has_the_knobs_of_its_signature() -> None:
    assert list(named(knobs(CHAT, None))) == ["temperature", "max_tokens"]


def test_that_no_model_has_no_knobs() -> None:
    assert knobs(None, None) == ()


def test_that_a_param_s_default_is_shown() -> None:
    onnx = card(
        signature_params=[
            {"name": "max_new_tokens", "type": "long", "default": 256},
            {"name": "stop", "type": "string", "shape": [-1], "default": ["<|end|>"]},
            {"name": "temperature", "type": "double", "default": "warm"},
        ]
    )
    found = named(knobs(onnx, None))
    assert found["max_tokens"].default == 256
    assert found["stop"].default == ("<|end|>",)
    assert found["temperature"].default is None


def test_that_what_the_loaded_model_does_wins_over_the_signature_s_default() -> None:
    schema = card(signature_params=[{"name": "temperature", "type": "double", "default": 0.7}])
    told = capabilities("temperature", defaults=Sampling(temperature=0.0))
    assert named(knobs(schema, told))["temperature"].default == 0.0


def test_that_new_tokens_are_bounded_by_the_context() -> None:
    found = named(knobs(CHAT, capabilities("max_tokens", context_length=4096)))
    assert found["max_tokens"].maximum == 4096


def test_that_a_hostile_default_is_not_taken() -> None:
    for default in (float("nan"), float("inf"), -1, True, {"a": 1}, "x" * 10):
        schema = card(signature_params=[{"name": "top_k", "type": "long", "default": default}])
        assert named(knobs(schema, None))["top_k"].default is None


KNOBS = named(knobs(None, capabilities(*ALL, context_length=4096)))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "", None),
        ("temperature", "   ", None),
        ("temperature", "0", 0.0),
        ("temperature", "0,2", 0.2),
        ("temperature", ".5", 0.5),
        ("top_p", "1", 1.0),
        ("max_tokens", "4 096", 4096),
        ("max_tokens", "4\u202f096", 4096),
        ("seed", "42", 42),
        ("stop", "Human:, \\n", ("Human:", "\n")),
        ("stop", " ", None),
    ],
)
def test_that_what_is_typed_is_understood(name: str, text: str, value: object) -> None:
    parsed = parse(KNOBS[name], text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "warm"),
        ("temperature", "-0.1"),
        ("temperature", "nan"),
        ("temperature", "1e999"),
        ("top_p", "0"),
        ("top_p", "1.01"),
        ("max_tokens", "0"),
        ("max_tokens", "4097"),
        ("max_tokens", "1.5"),
        ("seed", "-1"),
        ("seed", "9" * 5000),
    ],
)
def test_that_a_wrong_value_is_answered_with_a_sentence(name: str, text: str) -> None:
    with pytest.raises(KnobError, match=r"^Give .*\.$"):
        parse(KNOBS[name], text)


@given(st.floats(0, 10))
def test_that_a_temperature_reads_back_as_it_is_shown(value: float) -> None:
    knob = KNOBS["temperature"]
    assert parse(knob, shown(knob, value)) == pytest.approx(value)


def test_that_arrow_keys_stay_within_the_range() -> None:
    assert stepped(KNOBS["temperature"], None, 1) == 0.1
    assert stepped(KNOBS["temperature"], 0.1, -5) == 0.0
    assert stepped(KNOBS["top_p"], 1.0, 1) == 1.0
    assert stepped(KNOBS["top_p"], 0.05, -1) == 0.05
    assert stepped(KNOBS["max_tokens"], 4090, 1) == 4096
    assert stepped(KNOBS["stop"], ("a",), 1) == ("a",)


def test_that_arrow_keys_start_from_the_model_s_default() -> None:
    knob = Knob("temperature", KnobKind.FLOAT, "", maximum=10, step=0.1, default=0.7)
    assert stepped(knob, None, 1) == 0.8


def test_that_blank_knobs_are_left_to_the_model() -> None:
    assert sampling_of({"temperature": 0.2, "stop": ("a",), "seed": None}) == Sampling(
        temperature=0.2, stop=("a",)
    )


def test_that_knobs_not_shown_are_not_sent() -> None:
    shown_knobs = (KNOBS["max_tokens"],)
    values = {"temperature": 0.2, "max_tokens": 5}
    assert sampling_of(values, shown_knobs) == Sampling(max_tokens=5)


def test_that_kept_values_of_another_time_do_no_harm() -> None:
    assert sampling_of({"temperature": "hot", "top_p": 7, "max_tokens": -3}) == Sampling()


def test_that_the_model_s_defaults_fill_in_what_is_blank() -> None:
    chosen = Sampling(temperature=0.0, stop=())
    defaults = Sampling(temperature=0.7, max_tokens=256, stop=("x",))
    assert effective(chosen, defaults) == Sampling(temperature=0.0, max_tokens=256, stop=("x",))
