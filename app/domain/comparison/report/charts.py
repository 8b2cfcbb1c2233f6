"""Numbers drawn as SVG: the repeats of both sides, and the distributions of a prompt set.

A drawing takes its colours from the page's CSS variables; `standalone` gives it its own, for a file
that lies by itself. It is 360 units wide, so that its letters stay readable on a phone.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from msgspec import Struct

from app.domain.characters import escaped, one_line
from app.domain.comparison.report.scales import Axis, Bins, axis, bins

WIDTH: Final = 360
_LEFT: Final = 8
_RIGHT: Final = 352
_NAMES: Final = 44
"""Characters of a name that fit above a row."""
_MOST: Final = 1e15
"""What is measured is not negative and less than this; no more of it can be drawn."""
_SIDES: Final = ("first", "second")

STYLE: Final = """\
svg.chart { --text: #1A1D23; --muted: #667085; --hairline: #E4E7EC; --background: #FFFFFF;
  --first: #3157D5; --second: #B54708;
  font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg.chart { --text: #E6E8EC; --muted: #98A1B0; --hairline: #2C313B; --background: #16181D;
    --first: #7C9BFF; --second: #F5A45D; }
}
svg.chart .paper { fill: var(--background); }"""
"""What `standalone` puts into a file; a page says the same in its own style."""


class Chart(Struct, frozen=True):
    """What is to be drawn: one number, of both sides."""

    key: str
    """For a file's name."""
    title: str
    names: tuple[str, str]
    values: tuple[tuple[float, ...], tuple[float, ...]]
    text: Callable[[float], str]
    """A value as people read it, with its unit."""
    tick: Callable[[float], str]
    """The same, short, for the axis."""

    @property
    def is_empty(self) -> bool:
        return not any(self.values)


def repeats(chart: Chart) -> str:
    """A dot for each repeat, a bar over all of them, a line at the median; from zero on."""
    values = _drawable(chart)
    scale = axis([value for side in values for value in side])
    body = [_title(chart), *_grid(scale, chart.tick, 34, 122)]
    for at, side in enumerate(values):
        top = 30 + at * 46
        body += _row(chart.names[at], _SIDES[at], _said(side, chart.text), top)
        if not side:
            continue
        middle = top + 27
        body.append(_range(scale, side, middle, _SIDES[at]))
        body += [
            f'<circle class="dot {_SIDES[at]}" cx="{_x(scale, value)}" cy="{middle}" r="4"'
            f' fill="var(--{_SIDES[at]})" fill-opacity="0.55"/>'
            for value in side
        ]
        body.append(_median(scale, side, middle - 9, middle + 9))
    return _svg(body, 142, _alternative(chart, values, "repeats"))


def distribution(chart: Chart) -> str:
    """A histogram per side over the same stretches, a line at the median."""
    values = _drawable(chart)
    found = bins(values)
    scale = _bin_axis(found)
    highest = max((count for side in found.counts for count in side), default=0) or 1
    body = [_title(chart), *_grid(scale, chart.tick, 34, 194)]
    for at, side in enumerate(values):
        top = 30 + at * 86
        body += _row(chart.names[at], _SIDES[at], _said(side, chart.text), top)
        ground, room = top + 72, 48
        for number, count in enumerate(found.counts[at]):
            if not count:
                continue
            left = _x(scale, found.start + number * found.width)
            right = _x(scale, found.start + (number + 1) * found.width)
            height = max(1.5, room * count / highest)
            body.append(
                f'<rect class="bar {_SIDES[at]}" x="{left + 0.5:.1f}" y="{ground - height:.1f}"'
                f' width="{max(1.0, right - left - 1):.1f}" height="{height:.1f}" rx="1"'
                f' fill="var(--{_SIDES[at]})" fill-opacity="0.75">'
                f"<title>{count} between {_range_text(found, number, chart.text)}</title></rect>"
            )
        if side:
            body.append(_median(scale, side, ground - room - 2, ground))
    return _svg(body, 214, _alternative(chart, values, "prompts"))


def standalone(svg: str) -> str:
    """The drawing as a file of its own."""
    head, _, rest = svg.partition(">")
    paper = '<rect class="paper" width="100%" height="100%"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"{head}>\n<style>\n{STYLE}\n</style>\n{paper}{rest}\n"
    )


# --------------------------------------------------------------------------------------------


def _drawable(chart: Chart) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(value for value in side if 0 <= value < _MOST) for side in chart.values)


def _svg(body: Sequence[str], height: int, alternative: str) -> str:
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' role="img" aria-label="{escape(alternative, quote=True)}">'
        f"<title>{escape(alternative)}</title>{''.join(body)}</svg>"
    )


def _title(chart: Chart) -> str:
    return _label(_LEFT, 14, escaped(chart.title), weight=600)


def _row(name: str, side: str, said: str, top: int) -> list[str]:
    """Its name on the left and its median on the right, above what is drawn."""
    room = max(8, _NAMES - len(said))
    return [
        f'<rect x="{_LEFT}" y="{top + 1}" width="8" height="8" rx="2" fill="var(--{side})"/>',
        _label(_LEFT + 13, top + 9, escape(one_line(name, room)), muted=True),
        _label(_RIGHT, top + 9, escape(said), end=True),
    ]


def _label(
    x: float, y: float, text: str, *, muted: bool = False, end: bool = False, weight: int = 400
) -> str:
    colour = "var(--muted)" if muted else "var(--text)"
    anchor = ' text-anchor="end"' if end else ""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{x:g}" y="{y:g}" fill="{colour}"{anchor}{bold}>{text}</text>'


def _grid(scale: Axis, text: Callable[[float], str], top: int, bottom: int) -> list[str]:
    drawn = []
    for number, tick in enumerate(scale.ticks):
        x = _x(scale, tick)
        drawn.append(
            f'<line x1="{x:.1f}" y1="{top + 8}" x2="{x:.1f}" y2="{bottom}"'
            ' stroke="var(--hairline)"/>'
        )
        anchor = "start" if number == 0 else "end" if x >= _RIGHT - 16 else "middle"
        drawn.append(
            f'<text x="{x:.1f}" y="{bottom + 14}" fill="var(--muted)" font-size="11"'
            f' text-anchor="{anchor}">{escape(text(tick))}</text>'
        )
    return drawn


def _range(scale: Axis, side: Sequence[float], middle: int, name: str) -> str:
    left, right = _x(scale, min(side)), _x(scale, max(side))
    return (
        f'<line x1="{left:.1f}" y1="{middle}" x2="{right:.1f}" y2="{middle}"'
        f' stroke="var(--{name})" stroke-width="2" stroke-opacity="0.5"/>'
    )


def _median(scale: Axis, side: Sequence[float], top: float, bottom: float) -> str:
    x = _x(scale, statistics.median(side))
    return (
        f'<line class="median" x1="{x:.1f}" y1="{top:g}" x2="{x:.1f}" y2="{bottom:g}"'
        ' stroke="var(--text)" stroke-width="2"/>'
    )


def _x(scale: Axis, value: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * scale.place(value), 1)


def _bin_axis(found: Bins) -> Axis:
    number = max((len(side) for side in found.counts), default=0) or 1
    step = math.ceil(number / 4)
    ticks = tuple(found.start + found.width * at for at in range(0, number + 1, step))
    return Axis(found.start, found.start + number * found.width, ticks)


def _range_text(found: Bins, number: int, text: Callable[[float], str]) -> str:
    start = found.start + number * found.width
    return escape(f"{text(start)} and {text(start + found.width)}")


def _said(side: Sequence[float], text: Callable[[float], str]) -> str:
    return f"median {text(statistics.median(side))}" if side else "not known"


def _alternative(chart: Chart, values: Sequence[Sequence[float]], counted: str) -> str:
    """The drawing in a sentence."""
    parts = []
    for whole, side in zip(chart.names, values, strict=True):
        name = one_line(whole, 80)
        if not side:
            parts.append(f"{name}: not known")
            continue
        said = f"{name}: median {chart.text(statistics.median(side))}"
        if len(side) > 1:
            said += (
                f", from {chart.text(min(side))} to {chart.text(max(side))}"
                f" over {len(side)} {counted}"
            )
        parts.append(said)
    return f"{one_line(chart.title, 80)}. {'; '.join(parts)}."
