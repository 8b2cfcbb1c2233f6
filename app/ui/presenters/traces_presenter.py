"""Whether turns are recorded: the switch in the settings menu, and the line that tells of it."""

from app.services.catalog import Catalog
from app.services.traces import Traces
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.translation import tr
from app.ui.wording import SEPARATOR
from wrappers.contract import ErrorKind, Failed


class TracesPresenter:
    """Keeps the sidebar's foot up to date, and says when traces cannot be written."""

    def __init__(
        self, traces: Traces, catalog: Catalog, sidebar: Sidebar, jobs: JobsPresenter
    ) -> None:
        self._traces = traces
        self._catalog = catalog
        self._sidebar = sidebar
        self._jobs = jobs
        self._told: ErrorKind | None = None
        self._disconnects = (
            traces.changed.connect(self._show),
            traces.failed.connect(self._tell),
            traces.recovered.connect(self._forget),
            catalog.changed.connect(self._show),
        )
        sidebar.settings.traces_switched.connect(self._switch)
        self._show()

    def close(self) -> None:
        """Listen no more; who owns the traces ends them."""
        for disconnect in self._disconnects:
            disconnect()

    def _switch(self, on: bool) -> None:
        self._traces.switch(on=on)

    def _show(self) -> None:
        is_on = self._traces.is_on
        self._sidebar.settings.set_traces(on=is_on)
        version = ".".join(self._catalog.mlflow_version.split(".")[:2])
        switch = tr("traces on") if is_on else tr("traces off")
        self._sidebar.show_foot(SEPARATOR.join([f"mlflow {version}", switch]) if version else "")

    def _tell(self, failed: Failed) -> None:
        self._told = failed.kind
        self._jobs.tell(failed, tr("Traces"))

    def _forget(self) -> None:
        if self._told is not None:
            self._jobs.forget_told(self._told)
            self._told = None
