"""What the user has set and wants to find again."""

from dataclasses import dataclass, field
from typing import Literal

from wrappers.contract import Sampling

Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """Change them with `dataclasses.replace` and save the whole."""

    theme: Theme = "system"
    zoom: float = 1.0
    """Of the text, 1.0 is 100 %."""
    tracking_uri: str | None = None
    """The registry that was open last; ``None`` for the home's own."""
    window_geometry: str | None = None
    """Where the window stands and how wide its columns are; opaque to all but it (base64)."""
    traces: bool = True
    """Whether turns are recorded as MLflow traces."""
    sampling: dict[str, Sampling] = field(default_factory=dict)
    """By model name."""
