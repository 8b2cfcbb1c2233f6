"""The registry as a whole: opening it, and what stands in the panes' place until it has models."""

import time
from collections.abc import Callable

from app.services.catalog import Catalog, CatalogState
from app.services.errors import ServiceError
from app.services.sessions import Sessions
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.values import RegistryChoice
from app.ui.panes.sidebar import Sidebar
from app.ui.panes.start_screen import StartScreen
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.job_strip import JobStrip
from wrappers.contract import Failed


class StartPresenter:
    """Shows the start screen or the panes, and a job in whichever place is there for it."""

    def __init__(
        self,
        catalog: Catalog,
        sessions: Sessions,
        jobs: JobsPresenter,
        dialogs: Dialogs,
        tasks: Tasks,
        *,
        start: StartScreen,
        strip: JobStrip,
        sidebar: Sidebar,
        refresh: Callable[[], None],
        show_start: Callable[[bool], None],
        remember: Callable[[str | None], None],
        own_registry: str,
        is_reading: Callable[[], bool] = lambda: False,
    ) -> None:
        """`refresh` lists the registry; `show_start` puts the start screen in the panes' place, or
        takes it away; `remember` keeps which registry was opened, ``None`` for Parley's own, whose
        tracking URI is `own_registry`. `is_reading` tells whether a conversation is open that
        something was said in: the panes show it, models or not."""
        self._catalog = catalog
        self._sessions = sessions
        self._jobs = jobs
        self._dialogs = dialogs
        self._tasks = tasks
        self._start = start
        self._strip = strip
        self._refresh = refresh
        self._show_start = show_start
        self._remember = remember
        self._own_registry = own_registry
        self._is_reading = is_reading
        self._was_reading = False
        self._since = time.monotonic()
        self._asked_for: str | None = None
        self._has_listed = False

        start.demo_wanted.connect(jobs.make_demo)
        start.register_wanted.connect(jobs.register)
        start.open_registry_wanted.connect(self.open_another)
        start.retry_wanted.connect(self._retry)
        sidebar.settings.demo_wanted.connect(jobs.make_demo)
        sidebar.settings.register_wanted.connect(jobs.register)
        sidebar.settings.open_registry_wanted.connect(self.open_another)
        for place in (start, strip):
            place.cancel_requested.connect(jobs.cancel)
            place.log_requested.connect(jobs.show_log)
            place.dismissed.connect(jobs.dismiss)
        self._disconnects = (
            catalog.changed.connect(self._show),
            jobs.changed.connect(self._show),
        )
        self._show()

    def close(self) -> None:
        """Listen no more."""
        for disconnect in self._disconnects:
            disconnect()

    # ----------------------------------------------------------------------------------------
    # Opening

    def open(self, tracking_uri: str | None) -> None:
        """Open a registry and list it; ``None`` is Parley's own. The start screen says how it
        goes."""
        self._tasks.start(self._open(tracking_uri), "open the registry")

    def open_another(self) -> None:
        """Ask which, and open it."""
        self._tasks.start(self._open_another(), "open another registry")

    async def _open(self, tracking_uri: str | None) -> None:
        await self._try_to_open(tracking_uri)

    async def _open_another(self) -> None:
        async def attempt(choice: RegistryChoice) -> Failed | None:
            return await self._try_to_open(choice.tracking_uri)

        uri = self._catalog.tracking_uri
        current = RegistryChoice(None if uri == self._own_registry else uri)
        opened = await self._dialogs.open_registry(current, attempt)
        if opened is not None:
            self._remember(opened.tracking_uri)

    async def _try_to_open(self, tracking_uri: str | None) -> Failed | None:
        self._since = time.monotonic()
        self._asked_for = tracking_uri
        try:
            await self._catalog.open(tracking_uri)
        except ServiceError as error:
            return error.failed
        self._has_listed = False
        self._sessions.deselect()
        self._refresh()
        return None

    def _retry(self) -> None:
        self.open(self._asked_for)

    # ----------------------------------------------------------------------------------------
    # Showing

    def look_at_conversation(self) -> None:
        """Another conversation may be open now."""
        if self._is_reading() != self._was_reading:
            self._show()

    def _show(self) -> None:
        self._was_reading = self._is_reading()
        shows_panes = bool(self._catalog.versions) or self._was_reading
        self._show_start(not shows_panes)
        job = self._jobs.view
        self._strip.show_view(job if shows_panes else None)
        if shows_panes:
            return
        if self._catalog.listing:
            self._has_listed = True
        failure = self._catalog.failure
        if self._catalog.state is CatalogState.FAILED and failure is not None:
            self._start.show_failure(failure.message, failure.advice)
        elif job is not None:
            self._start.show_job(job)
        elif self._catalog.state is CatalogState.READY and self._is_listed():
            self._start.show_empty()
        else:
            self._start.show_opening(self._catalog.label, self._since)

    def _is_listed(self) -> bool:
        """Whether a listing has come to its end, so that "no models" is known and not assumed."""
        return self._has_listed and not self._catalog.listing
