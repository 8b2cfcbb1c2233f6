"""What came of a prompt set, as a table for other programs: CSV or JSONL, a row a prompt."""

import csv
import io
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from app.domain.comparison.record import PromptSet, Side, Turn
from app.domain.comparison.set_rows import SetRow, row_of, timings_of

_SIDES: Final = ("first", "second")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes a cell for a formula by."""


class TableFormat(StrEnum):
    """By the ending of its files."""

    CSV = "csv"
    JSONL = "jsonl"


def encode(prompt_set: PromptSet, form: TableFormat) -> Iterator[bytes]:
    """The file, row by row: UTF-8, in CSV with the mark that spreadsheets know it by.

    A CSV's text that would be a formula gets an apostrophe before it; JSONL has all as it is.
    """
    objects = (
        row_object(prompt_set, row_of(index, prompt, prompt_set.results.get(index)))
        for index, prompt in enumerate(prompt_set.prompts)
    )
    if form is TableFormat.JSONL:
        for one in objects:
            yield _json(one) + b"\n"
        return
    for number, one in enumerate(objects):
        flat = _flat(one)
        if number == 0:
            yield b"\xef\xbb\xbf" + _line(list(flat))
        yield _line([_cell(value) for value in flat.values()])


def row_object(prompt_set: PromptSet, row: SetRow) -> dict[str, Any]:
    """A row as JSON tells it, on the command line too. What is not known is null."""
    turn = prompt_set.results.get(row.index)
    prompt = row.prompt
    messages = [{"role": role, "content": content} for role, content in prompt.messages]
    return {
        "number": row.index + 1,
        "id": prompt.id,
        "prompt": prompt.text,
        "history": messages,
        "expected": prompt.expected,
        "state": row.state,
        "same": row.is_same,
        "sides": [side_object(prompt_set, row, turn, at) for at in (0, 1)],
    }


def side_object(prompt_set: PromptSet, row: SetRow, turn: Turn | None, at: int) -> dict[str, Any]:
    """One side of `row_object`."""
    side: Side | None = None if turn is None else turn.sides[at]
    timings = None if side is None else timings_of(side)
    answer = None if side is None else side.answer
    return {
        "model": prompt_set.slots[at].name,
        "text": None if answer is None else answer.text,
        "failure": row.sides[at].failure or None,
        "stop_reason": None if answer is None else answer.stop_reason,
        "prompt_tokens": None if answer is None else answer.usage.prompt_tokens,
        "completion_tokens": None if answer is None else answer.usage.completion_tokens,
        "time_to_first_token_s": None if timings is None else timings.time_to_first_token_s,
        "prefill_tokens_per_s": None if timings is None else timings.prefill_tokens_per_s,
        "decode_tokens_per_s": None if timings is None else timings.decode_tokens_per_s,
    }


def _json(one: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(one)
    except UnicodeEncodeError:
        # Half of a character, which only an escape can write.
        return json.dumps(one).encode()


def _flat(one: dict[str, Any]) -> dict[str, Any]:
    """One level: each side's fields with its place before them."""
    flat = {key: value for key, value in one.items() if key not in ("sides", "history")}
    flat["history"] = msgspec.json.encode(one["history"]).decode() if one["history"] else None
    for place, side in zip(_SIDES, one["sides"], strict=True):
        flat |= {f"{place}_{key}": value for key, value in side.items()}
    return flat


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULAS) else value
    return str(value)


def _line(cells: list[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    # A model's text may hold half of a character.
    return out.getvalue().encode("utf-8", "replace")
