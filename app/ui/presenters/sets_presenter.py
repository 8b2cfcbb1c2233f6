"""Prompt sets in the Compare pane: where they come from, their run, and what came of it."""

from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from app.domain.comparison.record import Comparison, PromptSet, Slot, Turn
from app.domain.comparison.set_export import TableFormat
from app.domain.comparison.set_rows import failed_rows, row_of, rows_of
from app.domain.export.record import file_name
from app.services.comparing import new_turn
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.prompt_set_run import Progress, RunState
from app.ui import plotting
from app.ui.coalesce import Coalescer
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.values import FileKind
from app.ui.panes.compare_pane import ComparePane
from app.ui.panes.set_view import SetView
from app.ui.presenters import compare_words, set_words
from app.ui.presenters.compare_drawing import Drawing, log_of
from app.ui.presenters.compare_presenter import ComparePresenter
from app.ui.presenters.compare_slots import CompareSlots
from app.ui.presenters.load_asking import LoadAsking
from app.ui.presenters.set_sources import SetSources
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.compare_views import CardView, HeadView
from app.ui.widgets.views import BandView
from wrappers.contract import Failed

_FRAME_MS: Final = 100


class SetsPresenter:
    """Shows one set at a time; the one that runs goes on while another is looked at."""

    def __init__(
        self,
        services: Services,
        pane: ComparePane,
        compare: ComparePresenter,
        tasks: Tasks,
        dialogs: Dialogs,
        asking: LoadAsking,
        *,
        show_log: Callable[[str, Path | None, str], None],
    ) -> None:
        self.view = SetView()
        self._services = services
        self._sets = services.sets
        self._pane = pane
        self._compare = compare
        self._tasks = tasks
        self._dialogs = dialogs
        self._show_log = show_log
        self._set: PromptSet | None = None
        """The one that is shown."""
        self._run: Progress | None = None
        """The last moment of the run that goes on, or was the last."""
        self._is_running = False
        self._note = ""
        self._drawn: PromptSet | None = None
        """The state that the distributions show."""
        self._folder = ""
        self._drawing = Drawing()
        self._is_closed = False
        self._frames = Coalescer(self._draw, _FRAME_MS, parent=self.view)
        self._slots = CompareSlots(
            services,
            asking,
            tasks,
            slots=lambda: None if self._set is None else self._set.slots,
            changed=self._frames.request,
            show_log=show_log,
        )
        self.sources = SetSources(
            services.sets,
            self.view.start,
            tasks,
            dialogs,
            slots=self._compare_slots,
            running=self._running_set,
            become=self._become,
            tell=self._tell,
        )
        pane.add_view(self.view)
        self._disconnect = self._sets.changed.connect(self._changed)
        self._connect()

    def close(self) -> None:
        """Listen no more; whoever owns the tasks ends what runs."""
        self._is_closed = True
        self._disconnect()
        self._frames.stop()

    @property
    def prompt_set(self) -> PromptSet | None:
        """The one that is shown."""
        return self._set

    @property
    def is_running(self) -> bool:
        """Whether a set runs, or waits in a pause."""
        return self._is_running

    # -- coming and going

    def show(self, shown: bool) -> None:
        """In place of the two sides, or no more."""
        self._pane.show_view(self.view if shown else None)
        self._pane.header.set_shows_sets(shown)
        if shown:
            self._changed()
            (self.view.start if self._set is None else self.view.table.view).setFocus()
        else:
            self._pane.composer.setFocus()

    def close_set(self) -> None:
        """Back to where sets come from; what runs goes on."""
        self._set = None
        self.view.show_start()
        self._changed()
        self.view.start.setFocus()

    def _compare_slots(self) -> tuple[Slot, Slot] | None:
        comparison = self._compare.comparison
        return None if comparison is None else self._compare.parameters.seeded(comparison.slots)

    def _running_set(self) -> PromptSet | None:
        return self._run.prompt_set if self._run is not None and self._is_running else None

    # -- running

    def run(self) -> None:
        """Every row that has no result."""
        self._begin(())

    def retry(self) -> None:
        """The rows that have failed, once more, and those without a result."""
        if self._set is not None:
            self._begin(failed_rows(self._set))

    def pause(self) -> None:
        self._sets.pause()
        self._frames.request()

    def stop(self) -> None:
        """End the run, or the loads before it."""
        if self._sets.running_id is None:
            self._slots.cancel_all()
        self._sets.stop()

    def _begin(self, again: tuple[int, ...]) -> None:
        if self._set is None:
            return
        if self._is_running or self._compare.is_running:
            self._tell(
                Failed(
                    kind="usage",
                    message=tr("The models are still answering something else."),
                    advice=tr("Run the set once they are done: it would measure both at once."),
                )
            )
            return
        self._tell(None)
        self._is_running = True
        self._run = Progress(self._set, RunState.RUNNING)
        task = self._tasks.start(self._carry_out(self._set, again), "run a prompt set")
        # Not in the task itself: one that is cancelled before its first step runs nothing.
        task.add_done_callback(lambda _: self._end())
        self._draw()

    async def _carry_out(self, prompt_set: PromptSet, again: tuple[int, ...]) -> None:
        if not await self._slots.make_ready():
            self._tell(self._slots.problem())
            return
        async with aclosing(self._sets.run(prompt_set, again=again)) as moments:
            async for moment in moments:
                self._follow(moment)

    def _follow(self, moment: Progress) -> None:
        before, self._run = self._run, moment
        is_shown = self._set is not None and self._set.id == moment.prompt_set.id
        if is_shown:
            self._set = moment.prompt_set
            touched = {moment.index, None if before is None else before.index} - {None}
            for index in touched:
                if index is not None:
                    self._put_row(index)
            if moment.failure is not None:
                self._tell(moment.failure)
        if moment.turn is not None:
            self._drawing.follow(moment.turn)
        self._frames.request()

    def _put_row(self, index: int) -> None:
        """What a row has come to, into the table."""
        shown, run = self._set, self._run
        if shown is None:
            return
        is_running = run is not None and run.index == index and not run.state.is_final
        turn = shown.results.get(index)
        if not is_running or turn is None:
            row = row_of(index, shown.prompts[index], turn, is_running=is_running)
            self.view.table.model.set_row(row)

    def _end(self) -> None:
        self._is_running = False
        if not self._is_closed:
            self._frames.stop()
            self._draw()
            self._changed()

    # -- one row

    def open_row(self, index: int) -> None:
        """Show its turn in the cards."""
        if self._set is None:
            return
        row = self.view.table.model.rows[index]
        expected = row.prompt.expected
        self.view.show_row(
            index,
            set_words.row_title(row, len(self._set.prompts)),
            tr("Expected: {text}").format(text=expected) if expected else "",
        )
        self._draw_row()

    def _turn(self, index: int) -> Turn | None:
        run, shown = self._run, self._set
        if shown is None:
            return None
        is_ours = self._is_running and run is not None and run.prompt_set.id == shown.id
        if is_ours and run is not None and run.index == index and run.turn is not None:
            return run.turn
        return shown.results.get(index)

    def _draw_row(self) -> None:
        index, shown = self.view.row, self._set
        if index is None or shown is None:
            return
        names = set_words.names_of(shown)
        known = self._turn(index)
        turn = known or new_turn(shown.slots, shown.prompts[index].text, turn_id=f"row {index}")
        comparison = Comparison(
            id=shown.id,
            slots=shown.slots,
            kind=shown.kind,
            plan=shown.plan,
            facts=shown.facts,
            turns=(turn,),
        )
        engines = self._slots.engines()
        sides = self._drawing.sides(comparison, engines, names)
        cards = self.view.cards
        heads = [HeadView(title=name, can_choose=False) for name in names]
        cards.show_views((CardView(heads[0], sides[0]), CardView(heads[1], sides[1])))
        if known is None:
            cards.show_facts(((), ()), tr("This row has not been run yet."))
        else:
            first, second = (compare_words.facts(comparison, turn, at) for at in (0, 1))
            cards.show_facts((first, second), "")

    # -- files

    def export(self, form: str) -> None:
        if self._set is not None:
            self._tasks.start(self._export(self._set, TableFormat(form)), "export a prompt set")

    async def _export(self, prompt_set: PromptSet, form: TableFormat) -> None:
        kind = (
            FileKind(tr("CSV, for spreadsheets"), ".csv")
            if form is TableFormat.CSV
            else FileKind(tr("JSONL, with everything"), ".jsonl")
        )
        name = file_name(tr("{name} results").format(name=Path(prompt_set.name).stem))
        target = await self._dialogs.save_file(
            tr("Export the results"), name, (kind,), self._folder
        )
        if target is None:
            return
        self._folder = str(target.parent)
        try:
            await self._sets.export(prompt_set, target, form)
        except ServiceError as error:
            self._tell(error.failed)
        else:
            self._note = tr("The results are in {file}.").format(file=target.name)
            self._show_note()

    # -- drawing

    def draw_plots(self) -> None:
        """The distributions are looked at for the first time."""
        self._tasks.start(self._draw_plots(), "bring what draws distributions")

    async def _draw_plots(self) -> None:
        await plotting.bring()
        self.view.figures.draw()

    def _become(self, prompt_set: PromptSet, note: str) -> None:
        self._set, self._note = prompt_set, note
        names = set_words.names_of(prompt_set)
        self.view.table.set_names(names)
        self.view.table.model.set_rows(rows_of(prompt_set), names)
        if self._is_ours and self._run is not None and self._run.index is not None:
            self._put_row(self._run.index)
        self._show_note()
        self.view.show_failure(None)
        self._draw()
        self.view.table.view.setFocus()

    @property
    def _is_ours(self) -> bool:
        """Whether the set that is shown is the one that runs."""
        run, shown = self._run, self._set
        is_it = run is not None and shown is not None and run.prompt_set.id == shown.id
        return self._is_running and is_it

    def _show_note(self) -> None:
        if self._set is not None and self.view.row is None:
            names = set_words.names_of(self._set)
            self.view.show_set(self._set.name, self._note, names)

    def _draw(self) -> None:
        if self._is_closed or self._set is None:
            return
        rows, names = self.view.table.model.rows, set_words.names_of(self._set)
        strip = set_words.strip(rows, names, self._run, is_ours=self._is_ours)
        self.view.strip.show_view(strip)
        self.view.set_can_export(bool(self._set.results))
        self._draw_figures()
        self._draw_row()

    def _draw_figures(self) -> None:
        """Where they are seen: of ten thousand rows that takes more than a frame may."""
        shown, figures = self._set, self.view.figures
        if shown is None or not figures.isVisible() or self._drawn is shown:
            return
        self._drawn = shown
        names = set_words.names_of(shown)
        figures.show_figures(set_words.figure_views(self.view.table.model.rows, names))

    def _tell(self, failed: Failed | None) -> None:
        view = None if failed is None else BandView(failed.message, failed.advice)
        self.view.show_failure(view)

    def _changed(self) -> None:
        """A set is there that was not, or no more; or one runs, or no more."""
        if not self._is_closed:
            self.sources.refresh()

    def _show_turn_log(self, at: int, turn_id: str) -> None:
        turn = None if self.view.row is None else self._turn(self.view.row)
        engine = self._slots.engines()[at]
        if self._set is not None and turn is not None and turn.id == turn_id:
            path, text = log_of(turn.sides[at].answer.failure, engine)
            self._show_log(set_words.names_of(self._set)[at], path, text)

    def _connect(self) -> None:
        view = self.view
        self._pane.header.sets_toggled.connect(self.show)
        view.closed.connect(lambda: self.show(False))
        view.set_closed.connect(self.close_set)
        view.row_requested.connect(self.open_row)
        view.export_requested.connect(self.export)
        view.strip.run_requested.connect(self.run)
        view.strip.retry_requested.connect(self.retry)
        view.strip.pause_requested.connect(self.pause)
        view.strip.go_on_requested.connect(self.go_on)
        view.strip.stop_requested.connect(self.stop)
        view.figures.plots_wanted.connect(self.draw_plots)
        view.figures.shown.connect(self._draw_figures)
        view.cards.log_requested.connect(self._show_turn_log)
        view.cards.reload_requested.connect(self._slots.load)

    def go_on(self) -> None:
        """After a pause."""
        self._sets.go_on()
        self._frames.request()
