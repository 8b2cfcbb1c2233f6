"""What a file holds, as it is read."""

from msgspec import Struct

from app.domain.export.record import Record


class Found(Struct, frozen=True):
    """One conversation of a file."""

    record: Record
    begin: int
    """Where it stands in the file: bytes."""
    end: int
    has_own_id: bool
    """Whether its id stands in the file, or was made up of what it says."""
