"""The open registry: its models, and every question about one. Owns the registry's child."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from msgspec.structs import replace

from app.domain.registry_uri import absolute_tracking_uri, is_local
from app.services.asking import ask, take_note
from app.services.errors import ServiceError
from app.services.ports import Child, Launcher
from app.services.signal import Signal
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    CleanUp,
    Connect,
    Connected,
    Described,
    DescribeModel,
    Diagnose,
    Diagnosed,
    Done,
    Event,
    Failed,
    Fetched,
    FetchModel,
    JobProgress,
    ListModels,
    LogFeedback,
    LogRun,
    LogTrace,
    LogVote,
    ModelCard,
    ModelPage,
    ModelVersion,
    Registered,
    RegisterModel,
    RunLogged,
)


def _tell_nobody(_: str) -> None:
    """Nobody wants to know the stages."""


class CatalogState(StrEnum):
    CLOSED = "closed"
    OPENING = "opening"
    READY = "ready"
    FAILED = "failed"
    """It could not be opened; `Catalog.failure` says why."""


class Catalog:
    """A registry. If its child dies, the next question starts another."""

    def __init__(self, launcher: Launcher, home_registry: Connect) -> None:
        """`home_registry` is opened where no other is named; it also names the cache folder."""
        self.state = CatalogState.CLOSED
        self.label = ""
        """Short, for the sidebar: ``sqlite · local``."""
        self.mlflow_version = ""
        self.failure: Failed | None = None
        self.listing = False
        """Whether pages are still coming."""
        self.versions: dict[tuple[str, str], ModelVersion] = {}
        """By name and version."""
        self.changed: Signal[()] = Signal()

        self._launcher = launcher
        self._home_registry = home_registry
        self._registry = home_registry
        self._ahead: asyncio.Future[Child] | None = None
        self._child: Child | None = None
        self._opening = asyncio.Lock()
        self._refresh: asyncio.Task[None] | None = None
        self._pages: asyncio.Task[ModelPage] | None = None
        self._questions = 0
        self._no_questions = asyncio.Event()
        self._no_questions.set()

    @property
    def tracking_uri(self) -> str:
        """Of the registry that is open, or would be opened."""
        return self._registry.tracking_uri

    @property
    def connection(self) -> Connect:
        """How another registry child connects to the same registry."""
        return self._registry

    # -- opening and closing

    def launch_ahead(self) -> None:
        """Start the process that the next `open` connects: it takes longest of all at a start."""
        if self._ahead is None:
            self._ahead = asyncio.ensure_future(self._launcher.launch("registry", "registry"))

    async def open(self, tracking_uri: str | None = None, artifact_root: str | None = None) -> None:
        """Connect; `refresh` then fills `versions`. ``None`` is the home's own registry.

        Raises `ServiceError`; a registry that was open before is then still open.
        """
        registry = self._named(tracking_uri, artifact_root)
        async with self._opening:
            previous = (self.state, self._registry)
            self._registry = registry
            try:
                child = await self._connect()
            except BaseException as error:
                self._registry = previous[1]
                if previous[0] is CatalogState.READY:
                    self._become(CatalogState.READY, None)
                elif isinstance(error, ServiceError):
                    self._registry = registry
                    self._become(CatalogState.FAILED, error.failed)
                else:
                    self._become(CatalogState.CLOSED, None)
                raise
            await self._end_refresh()
            former, self._child = self._child, child
            self.versions = {}
            self._become(CatalogState.READY, None)
            if former is not None:
                await former.close()

    async def close(self) -> None:
        await self._end_refresh()
        async with self._opening:
            ahead, self._ahead = self._ahead, None
            if ahead is not None:
                ahead.cancel()
                for unused in await asyncio.gather(ahead, return_exceptions=True):
                    if not isinstance(unused, BaseException):
                        await unused.close()
            child, self._child = self._child, None
            if child is not None:
                await child.close()
            self.versions = {}
            self._become(CatalogState.CLOSED, None)

    def _named(self, tracking_uri: str | None, artifact_root: str | None) -> Connect:
        home = self._home_registry
        if tracking_uri is None:
            return home
        uri = absolute_tracking_uri(tracking_uri, Path.cwd())
        if uri == home.tracking_uri:
            return home
        return Connect(
            id=0, tracking_uri=uri, artifact_root=artifact_root, cache_dir=home.cache_dir
        )

    async def _connect(self) -> Child:
        """A new child, connected. Call it with `_opening` held."""
        self._become(CatalogState.OPENING, None)
        ahead, self._ahead = self._ahead, None
        child = await (ahead or self._launcher.launch("registry", "registry"))
        try:
            connected = await ask(child, self._registry, Connected)
        except BaseException:
            child.kill()
            await child.close()
            raise
        self.label = connected.label
        self.mlflow_version = connected.mlflow_version
        return child

    async def _connected(self) -> Child:
        """The child, started anew where it has died or was never started."""
        async with self._opening:
            if self._child is not None and self._child.alive:
                return self._child
            if self._child is not None:
                await self._child.close()
                self._child = None
            try:
                self._child = await self._connect()
            except ServiceError as error:
                self._become(CatalogState.FAILED, error.failed)
                raise
            self._become(CatalogState.READY, None)
            return self._child

    def _become(self, state: CatalogState, failure: Failed | None) -> None:
        self.state = state
        self.failure = failure
        self.changed.emit()

    # -- listing

    async def refresh(self) -> None:
        """List all versions again, page by page into `versions`. Raises `ServiceError`.

        Joins a refresh that runs.
        """
        if self._refresh is None:
            self._refresh = asyncio.create_task(self._list(), name="list models")
            self._refresh.add_done_callback(self._refresh_ended)
        await asyncio.shield(self._refresh)

    def _refresh_ended(self, task: asyncio.Task[None]) -> None:
        self._refresh = None
        take_note(task)

    async def _end_refresh(self) -> None:
        if self._refresh is not None:
            self._refresh.cancel()
            await asyncio.wait([self._refresh])

    async def _list(self) -> None:
        seen: set[tuple[str, str]] = set()

        def take(event: AnyEvent) -> None:
            if isinstance(event, ModelPage):
                page = {(one.name, one.version): one for one in event.versions}
                seen.update(page)
                self.versions.update(page)
                self.changed.emit()

        self.listing = True
        try:
            while not await self._list_undisturbed(take):
                await self._no_questions.wait()
            self.versions = {key: one for key, one in self.versions.items() if key in seen}
        finally:
            self.listing = False
            self.changed.emit()

    async def _list_undisturbed(self, take: Callable[[AnyEvent], None]) -> bool:
        """Whether the list came to its end. A question ends it early, for reading a remote
        registry can take minutes; what was read is remembered there, so the next try is short."""
        child = await self._connected()
        self._pages = asyncio.create_task(ask(child, ListModels(id=0), ModelPage, take))
        self._pages.add_done_callback(take_note)
        try:
            take(await self._pages)
        except asyncio.CancelledError:
            if self._questions and not _is_cancelled():
                return False
            raise
        finally:
            self._pages = None
        return True

    # -- asking

    async def describe(self, model: str, *, fingerprint: bool = False) -> ModelCard:
        """All that is known of `model`: ``name``, ``name/3``, ``name@alias`` or any URI.

        One that is in no registry comes back with `model` as its source. With `fingerprint` it is
        told what the card's trust would be bound to, though that may take a while.
        """
        request = DescribeModel(id=0, model=model, fingerprint=fingerprint)
        card = (await self._ask(request, Described)).card
        if not card.version.version:
            return replace(card, version=replace(card.version, source=model))
        return card

    async def fetch(self, model: str, report: Callable[[str], None] = _tell_nobody) -> Fetched:
        """Make `model` a local folder; `report` is told each stage of a download.

        That of a remote registry gets a child of its own: others are not kept waiting, and it
        can be ended at any moment.
        """

        def take(event: AnyEvent) -> None:
            if isinstance(event, JobProgress):
                report(event.stage)

        request = FetchModel(id=0, model=model)
        if is_local(self.tracking_uri):
            return await self._ask(request, Fetched, take)
        child = await self._launcher.launch("registry", "download")
        try:
            await ask(child, self._registry, Connected)
            return await ask(child, request, Fetched, take)
        except BaseException:
            child.kill()
            raise
        finally:
            await child.close()

    async def check_registration(self, request: RegisterModel) -> None:
        """Raises `ServiceError` for what `request` would fail with, as far as can be foreseen."""
        await self._ask(request, Registered)

    async def clean_up(self) -> None:
        """Take back what an interrupted registration has left."""
        await self._ask(CleanUp(id=0), Done)

    async def record(self, request: LogTrace | LogFeedback | LogVote, tracking_uri: str) -> None:
        """Have the registry at `tracking_uri` keep `request`, while a listing goes on.

        Raises `ServiceError`, also where another registry is open.
        """
        child = await self._connected()
        if self.tracking_uri != tracking_uri:
            raise ServiceError.of("cancelled", "Another registry was opened meanwhile.")
        await ask(child, request, Event)

    async def log_run(
        self, request: LogRun, tracking_uri: str, report: Callable[[str], None] = _tell_nobody
    ) -> RunLogged:
        """Make a run in the registry at `tracking_uri`; `report` is told each stage.

        Raises `ServiceError`, also where another registry is open; nothing is left of the run then.
        """

        def take(event: AnyEvent) -> None:
            if isinstance(event, JobProgress):
                report(event.stage)

        await self._connected()
        if self.tracking_uri != tracking_uri:
            raise ServiceError.of("cancelled", "Another registry was opened meanwhile.")
        return await self._ask(request, RunLogged, take)

    async def question[E: Event](self, request: AnyRequest, expected: type[E]) -> E:
        """What the registry answers to `request`. Raises `ServiceError`."""
        return await self._ask(request, expected)

    async def diagnose(self) -> Diagnosed:
        """Versions and findings of this environment and registry."""
        try:
            await self._connected()
        except ServiceError as error:
            return await self._diagnose_without(error.failed)
        return await self._ask(Diagnose(id=0), Diagnosed)

    async def _diagnose_without(self, failure: Failed) -> Diagnosed:
        """The same where the registry cannot be opened, which is one more finding."""
        child = await self._launcher.launch("registry", "doctor")
        try:
            found = await ask(child, Diagnose(id=0), Diagnosed)
        finally:
            await child.close()
        told = f"{failure.message} {failure.advice}".rstrip()
        return replace(found, problems=(told, *found.problems))

    async def _ask[E: Event](
        self,
        request: AnyRequest,
        expected: type[E],
        on_progress: Callable[[AnyEvent], None] | None = None,
    ) -> E:
        self._questions += 1
        self._no_questions.clear()
        if self._pages is not None:
            self._pages.cancel()
        try:
            return await ask(await self._connected(), request, expected, on_progress)
        finally:
            self._questions -= 1
            if not self._questions:
                self._no_questions.set()


def _is_cancelled() -> bool:
    """Whether the running task itself is to end, not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
