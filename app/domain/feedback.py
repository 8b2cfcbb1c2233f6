"""What the user thinks of an answer, and where MLflow keeps it."""

from typing import Literal

from msgspec import Struct

Rating = Literal["good", "bad"]


class TraceRef(Struct, frozen=True):
    """A trace, which is there once the registry has acknowledged it."""

    id: str
    registry: str
    """Its tracking URI, without a name and password that the URI may carry."""
