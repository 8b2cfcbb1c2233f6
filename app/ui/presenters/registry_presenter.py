"""The registry in the left column: its models, which of them is current, which are loaded."""

import asyncio
from collections.abc import Callable, Iterable

from app.services.catalog import Catalog
from app.services.engines import EnginePool, EngineState
from app.services.errors import ServiceError
from app.services.sessions import Sessions
from app.ui.coalesce import Coalescer
from app.ui.item_models.registry_model import Key, LoadMark, by_letter
from app.ui.panes.sidebar import Sidebar
from app.ui.tasks import Tasks
from wrappers.contract import Failed, ModelVersion

_PAGES_MS = 100
"""Between two looks at the pages of a listing."""


class RegistryPresenter:
    """Joins `Catalog` and `Sessions` to the sidebar's tree."""

    def __init__(
        self,
        catalog: Catalog,
        sessions: Sessions,
        pool: EnginePool,
        sidebar: Sidebar,
        tasks: Tasks,
        *,
        load: Callable[[], None],
        tell: Callable[[Failed], None],
    ) -> None:
        """`load` loads the current model; `tell` shows why a refresh failed."""
        self._catalog = catalog
        self._sessions = sessions
        self._pool = pool
        self._sidebar = sidebar
        self._tasks = tasks
        self._load = load
        self._tell = tell
        self._is_stale = False
        self._refreshing: asyncio.Task[None] | None = None
        self._pages = Coalescer(self._show_versions, _PAGES_MS, sidebar)
        sidebar.registry.version_chosen.connect(self._choose)
        sidebar.registry.version_activated.connect(self._activate)
        sidebar.settings.refresh_wanted.connect(self.refresh)
        self._disconnects = (
            catalog.changed.connect(self._catalog_changed),
            sessions.changed.connect(self._show_loads),
            pool.changed.connect(self._show_loads),
        )
        self._catalog_changed()
        self._show_loads()

    def close(self) -> None:
        """Listen no more."""
        self._pages.flush()
        for disconnect in self._disconnects:
            disconnect()

    def refresh(self) -> None:
        """List the registry again; what has come since a running listing began is not missed."""
        self._is_stale = True
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self._tasks.start(self._refresh(), "refresh the registry")

    async def _refresh(self) -> None:
        try:
            while self._is_stale:
                # A listing that somebody else began may have passed the place of what is new.
                self._is_stale = self._catalog.listing
                await self._catalog.refresh()
        except ServiceError as error:
            self._tell(error.failed)

    # ----------------------------------------------------------------------------------------
    # What the user does

    def open(self, name: str, version: str) -> None:
        """Make a version current, and load it where it can be talked to."""
        self._activate(name, version)

    def _choose(self, name: str, version: str) -> None:
        found = self._catalog.versions.get((name, version))
        if found is not None:
            self._sessions.select(found)

    def _activate(self, name: str, version: str) -> None:
        self._choose(name, version)
        found = self._catalog.versions.get((name, version))
        if found is not None and (found.mode is not None or not found.detected):
            self._load()

    # ----------------------------------------------------------------------------------------
    # Showing

    def _catalog_changed(self) -> None:
        self._sidebar.show_place(self._catalog.label, self._catalog.tracking_uri)
        self._pages.request()

    def _show_versions(self) -> None:
        versions = self._catalog.versions
        self._sidebar.show_versions(versions.values())
        current = self._sessions.current
        if current is None:
            first = None if self._catalog.listing else default_version(versions.values())
            if first is not None:
                self._sessions.select(first)
        else:
            known = versions.get((current.version.name, current.version.version))
            if known is not None and known != current.version:
                self._sessions.select(known)
        self._show_loads()

    def _show_loads(self) -> None:
        marks: dict[Key, LoadMark] = {
            (engine.version.name, engine.version.version): LoadMark.LOADED
            for engine in self._pool.loaded()
        }
        current = self._sessions.current
        if current is None:
            self._sidebar.registry.set_chosen(None)
        else:
            key = (current.version.name, current.version.version)
            if current.state is EngineState.LOADING:
                marks[key] = LoadMark.LOADING
            self._sidebar.registry.set_chosen(key)
        self._sidebar.registry.show_loads(marks)


def default_version(versions: Iterable[ModelVersion]) -> ModelVersion | None:
    """What is current before anybody has chosen: a model that takes messages rather than a prompt,
    one with an alias rather than none, else the first that stands in the tree."""
    chatting = [version for version in versions if version.mode is not None]
    return min(
        chatting,
        key=lambda version: (
            version.mode != "messages",
            not version.aliases,
            by_letter(version.name),
            -int(version.version) if version.version.isdecimal() else 0,
        ),
        default=None,
    )
