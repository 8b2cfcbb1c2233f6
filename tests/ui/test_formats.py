"""Numbers as the window writes them."""

import pytest

from app.ui.formats import seconds_text, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
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
