"""The current model, shared by Chat and Prompt, and what is asked before any is loaded."""

from collections.abc import Callable

from msgspec.structs import replace

from app.domain.load_choice import AS_LOGGED, LoadChoice, fitting, plain_dtype, taken
from app.domain.memory import MemoryForecast, forecast
from app.domain.model_names import reference, title
from app.services.catalog import Catalog
from app.services.engines import Engine, EnginePool
from app.services.errors import ServiceError
from app.services.gate import Gate, what_would_run
from app.services.ports import Machine, PreferenceStore
from app.services.signal import Signal
from wrappers.contract import Capabilities, LoadOptions, ModelCard, ModelVersion

__all__ = [
    "Consent",
    "Gate",
    "NeedsMemory",
    "NeedsTrust",
    "Sessions",
    "is_unreadable",
    "what_would_run",
]


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


class Sessions:
    """Which model is current."""

    def __init__(
        self,
        catalog: Catalog,
        pool: EnginePool,
        gate: Gate,
        machine: Machine,
        preferences: PreferenceStore,
    ) -> None:
        self.current: Engine | None = None
        self.changed: Signal[()] = Signal()
        """Another model was selected, or the current one's state has changed."""
        self._catalog = catalog
        self._pool = pool
        self._gate = gate
        self._machine = machine
        self._preferences = preferences
        self._asked: dict[Engine, str] = {}
        """The content that the user was last asked about: a yes is for that and no other."""
        self._unfollow: Callable[[], None] = _nothing

    def select(self, version: ModelVersion) -> None:
        """Make `version` current, to be loaded as it was chosen last; loads nothing."""
        engine = self._pool.get(version, self.options_for(version))
        if engine is not self.current:
            self._unfollow()
            self._unfollow = engine.changed.connect(self.changed.emit)
            self.current = engine
        self.changed.emit()

    def options_for(self, version: ModelVersion) -> LoadOptions:
        """What was chosen for its registered model, as far as `version` takes it."""
        kept = self._preferences.load().loads.get(version.name, AS_LOGGED)
        return fitting(kept, version)

    def choose(self, options: LoadOptions) -> None:
        """Have the current model loaded with `options` from now on, and so its other versions.

        Another engine is current then; the one before stays as it is, and nothing is loaded.
        """
        if self.current is None:
            return
        version = self.current.version
        preferences = self._preferences.load()
        loads = {**preferences.loads, version.name: options}
        if options == AS_LOGGED:
            del loads[version.name]
        self._preferences.save(replace(preferences, loads=loads))
        self.select(version)

    def choice(self, engine: Engine) -> LoadChoice:
        """What there is to choose for `engine`, and what it is."""
        card = engine.card
        return LoadChoice(
            chosen=engine.options,
            taken=taken(engine.version),
            logged_dtype=None if card is None or card.dtype is None else plain_dtype(card.dtype),
            devices=self._pool.devices(),
            cores=self._machine.cores(),
        )

    def note(self, card: ModelCard) -> None:
        """Take `card` for what is known of the current model, where it is that model's."""
        engine = self.current
        if engine is not None and engine.card is None and engine.version.uri == card.version.uri:
            engine.card = card
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
        await self.consent_for(engine, trusted=trusted, past_memory=past_memory)
        return engine

    async def consent_for(
        self,
        engine: Engine,
        *,
        trusted: bool = False,
        past_memory: bool = False,
        reserved_bytes: int = 0,
    ) -> int:
        """Ask what has to be asked before `engine` is loaded, current or not; see `load`.

        A model whose content changes between the question and the answer is asked about again;
        `trusted` where nothing was asked is for whatever it holds now.

        Returns how many bytes the load is expected to take; 0 for one that is loaded, or whose
        size is not known. `reserved_bytes` is what others, agreed to before, have yet to take.
        Raises `NeedsTrust`, `NeedsMemory` and `ServiceError`.
        """
        if engine.is_loaded:
            return 0
        card = await self._catalog.describe(reference(engine.version), fingerprint=True)
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
            shown = self._asked.pop(engine, None)
            if not trusted or shown not in (None, card.trust.fingerprint):
                self._asked[engine] = card.trust.fingerprint
                raise NeedsTrust(card)
            self._gate.trust(card)
        available_bytes = max(self._machine.available_bytes() - reserved_bytes, 0)
        expected = forecast(card, engine.options, available_bytes)
        if expected is None:
            return 0
        if not expected.fits and not past_memory:
            raise NeedsMemory(expected)
        return expected.needed_bytes

    async def allow_hub(self, engine: Engine, *, allowed: bool) -> None:
        """Let the process of `engine`, as its files are now, ask the Hugging Face hub, or not;
        from its next load on. Raises `ServiceError`."""
        card = await self._catalog.describe(reference(engine.version), fingerprint=True)
        self._gate.allow_hub(card, allowed=allowed)

    async def switch_hub(self, engine: Engine) -> bool:
        """Turn around what stands for `engine`; whether it may ask now. Raises `ServiceError`."""
        card = await self._catalog.describe(reference(engine.version), fingerprint=True)
        allowed = not self._gate.allows_hub(card)
        self._gate.allow_hub(card, allowed=allowed)
        return allowed

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
