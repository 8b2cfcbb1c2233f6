"""Puts what there is of a comparison into the Compare pane's widgets."""

from collections.abc import Callable

from app.domain.comparison.record import Comparison, Phase, Plan, Turn
from app.domain.comparison.votes import hides_sides
from app.services.catalog import Catalog
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters import compare_words
from app.ui.presenters.compare_drawing import Drawing
from app.ui.presenters.compare_slots import CompareSlots
from app.ui.translation import tr
from app.ui.widgets.compare_views import CardView, HeadView, ReportView
from app.ui.widgets.views import ActivityView


class CompareScene:
    """Whatever is shown already does nothing. While a turn hides its sides, no turn names them."""

    def __init__(
        self,
        pane: ComparePane,
        catalog: Catalog,
        slots: CompareSlots,
        drawing: Drawing,
        names: Callable[[], tuple[str, str]],
    ) -> None:
        """`names` is what the slots are called."""
        self._pane = pane
        self._catalog = catalog
        self._slots = slots
        self._drawing = drawing
        self._names = names
        self._notice_at: int | None = None
        """The slot whose failed load is told above the cards."""
        pane.notice_log_requested.connect(self._notice_log)
        pane.notice_reload_requested.connect(self._notice_reload)

    def show_composer(self, comparison: Comparison | None, *, is_running: bool) -> None:
        composer = self._pane.composer
        can_send = comparison is not None and not is_running
        composer.set_can_send(can_send, tr("Both are still answering.") if is_running else "")
        completes = comparison is not None and comparison.kind == "prompt"
        composer.set_placeholder(
            tr("Have both complete another prompt") if completes else tr("Ask both the same")
        )

    def show_start(self) -> None:
        """There are no models to compare yet."""
        catalog = self._catalog
        askable = any(one.mode is not None for one in catalog.versions.values())
        self._pane.start.show_text(
            tr("Looking through the registry…")
            if catalog.listing
            else tr("Choose two versions that can chat, or one version twice.")
            if askable
            else tr("There is no model here that can chat. Register two, or make the demo models."),
            can_choose=askable,
        )
        self._pane.show_start()
        self._pane.show_activity(None)
        self._pane.header.set_can_export(False, tr("Ask something first."))
        self._pane.report.show_view(ReportView())

    def show(self, comparison: Comparison, *, is_running: bool, since: float | None) -> None:
        """The turns; `since` is `time.monotonic` when the last one was asked."""
        turn = comparison.turns[-1] if comparison.turns else None
        is_hidden = hides_sides(comparison)
        self._pane.show_cards()
        cards = self._cards(comparison, is_hidden=is_hidden, is_running=is_running)
        self._pane.cards.show_views(cards)
        self._show_notice(is_hidden=is_hidden)
        activity = _activity(turn, comparison.plan, since) if is_running else None
        self._pane.show_activity(activity)
        can_export = bool(comparison.turns) and not is_running and not is_hidden
        reason = ""
        if is_hidden:
            reason = tr("Vote first: it would tell which side is which.")
        elif not can_export:
            reason = tr("Ask something first.") if turn is None else tr("Once it has ended.")
        self._pane.header.set_can_export(can_export, reason)

    def show_numbers(self, comparison: Comparison | None, turn: Turn | None) -> None:
        """Those of the turn in view."""
        cards = self._pane.cards
        if comparison is None or turn is None:
            cards.show_facts(((), ()), "")
            self._pane.report.show_view(ReportView())
            return
        if hides_sides(comparison):
            # Of an open turn too: its sides need not stand as those of the hidden one do.
            told = tr("Which is which, and what it cost, is shown after your vote.")
            cards.show_facts(((), ()), "")
            self._pane.report.show_view(ReportView(headline=told))
            return
        first, second = (compare_words.facts(comparison, turn, at) for at in (0, 1))
        cards.show_facts((first, second), "")
        self._pane.report.show_view(compare_words.report(comparison, turn, self._names()))

    def _cards(
        self, comparison: Comparison, *, is_hidden: bool, is_running: bool
    ) -> tuple[CardView, CardView]:
        # The open turns around a hidden one name nobody either.
        names = (tr("A"), tr("B")) if is_hidden else self._names()
        sides = self._drawing.sides(comparison, self._slots.engines(), names)
        if is_hidden:
            heads = [HeadView(title=one, can_choose=False) for one in names]
        else:
            heads = [self._slots.head(at, names[at], is_running=is_running) for at in (0, 1)]
        return CardView(heads[0], sides[0]), CardView(heads[1], sides[1])

    def _show_notice(self, *, is_hidden: bool) -> None:
        """While the cards do not tell whose they are, a load that failed is told above them."""
        self._notice_at = None
        for at, name in enumerate(self._names()) if is_hidden else ():
            band = self._slots.head(at, name, is_running=False).band
            if band is not None:
                self._notice_at = at
                self._pane.show_notice(band)
                return
        self._pane.show_notice(None)

    def _notice_log(self) -> None:
        if self._notice_at is not None:
            self._slots.show_log(self._notice_at)

    def _notice_reload(self) -> None:
        if self._notice_at is not None:
            self._slots.load(self._notice_at)


def _activity(turn: Turn | None, plan: Plan, since: float | None) -> ActivityView:
    if turn is None or turn.phase.is_final:
        return ActivityView(tr("Loading the models"), since=since, is_busy=True, is_load=True)
    return ActivityView(
        compare_words.phase_line(turn, plan),
        since=since,
        is_busy=True,
        is_load=turn.phase is Phase.LOADING,
    )
