"""A prompt set as what one MLflow run holds of it.

Metrics: ``first/X`` has a step per row of the set, with the median of the row's runs; a row without
a number has no step. ``first/median/X`` is the median over the rows.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, Literal

from app.domain.comparison.record import PromptSet, Turn
from app.domain.comparison.report.charts import distribution, standalone
from app.domain.comparison.report.html import set_sheet_html
from app.domain.comparison.report.markdown import literal, number_table, set_sheet_markdown
from app.domain.comparison.report.run_data import (
    TABLE,
    answer_row,
    as_json,
    clean,
    environment,
    medians,
    model_ids,
    plain,
    plan_params,
    shortened,
    side_params,
    side_tags,
    table,
    trace_ids,
)
from app.domain.comparison.report.set_content import SetSheet, set_sheet
from app.domain.comparison.set_rows import Tally, rows_of, tally
from wrappers.contract import LogRun


def why_no_set(prompt_set: PromptSet) -> Literal["nothing"] | None:
    """Why a set cannot be logged now: one that was run in part can."""
    return None if prompt_set.results else "nothing"


def set_run(
    prompt_set: PromptSet, logged_from: Mapping[str, Any], zone: tzinfo | None = UTC
) -> LogRun:
    """What to log of a set. `logged_from` tells of this machine."""
    turns = [prompt_set.results.get(index) for index in range(len(prompt_set.prompts))]
    counts = tally(rows_of(prompt_set))
    told = set_sheet(prompt_set, zone)
    done = [turn for turn in turns if turn is not None]
    return LogRun(
        id=0,
        name=clean(prompt_set.name or "prompt set"),
        params={
            "kind": prompt_set.kind,
            "prompts": str(len(prompt_set.prompts)),
            "name": clean(prompt_set.name),
            "source": clean(prompt_set.source),
            **plan_params(prompt_set.plan),
            **side_params(prompt_set.slots, prompt_set.facts),
        },
        metrics=medians(turns) | _counts(counts),
        tags={
            "parley.kind": "prompt_set",
            "parley.prompt_set": prompt_set.id,
            **side_tags(prompt_set.slots),
            "mlflow.note.content": _note(told),
        },
        tables={TABLE: table(_rows(prompt_set, turns))},
        files=_files(prompt_set, told, logged_from),
        models=model_ids(prompt_set.slots),
        traces=trace_ids(done),
    )


def _counts(counts: Tally) -> dict[str, tuple[float | None, ...]]:
    return {
        f"rows/{name}": (float(value),)
        for name, value in (
            ("done", counts.done),
            ("failed", counts.failed),
            ("waiting", counts.waiting),
            ("same", counts.same),
        )
    }


def _rows(prompt_set: PromptSet, turns: list[Turn | None]) -> list[dict[str, Any]]:
    return [
        {
            "row": index + 1,
            "id": plain(prompt.id),
            "expected": plain(prompt.expected),
            **answer_row(turn, at, prompt_set.slots[at]),
        }
        for index, (prompt, turn) in enumerate(zip(prompt_set.prompts, turns, strict=True))
        if turn is not None
        for at in (0, 1)
    ]


def _files(prompt_set: PromptSet, told: SetSheet, logged_from: Mapping[str, Any]) -> dict[str, str]:
    files = {
        "report.html": set_sheet_html(told),
        "report.md": set_sheet_markdown(told),
        "prompt_set.json": as_json(prompt_set),
        "environment.json": environment(prompt_set.slots, prompt_set.facts, logged_from),
    }
    for chart in told.charts:
        files[f"charts/{chart.key}.svg"] = standalone(distribution(chart))
    return files


def _note(told: SetSheet) -> str:
    parts = [literal(line) for line in told.lines if line]
    return shortened([*parts, number_table(told.medians, told.names)])
