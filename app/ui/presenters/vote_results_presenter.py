"""The table of votes: read from the registry when it is opened, and whenever a vote is written."""

from app.services.catalog import Catalog
from app.services.errors import ServiceError
from app.services.traces import Traces, Writable
from app.services.votes import Votes
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.vote_results import VoteResultsDialog
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import LogVote


class VoteResultsPresenter:
    """Has one dialog at most."""

    def __init__(
        self, votes: Votes, traces: Traces, catalog: Catalog, dialogs: Dialogs, tasks: Tasks
    ) -> None:
        self._votes = votes
        self._catalog = catalog
        self._dialogs = dialogs
        self._tasks = tasks
        self._dialog: VoteResultsDialog | None = None
        self._is_reading = False
        self._is_outdated = False
        self._registry = ""
        self._unfollow = traces.written.connect(self._written)
        self._unfollow_catalog = catalog.changed.connect(self._catalog_changed)

    def open(self) -> None:
        """Show the table, or bring the one that is open to the front."""
        if self._dialog is None:
            self._dialog = self._dialogs.show_vote_results()
            self._dialog.refresh_requested.connect(self.read)
            self._dialog.finished.connect(self._closed)
        else:
            self._dialog.activateWindow()
        self.read()

    def read(self) -> None:
        """Read the votes again. What changes meanwhile has it read once more."""
        if self._dialog is None:
            return
        self._dialog.show_waiting(self._votes.waiting)
        if self._is_reading:
            self._is_outdated = True
            return
        self._is_reading = True
        self._dialog.show_reading()
        self._tasks.start(self._read(), "read the votes")

    def close(self) -> None:
        self._unfollow()
        self._unfollow_catalog()
        if self._dialog is not None:
            self._dialog.close()

    async def _read(self) -> None:
        try:
            while True:
                self._is_outdated = False
                self._registry = self._catalog.tracking_uri
                await self._read_once()
                if not self._is_outdated:
                    return
        finally:
            self._is_reading = False

    async def _read_once(self) -> None:
        try:
            results = await self._votes.results()
        except ServiceError as error:
            if self._dialog is not None:
                message = tr("The votes could not be read. {why}")
                self._dialog.show_failure(
                    message.format(why=error.failed.message), error.failed.advice
                )
            return
        if self._dialog is not None:
            self._dialog.show_results(results)
            self._dialog.show_waiting(self._votes.waiting)

    def _written(self, request: Writable) -> None:
        if isinstance(request, LogVote):
            self.read()

    def _catalog_changed(self) -> None:
        """Another registry has other votes."""
        if self._dialog is not None and self._registry != self._catalog.tracking_uri:
            self.read()

    def _closed(self) -> None:
        self._dialog = None
