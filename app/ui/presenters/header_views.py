"""What the header says of an engine: from plain facts to the user's words."""

from typing import Final

from msgspec import Struct

from app.domain.load_choice import LoadChoice
from app.domain.model_names import title as engine_title
from app.domain.plain_text import one_line
from app.domain.quantities import seconds_text, size_text
from app.services.engines import EngineState
from app.ui.item_models.registry_model import mode_word
from app.ui.panes.header import Action, HeaderView
from app.ui.translation import tr
from app.ui.widgets.chips import ChipKind
from app.ui.widgets.views import BandView
from app.ui.wording import SEPARATOR, version_label
from wrappers.contract import Failed, ModelVersion

_SHOWN_ALIASES: Final = 2
_MAX_ALIAS: Final = 60

_ACTIONS: Final[dict[EngineState, Action]] = {
    EngineState.STOPPED: "load",
    EngineState.FAILED: "load",
    EngineState.LOADING: "cancel",
    EngineState.READY: "unload",
    EngineState.BUSY: "unload",
}


class EngineFacts(Struct, frozen=True, kw_only=True):
    """What there is to know of an engine now."""

    version: ModelVersion
    state: EngineState
    stage: str = ""
    since: float | None = None
    """`time.monotonic` of a load's begin, while it goes on."""
    load_s: float | None = None
    memory_bytes: int | None = None
    streams: bool | None = None
    waiting: int = 0
    has_log: bool = False
    asks_hub: bool = False
    """Whether its process may ask the Hugging Face hub."""
    choice: LoadChoice | None = None
    """How it is, or is to be loaded; ``None`` where nothing can be chosen now."""
    load_failed: bool = False
    """Whether it has never come to be loaded, rather than died later."""


def nothing_chosen() -> HeaderView:
    return HeaderView(title=tr("No model chosen"), fact=tr("Choose one on the left"))


def header_view(facts: EngineFacts, problem: Failed | None) -> HeaderView:
    """`problem` is what the last try to load it has met; it stands in a band below."""
    version = facts.version
    title = version_label(engine_title(version))
    chips = chips_of(version, facts.streams)
    if facts.asks_hub:
        chips = (*chips, (tr("may ask the hub"), "plain"))
    if version.mode is None and version.detected:
        reason = one_line(version.reason or "") or tr("This is not a model to chat with.")
        return HeaderView(title=title, chips=chips, fact=reason)
    band = None
    if problem is not None:
        band = BandView(
            message=problem.message,
            advice=problem.advice,
            has_log=facts.has_log or bool(problem.detail),
            can_reload=True,
        )
    return HeaderView(
        title=title,
        chips=chips,
        fact=fact_of(facts),
        since=facts.since,
        action=_ACTIONS[facts.state] if facts.since is None else "cancel",
        band=band,
        choice=facts.choice,
    )


def chips_of(version: ModelVersion, streams: bool | None) -> tuple[tuple[str, ChipKind], ...]:
    """Aliases, mode, and whether it streams; what is not known has no chip."""
    chips: list[tuple[str, ChipKind]] = [
        (f"@{one_line(alias, _MAX_ALIAS)}", "alias") for alias in version.aliases[:_SHOWN_ALIASES]
    ]
    if len(version.aliases) > _SHOWN_ALIASES:
        chips.append((f"+{len(version.aliases) - _SHOWN_ALIASES}", "alias"))
    match version.mode:
        case "messages":
            chips.append((mode_word(version.mode), "messages"))
        case "template":
            chips.append((mode_word(version.mode), "template"))
    if streams is not None:
        chips.append((tr("streams") if streams else tr("whole answers"), "plain"))
    return tuple(chips)


def fact_of(facts: EngineFacts) -> str:
    """The muted words beside the button."""
    size = facts.version.size_bytes
    on_disk = [] if size is None else [size_text(size)]
    if facts.since is not None:
        return SEPARATOR.join([facts.stage or tr("Loading"), *on_disk])
    match facts.state:
        case EngineState.FAILED:
            # The panes say more, in the place where it happened.
            return tr("did not load") if facts.load_failed else tr("stopped")
        case EngineState.READY | EngineState.BUSY:
            parts = []
            if facts.load_s is not None:
                parts.append(tr("loaded in {duration}").format(duration=seconds_text(facts.load_s)))
            if facts.memory_bytes is not None:
                parts.append(size_text(facts.memory_bytes))
            if facts.waiting:
                parts.append(tr("{count} waiting").format(count=facts.waiting))
            return SEPARATOR.join(parts)
        case _:
            return SEPARATOR.join(on_disk)
