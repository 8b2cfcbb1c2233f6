"""What the Compare tab is made of: a comparison, prompt sets, votes, recordings, reports."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.services.program import Services
from app.ui.dialogs.opener import Dialogs, offer_link
from app.ui.main_window import MainWindow
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_export_presenter import CompareExportPresenter
from app.ui.presenters.compare_presenter import ComparePresenter
from app.ui.presenters.compare_replay import CompareReplay
from app.ui.presenters.compare_votes import CompareVotes
from app.ui.presenters.load_asking import LoadAsking
from app.ui.presenters.presets_presenter import PresetsPresenter
from app.ui.presenters.sets_presenter import SetsPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.presenters.vote_results_presenter import VoteResultsPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.run_bar import RunBar
from wrappers.contract import Failed


class CompareParts:
    """Makes them in the order that they need, and ends them together."""

    def __init__(
        self,
        services: Services,
        strip: JobStrip,
        run_bar: RunBar,
        dialogs: Dialogs,
        undo: UndoPresenter,
        tasks: Tasks,
        *,
        window: MainWindow,
        show_log: Callable[[str, Path | None, str], None],
        tell: Callable[[Failed], None],
        is_busy: Callable[[], bool],
    ) -> None:
        """`strip` and `run_bar` tell of reports and runs; `is_busy`, whether any model of the
        window is at work."""
        self.pane = pane = ComparePane()
        self.compare = ComparePresenter(
            services,
            pane,
            tasks,
            LoadAsking(services.sessions, services.pool, dialogs),
            show_log=show_log,
            offer_undo=undo.offer,
            tell=tell,
        )
        self.sets = SetsPresenter(
            services,
            pane,
            self.compare,
            tasks,
            dialogs,
            LoadAsking(services.sessions, services.pool, dialogs),
            show_log=show_log,
        )
        self.votes = CompareVotes(self.compare, services.votes, services.comparing, pane)
        self.replay = CompareReplay(self.compare, pane, is_busy=is_busy)
        self.results = VoteResultsPresenter(
            services.votes, services.traces, services.catalog, dialogs, tasks
        )
        self.votes.bar.results_requested.connect(self.results.open)
        self._presets = PresetsPresenter(
            services.presets,
            services.catalog,
            pane.composer,
            self.compare,
            self.compare,
            dialogs,
            undo,
            tasks,
            tell=tell,
            lists_first=False,
        )
        self._export = CompareExportPresenter(
            services.reports,
            strip,
            run_bar,
            dialogs,
            tasks,
            open_link=partial(offer_link, window),
        )
        self._export.serve_comparison(pane, lambda: self.compare.comparison)
        self._export.serve_set(self.sets.view, lambda: self.sets.prompt_set)

    def close(self) -> None:
        """Keep what is typed, and listen no more."""
        for presenter in (
            self.replay,
            self.votes,
            self.compare,
            self._presets,
            self.sets,
            self.results,
        ):
            presenter.close()
