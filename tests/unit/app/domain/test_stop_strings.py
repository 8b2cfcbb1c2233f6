"""Stop strings in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.stop_strings import parse_stops, show_stops


@pytest.mark.parametrize(
    ("line", "stops"),
    [
        ("", ()),
        (" , ,", ()),
        ("Human:", ("Human:",)),
        ("Human:, \\n\\n , <|end|>", ("Human:", "\n\n", "<|end|>")),
        ("a\\,b,c", ("a,b", "c")),
        ("\\sUser", (" User",)),
        ("C:\\\\dir, 50\\%", ("C:\\dir", "50\\%")),
        ("a, a", ("a",)),
        ("end\\", ("end\\",)),
    ],
)
def test_that_a_line_holds_several_stop_strings(line: str, stops: tuple[str, ...]) -> None:
    assert parse_stops(line) == stops


@given(st.lists(st.text(min_size=1), unique=True).map(tuple))
def test_that_what_is_shown_reads_back_the_same(stops: tuple[str, ...]) -> None:
    assert parse_stops(show_stops(stops)) == stops


@given(st.lists(st.text(alphabet=" ,\\nst\t\r\n", min_size=1), unique=True).map(tuple))
def test_that_blanks_commas_and_backslashes_read_back_the_same(stops: tuple[str, ...]) -> None:
    line = show_stops(stops)
    assert parse_stops(line) == stops
    assert "\n" not in line
