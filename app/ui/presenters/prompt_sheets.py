"""Several prompts, one tab each: begun, closed, renamed, put in another order, and kept."""

from collections.abc import Sequence

from app.domain.prompt_page import Completion, PromptPage, title_of
from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.services.signal import Signal
from app.ui.coalesce import Coalescer
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.prompt_keeper import PromptKeeper
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.presenters.prompt_sheet import Sheet
from app.ui.presenters.talk import now_ms
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.prompt_tabs import TabView

_NOTE_MS = 300
"""While somebody writes, or a model, the text is noted this often."""


class PromptSheets:
    """Owns the sheets. One that was kept gets its editor when it is first shown.

    Signals: `compare_requested`, with the prompt that two models are to complete.
    """

    def __init__(
        self,
        store: ConversationStore,
        prompt: PromptPresenter,
        pane: PromptPane,
        undo: UndoPresenter,
        tasks: Tasks,
    ) -> None:
        self.compare_requested: Signal[str] = Signal()
        self._keeper = PromptKeeper(store)
        self._prompt = prompt
        self._pane = pane
        self._undo = undo
        self._open: dict[str, Sheet | PromptPage] = {prompt.sheet.id: prompt.sheet}
        """As their tabs stand."""
        self._closed: list[Sheet] = []
        """Their editors are taken away once they can't be had back."""
        self._final: set[str] = set()
        """The completions that are kept as they will stay."""
        self._is_closed = False
        self.is_restored = False
        """Whether what was kept is there."""
        self._notes = Coalescer(self._note, _NOTE_MS)
        pane.prompt_changed.connect(self._text_changed)
        self._unfollow = prompt.changed.connect(self._changed)
        tabs = pane.tabs
        tabs.new_requested.connect(self.new)
        tabs.chosen.connect(self.show)
        tabs.close_requested.connect(self.close_sheet)
        tabs.renamed.connect(self.rename)
        tabs.reordered.connect(self.reorder)
        pane.compare_requested.connect(self.compare)
        self._draw()
        tasks.start(self._restore(), "read the prompts")

    def close(self) -> None:
        """Keep what there is, and listen no more."""
        self._unfollow()
        self._is_closed = True
        self._notes.stop()
        self._note()

    @property
    def count(self) -> int:
        return len(self._open)

    # -- what the user does

    def new(self) -> None:
        """Begin another one; where the shown one is still untouched, that will do."""
        if not self._prompt.sheet.is_untouched:
            self.open("")
        self._pane.editor.setFocus()

    def open(self, text: str, *, title: str = "", written: Sequence[Completion] = ()) -> None:
        """Begin one with `text` and what models have written for it; shown is the text alone."""
        before = self._prompt.sheet
        self._note()
        if before.is_untouched:
            sheet = before
        else:
            sheet = Sheet(self._pane.add_editor())
            self._insert(sheet, after=before.id)
        sheet.take_up(PromptPage(sheet.id, title, text, completions=tuple(written)))
        self._prompt.show(sheet)
        if sheet.editor.prompt() != text:
            self._pane.show_hint(
                tr("This prompt has carriage returns. The editor keeps line feeds alone.")
            )

    def show(self, sheet_id: str) -> None:
        """Show one that is open."""
        found = self._open.get(sheet_id)
        if found is not None and found is not self._prompt.sheet:
            self._note()
            self._prompt.show(self._sheet(found))

    def step(self, step: int) -> None:
        """Show the next one, or the one before; after the last comes the first."""
        ids = list(self._open)
        at = ids.index(self._prompt.sheet.id)
        self.show(ids[(at + step) % len(ids)])

    def move(self, step: int) -> None:
        """Put the shown one a place further on, or back."""
        ids = list(self._open)
        at = ids.index(self._prompt.sheet.id)
        if 0 <= at + step < len(ids):
            ids[at], ids[at + step] = ids[at + step], ids[at]
            self.reorder(ids)

    def reorder(self, ids: list[str]) -> None:
        """Put all of them in this order."""
        if set(ids) == self._open.keys():
            self._open = {one: self._open[one] for one in ids}
            self._note()

    def rename(self, sheet_id: str, title: str) -> None:
        """An empty title has the tab tell its first words again."""
        found = self._open.get(sheet_id)
        if found is None:
            return
        sheet = self._sheet(found)
        sheet.title = title
        self._keeper.note_page(sheet.page())
        self._draw()

    def rename_shown(self) -> None:
        """Have its title written in its tab."""
        self._pane.tabs.rename(self._pane.tabs.currentIndex())

    def close_shown(self) -> None:
        self.close_sheet(self._prompt.sheet.id)

    def close_sheet(self, sheet_id: str) -> None:
        """Take one away; it can be had back. A model that writes in it is stopped."""
        found = self._open.get(sheet_id)
        if found is None:
            return
        sheet = self._sheet(found)
        if self._prompt.running is not None and self._prompt.running[0] is sheet:
            self._prompt.stop()
        ids = list(self._open)
        at = ids.index(sheet_id)
        if len(ids) == 1:
            if sheet.is_untouched:
                return
            self._insert(Sheet(self._pane.add_editor()), after=sheet_id)
            ids = list(self._open)
        if sheet is self._prompt.sheet:
            self.show(ids[at + 1] if at + 1 < len(ids) else ids[at - 1])
        del self._open[sheet_id]
        self._keeper.note_page(sheet.page(closed_ms=now_ms()))
        self._forget_closed()
        self._closed.append(sheet)
        self._note()
        name = sheet.name
        told = tr("Prompt closed: {title}").format(title=name) if name else tr("Prompt closed.")
        self._undo.offer(told, lambda: self._reopen(sheet, at))

    def compare(self) -> None:
        """Have two models complete what is written here."""
        text = self._prompt.sheet.editor.prompt()
        if text.strip():
            self.compare_requested.emit(text)
        else:
            self._pane.show_hint(tr("The prompt is empty. Write something, or insert a template."))

    # -- within

    def _reopen(self, sheet: Sheet, at: int) -> None:
        self._closed.remove(sheet)
        ids = list(self._open)
        blank = self._prompt.sheet if len(ids) == 1 and self._prompt.sheet.is_untouched else None
        self._open = {
            one: sheet if one == sheet.id else self._open[one]
            for one in (*ids[:at], sheet.id, *ids[at:])
        }
        self._keeper.note_page(sheet.page())
        self._prompt.show(sheet)
        if blank is not None:
            del self._open[blank.id]
            self._keeper.erase(blank.id)
            self._pane.remove_editor(blank.editor)
        self._note()

    def _forget_closed(self) -> None:
        running = self._prompt.running
        for sheet in list(self._closed):
            if running is None or running[0] is not sheet:
                self._closed.remove(sheet)
                self._pane.remove_editor(sheet.editor)

    def _insert(self, sheet: Sheet, *, after: str) -> None:
        rows: dict[str, Sheet | PromptPage] = {}
        for key, one in self._open.items():
            rows[key] = one
            if key == after:
                rows[sheet.id] = sheet
        self._open = rows

    def _sheet(self, found: Sheet | PromptPage) -> Sheet:
        """With an editor of its own from now on."""
        if isinstance(found, Sheet):
            return found
        sheet = Sheet(self._pane.add_editor())
        sheet.take_up(found)
        self._open[found.id] = sheet
        return sheet

    async def _restore(self) -> None:
        blank = self._prompt.sheet
        try:
            order, pages = await self._keeper.restore()
        except ServiceError:
            # Told by whoever reads the conversations. What is written is kept where it can be.
            self.is_restored = True
            return
        self.is_restored = True
        for page in pages.values():
            self._final.update(one.id for one in page.completions)
        begun = self._open
        if list(begun) == [blank.id] and blank.is_untouched and blank is self._prompt.sheet:
            begun = {}
        self._open = {**pages, **begun}
        if not begun and pages:
            current = order.current if order.current in pages else next(iter(pages))
            blank.take_up(pages[current])
            self._open[current] = blank
            self._prompt.show(blank)
        elif not self._open:
            self._open = {blank.id: blank}
        self._draw()

    def _text_changed(self) -> None:
        if not self._is_closed:
            self._notes.request()

    def _changed(self) -> None:
        """Another one is shown, or a model begins or ends."""
        for sheet in (*self._open.values(), *self._closed):
            for one in sheet.completions:
                if one.id not in self._final:
                    self._final.add(one.id)
                    self._keeper.note_completion(sheet.id, one)
        self._note()

    def _note(self) -> None:
        shown, running = self._prompt.sheet, self._prompt.running
        if shown.id in self._open and (self._keeper.knows(shown.id) or not shown.is_untouched):
            self._keeper.note_page(shown.page())
        if running is not None:
            sheet, completion = running
            if sheet.id in self._open:
                self._keeper.note_page(sheet.page())
            if completion.text:
                self._keeper.note_completion(sheet.id, completion)
        if self.is_restored:
            self._keeper.note_order(tuple(self._open), shown.id)
        self._draw()

    def _draw(self) -> None:
        running = self._prompt.running
        views = []
        for key, found in self._open.items():
            name = found.name if isinstance(found, Sheet) else title_of(found.title, found.text)
            is_running = running is not None and running[0] is found
            views.append(TabView(key, name or tr("Empty prompt"), is_running))
        self._pane.tabs.show_tabs(views, self._prompt.sheet.id)
