"""Presets: those that come with Parley, and those in the registry that is open."""

from collections.abc import Callable

from app.domain.preset_titles import is_same_title
from app.services.catalog import Catalog
from app.services.signal import Signal
from wrappers.contract import (
    DeletePreset,
    Done,
    ListPresets,
    Preset,
    PresetDeleted,
    PresetSaved,
    PresetsListed,
    RestorePreset,
    Sampling,
    SavePreset,
)


class Presets:
    """Signal: `changed`, when `saved` is another now."""

    def __init__(self, catalog: Catalog, read_shipped: Callable[[], tuple[Preset, ...]]) -> None:
        self.changed: Signal[()] = Signal()
        self._catalog = catalog
        self._read_shipped = read_shipped
        self._shipped: tuple[Preset, ...] | None = None
        self._saved: tuple[Preset, ...] = ()
        self._registry: str | None = None
        """Where `_saved` are from."""

    @property
    def shipped(self) -> tuple[Preset, ...]:
        """Usable without a registry."""
        if self._shipped is None:
            self._shipped = self._read_shipped()
        return self._shipped

    @property
    def saved(self) -> tuple[Preset, ...]:
        """Those of the open registry, as they were listed last."""
        return self._saved if self.is_listed else ()

    @property
    def is_listed(self) -> bool:
        """Whether the open registry has been asked for its presets."""
        return self._registry == self._catalog.tracking_uri

    def own(self, title: str) -> Preset | None:
        """What saving under this title would make a new version of."""
        return next(
            (one for one in self.saved if one.is_own and is_same_title(one.title, title)), None
        )

    async def refresh(self) -> None:
        """List those of the registry. Raises `ServiceError`."""
        registry = self._catalog.tracking_uri
        listed = await self._catalog.question(ListPresets(id=0), PresetsListed)
        if registry == self._catalog.tracking_uri:
            self._take(registry, listed.presets)

    async def save(self, title: str, system: str, sampling: Sampling) -> Preset:
        """A new version where there is one of this title. Raises `ServiceError`."""
        request = SavePreset(id=0, title=title, system=system, sampling=sampling)
        saved = (await self._catalog.question(request, PresetSaved)).preset
        await self.refresh()
        return saved

    async def delete(self, name: str) -> PresetDeleted:
        """Take it out of the registry; what is given back can be restored. Raises
        `ServiceError`."""
        gone = await self._catalog.question(DeletePreset(id=0, name=name), PresetDeleted)
        await self.refresh()
        return gone

    async def restore(self, gone: PresetDeleted) -> None:
        """Undo a deletion. Raises `ServiceError`."""
        request = RestorePreset(id=0, name=gone.name, versions=gone.versions)
        await self._catalog.question(request, Done)
        await self.refresh()

    def _take(self, registry: str, presets: tuple[Preset, ...]) -> None:
        before, self._registry = self.saved, registry
        self._saved = presets
        if presets != before:
            self.changed.emit()
