"""What fits into a version's row."""

from collections.abc import Sequence

import pytest

from app.ui.widgets.registry_row import RowParts, fit_row


def _fit(room: int, aliases: Sequence[str], mode: str = "messages") -> RowParts:
    """Ten pixels a character, twenty more for a chip."""
    return fit_row(
        room,
        ("Version 3", "v3"),
        aliases,
        mode,
        label_width=lambda text: 10 * len(text),
        chip_width=lambda text: 10 * len(text) + 20,
        gap=4,
        least_chip=50,
    )


@pytest.mark.parametrize(
    ("room", "aliases", "expected"),
    [
        # 90 for the label, 4 + 100 for the mode
        (194, [], RowParts("Version 3", ())),
        (193, [], RowParts("v3", ())),
        # 4 + 80 for "@prod1"
        (278, ["@prod1"], RowParts("Version 3", ("@prod1",))),
        (277, ["@prod1"], RowParts("v3", ("@prod1",))),
        (208, ["@prod1"], RowParts("v3", ("@prod1",))),
        (207, ["@prod1"], RowParts("v3", ("@prod1",), elide_to=79)),
        (178, ["@prod1"], RowParts("v3", ("@prod1",), elide_to=50)),
        (177, ["@prod1"], RowParts("v3", ("+1",))),
        (167, ["@prod1"], RowParts("v3", ())),
        # 4 + 40 for "+1"
        (292, ["@prod1", "@longer-one"], RowParts("v3", ("@prod1", "+1"))),
        (251, ["@prod1", "@longer-one"], RowParts("v3", ("@prod1", "+1"), elide_to=79)),
        (180, ["@prod1", "@longer-one"], RowParts("v3", ("+2",))),
    ],
)
def test_that_a_row_gives_up_the_least_first(
    room: int, aliases: list[str], expected: RowParts
) -> None:
    assert _fit(room, aliases) == expected


def test_that_the_mode_stays_where_nothing_else_fits() -> None:
    assert _fit(124, ["@champion", "@challenger"]) == RowParts("v3", ())
