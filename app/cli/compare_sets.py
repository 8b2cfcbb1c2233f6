"""``parley compare A B --prompts FILE``."""

import shutil
import sys
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from app.cli.compare_handing import hand_on
from app.cli.context import AlreadyTold, Context
from app.cli.wording import table
from app.domain.comparison.prompt_rows import PromptsRead
from app.domain.comparison.record import SET_PLAN, PromptSet, SetPrompt, Slot
from app.domain.comparison.set_export import row_object
from app.domain.comparison.set_rows import (
    FIGURES,
    Figure,
    SetRow,
    failed_rows,
    medians,
    row_of,
    rows_of,
    tally,
)
from app.domain.quantities import duration, seconds_text
from app.services.errors import ServiceError
from app.services.prompt_set_run import Progress, RunState
from wrappers.contract import Failed

DATASET: Final = "dataset:"
"""Before the name of a dataset, in the place of a file."""

_TOLD_EVERY_S: Final = 5.0
"""Where nobody looks at a terminal."""
_LONGEST_NAME: Final = 24
_LEAST_ANSWER: Final = 12
_TOLD: Final[tuple[Figure, ...]] = (
    "completion_tokens",
    "time_to_first_token_s",
    "decode_tokens_per_s",
)
_GO_ON: Final = "The same command goes on where it was."


async def compare_set(context: Context, slots: tuple[Slot, Slot]) -> None:
    """Run a file or a dataset of prompts through both, or go on with it."""
    options, output, sets = context.asked.options, context.output, context.services.sets
    name, source, read = await _read(context)
    for note in read.notes:
        output.note(note)
    plan = replace(
        SET_PLAN,
        repeats=options.repeats,
        warm_up=not options.no_warm_up,
        parallel=options.parallel,
    )
    found = None if options.again else await sets.find(read, slots, plan)
    prompt_set = _to_go_on(context, found, name)
    if prompt_set is None:
        prompt_set = sets.make(read, slots, name=name, source=source, plan=plan)
    again = failed_rows(prompt_set) if options.retry_failed else ()
    told = _Told(context, prompt_set, read.notes, again)
    last: Progress | None = None
    with context.interrupts.during(sets.stop):
        async with aclosing(sets.run(prompt_set, again=again)) as moments:
            async for last in moments:
                told.follow(last)
    assert last is not None  # noqa: S101 - a run has an end
    if not output.as_json:
        told.end(last)
    is_handed_on = await hand_on(context, last.prompt_set)
    if output.as_json:
        told.end(last)  # the last line, whatever else is asked for
    _leave(context, last)
    if not is_handed_on:
        raise AlreadyTold


async def _read(context: Context) -> tuple[str, str, PromptsRead]:
    """What the set is called, where it is from, and its prompts. Raises `ServiceError`."""
    options, sets = context.asked.options, context.services.sets
    if options.prompts.startswith(DATASET):
        name = options.prompts.removeprefix(DATASET)
        source, read = options.prompts, await sets.read_dataset(name, options.kind)
    else:
        path = _path(options.prompts)
        name, source, read = path.name, str(path), await sets.read_file(path, options.kind)
    if options.system is not None:
        if read.kind == "prompt":
            raise ServiceError.of(
                "usage",
                "A prompt that is written out has its system prompt in it.",
                "Leave --system out, or add --kind messages.",
            )
        read = replace(read, prompts=_with_system(read, options.system))
    return name, source, read


def _path(named: str) -> Path:
    return Path(named).expanduser().absolute()


def _with_system(read: PromptsRead, system: str) -> tuple[SetPrompt, ...]:
    """Before what each row has, but for one that has its own."""
    return tuple(
        one
        if one.messages and one.messages[0][0] == "system"
        else replace(one, messages=(("system", system), *one.messages))
        for one in read.prompts
    )


def _to_go_on(context: Context, found: PromptSet | None, name: str) -> PromptSet | None:
    """The one that was begun; ``None`` to begin anew."""
    options = context.asked.options
    wants_it = options.resume or options.retry_failed
    if found is not None and (wants_it or not found.is_done):
        if found.results:
            done, prompts = len(found.results), len(found.prompts)
            context.output.note(f"Going on with {name}: {done} of {prompts} prompts are done.")
        return found
    if options.resume or (options.retry_failed and found is None):
        raise ServiceError.of(
            "usage",
            f"No run of {name} with these two models and these parameters was begun.",
            "Leave the option out to begin one.",
        )
    return None


def _leave(context: Context, last: Progress) -> None:
    """Raises what says how it has ended; a stop by the user is not raised."""
    output = context.output
    if last.state is RunState.BROKEN and last.failure is not None:
        failure = last.failure
        output.error(
            Failed(
                kind=failure.kind,
                message=failure.message,
                advice=f"{failure.advice} {_GO_ON}".lstrip(),
                detail=failure.detail,
            )
        )
        raise AlreadyTold
    failed = len(failed_rows(last.prompt_set))
    if failed:
        count = "1 prompt has" if failed == 1 else f"{failed} prompts have"
        output.note(f"{count} no answer of both. --retry-failed runs such prompts again.")
    if last.state is RunState.STOPPED:
        done, prompts = len(last.prompt_set.results), len(last.prompt_set.prompts)
        output.note(f"Stopped after {done} of {prompts} prompts. {_GO_ON}")
    elif failed:
        raise AlreadyTold


class _Told:
    """Says how far it is, and what has come of it."""

    def __init__(
        self,
        context: Context,
        prompt_set: PromptSet,
        notes: tuple[str, ...],
        again: tuple[int, ...],
    ) -> None:
        self._output = context.output
        self._is_terminal = sys.stderr.isatty()
        self._told_at = time.monotonic()
        self._phase = ""
        self._known = {index: prompt_set.results[index] for index in prompt_set.results}
        if not self._output.as_json:
            return
        self._output.object(
            {
                "event": "set",
                "id": prompt_set.id,
                "name": prompt_set.name,
                "kind": prompt_set.kind,
                "models": [slot.called for slot in prompt_set.slots],
                "prompts": len(prompt_set.prompts),
                "notes": notes,
            }
        )
        for index in sorted(prompt_set.results):
            if index not in again:
                self._row(prompt_set, index, was_kept=True)

    def follow(self, moment: Progress) -> None:
        results = moment.prompt_set.results
        if len(results) != len(self._known) or moment.index is None:
            for index, turn in results.items():
                if self._known.get(index) is not turn:
                    self._known[index] = turn
                    if self._output.as_json:
                        self._row(moment.prompt_set, index, was_kept=False)
        self._tell(moment)

    def _row(self, prompt_set: PromptSet, index: int, *, was_kept: bool) -> None:
        row = row_of(index, prompt_set.prompts[index], prompt_set.results[index])
        self._output.object({"event": "row", "was_kept": was_kept, **row_object(prompt_set, row)})

    def _tell(self, moment: Progress) -> None:
        now = time.monotonic()
        is_due = now - self._told_at >= (0.1 if self._is_terminal else _TOLD_EVERY_S)
        if moment.state.is_final or not is_due:
            return
        self._told_at = now
        text = progress_text(moment)
        if self._is_terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
        else:
            self._output.note(text)

    def end(self, last: Progress) -> None:
        """The summary."""
        if self._is_terminal:
            sys.stderr.write("\r\x1b[K")
        rows = rows_of(last.prompt_set)
        if self._output.as_json:
            self._output.object(summary_object(last, rows))
            return
        if last.prompt_set.results:
            width = shutil.get_terminal_size().columns
            for line in told_rows(last.prompt_set, rows, width):
                self._output.line(line)
            self._output.line()
            for line in table(medians_of(last.prompt_set, rows)):
                self._output.line(line)
            self._output.line(same_text(rows))


def progress_text(moment: Progress) -> str:
    """``13 of 50 · 42 s · about 2 min 05 s left``"""
    at = min(moment.ran + 1, moment.to_run)
    facts = [f"{at} of {moment.to_run}", seconds_text(moment.elapsed_s)]
    if moment.remaining_s is not None and moment.remaining_s >= 1:
        facts.append(f"about {seconds_text(moment.remaining_s)} left")
    return " · ".join(facts)


def summary_object(last: Progress, rows: list[SetRow]) -> dict[str, Any]:
    """The last line of ``--json``."""
    prompt_set, counts = last.prompt_set, tally(rows)
    found = {figure: medians(rows, figure) for figure in FIGURES}
    return {
        "event": "summary",
        "id": prompt_set.id,
        "name": prompt_set.name,
        "state": last.state,
        "prompts": counts.prompts,
        "done": counts.done,
        "failed": counts.failed,
        "same": counts.same,
        "ran": last.ran,
        "elapsed_s": last.elapsed_s,
        "sides": [
            {"model": slot.called, "median": {figure: found[figure][at] for figure in FIGURES}}
            for at, slot in enumerate(prompt_set.slots)
        ],
    }


def told_rows(prompt_set: PromptSet, rows: list[SetRow], width: int) -> list[str]:
    """Three lines a row that was run: its prompt, and what each side made of it; texts by their
    beginnings, as much as fits into `width`."""
    run = [row for row in rows if row.state != "waiting"]
    names = [beginning(slot.called, _LONGEST_NAME) for slot in prompt_set.slots]
    cells: list[tuple[str, ...]] = [("", "answer", "tokens", "first token", "tokens/s")]
    cells += [
        (
            name,
            side.failure or side.text,
            *(shown(figure, getattr(side, figure)) for figure in _TOLD),
        )
        for row in run
        for name, side in zip(names, row.sides, strict=True)
    ]
    indent = " " * (len(str(run[-1].index + 1)) + 2 if run else 2)
    others = sum(
        max(map(len, column)) for at, column in enumerate(zip(*cells, strict=True)) if at != 1
    )
    room = max(_LEAST_ANSWER, width - len(indent) - others - 2 * (len(cells[0]) - 1))
    head, *lines = table(
        [(name, beginning(text, room), *figures) for name, text, *figures in cells]
    )
    told = [indent + head]
    for at, row in enumerate(run):
        state = {True: "same", False: "differ", None: row.state}[row.is_same]
        title = str(row.index + 1).rjust(len(indent) - 2)
        prompt = beginning(row.prompt.text, width - len(indent) - len(state) - 3)
        told.append(f"{title}  {prompt} · {state}")
        told += [indent + line for line in lines[2 * at : 2 * at + 2]]
    return told


def medians_of(prompt_set: PromptSet, rows: list[SetRow]) -> list[tuple[str, ...]]:
    """Of both sides, beside each other."""
    labels: dict[Figure, str] = {
        "time_to_first_token_s": "first token, median",
        "decode_tokens_per_s": "tokens/s, median",
        "completion_tokens": "tokens, median",
    }
    lines: list[tuple[str, ...]] = [("", *(slot.called for slot in prompt_set.slots))]
    for figure in FIGURES:
        first, second = medians(rows, figure)
        lines.append((labels[figure], shown(figure, first), shown(figure, second)))
    return lines


def same_text(rows: list[SetRow]) -> str:
    """How many answers are the same."""
    counts = tally(rows)
    return f"{counts.same} of {counts.done} answers are the same on both sides."


def shown(figure: Figure, value: float | None) -> str:
    """A number in its unit; a dash where it is not known."""
    if value is None:
        return "–"
    match figure:
        case "time_to_first_token_s":
            return duration(value)
        case "decode_tokens_per_s":
            return f"{value:.1f}"
        case "completion_tokens":
            return f"{value:g}"


def beginning(text: str, length: int) -> str:
    """On one line, cut with an ellipsis."""
    whole = " ".join(text[: 4 * length].split())
    return whole if len(whole) <= length else whole[: length - 1].rstrip() + "…"
