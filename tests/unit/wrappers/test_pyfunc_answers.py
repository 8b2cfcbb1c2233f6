"""The text, usage and end in answers of every shape that an MLflow model may give."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from wrappers.base import WrapperError
from wrappers.contract import Usage
from wrappers.pyfunc_answers import Answer, AnswerReader, read_answer

USAGE = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}


def item(text: str, name: str = "1") -> dict[str, Any]:
    part = {"type": "output_text", "text": text}
    return {"type": "message", "id": name, "role": "assistant", "content": [part]}


def delta(text: str, name: str = "1") -> dict[str, Any]:
    return {"type": "response.output_text.delta", "item_id": name, "delta": text}


def done(what: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.output_item.done", "item": what}


def stream(*pieces: Any) -> tuple[str, AnswerReader]:
    reader = AnswerReader()
    return "".join([reader.read(one) for one in pieces]) + reader.end(), reader


@dataclass
class Said:
    """An answer as an author's own class."""

    answer: str


def pieces() -> Iterator[str]:
    yield from ("a", "b")


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("text", Answer("text")),
        (b"\xc3\xbc", Answer("ü")),
        (["one"], Answer("one")),
        (("one",), Answer("one")),
        ([["nested"]], Answer("nested")),
        (pieces(), Answer("ab")),
        (Said("mine"), Answer("mine")),
        ({"generated_text": "g"}, Answer("g")),
        ({"whatever": "w"}, Answer("w")),
        ({"output": "o", "score": 0.5}, Answer("o")),
        (
            [
                {
                    "choices": [{"message": {"content": "c"}, "finish_reason": "stop"}],
                    "usage": USAGE,
                }
            ],
            Answer("c", Usage(2, 3, 5), "end_of_turn"),
        ),
        (
            {"choices": [{"text": "t", "finish_reason": "length"}]},
            Answer("t", None, "length"),
        ),
        ({"choices": [{"message": {"content": None, "refusal": "no"}}]}, Answer("no")),
        (
            {"object": "response", "output": [{"type": "reasoning"}, item("a"), item("b", "2")]},
            Answer("a\n\nb"),
        ),
        (
            {"output": [item("a")], "usage": {"input_tokens": 1, "output_tokens": 2}},
            Answer("a", Usage(1, 2, 3)),
        ),
        ({"text": "x", "usage": {"prompt_tokens": "many"}}, Answer("x")),
        ({"text": "x", "finish_reason": "tool_calls"}, Answer("x")),
        ({"text": "x", "finish_reason": "context_full"}, Answer("x", None, "context_full")),
    ],
)
def test_that_a_whole_answer_is_read(result: Any, answer: Answer) -> None:
    assert read_answer(result) == answer


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (None, "answered with nothing"),
        (3.5, "a value of type float"),
        ([], "a list of 0 values"),
        (["a", "b"], "a list of 2 values"),
        ({"x": 1, "y": 2}, "a dictionary of x, y"),
        ({"choices": []}, "without a choice"),
        ({"error": {"message": "over quota"}}, "reported an error: over quota"),
        ({"object": "response", "error": {"message": "no key"}}, "reported an error: no key"),
    ],
)
def test_that_an_answer_without_text_says_what_came(result: Any, sentence: str) -> None:
    with pytest.raises(WrapperError, match=sentence):
        read_answer(result)


def test_that_the_last_chunk_brings_usage_and_end() -> None:
    text, reader = stream(
        {"choices": [{"delta": {"role": "assistant", "content": "a"}}]},
        {"choices": [{"delta": {"content": "b"}, "finish_reason": "length"}]},
        {"choices": [], "usage": USAGE},
    )
    assert text == "ab"
    assert (reader.usage, reader.stop_reason) == (Usage(2, 3, 5), "length")


def test_that_an_item_after_its_deltas_is_not_shown_again() -> None:
    text, _ = stream(delta("a"), done({"type": "function_call", "name": "f"}), done(item("a")))
    assert text == "a"


def test_that_an_item_without_deltas_is_shown() -> None:
    text, _ = stream(done(item("a")), delta("b", "2"), done(item("b", "2")), done(item("c", "3")))
    assert text == "a\n\nb\n\nc"


def test_that_the_completed_response_brings_usage_and_only_a_text_not_shown_before() -> None:
    response = {
        "output": [item("a")],
        "status": "completed",
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    }
    completed = {"type": "response.completed", "response": response}
    for text, reader in (stream(delta("a"), completed), stream(completed)):
        assert text == "a"
        assert (reader.usage, reader.stop_reason) == (Usage(1, 2, 3), "end_of_turn")


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "message": "over quota"},
        {"type": "response.failed", "response": {"error": {"message": "over quota"}}},
    ],
)
def test_that_an_error_event_is_told(event: dict[str, Any]) -> None:
    with pytest.raises(WrapperError, match="reported an error: over quota") as raised:
        stream(delta("a"), event)
    assert raised.value.kind == "model_raised"


def test_that_events_without_text_add_nothing() -> None:
    text, _ = stream({"type": "response.created"}, None, "", {"type": "response.in_progress"})
    assert text == ""


def test_that_strings_bytes_and_dictionaries_stream() -> None:
    text, _ = stream("a", b"\xe2\x82", b"\xac", {"content": "b"}, {"delta": "c"}, ["d"])
    assert text == "a€bcd"


def test_that_a_character_cut_short_at_the_end_is_shown_as_such() -> None:
    text, _ = stream(b"a\xe2\x82")
    assert text == "a�"
