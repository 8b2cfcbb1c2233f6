"""What the transcript's widgets are told: plain values, already worded for the user."""

from typing import Literal

from msgspec import Struct

from app.ui.widgets.message_actions import Action

Speaker = Literal["user", "model"]


class BandView(Struct, frozen=True):
    """A failure, told where it happened."""

    message: str
    """One sentence: what happened."""
    advice: str = ""
    """One sentence: what is safe, and what to do."""
    has_log: bool = False
    can_reload: bool = False


class MessageView(Struct, frozen=True):
    """One message as it is to be shown now."""

    id: str
    speaker: Speaker
    author: str
    text: str
    is_live: bool = False
    """An answer that is still being written: shown as it comes, as Markdown once it is whole."""
    facts: str = ""
    """The muted line under an answer."""
    offers: tuple[Action, ...] = ()
    """Shown at all times, not on hover alone: the ways on from an answer that was cut."""
    quick: tuple[Action, ...] = ()
    """Buttons beside Copy, which come with the pointer or the focus."""
    pressed: tuple[Action, ...] = ()
    """Those of the quick ones that hold; they are shown at all times."""
    menu: tuple[Action, ...] = ()
    """What else can be done, behind a button that comes with them."""
    band: BandView | None = None
    version: tuple[int, int] = (1, 1)
    """Which one of how many."""
    edit: str | None = None
    """While it is edited in its place: the text as it is by now."""
    above: str = ""
    """A muted line before the message."""


class MessageOutline(Struct, frozen=True, gc=False):
    """What has to be known of a message that is far from what is seen."""

    id: str
    speaker: Speaker
    text: str


class ActivityView(Struct, frozen=True):
    """What goes on below the last message."""

    text: str
    since: float | None = None
    """`time.monotonic` of its begin, where the time that has passed is to be shown."""
    fraction: float | None = None
    """Of a whole that is known, 0 to 1."""
    is_busy: bool = False
    """Without a fraction: that it goes on is to be seen all the same."""
    is_load: bool = False
    """Its end is called Cancel, not Stop."""
