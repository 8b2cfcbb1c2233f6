"""What fits into a version's row: pure arithmetic, so that it can be tested without a screen."""

from collections.abc import Callable, Sequence

from msgspec import Struct

Measure = Callable[[str], int]
"""Text to pixels."""


class RowParts(Struct, frozen=True):
    """The label on one side and the chips on the other; the mode is drawn after the aliases."""

    label: str
    aliases: tuple[str, ...]
    elide_to: int | None = None
    """Width in pixels that the first alias chip is to be elided to; ``None``: it fits."""


def fit_row(
    room: int,
    labels: Sequence[str],
    aliases: Sequence[str],
    mode: str,
    *,
    label_width: Measure,
    chip_width: Measure,
    gap: int,
    least_chip: int,
) -> RowParts:
    """The most that `room` pixels hold of a label, its alias chips and the mode's chip.

    The mode always stays. Given up in turn: the long label (`labels` are from long to short),
    aliases after the first (``+2`` stands for them), the end of the first alias, and at last the
    first alias too.
    """
    mode_width = gap + chip_width(mode) if mode else 0

    def left_after(label: str, chips: Sequence[str]) -> int:
        return room - label_width(label) - mode_width - sum(gap + chip_width(c) for c in chips)

    for label in labels:
        if left_after(label, aliases) >= 0:
            return RowParts(label, tuple(aliases))
    label = labels[-1]
    rest = (f"+{len(aliases) - 1}",) if len(aliases) > 1 else ()
    if left_after(label, (aliases[0], *rest) if aliases else ()) >= 0:
        return RowParts(label, (aliases[0], *rest) if aliases else ())
    left = left_after(label, rest) - gap
    if aliases and left >= least_chip:
        return RowParts(label, (aliases[0], *rest), elide_to=left)
    count = f"+{len(aliases)}"
    if aliases and left_after(label, (count,)) >= 0:
        return RowParts(label, (count,))
    return RowParts(label, ())
