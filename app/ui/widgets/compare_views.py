"""What the compare pane's widgets are told: plain values, already worded for the user."""

from typing import Literal

from msgspec import Struct

from app.domain.load_choice import LoadChoice
from app.domain.signature import Signature
from app.domain.special_tokens import Span
from app.ui.widgets.chips import ChipKind
from app.ui.widgets.views import ActivityView, BandView

Position = Literal[0, 1]
"""0 stands first, where the text begins: on the left, but in languages from right to left."""

SlotAction = Literal["load", "unload", "cancel"]


class HeadView(Struct, frozen=True):
    """Over a card: the model, and what it is doing."""

    title: str
    chip: tuple[str, ChipKind] | None = None
    fact: str = ""
    since: float | None = None
    """`time.monotonic` of a load's begin, while it loads."""
    action: SlotAction | None = None
    band: BandView | None = None
    can_choose: bool = True
    """Whether the title is a button that offers other models."""
    choice: LoadChoice | None = None
    """How it is loaded, or is to be; ``None`` where nothing is to be chosen."""
    label: str = ""
    """What tells it from the other where no button says how it is loaded; empty: the title."""


class TokenView(Struct, frozen=True):
    """One token of a text."""

    id: int
    text: str
    """Empty while nobody has told it."""
    is_marked: bool = False
    """The one at which both part."""


class ContractView(Struct, frozen=True):
    """What MLflow's ``predict`` takes and gives."""

    signature: Signature | None
    payload: str
    """JSON; empty where it is not known."""
    returned: str
    note: str = ""
    """A sentence about it: why it was refused, or whether it says the same."""


class SideView(Struct, frozen=True):
    """One side of one turn, as it is to be shown now."""

    id: str
    """The turn's."""
    label: str
    """What the side is called to a screen reader: the model, or A or B."""
    question: str = ""
    """Shown above; empty where what the model read says it."""
    prompt: str | None = None
    """What the model read; ``None``: `prompt_note` stands there."""
    prompt_note: str = ""
    special: tuple[str, ...] = ()
    prompt_marks: tuple[Span, ...] = ()
    prompt_tokens: tuple[TokenView, ...] | None = None
    """In place of the text."""
    answer: str = ""
    is_live: bool = False
    answer_tokens: tuple[TokenView, ...] | None = None
    note: str = ""
    """A muted line below the answer: that it was cut, or stopped."""
    activity: ActivityView | None = None
    band: BandView | None = None
    contract: ContractView | None = None


class FactView(Struct, frozen=True):
    """A row of the numbers at a card's foot."""

    key: str
    label: str
    value: str
    emphasis: str = ""
    """After the value, such as ``1.9× sooner``."""
    spread: str = ""
    """Muted, after that."""


class CardView(Struct, frozen=True):
    """One of the two cards."""

    head: HeadView
    sides: tuple[SideView, ...] = ()
    """First to last turn."""
    facts: tuple[FactView, ...] = ()
    facts_note: str = ""
    """In the place of the numbers."""


class ChanceView(Struct, frozen=True):
    """A row of the table of what could have come where the answers part."""

    token: str
    chances: tuple[str, str]
    marks: tuple[bool, bool] = (False, False)
    """Which side wrote it."""


class ReportView(Struct, frozen=True):
    """Under the cards."""

    headline: str = ""
    sentences: tuple[str, ...] = ()
    """All but the headline."""
    sides: tuple[str, str] = ("", "")
    """Over the table."""
    chances: tuple[ChanceView, ...] = ()


class KeptView(Struct, frozen=True):
    """A line of the menu of kept comparisons."""

    id: str
    title: str
    told: str = ""
