"""How the user wants the window to look."""

from typing import Literal

from msgspec import Struct

Theme = Literal["system", "light", "dark"]


class Look(Struct, frozen=True):
    """What a window has to know before it is shown."""

    theme: Theme = "system"
    zoom: float = 1.0
    """Of the text, 1.0 is 100 %."""
    window_geometry: str | None = None
    """Where the window stands and how wide its columns are; opaque to all but it (base64)."""
