"""What the window says of a prompt set: pure functions."""

from collections.abc import Sequence

from app.domain.comparison.histogram import histogram
from app.domain.comparison.record import PromptSet, PromptSetSummary
from app.domain.comparison.set_rows import FIGURES, Figure, SetRow, figures, medians_of, tally
from app.domain.plain_text import one_line
from app.domain.quantities import duration, number, seconds_text
from app.services.prompt_set_run import Progress, RunState
from app.ui.translation import tr
from app.ui.widgets.set_views import FigureView, KeptSetView, StripView
from app.ui.wording import SEPARATOR, speed

Names = tuple[str, str]


def names_of(prompt_set: PromptSet) -> Names:
    """What the sides are called; told apart where both are the same version."""
    first, second = (slot.shown_name for slot in prompt_set.slots)
    if first != second:
        return first, second
    return tr("{name} (1)").format(name=first), tr("{name} (2)").format(name=second)


def prompts(count: int) -> str:
    return tr("1 prompt") if count == 1 else tr("{count} prompts").format(count=number(count))


def kept_view(summary: PromptSetSummary) -> KeptSetView:
    """A line of the list."""
    models = tr("{first} and {second}").format(
        first=one_line(summary.slots[0]), second=one_line(summary.slots[1])
    )
    done = (
        tr("all {count} done").format(count=number(summary.prompts))
        if summary.done == summary.prompts
        else tr("{done} of {count} done").format(
            done=number(summary.done), count=number(summary.prompts)
        )
    )
    return KeptSetView(summary.id, summary.name, SEPARATOR.join((models, done)))


def strip(
    rows: Sequence[SetRow], names: Names, run: Progress | None, *, is_ours: bool
) -> StripView:
    """The line over the table. `run` is the last moment of this set's run, where there was one;
    `is_ours` says that it goes on."""
    counts = tally(rows)
    through = counts.done + counts.failed
    fraction = through / counts.prompts if counts.prompts else None
    if is_ours and run is not None and not run.to_run:
        return StripView(text=tr("Loading the models"), fraction=fraction, can_stop=True)
    if is_ours and run is not None:
        is_paused = run.state is RunState.PAUSED
        return StripView(
            text=_running(run, through, counts.prompts),
            fraction=fraction,
            can_pause=run.state is RunState.RUNNING,
            can_go_on=is_paused or run.state is RunState.PAUSING,
            can_stop=True,
        )
    facts = [prompts(counts.prompts)]
    if not through:
        facts.append(tr("{first} and {second}").format(first=names[0], second=names[1]))
    else:
        facts = [
            tr("{done} of {count} done").format(done=number(through), count=prompts(counts.prompts))
        ]
        if counts.done:
            facts.append(tr("{count} the same on both sides").format(count=number(counts.same)))
        if counts.failed:
            facts.append(tr("{count} failed").format(count=number(counts.failed)))
    run_text = ""
    if not through:
        run_text = tr("Run")
    elif counts.waiting:
        run_text = tr("Run the other {count}").format(count=number(counts.waiting))
    retry = tr("Run the failed ones again") if counts.failed else ""
    return StripView(
        text=SEPARATOR.join(facts),
        fraction=fraction if 0 < through < counts.prompts else None,
        can_run=run_text,
        can_retry=retry,
    )


def _running(run: Progress, through: int, count: int) -> str:
    facts = []
    match run.state:
        case RunState.PAUSED:
            facts.append(tr("Paused"))
        case RunState.PAUSING:
            facts.append(tr("Pausing after this row"))
        case _:
            pass
    if run.index is not None and run.state is not RunState.PAUSED:
        facts.append(
            tr("row {number} of {count}").format(number=number(run.index + 1), count=number(count))
        )
    facts.append(tr("{done} done").format(done=number(through)))
    facts.append(seconds_text(run.elapsed_s))
    if run.remaining_s is not None and run.remaining_s >= 1:
        facts.append(tr("about {time} left").format(time=seconds_text(run.remaining_s)))
    line = SEPARATOR.join(facts)
    return line[:1].upper() + line[1:]


def figure_views(rows: Sequence[SetRow], names: Names) -> tuple[FigureView, ...]:
    """The three distributions, with the same in words."""
    return tuple(_figure(rows, names, figure) for figure in FIGURES)


def _figure(rows: Sequence[SetRow], names: Names, figure: Figure) -> FigureView:
    found = figures(rows, figure)
    middle = medians_of(found)
    told = [
        _told(name, values, median, figure)
        for name, values, median in zip(names, found, middle, strict=True)
    ]
    return FigureView(
        title=figure_title(figure),
        words="\n".join(told),
        histogram=histogram(*found, are_whole=figure == "completion_tokens"),
        medians=middle,
    )


def figure_title(figure: Figure) -> str:
    """With the unit of the axis, which the drawing does not write."""
    match figure:
        case "time_to_first_token_s":
            return tr("Time to the first token, in seconds")
        case "decode_tokens_per_s":
            return tr("Speed, in tokens per second")
        case "completion_tokens":
            return tr("Length of the answers, in tokens")


def _told(name: str, values: Sequence[float], median: float | None, figure: Figure) -> str:
    if median is None:
        return tr("{name}: not known.").format(name=name)
    rows = tr("1 row") if len(values) == 1 else tr("{count} rows").format(count=number(len(values)))
    return tr("{name}: median {median}, from {low} to {high}, in {rows}.").format(
        name=name,
        median=_shown(figure, median),
        low=_shown(figure, min(values)),
        high=_shown(figure, max(values)),
        rows=rows,
    )


def _shown(figure: Figure, value: float) -> str:
    match figure:
        case "time_to_first_token_s":
            return duration(value)
        case "decode_tokens_per_s":
            return speed(value)
        case "completion_tokens":
            return f"{value:g}"


def row_title(row: SetRow, count: int) -> str:
    """Over the cards of a row."""
    told = tr("Row {number} of {count}").format(number=number(row.index + 1), count=number(count))
    own = row.prompt.id
    return told if own == str(row.index + 1) else SEPARATOR.join((told, own))
