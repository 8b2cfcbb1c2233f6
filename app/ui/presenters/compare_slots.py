"""The two models of a comparison: which they are, and that they are loaded."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from app.domain.comparison.record import Slot
from app.domain.load_choice import AS_LOGGED, LoadChoice
from app.domain.quantities import size_text
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.program import Services
from app.ui.item_models.registry_model import mode_word
from app.ui.presenters.compare_words import slot_label
from app.ui.presenters.load_asking import LoadAsking
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.chips import ChipKind
from app.ui.widgets.compare_views import HeadView, SlotAction
from app.ui.widgets.views import BandView
from wrappers.contract import Failed, Mode

Slots = tuple[Slot, Slot]

_AT_WORK = (EngineState.LOADING, EngineState.BUSY)


class CompareSlots:
    """Knows the engines of the slots, loads them, and says what they are doing."""

    def __init__(
        self,
        services: Services,
        asking: LoadAsking,
        tasks: Tasks,
        *,
        slots: Callable[[], Slots | None],
        changed: Callable[[], None],
        show_log: Callable[[str, Path | None, str], None],
    ) -> None:
        self._services = services
        self._asking = asking
        self._tasks = tasks
        self._slots = slots
        self._changed = changed
        self._show_log = show_log
        self._loads: dict[Engine, asyncio.Task[None]] = {}
        self._begun: dict[Engine, float] = {}
        self._problems: dict[Engine, Failed] = {}

    # -- which engines

    def engines(self) -> tuple[Engine | None, Engine | None]:
        """``None`` for a version that this registry has not."""
        slots = self._slots()
        return (None, None) if slots is None else (self._engine(slots[0]), self._engine(slots[1]))

    def _engine(self, slot: Slot) -> Engine | None:
        name, _, number = slot.name.rpartition("/")
        version = self._services.catalog.versions.get((name, number))
        return None if version is None else self._services.pool.get(version, slot.options)

    # -- loading

    def load(self, at: int) -> None:
        engine = self.engines()[at]
        if engine is not None:
            self._tasks.start(self._make_ready(engine), "load a model to compare")

    def unload(self, at: int) -> None:
        engine = self.engines()[at]
        if engine is not None:
            self._tasks.start(engine.unload(), "unload a model of the comparison")

    def cancel(self, at: int) -> None:
        """End a load, or the questions before it."""
        engine = self.engines()[at]
        if engine is None:
            return
        if engine.state is EngineState.LOADING:
            engine.cancel_load()
        elif engine in self._loads:
            self._loads[engine].cancel()

    def toggle(self, at: int) -> None:
        """Load, cancel or unload it: whatever its button offers now."""
        match self.action(self.engines()[at]):
            case "load":
                self.load(at)
            case "unload":
                self.unload(at)
            case "cancel":
                self.cancel(at)
            case None:
                pass

    @property
    def is_loading(self) -> bool:
        """Whether one is made ready right now."""
        return any(
            engine is not None and (engine in self._loads or engine.state is EngineState.LOADING)
            for engine in self.engines()
        )

    def cancel_all(self) -> None:
        for at in (0, 1):
            self.cancel(at)

    async def make_ready(self) -> bool:
        """Load what is not loaded, one after the other; whether both are. What failed is said in
        the head of its card."""
        for engine in self.engines():
            # One that is not in the registry fails in its own way, when it is asked.
            if engine is not None and not await self._ready(engine):
                return False
        return True

    async def _make_ready(self, engine: Engine) -> None:
        await self._ready(engine)

    async def _ready(self, engine: Engine) -> bool:
        if engine.is_loaded:
            return True
        if engine not in self._loads:
            task = self._tasks.start(self._load(engine), f"make {engine.name} ready to compare")
            self._loads[engine] = task
            task.add_done_callback(lambda _: self._loads.pop(engine, None))
        await asyncio.wait([self._loads[engine]])
        return engine.is_loaded

    async def _load(self, engine: Engine) -> None:
        self._problems.pop(engine, None)
        self._begun[engine] = time.monotonic()
        self._changed()
        beside = [one for one in self.engines() if one is not None]
        try:
            await self._asking.load(
                engine, is_wanted=lambda: engine in self.engines(), beside=beside
            )
        except ServiceError as error:
            if error.failed.kind != "cancelled":
                self._problems[engine] = error.failed
        finally:
            self._begun.pop(engine, None)
            self._changed()

    def problem(self) -> Failed | None:
        """Why one of them could not be loaded; ``None`` where the user thought better of it."""
        found = [self._problems.get(one) for one in self.engines() if one is not None]
        return next((one for one in found if one is not None), None)

    def show_log(self, at: int) -> None:
        """Of the process of a slot."""
        engine = self.engines()[at]
        if engine is not None:
            problem = self._problems.get(engine) or engine.failure
            self._show_log(engine.name, engine.log_path, "" if problem is None else problem.detail)

    # -- showing

    def action(self, engine: Engine | None) -> SlotAction | None:
        if engine is None:
            return None
        if engine in self._begun or engine.state is EngineState.LOADING:
            return "cancel"
        return "unload" if engine.is_loaded else "load"

    def head(self, at: int, name: str, *, is_running: bool) -> HeadView:
        """`is_running` says that a question is on its way: nothing is to be changed then."""
        slots = self._slots()
        if slots is None:
            return HeadView(title=tr("No model chosen"))
        slot, engine = slots[at], self.engines()[at]
        mode = slot.mode if engine is None else engine.version.mode
        if engine is None:
            return HeadView(
                title=name,
                chip=_chip(mode),
                fact="" if self._services.catalog.listing else tr("not in this registry"),
                can_choose=not is_running,
            )
        is_loading = engine.state is EngineState.LOADING
        since = engine.loading_since if is_loading else self._begun.get(engine)
        action = self.action(engine)
        choice = self._choice(engine, can_change=not is_running)
        # The button beside it says how it is loaded.
        title = (
            name
            if choice is None or slot.options == AS_LOGGED
            else slot_label(replace(slot, options=AS_LOGGED))
        )
        return HeadView(
            title=title,
            label=name,
            chip=_chip(mode),
            fact=(engine.stage or tr("Loading")) if since is not None else _fact(engine),
            since=since,
            action=None if is_running and action != "cancel" else action,
            band=self._band(engine),
            can_choose=not is_running,
            choice=choice,
        )

    def _choice(self, engine: Engine, *, can_change: bool) -> LoadChoice | None:
        choice = self._services.sessions.choice(engine)
        at_rest = can_change and engine not in self._loads and engine.state not in _AT_WORK
        return replace(choice, can_change=at_rest) if choice.taken else None

    def _band(self, engine: Engine) -> BandView | None:
        if engine.is_loaded or engine in self._begun:
            self._problems.pop(engine, None)
        problem = self._problems.get(engine)
        if problem is None:
            return None
        return BandView(
            message=problem.message,
            advice=problem.advice,
            has_log=engine.log_path is not None or bool(problem.detail),
            can_reload=True,
        )


def _chip(mode: Mode | None) -> tuple[str, ChipKind] | None:
    match mode:
        case "messages":
            return mode_word(mode), "messages"
        case "template":
            return mode_word(mode), "template"
    return None


def _fact(engine: Engine) -> str:
    """The muted words beside the button."""
    if not engine.is_loaded:
        if engine.state is EngineState.FAILED:
            return tr("did not load") if engine.load_s is None else tr("stopped")
        size = engine.version.size_bytes
        return "" if size is None else size_text(size)
    memory = engine.memory_bytes()  # how long it took to load stands among the numbers
    return "" if memory is None else size_text(memory)
