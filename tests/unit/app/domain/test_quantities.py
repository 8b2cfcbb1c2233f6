"""Numbers as people read them."""

import pytest

from app.domain.quantities import duration, number, seconds_text, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (512_300_000, "512 MB"),
        (999_600_000, "1.0 GB"),
        (2_700_000_000, "2.7 GB"),
    ],
)
def test_that_sizes_have_three_digits_at_most(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (4.12, "4.1 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
    ],
)
def test_that_durations_are_as_fine_as_their_length_allows(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (999, "999"), (4096, "4\u202f096"), (1234567, "1\u202f234\u202f567")],
)
def test_that_thousands_are_set_apart_by_a_space_that_does_not_break(
    value: int, shown: str
) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.0004, "0 ms"), (0.9994, "999 ms"), (1.0, "1.0 s"), (75, "1 min 15 s")]
)
def test_that_durations_are_given_in_the_unit_that_reads_best(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
