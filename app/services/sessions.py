"""The current model, shared by Chat and Prompt, and what is asked before one is loaded."""

from collections.abc import Callable

from app.domain.memory import MemoryForecast, forecast
from app.domain.model_names import reference, title
from app.services.catalog import Catalog
from app.services.engines import Engine, EnginePool
from app.services.errors import ServiceError
from app.services.ports import Memory, TrustStore
from app.services.signal import Signal
from wrappers.contract import Capabilities, ModelCard, ModelVersion


class Consent(Exception):  # noqa: N818 - a question, not an error
    """The user has to agree first: ask, then call `Sessions.load` again with the answer."""


class NeedsTrust(Consent):
    """Loading would run code that nobody has agreed to; `card.trust` says which."""

    def __init__(self, card: ModelCard) -> None:
        super().__init__(f"{title(card.version)} brings code of its own")
        self.card = card


class NeedsMemory(Consent):
    """The model will probably not fit beside what runs."""

    def __init__(self, expected: MemoryForecast) -> None:
        super().__init__(f"{expected.model} may not fit into memory")
        self.forecast = expected


class Gate:
    """Knows which models may run their code."""

    def __init__(self, trust: TrustStore) -> None:
        self._trust = trust

    def needs_consent(self, card: ModelCard) -> bool:
        trust = card.trust
        return (
            trust.runs_code
            and not trust.registered_here
            and not self._trust.is_trusted(trust_key(card))
        )

    def trust(self, card: ModelCard) -> None:
        """Keep the user's yes."""
        self._trust.trust(trust_key(card))

    def admit(self, card: ModelCard) -> None:
        """Raises `ServiceError` for a model that must be asked about first."""
        if self.needs_consent(card):
            raise ServiceError.of(
                "untrusted",
                f"Loading {title(card.version)} would run code that comes with it "
                f"({what_would_run(card)}).",
                "Allow it when asked in the window, or with --trust, if you know who made it.",
            )


def trust_key(card: ModelCard) -> str:
    """What a yes is kept under: MLflow's model id, which another version never gets."""
    version = card.version
    return version.model_id or reference(version)


def what_would_run(card: ModelCard) -> str:
    """The loader and the files, in a few words."""
    named = [name for name in (card.trust.loader, *card.trust.files) if name]
    shown = ", ".join(named[:4]) or "its own loader"
    return f"{shown} and {len(named) - 4} more" if len(named) > 4 else shown


class Sessions:
    """Which model is current."""

    def __init__(self, catalog: Catalog, pool: EnginePool, gate: Gate, memory: Memory) -> None:
        self.current: Engine | None = None
        self.changed: Signal[()] = Signal()
        """Another model was selected, or the current one's state has changed."""
        self._catalog = catalog
        self._pool = pool
        self._gate = gate
        self._memory = memory
        self._unfollow: Callable[[], None] = _nothing

    def select(self, version: ModelVersion) -> None:
        """Make `version` current; loads nothing."""
        engine = self._pool.get(version)
        if engine is not self.current:
            self._unfollow()
            self._unfollow = engine.changed.connect(self.changed.emit)
            self.current = engine
        self.changed.emit()

    def deselect(self) -> None:
        """Nothing is current; an engine that is loaded stays so."""
        self._unfollow()
        self._unfollow = _nothing
        self.current = None
        self.changed.emit()

    async def load(self, *, trusted: bool = False, past_memory: bool = False) -> Capabilities:
        """Load the current model.

        `trusted` and `past_memory` are the user's answers to `NeedsTrust` and `NeedsMemory`,
        which are raised without them. Raises `ServiceError`.
        """
        engine = await self.consent(trusted=trusted, past_memory=past_memory)
        return await engine.load()

    async def consent(self, *, trusted: bool = False, past_memory: bool = False) -> Engine:
        """The current model's engine, all being agreed to that its load needs; see `load`."""
        engine = self.current
        if engine is None:
            raise ServiceError.of("usage", "No model is selected.", "Select one in the registry.")
        if engine.is_loaded:
            return engine
        card = await self._catalog.describe(reference(engine.version))
        if is_unreadable(card.version):
            raise ServiceError.of(
                "bad_model",
                card.version.reason or f"The MLmodel file of {engine.name} cannot be read.",
                "Restore the model's files, or register it again.",
            )
        if card.version.mode is None and card.version.detected:
            raise ServiceError.of(
                "not_a_chat_model",
                card.version.reason or f"{engine.name} is not a model to chat with.",
                "Select a model that takes messages or a prompt.",
            )
        if self._gate.needs_consent(card):
            if not trusted:
                raise NeedsTrust(card)
            self._gate.trust(card)
        expected = forecast(card, engine.options, self._memory.available_bytes())
        if expected is not None and not expected.fits and not past_memory:
            raise NeedsMemory(expected)
        return engine

    async def unload(self) -> None:
        if self.current is not None:
            await self.current.unload()

    def cancel_load(self) -> None:
        if self.current is not None:
            self.current.cancel_load()


def is_unreadable(version: ModelVersion) -> bool:
    """Whether its MLmodel is missing or damaged: one that can be read names a flavor."""
    return version.detected and version.mode is None and not version.flavors


def _nothing() -> None:
    """There is nothing to stop listening to."""
