"""Results as tables for other programs."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.comparison.record import Plan, PromptSet, SetPrompt, Turn
from app.domain.comparison.set_export import TableFormat, encode
from app.domain.comparison.set_rows import failed_rows, medians, row_of, rows_of, tally
from tests.support.comparisons import SLOTS, turn
from wrappers.contract import Failed


def with_text(text: str, *, failure: Failed | None = None) -> Turn:
    done = turn()
    first, second = done.sides
    answer = replace(first.answer, text=text, failure=failure)
    if failure is not None:
        answer = replace(answer, state=AnswerState.FAILED)
    return replace(done, sides=(replace(first, answer=answer), second))


def of(*results: Turn, waiting: int = 0) -> PromptSet:
    count = len(results) + waiting
    prompts = tuple(SetPrompt(f"q{at}", f"=ask {at}", (), "42") for at in range(count))
    return PromptSet(
        "set", "x.csv", SLOTS, "messages", Plan(), prompts, results=dict(enumerate(results))
    )


def cells(prompt_set: PromptSet) -> list[dict[str, str]]:
    data = b"".join(encode(prompt_set, TableFormat.CSV))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def objects(prompt_set: PromptSet) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for line in b"".join(encode(prompt_set, TableFormat.JSONL)).split(b"\n")
        if line
    ]


def test_that_every_row_is_there_whether_it_was_run_or_not() -> None:
    rows = cells(of(with_text("Madrid"), waiting=1))
    assert [(row["number"], row["id"], row["state"]) for row in rows] == [
        ("1", "q0", "done"),
        ("2", "q1", "waiting"),
    ]
    assert rows[0]["first_model"] == SLOTS[0].name
    assert rows[0]["first_text"] == "Madrid"
    assert rows[0]["same"] == "no"
    assert rows[0]["expected"] == "42"
    assert float(rows[0]["second_decode_tokens_per_s"]) > 0
    assert rows[1]["first_text"] == rows[1]["first_completion_tokens"] == ""


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_that_no_text_is_a_formula_for_a_spreadsheet(sign: str) -> None:
    (row,) = cells(of(with_text(f"{sign}cmd|' /C calc'!A0")))
    assert row["first_text"] == f"'{sign}cmd|' /C calc'!A0"
    assert row["prompt"] == "'=ask 0"
    (line,) = objects(of(with_text(f"{sign}cmd")))
    assert line["sides"][0]["text"] == f"{sign}cmd"  # type: ignore[index]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_that_whatever_a_model_says_comes_back(text: str) -> None:
    (row,) = cells(of(with_text(text)))
    assert row["first_text"].removeprefix("'") == text.removeprefix("'")
    (line,) = objects(of(with_text(text)))
    assert line["sides"][0]["text"] == text  # type: ignore[index]


def test_that_half_of_a_character_does_no_harm() -> None:
    broken = of(with_text("\ud83d"))
    assert cells(broken)[0]["first_text"] == "?"
    assert len(objects(broken)) == 1


def test_that_a_failure_is_told_and_counted_apart() -> None:
    failed = with_text("Ma", failure=Failed(kind="died", message="It ended."))
    prompt_set = of(with_text("Madrid"), failed, waiting=2)
    assert cells(prompt_set)[1]["first_failure"] == "It ended."
    rows = rows_of(prompt_set)
    counts = tally(rows)
    assert (counts.prompts, counts.done, counts.failed, counts.waiting) == (4, 1, 1, 2)
    assert failed_rows(prompt_set) == (1,)
    first, second = medians(rows, "time_to_first_token_s")
    assert first is not None
    assert second is not None
    assert first == rows[0].sides[0].time_to_first_token_s


def test_that_a_row_on_its_way_is_neither_done_nor_waiting() -> None:
    row = row_of(0, SetPrompt("1", "x"), with_text("Ma"), is_running=True)
    assert (row.state, row.is_same) == ("running", None)
