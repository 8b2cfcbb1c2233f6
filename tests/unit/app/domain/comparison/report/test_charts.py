"""Drawings: well-formed whatever the numbers and names are, with words for those who can't see."""

import math
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.comparison.report.charts import Chart, distribution, repeats, standalone
from app.domain.comparison.report.scales import axis, bins
from app.domain.quantities import duration
from tests.support.hostile import HOSTILE

_SVG = "{http://www.w3.org/2000/svg}"

values = st.lists(st.floats() | st.sampled_from([0.0, 5e-324, 1e308]), max_size=30).map(tuple)
sensible = st.lists(st.floats(min_value=0, max_value=1e6), max_size=200).map(tuple)


def chart(
    first: tuple[float, ...], second: tuple[float, ...], names: tuple[str, str] = ("a", "b")
) -> Chart:
    return Chart(
        "key", "First token", names, (first, second), lambda x: f"{x:g}", lambda x: f"{x:g}"
    )


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - it is ours


def test_that_each_repeat_is_a_dot_and_the_median_a_line_at_its_place() -> None:
    svg = drawn(repeats(chart((1.0, 2.0, 4.0), (3.0,))))
    dots = [float(one.attrib["cx"]) for one in svg.iter(f"{_SVG}circle")]
    assert dots == [94.0, 180.0, 352.0, 266.0]
    lines = [one for one in svg.iter(f"{_SVG}line") if one.get("class") == "median"]
    assert [line.attrib["x1"] for line in lines] == ["180.0", "266.0"]


def test_that_a_drawing_says_in_words_what_it_shows() -> None:
    told = Chart("k", "First token", ("phi/3", "onnx/1"), ((0.1, 0.3, 0.2), ()), duration, duration)
    svg = drawn(repeats(told))
    words = (
        "First token. phi/3: median 200 ms, from 100 ms to 300 ms over 3 repeats; "
        "onnx/1: not known."
    )
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == words
    title = svg.find(f"{_SVG}title")
    assert title is not None
    assert title.text == words


def test_that_a_histogram_counts_every_value_once_over_the_same_stretches() -> None:
    found = bins([(1.0, 1.0, 2.0, 9.0), (5.0,)])
    assert [sum(side) for side in found.counts] == [4, 1]
    assert len(found.counts[0]) == len(found.counts[1])


@given(values, values)
def test_that_any_numbers_can_be_drawn_within_the_picture(
    first: tuple[float, ...], second: tuple[float, ...]
) -> None:
    for draw in (repeats, distribution):
        svg = drawn(draw(chart(first, second)))
        for one in svg.iter():
            for name in ("x", "x1", "x2", "cx"):
                if name in one.attrib:
                    assert -1 <= float(one.attrib[name]) <= 361


@given(sensible)
def test_that_ticks_are_round_few_and_reach_beyond_the_largest(some: tuple[float, ...]) -> None:
    scale = axis(some)
    assert 2 <= len(scale.ticks) <= 6
    assert scale.end >= max(some, default=0)


@given(sensible, sensible)
def test_that_bins_hold_all_and_are_not_too_many(
    first: tuple[float, ...], second: tuple[float, ...]
) -> None:
    found = bins([first, second])
    assert [sum(side) for side in found.counts] == [len(first), len(second)]
    assert len(found.counts[0]) <= 30
    if first or second:
        assert found.start <= min(first + second)


@pytest.mark.parametrize("name", HOSTILE)
def test_that_names_cannot_break_out_of_a_drawing(name: str) -> None:
    told = Chart(name, name, (name, name), ((1.0,), (2.0, math.inf)), str, str)
    for draw in (repeats, distribution):
        tags = {one.tag.removeprefix(_SVG) for one in drawn(standalone(draw(told))).iter()}
        assert tags <= {"svg", "title", "style", "rect", "line", "circle", "text"}


def test_that_a_file_of_its_own_has_its_colours_for_light_and_dark() -> None:
    text = standalone(repeats(chart((1.0,), (2.0,))))
    assert text.startswith("<?xml")
    assert "prefers-color-scheme: dark" in text
    for name in ("text", "muted", "hairline", "first", "second", "background"):
        assert f"--{name}:" in text
