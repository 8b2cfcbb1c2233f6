"""What went into ``predict`` and came out of it, as JSON."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

from wrappers.exchange import LIMIT_BYTES, as_json, payload_json


@dataclass
class Spoken:
    text: str
    score: float | None = None


class Written(BaseModel):
    text: str


class Odd:
    def __repr__(self) -> str:
        return "<odd>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a 🙂", "a 🙂"),
        ("half \ud83d", "half ?"),
        (b"caf\xc3\xa9 \xff", "café \N{REPLACEMENT CHARACTER}"),
        (None, None),
        (True, True),
        (2**70, str(2**70)),
        (float("nan"), None),
        ({1: ("a", {"b": [None]})}, {"1": ["a", {"b": [None]}]}),
        (pd.DataFrame({"prompt": ["a", "b"], "n": [1, 2]}), {"prompt": ["a", "b"], "n": [1, 2]}),
        (pd.Series(["a"]), ["a"]),
        (np.array([[1.5, 2]]), [[1.5, 2.0]]),
        ([np.int64(3), np.float32(0.5), np.str_("s"), np.bool_(True)], [3, 0.5, "s", True]),
        (Spoken("a"), {"text": "a", "score": None}),
        ([Written(text="a")], [{"text": "a"}]),
        ({"odd": Odd()}, {"odd": "<odd>"}),
    ],
)
def test_that_any_value_has_a_form_in_json(value: Any, expected: Any) -> None:
    assert json.loads(as_json(value)) == expected


def test_that_what_is_too_long_says_so_in_its_place() -> None:
    told = json.loads(as_json(["x" * LIMIT_BYTES]))
    assert list(told) == ["left_out"]
    assert f"{LIMIT_BYTES + 4:,} bytes" in told["left_out"]
    assert json.loads(as_json("x" * (LIMIT_BYTES - 2))) == "x" * (LIMIT_BYTES - 2)


def test_that_params_stand_beside_the_input_and_only_where_there_are_any() -> None:
    data = pd.DataFrame({"prompt": ["a"]})
    assert json.loads(payload_json(data)) == {"prompt": ["a"]}
    assert json.loads(payload_json(data, {})) == {"prompt": ["a"]}
    assert json.loads(payload_json(data, {"top_k": 2})) == {
        "inputs": {"prompt": ["a"]},
        "params": {"top_k": 2},
    }
