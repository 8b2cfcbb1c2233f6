"""What the widgets of a prompt set are told: plain values, already worded for the user."""

from msgspec import Struct

from app.domain.comparison.histogram import Histogram


class FigureView(Struct, frozen=True):
    """One number's distribution."""

    title: str
    words: str
    """The medians, and from where to where the values go."""
    histogram: Histogram | None = None
    medians: tuple[float | None, float | None] = (None, None)


class KeptSetView(Struct, frozen=True):
    """A set of the list."""

    id: str
    title: str
    told: str
    """Muted: the models, and how much of it is done."""


class StripView(Struct, frozen=True):
    """The line over the table: how far it is, and what can be done now."""

    text: str
    fraction: float | None = None
    can_run: str = ""
    """What the button that runs it says; empty for none."""
    can_retry: str = ""
    """What the button that runs the failed ones again says; empty for none."""
    can_pause: bool = False
    can_go_on: bool = False
    can_stop: bool = False
