"""What a prompt set's rows say: for a table, for medians, for a file."""

import statistics
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from app.domain.answer import AnswerState
from app.domain.comparison.record import PromptSet, SetPrompt, Side, Turn
from wrappers.contract import Timings

RowState = Literal["waiting", "running", "done", "failed"]
"""``failed``: one of the sides at least has no whole answer."""

Figure = Literal["time_to_first_token_s", "decode_tokens_per_s", "completion_tokens"]
"""What distributions are drawn of."""

FIGURES: Final[tuple[Figure, ...]] = (
    "time_to_first_token_s",
    "decode_tokens_per_s",
    "completion_tokens",
)


class SideRow(Struct, frozen=True):
    """One side of a row. What is not known is ``None``."""

    text: str = ""
    completion_tokens: int | None = None
    time_to_first_token_s: float | None = None
    decode_tokens_per_s: float | None = None
    failure: str = ""
    """One sentence."""


class SetRow(Struct, frozen=True):
    """One row as a table shows it."""

    index: int
    prompt: SetPrompt
    state: RowState
    sides: tuple[SideRow, SideRow]
    is_same: bool | None
    """Whether both answers are the same, token by token; by their texts where a side tells no
    tokens, or counts in others."""


def row_of(index: int, prompt: SetPrompt, turn: Turn | None, *, is_running: bool = False) -> SetRow:
    """The row of `prompt`, which `turn` is all there is of."""
    if turn is None:
        state: RowState = "running" if is_running else "waiting"
        return SetRow(index, prompt, state, (SideRow(), SideRow()), None)
    first, second = turn.sides
    state = "running" if is_running else "failed" if has_failed(turn) else "done"
    same = None if state != "done" else is_same(turn)
    return SetRow(index, prompt, state, (_side(first), _side(second)), same)


def rows_of(prompt_set: PromptSet) -> list[SetRow]:
    """All rows, in the file's order."""
    return [
        row_of(index, prompt, prompt_set.results.get(index))
        for index, prompt in enumerate(prompt_set.prompts)
    ]


def has_failed(turn: Turn) -> bool:
    """Whether a side has no whole answer."""
    return any(side.answer.state is not AnswerState.DONE for side in turn.sides)


def failed_rows(prompt_set: PromptSet) -> tuple[int, ...]:
    """Those that can be run again, in order."""
    return tuple(index for index, turn in sorted(prompt_set.results.items()) if has_failed(turn))


def is_same(turn: Turn) -> bool:
    """Whether both have written the same: see `SetRow.is_same`."""
    first, second = (side.answer for side in turn.sides)
    if None not in (first.token_ids, second.token_ids) and turn.same_vocabulary is not False:
        return first.token_ids == second.token_ids
    return first.text == second.text


def timings_of(side: Side) -> Timings:
    """Of the run that is measured; of the only one there is where none is."""
    counted = [run for run in side.runs if run.failure is None]
    return counted[-1].timings if counted else side.answer.timings


def figures(rows: Iterable[SetRow], figure: Figure) -> tuple[list[float], list[float]]:
    """The known values of both sides, in the rows' order, of rows that are done."""
    found: tuple[list[float], list[float]] = ([], [])
    for row in rows:
        if row.state != "done":
            continue
        for values, side in zip(found, row.sides, strict=True):
            value = getattr(side, figure)
            if value is not None:
                values.append(float(value))
    return found


def medians(rows: Iterable[SetRow], figure: Figure) -> tuple[float | None, float | None]:
    """Of both sides; ``None`` for one that tells no such number."""
    return medians_of(figures(rows, figure))


def medians_of(found: tuple[list[float], list[float]]) -> tuple[float | None, float | None]:
    """Of what `figures` has found."""
    first, second = found
    return (
        statistics.median(first) if first else None,
        statistics.median(second) if second else None,
    )


class Tally(Struct, frozen=True):
    """How many rows have come to what."""

    prompts: int
    done: int
    failed: int
    same: int

    @property
    def waiting(self) -> int:
        return self.prompts - self.done - self.failed


def tally(rows: Iterable[SetRow]) -> Tally:
    """Of all of them."""
    states = [(row.state, row.is_same) for row in rows]
    return Tally(
        prompts=len(states),
        done=sum(state == "done" for state, _ in states),
        failed=sum(state == "failed" for state, _ in states),
        same=sum(same is True for _, same in states),
    )


def _side(side: Side) -> SideRow:
    answer, timings = side.answer, timings_of(side)
    failure = ""
    if answer.state is AnswerState.FAILED:
        failure = "It failed." if answer.failure is None else answer.failure.message
    elif answer.state is AnswerState.STOPPED:
        failure = "It was stopped."
    return SideRow(
        text=answer.text,
        completion_tokens=answer.usage.completion_tokens,
        time_to_first_token_s=timings.time_to_first_token_s,
        decode_tokens_per_s=timings.decode_tokens_per_s,
        failure=failure,
    )
