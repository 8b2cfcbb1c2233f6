"""What the widgets are told of a long job: plain values, already worded for the user."""

from msgspec import Struct

from app.ui.widgets.views import BandView


class JobView(Struct, frozen=True):
    """A registration, or the making of the demo."""

    title: str
    done_stages: tuple[str, ...] = ()
    stage: str = ""
    """What it does now."""
    step: int | None = None
    """Which of `steps`, counted from 1."""
    steps: int | None = None
    fraction: float | None = None
    """Of the whole, 0 to 1, where it is known."""
    since: float | None = None
    """`time.monotonic` of its begin, while it runs."""
    result: str = ""
    """One sentence, once it has succeeded."""
    band: BandView | None = None
    """Once it has failed."""

    @property
    def is_running(self) -> bool:
        return self.since is not None

    @property
    def known_fraction(self) -> float | None:
        """Of the whole; what the steps tell where nothing better is known."""
        if self.fraction is not None:
            return min(1.0, max(0.0, self.fraction))
        if self.step is not None and self.steps:
            return (self.step - 1) / self.steps
        return None
