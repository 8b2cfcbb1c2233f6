"""All engines: one per model version and load options."""

import asyncio
from collections.abc import Callable

from app.domain.model_names import reference
from app.services.engine import Admit, Engine, EngineState, Fetch
from app.services.ports import Launcher
from app.services.signal import Signal
from wrappers.contract import LoadOptions, ModelCard, ModelVersion

__all__ = ["Engine", "EnginePool", "EngineState"]


class EnginePool:
    """One engine per model version and load options, whoever asks."""

    def __init__(
        self, launcher: Launcher, fetch: Fetch, admit: Admit, registry: Callable[[], str]
    ) -> None:
        """`registry` tells the tracking URI that versions come from now."""
        self.changed: Signal[()] = Signal()
        self._launcher = launcher
        self._fetch = fetch
        self._admit = admit
        self._registry = registry
        self._engines: dict[tuple[str, str, LoadOptions], Engine] = {}

    def get(self, version: ModelVersion, options: LoadOptions = LoadOptions()) -> Engine:
        """The engine of `version`; what is known of the version is renewed."""
        key = (self._registry(), reference(version), options)
        engine = self._engines.get(key)
        if engine is None:
            engine = Engine(
                version,
                options,
                launcher=self._launcher,
                fetch=self._fetch,
                admit=self._admit,
            )
            engine.changed.connect(self.changed.emit)
            engine.card = self._card(key[:2])
            self._engines[key] = engine
        engine.version = version
        return engine

    def _card(self, version: tuple[str, str]) -> ModelCard | None:
        """What another engine of the same version knows of it."""
        cards = (one.card for key, one in self._engines.items() if key[:2] == version)
        return next((card for card in cards if card is not None), None)

    def devices(self) -> tuple[str, ...]:
        """Those that models could be loaded on, as far as any that was loaded has told: only its
        own process knows."""
        told = (
            device
            for engine in self._engines.values()
            if engine.capabilities is not None
            for device in engine.capabilities.devices
        )
        return tuple(dict.fromkeys(told))

    def loaded(self) -> tuple[Engine, ...]:
        """Those that hold a model in memory."""
        return tuple(engine for engine in self._engines.values() if engine.is_loaded)

    async def close(self) -> None:
        """Unload all, at once."""
        engines = tuple(self._engines.values())
        self._engines.clear()
        await asyncio.gather(*(engine.unload() for engine in engines))
