"""A comparison as Markdown: words and tables, and every text of a model in a fence of its own."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, tzinfo
from typing import Final

from app.domain.characters import one_line, visible
from app.domain.comparison.record import Comparison, PromptSet
from app.domain.comparison.report.content import (
    ChancesSheet,
    Marked,
    Sheet,
    SideSheet,
    TurnSheet,
    sheet,
)
from app.domain.comparison.report.numbers import REPEAT_HEAD, NumberRow
from app.domain.comparison.report.set_content import ROW_HEAD, SetSheet, set_sheet
from wrappers.contract import TokenChance

_MEANS_SOMETHING: Final = re.compile(r"([\\`*_\[\]<>#~|&!$])")
_BEGINS_SOMETHING: Final = re.compile(r"^([-+=]|\d+(?=[.)](?:\s|$)))")
_FENCES: Final = re.compile(r"`{3,}")


def markdown_report(comparison: Comparison, zone: tzinfo | None = UTC) -> str:
    """All that may be told of it now; moments are those of `zone`, or of this machine's."""
    return sheet_markdown(sheet(comparison, zone))


def sheet_markdown(told: Sheet) -> str:
    """The same of a sheet that is there already."""
    parts = list(header(told.title, (told.when, told.plan), told.names, told.models))
    if told.system:
        parts += ["System prompt of both:", fenced(told.system)]
    if not told.turns:
        parts.append("Nothing has been asked yet.")
    for turn in told.turns:
        parts.append(f"## {literal(turn.title)}")
        parts += turn_parts(turn, told.names)
    return joined(parts)


def set_markdown(prompt_set: PromptSet, zone: tzinfo | None = UTC) -> str:
    """A prompt set: a table of all rows, then each with both answers."""
    return set_sheet_markdown(set_sheet(prompt_set, zone))


def set_sheet_markdown(told: SetSheet) -> str:
    """The same of a sheet that is there already."""
    parts = list(header(told.title, told.lines, told.names, told.models))
    parts += [
        number_table(told.medians, told.names),
        "## Prompts",
        literal(f"Pairs of numbers are of {told.names[0]} and of {told.names[1]}."),
        table(
            ROW_HEAD,
            [(row.title, one_line(row.row.prompt.text, 80), *row.facts) for row in told.rows],
        ),
    ]
    for row in told.rows:
        if row.turn is None:
            continue
        prompt = row.row.prompt
        parts.append(f"## {literal(f'Row {row.title}')}")
        for role, content in prompt.messages:
            parts += [literal(f"{role.capitalize()}:"), fenced(content)]
        parts += turn_parts(row.turn, told.names)
        if prompt.expected:
            parts += ["What the file says a good answer is:", fenced(prompt.expected)]
    return joined(parts)


def joined(parts: Iterable[str]) -> str:
    """The paragraphs of a file."""
    return "\n\n".join(part for part in parts if part) + "\n"


def header(
    title: str,
    lines: Iterable[str],
    names: tuple[str, str],
    models: tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]],
) -> Iterator[str]:
    """What comes before what was asked."""
    yield f"# {literal(title)}"
    for line in lines:
        yield literal(line)
    first, second = (dict(rows) for rows in models)
    rows = [(key, first.get(key, ""), second.get(key, "")) for key in {**first, **second}]
    yield table(("", *names), rows)


def turn_parts(turn: TurnSheet, names: tuple[str, str], level: int = 3) -> Iterator[str]:
    """A turn without its heading."""
    marks = "#" * level
    yield fenced(_whole(turn.asked))
    yield literal(turn.note)
    for side in turn.sides:
        yield from _side(side, marks)
    if turn.vote:
        yield literal(turn.vote)
    if turn.is_kept_back:
        return
    if turn.sentences:
        yield "\n".join(f"- {literal(line)}" for line in turn.sentences)
    if turn.numbers:
        yield f"{marks} Numbers"
        yield number_table(turn.numbers, names)
    if turn.repeats:
        yield table(REPEAT_HEAD, [(row.title, *row.cells) for row in turn.repeats])
    if turn.parting:
        yield from _parting(turn.parting, marks)
    yield from _contracts(turn.sides, marks)


def number_table(rows: Iterable[NumberRow], names: tuple[str, str]) -> str:
    """Empty without rows."""
    return table(
        ("Median, least to most", *names),
        [(row.title, *map(_number, row.values, row.spreads, row.ahead)) for row in rows],
    )


def fenced(text: str, kind: str = "text") -> str:
    """`text` as it is, in a fence that nothing in it can close; empty for none."""
    if not text:
        return ""
    shown = visible(text)
    longest = max((len(found) for found in _FENCES.findall(shown)), default=2)
    fence = "`" * (longest + 1)
    end = "" if shown.endswith("\n") else "\n"
    return f"{fence}{kind}\n{shown}{end}{fence}"


def literal(text: str) -> str:
    """One line in which no character means anything."""
    line = _inline(text)
    found = _BEGINS_SOMETHING.match(line)
    if found is None:
        return line
    if found[0].isdigit():
        return f"{found[0]}\\{line[found.end() :]}"
    return f"\\{line}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Empty without rows."""
    if not rows:
        return ""
    lines = [head, *rows]
    written = [f"| {' | '.join(_inline(cell) for cell in line)} |" for line in lines]
    return "\n".join((written[0], f"|{' --- |' * len(head)}", *written[1:]))


# --------------------------------------------------------------------------------------------


def _number(value: str, spread: str, ahead: str) -> str:
    told = f"{value}, {ahead}" if ahead else value
    return f"{told} ({spread})" if spread else told


def _inline(text: str) -> str:
    """The same behind something else, where a line does not begin."""
    return _MEANS_SOMETHING.sub(r"\\\1", " ".join(visible(text).split()))


def _side(side: SideSheet, marks: str) -> Iterator[str]:
    yield f"{marks} {literal(side.name)}"
    if side.prompt:
        yield "What the model read:"
        yield fenced(_whole(side.prompt))
    answer = _whole(side.answer)
    if answer:
        yield "Answer:"
        yield fenced(answer)
    for note in side.notes:
        yield f"*{literal(note)}*"


def _parting(parting: Iterable[ChancesSheet], marks: str) -> Iterator[str]:
    yield f"{marks} Where they part: what could have come there"
    for told in parting:
        yield literal(f"{told.name}:")
        yield table(
            ("Token", "Id", "Probability", "As sampled"), [_chance(one) for one in told.chances]
        )


def _chance(one: TokenChance) -> tuple[str, ...]:
    token = one.token.text.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "·")
    sampled = "not known" if one.sampled is None else f"{one.sampled:.1%}"
    return token, str(one.token.id), f"{one.probability:.1%}", sampled


def _contracts(sides: tuple[SideSheet, SideSheet], marks: str) -> Iterator[str]:
    if not any(side.payload or side.returned for side in sides):
        return
    yield f"{marks} What MLflow's predict took and gave"
    for side in sides:
        note = "" if side.payload or side.returned else "not asked"
        yield literal(f"{side.name}: {note}" if note else f"{side.name}:")
        yield fenced(side.payload, "json")
        yield fenced(side.returned, "json")


def _whole(pieces: Iterable[Marked]) -> str:
    return "".join(piece.text for piece in pieces)
