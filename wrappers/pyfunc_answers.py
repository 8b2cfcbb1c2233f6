"""The text, usage and stop reason in whatever an MLflow model answers.

Pure functions of plain data. What a model answers may be of any shape: `WrapperError` says what
came where it is not a text.
"""

import codecs
import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.contract import StopReason, Usage

_TEXT_KEYS = (
    "content",
    "text",
    "generated_text",
    "output_text",
    "response",
    "answer",
    "completion",
    "output",
    "result",
    "prediction",
    "predictions",
)
"""Under which a dictionary that follows no contract may carry its text; the first one counts."""

_STOP_REASONS: dict[str, StopReason] = {
    "stop": "end_of_turn",
    "end_turn": "end_of_turn",
    "eos": "end_of_turn",
    "eos_token": "end_of_turn",
    "completed": "end_of_turn",
    "stop_sequence": "stop_string",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
}


class Answer(Struct, frozen=True):
    """What a whole answer, or one piece of one, says."""

    text: str = ""
    usage: Usage | None = None
    stop_reason: StopReason | None = None
    part: str | None = None
    """Which of several messages in one answer the text belongs to, where it tells."""


def read_answer(result: Any) -> Answer:
    """The text, usage and stop reason of what ``predict`` returned.

    Raises `WrapperError` where it carries no text, or reports an error of its own.
    """
    if isinstance(result, Iterator):
        return _joined(result)
    value = _simple(result)
    if isinstance(value, str):
        return Answer(value)
    if isinstance(value, bytes):
        return Answer(value.decode("utf-8", "replace"))
    if isinstance(value, list):
        if len(value) != 1:
            raise _unsupported(f"a list of {len(value)} values where one answer was expected")
        return read_answer(value[0])
    if isinstance(value, dict):
        return _read_mapping(value)
    raise _unsupported("nothing" if value is None else f"a value of type {type(result).__name__}")


class AnswerReader:
    """Reads the pieces of a stream, in order, each into the text that it adds to the answer."""

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.stop_reason: StopReason | None = None
        self._part: str | None = None
        self._shown = False
        self._open_item = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, piece: Any) -> str:
        """The text to add, often empty. Raises `WrapperError` as `read_answer` does."""
        value = _simple(piece)
        if value is None:
            return ""
        if isinstance(value, bytes):
            return self._add(Answer(self._decoder.decode(value)))
        if isinstance(value, dict) and _is_event(value):
            return self._add(self._read_event(value))
        if isinstance(value, dict) and (answer := _read_chunk(value)) is not None:
            return self._add(answer)
        return self._add(read_answer(value))

    def end(self) -> str:
        """What is left once the stream has ended: a character that was cut short."""
        return self._decoder.decode(b"", final=True)

    def _add(self, answer: Answer) -> str:
        self.usage = answer.usage or self.usage
        self.stop_reason = answer.stop_reason or self.stop_reason
        if not answer.text:
            return ""
        new_part = self._shown and answer.part is not None and answer.part != self._part
        self._part = answer.part if answer.part is not None else self._part
        self._shown = True
        return f"\n\n{answer.text}" if new_part else answer.text

    def _read_event(self, event: dict[str, Any]) -> Answer:
        """One event of OpenAI's responses, as ResponsesAgent streams them.

        A text comes as deltas, then as a whole item, then once more in the completed response;
        a model may send any one of the three, or all.
        """
        kind = event["type"]
        if kind == "response.output_text.delta":
            self._open_item = True
            return Answer(_str(event.get("delta")), part=_part(event.get("item_id")))
        if kind == "response.output_item.done":
            item = _dict(event.get("item"))
            if not (text := _item_text(item)):
                return Answer()  # a tool's or a reasoning item may end while a text is open
            was_open, self._open_item = self._open_item, False
            return Answer("" if was_open else text, part=_part(item.get("id")))
        if kind in ("response.completed", "response.incomplete"):
            answer = _read_response(_dict(event.get("response")))
            text = "" if self._shown else answer.text
            return Answer(text, answer.usage, answer.stop_reason)
        if kind in ("error", "response.error", "response.failed"):
            failed = _dict(event.get("response")).get("error") or event.get("error") or event
            raise _reported(_str(_dict(failed).get("message")))
        return Answer()


def _joined(pieces: Iterator[Any]) -> Answer:
    reader = AnswerReader()
    text = "".join([reader.read(piece) for piece in pieces]) + reader.end()
    return Answer(text, reader.usage, reader.stop_reason)


def _read_mapping(value: dict[str, Any]) -> Answer:
    if isinstance(value.get("choices"), list):
        return _read_choices(value)
    if isinstance(value.get("messages"), list):
        return _read_agent(value)
    if isinstance(value.get("output"), list) or value.get("object") == "response":
        return _read_response(value)
    if value.get("error"):
        error = value["error"]
        raise _reported(_str(error) or _str(_dict(error).get("message")))
    usage, reason = _usage(value.get("usage")), _stop_reason(value.get("finish_reason"))
    for key in _TEXT_KEYS:
        if isinstance(found := value.get(key), str):
            return Answer(found, usage, reason)
    if len(value) == 1:
        return read_answer(next(iter(value.values())))
    names = ", ".join(list(map(str, value))[:6])
    raise _unsupported(f"a dictionary of {names}, none of which is known to be its text")


def _read_chunk(value: dict[str, Any]) -> Answer | None:
    """A chunk of a chat completion or of a ChatAgent; ``None`` for anything else."""
    if isinstance(choices := value.get("choices"), list):
        # The last chunk may carry the usage alone.
        return _read_choices(value) if choices else Answer(usage=_usage(value.get("usage")))
    if isinstance(delta := value.get("delta"), dict):
        said = delta.get("role") in (None, "assistant")
        return Answer(
            _str(delta.get("content")) if said else "",
            _usage(value.get("usage")),
            _stop_reason(value.get("finish_reason")),
            _part(delta.get("id")),
        )
    if isinstance(delta, str):
        return Answer(delta, _usage(value.get("usage")), _stop_reason(value.get("finish_reason")))
    return None


def _read_choices(value: dict[str, Any]) -> Answer:
    if not value["choices"]:
        raise _unsupported("a completion without a choice")
    choice = _dict(value["choices"][0])
    said = _dict(choice.get("message") or choice.get("delta"))
    text = _content_text(said.get("content")) or _str(said.get("refusal"))
    return Answer(
        text or _str(choice.get("text")),
        _usage(value.get("usage")),
        _stop_reason(choice.get("finish_reason")),
    )


def _read_agent(value: dict[str, Any]) -> Answer:
    said = [
        text
        for one in map(_dict, value["messages"])
        if one.get("role") in (None, "assistant") and (text := _content_text(one.get("content")))
    ]
    return Answer(
        "\n\n".join(said), _usage(value.get("usage")), _stop_reason(value.get("finish_reason"))
    )


def _read_response(value: dict[str, Any]) -> Answer:
    if value.get("error"):
        raise _reported(_str(_dict(value["error"]).get("message")))
    items = value.get("output")
    found = [_item_text(_dict(one)) for one in items] if isinstance(items, list) else []
    reason = _dict(value.get("incomplete_details")).get("reason") or value.get("status")
    return Answer(
        "\n\n".join(filter(None, found)), _usage(value.get("usage")), _stop_reason(reason)
    )


def _item_text(item: dict[str, Any]) -> str:
    if item.get("type", "message") != "message":
        return ""  # reasoning, tool calls and their results are not what it says to the user
    return _content_text(item.get("content"))


def _content_text(content: Any) -> str:
    """A message's content: a string, or a list of parts."""
    if isinstance(content, list):
        parts = map(_dict, content)
        return "".join(_str(part.get("text")) or _str(part.get("refusal")) for part in parts)
    return _str(content)


def _usage(value: Any) -> Usage | None:
    """Counts as either API names them; one that is not given stays ``None``."""
    if not isinstance(value, dict):
        return None
    prompt = _count(value.get("prompt_tokens", value.get("input_tokens")))
    completion = _count(value.get("completion_tokens", value.get("output_tokens")))
    total = _count(value.get("total_tokens"))
    if prompt is None and completion is None and total is None:
        return None
    if total is None and prompt is not None and completion is not None:
        total = prompt + completion
    return Usage(prompt, completion, total)


def _stop_reason(value: Any) -> StopReason | None:
    if not isinstance(value, str):
        return None
    if value in get_args(StopReason):
        return next(one for one in get_args(StopReason) if one == value)
    return _STOP_REASONS.get(value.lower())


def _is_event(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and (kind.startswith("response.") or kind == "error")


def _simple(value: Any) -> Any:
    """`value` as strings, numbers, lists and dictionaries, where it knows how to become them."""
    if value is None or isinstance(value, str | bytes | dict | list | int | float):
        return list(value) if isinstance(value, list) else value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, tuple):
        return list(value)
    if callable(dump := getattr(value, "model_dump", None)):  # pydantic
        return dump()
    if hasattr(value, "columns") and callable(getattr(value, "to_dict", None)):  # a DataFrame
        return value.to_dict(orient="records")
    if callable(to_list := getattr(value, "tolist", None)):  # a Series, an array, a NumPy scalar
        return to_list()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def _reported(message: str) -> WrapperError:
    return WrapperError(
        "model_raised",
        f"The model reported an error: {message or 'it gave no reason'}.",
        "Its log may tell more; the conversation is kept, and trying again is safe.",
    )


def _unsupported(what: str) -> WrapperError:
    return WrapperError(
        "unsupported",
        f"The model answered with {what}, which Parley cannot show as text.",
        "Have its predict return a string, or one of MLflow's chat responses.",
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _part(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    simple = _simple(value)
    return simple if isinstance(simple, dict) else {}
