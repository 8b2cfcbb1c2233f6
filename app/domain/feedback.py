"""What the user thinks of an answer, and where MLflow keeps it."""

from dataclasses import dataclass
from typing import Literal

Rating = Literal["good", "bad"]


@dataclass(frozen=True, slots=True)
class TraceRef:
    """A trace, which is there once the registry has acknowledged it."""

    id: str
    registry: str
    """Its tracking URI, without a name and password that the URI may carry."""
