"""A comparison as one HTML file that needs nothing else."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from typing import Final

from app.domain.characters import escaped, one_line, visible
from app.domain.comparison.record import Comparison, PromptSet
from app.domain.comparison.report import page
from app.domain.comparison.report.charts import distribution, repeats
from app.domain.comparison.report.content import (
    ChancesSheet,
    Marked,
    Sheet,
    SideSheet,
    TurnSheet,
    sheet,
)
from app.domain.comparison.report.numbers import REPEAT_HEAD
from app.domain.comparison.report.set_content import (
    ROW_HEAD,
    RowSheet,
    SetSheet,
    set_sheet,
)
from wrappers.contract import TokenChance

FOOTER: Final = "Made with Parley. This page is complete in itself: it fetches nothing."
_BAR_PX: Final = 96


def html_report(comparison: Comparison, zone: tzinfo | None = UTC) -> str:
    """All that may be told of it now; moments are those of `zone`, or of this machine's."""
    return sheet_html(sheet(comparison, zone))


def sheet_html(told: Sheet) -> str:
    """The same of a sheet that is there already."""
    return page.page(told.title, _body(told), FOOTER)


def header(
    title: str,
    lines: Iterable[str],
    names: tuple[str, str],
    models: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]],
) -> Iterator[str]:
    """What comes before what was asked."""
    yield page.heading(1, title)
    for line in lines:
        if line:
            yield page.paragraph(line, "muted")
    sides = "".join(
        f'<section class="side"><h3>{escaped(name)}</h3>{page.facts(rows)}</section>'
        for name, rows in zip(names, models, strict=True)
    )
    yield f'<div class="pair">{sides}</div>'


def turn_body(turn: TurnSheet, names: tuple[str, str]) -> Iterator[str]:
    """A turn without its heading."""
    if any(piece.text for piece in turn.asked):
        yield page.text_block(_pieces(turn.asked), "text asked")
    if turn.note:
        yield page.paragraph(turn.note, "muted")
    kind = "pair unnamed-pair" if turn.is_kept_back else "pair"
    sides = "".join(_side(side, unnamed=turn.is_kept_back) for side in turn.sides)
    yield f'<div class="{kind}">{sides}</div>'
    if turn.vote:
        yield page.paragraph(turn.vote)
    if turn.is_kept_back:
        return
    yield page.sentences(turn.sentences)
    yield page.table(
        "Numbers: the median of the repeats, and from the least to the most",
        ("Number", *names),
        (
            (escaped(row.title), *map(_number, row.values, row.spreads, row.ahead))
            for row in turn.numbers
        ),
    )
    drawings = [repeats(chart) for chart in turn.charts if not chart.is_empty]
    if drawings:
        yield f'<div class="charts">{"".join(drawings)}</div>'
    yield page.table(
        "Every run",
        REPEAT_HEAD,
        ((escaped(row.title), *map(escaped, row.cells)) for row in turn.repeats),
    )
    if turn.parting:
        yield from _parting(turn.parting)
    yield from _contracts(turn.sides)


def set_html(prompt_set: PromptSet, zone: tzinfo | None = UTC) -> str:
    """A prompt set: its distributions, and each row with both answers, to be unfolded."""
    return set_sheet_html(set_sheet(prompt_set, zone))


def set_sheet_html(told: SetSheet) -> str:
    """The same of a sheet that is there already."""
    return page.page(told.title, _set_body(told), FOOTER)


# --------------------------------------------------------------------------------------------


def _set_body(told: SetSheet) -> Iterator[str]:
    yield from header(told.title, told.lines, told.names, told.models)
    yield _number_table("Medians over all rows, and from the least to the most", told)
    drawings = [distribution(chart) for chart in told.charts]
    if drawings:
        yield f'<div class="charts">{"".join(drawings)}</div>'
    yield page.heading(2, "Prompts")
    yield page.paragraph(
        f"Pairs of numbers are of {told.names[0]} and of {told.names[1]}.", "muted"
    )
    for row in told.rows:
        yield "".join(_set_row(row, told.names))


def _set_row(row: RowSheet, names: tuple[str, str]) -> Iterator[str]:
    prompt = row.row.prompt
    named = zip(ROW_HEAD[2:], row.facts, strict=True)
    facts = [f"{name.lower()} {value}" for name, value in named if value]
    beginning = escaped(one_line(prompt.text, 120))
    line = f"<b>{escaped(row.title)}</b> {beginning}<small>{escaped(' · '.join(facts))}</small>"
    if row.turn is None:
        yield f'<div class="row">{line}</div>'
        return
    yield f'<details class="row"><summary>{line}</summary>'
    for role, content in prompt.messages:
        yield page.heading(4, role.capitalize())
        yield page.text_block(escaped(content), "text asked")
    yield from turn_body(row.turn, names)
    if prompt.expected:
        yield page.heading(4, "What the file says a good answer is")
        yield page.text_block(escaped(prompt.expected), "text asked")
    yield "</details>"


def _number_table(caption: str, told: SetSheet) -> str:
    rows = (
        (escaped(row.title), *map(_number, row.values, row.spreads, row.ahead))
        for row in told.medians
    )
    return page.table(caption, ("Number", *told.names), rows)


def _number(value: str, spread: str, ahead: str) -> str:
    told = f"{escaped(value)} <b>{escaped(ahead)}</b>" if ahead else escaped(value)
    return f"{told}<small>{escaped(spread)}</small>" if spread else told


def _body(told: Sheet) -> Iterator[str]:
    yield from header(told.title, (told.when, told.plan), told.names, told.models)
    if told.system:
        yield page.heading(4, "System prompt of both")
        yield page.text_block(escaped(told.system), "text asked")
    if not told.turns:
        yield page.paragraph("Nothing has been asked yet.", "muted")
    for turn in told.turns:
        yield f"<section>{page.heading(2, turn.title)}"
        yield from turn_body(turn, told.names)
        yield "</section>"


def _side(side: SideSheet, *, unnamed: bool) -> str:
    mode = side.mode and f' <span class="mode {escaped(side.mode)}">{escaped(side.mode)}</span>'
    parts = [f"<h3>{escaped(side.name)}{mode}</h3>"]
    if side.prompt:
        parts += [
            page.heading(4, "What the model read"),
            page.text_block(_pieces(side.prompt), "code"),
        ]
    parts.append(page.heading(4, "Answer"))
    if any(piece.text for piece in side.answer):
        parts.append(page.text_block(_pieces(side.answer), "text"))
    parts += [page.paragraph(note, "muted") for note in side.notes]
    if side.token_ids:
        ids = page.text_block(escaped(side.token_ids), "code")
        parts.append(f"<details><summary>Token ids</summary>{ids}</details>")
    kind = "side unnamed" if unnamed else "side"
    return f'<section class="{kind}">{"".join(parts)}</section>'


def _pieces(pieces: Iterable[Marked]) -> str:
    return "".join(map(_piece, pieces))


def _piece(piece: Marked) -> str:
    told = escaped(piece.text)
    if piece.is_special:
        told = f'<span class="special">{told}</span>'
    return f"<mark>{told}</mark>" if piece.is_only else told


def _parting(parting: Iterable[ChancesSheet]) -> Iterator[str]:
    yield page.heading(4, "Where they part: what could have come there")
    tables = "".join(
        page.table(
            told.name,
            ("Token", "Id", "Probability", "As sampled"),
            (_chance(one) for one in told.chances),
            kind="chances",
        )
        for told in parting
    )
    yield f'<div class="pair">{tables}</div>'


def _chance(one: TokenChance) -> tuple[str, ...]:
    likely = one.probability if math.isfinite(one.probability) else 0.0
    width = round(_BAR_PX * min(1.0, max(0.0, likely)))
    bar = f'<i class="bar-cell" style="width:{width}px"></i>' if width else ""
    sampled = "not known" if one.sampled is None else f"{one.sampled:.1%}"
    token = visible(one.token.text).replace("\n", "⏎").replace("\t", "⇥").replace(" ", "·")
    kind = ' class="special"' if one.token.is_special else ""
    return (
        f"<bdi{kind}>{escaped(token)}</bdi>",
        str(one.token.id),
        f"{one.probability:.1%}{bar}",
        sampled,
    )


def _contracts(sides: tuple[SideSheet, SideSheet]) -> Iterator[str]:
    if not any(side.payload or side.returned for side in sides):
        return
    yield page.heading(4, "What MLflow's predict took and gave")
    cells = []
    for side in sides:
        parts = [f"<h3>{escaped(side.name)}</h3>"]
        for name, value in (("Payload", side.payload), ("Return", side.returned)):
            if value:
                parts += [page.heading(4, name), page.text_block(escaped(value), "code")]
        if len(parts) == 1:
            parts.append(page.paragraph("It was not asked.", "muted"))
        cells.append(f'<section class="side">{"".join(parts)}</section>')
    yield f'<div class="pair">{"".join(cells)}</div>'
