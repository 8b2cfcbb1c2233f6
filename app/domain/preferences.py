"""What the user has set and wants to find again."""

from msgspec import field

from app.domain.look import Look
from wrappers.contract import LoadOptions, Sampling


class Preferences(Look, frozen=True):
    """Change them with `msgspec.structs.replace` and save the whole."""

    tracking_uri: str | None = None
    """The registry that was open last; ``None`` for the home's own."""
    traces: bool = True
    """Whether turns are recorded as MLflow traces."""
    sampling: dict[str, Sampling] = field(default_factory=dict)
    """By model name."""
    loads: dict[str, LoadOptions] = field(default_factory=dict)
    """By model name: how it is loaded where that is not as it was logged."""
