"""The comparisons that are kept: their menu, taking one away, and what is typed for the next."""

from collections.abc import Callable
from typing import Final

from app.domain.comparison.record import Comparison, ComparisonSummary
from app.domain.plain_text import one_line
from app.services.comparison_ports import ComparisonStore
from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.ui.coalesce import Coalescer
from app.ui.panes.compare_pane import ComparePane
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.compare_views import KeptView
from wrappers.contract import Failed

_SHOWN: Final = 15
_NOTE_MS: Final = 300
_DRAFT: Final = "compare"
"""The key of the store's drafts."""
_SYSTEM: Final = "compare-system"


class CompareKept:
    """Lists, opens and deletes; keeps the draft."""

    def __init__(
        self,
        store: ComparisonStore,
        drafts: ConversationStore,
        pane: ComparePane,
        tasks: Tasks,
        *,
        current: Callable[[], Comparison | None],
        is_busy: Callable[[], bool],
        show: Callable[[Comparison | None], None],
        offer_undo: Callable[[str, Callable[[], None]], None],
        tell: Callable[[Failed], None],
    ) -> None:
        """`show` puts a comparison into the pane; ``None``: a new one. While it `is_busy`, the one
        that is shown stays."""
        self._store = store
        self._drafts = drafts
        self._pane = pane
        self._tasks = tasks
        self._current = current
        self._is_busy = is_busy
        self._show = show
        self._offer_undo = offer_undo
        self._tell = tell
        self._noted: dict[str, str] = {}
        self._has_typed = False
        """Whether somebody has, before what was typed an earlier time was there again."""
        self._notes = Coalescer(self._note, _NOTE_MS)
        pane.composer.draft_changed.connect(self._typed)
        pane.composer.draft_changed.connect(self._notes.request)
        pane.composer.system_changed.connect(self._notes.request)
        pane.header.menu_opened.connect(self.refresh)
        pane.header.new_requested.connect(self.new)
        pane.header.kept_chosen.connect(self.open)
        pane.header.delete_requested.connect(self.delete)

    def close(self) -> None:
        """Keep what is typed, and listen no more."""
        self._notes.stop()
        self._note()

    # -- what the user does

    def new(self) -> None:
        if not self._stays():
            self._show(None)
            self._pane.composer.setFocus()

    def open(self, comparison_id: str) -> None:
        if not self._stays():
            self._tasks.start(self._open(comparison_id), "open a comparison")

    def delete(self, comparison_id: str) -> None:
        """Out of sight, with a way to have it back."""
        was_shown = (current := self._current()) is not None and current.id == comparison_id
        if was_shown and self._stays():
            return
        self._store.delete(comparison_id)
        if was_shown:
            self._show(None)

        def restore() -> None:
            self._store.restore(comparison_id)
            self.refresh()
            if was_shown:
                self.open(comparison_id)

        self._offer_undo(tr("Comparison deleted."), restore)
        self.refresh()

    def refresh(self) -> None:
        """What the menu shows the next time."""
        self._tasks.start(self._list(), "list the comparisons")

    async def restore(self) -> None:
        """What was typed, and the comparison that was used last."""
        try:
            drafts = await self._drafts.drafts()
            summaries = await self._store.summaries()
        except ServiceError:
            return  # it has been told where the conversations are
        composer = self._pane.composer
        if not self._has_typed and drafts.get(_DRAFT):
            composer.set_draft(drafts[_DRAFT])
        if not composer.system() and drafts.get(_SYSTEM):
            composer.set_system(drafts[_SYSTEM])
        self._noted = {key: drafts.get(key, "") for key in (_DRAFT, _SYSTEM)}
        self._put_kept(summaries)
        current = self._current()
        if summaries and (current is None or not current.turns):
            await self._open(summaries[0].id)

    # -- the rest

    def _typed(self) -> None:
        self._has_typed = True

    def _stays(self) -> bool:
        """Whether the comparison that is shown has to stay, which is said then."""
        if self._is_busy():
            self._pane.composer.show_hint(tr("Both are still answering. Stop them first."))
            return True
        return False

    async def _open(self, comparison_id: str) -> None:
        try:
            found = await self._store.load(comparison_id)
        except ServiceError as error:
            self._tell(error.failed)
            return
        if found is not None:
            self._show(found)

    async def _list(self) -> None:
        try:
            self._put_kept(await self._store.summaries())
        except ServiceError as error:
            self._tell(error.failed)

    def _put_kept(self, summaries: tuple[ComparisonSummary, ...]) -> None:
        self._pane.header.set_kept(
            [
                KeptView(
                    one.id,
                    one.title or tr("Without a question"),
                    tr("{first} and {second}").format(
                        first=one_line(one.slots[0]), second=one_line(one.slots[1])
                    ),
                )
                for one in summaries[:_SHOWN]
            ]
        )

    def _note(self) -> None:
        composer = self._pane.composer
        for key, text in ((_DRAFT, composer.draft()), (_SYSTEM, composer.system())):
            if text != self._noted.get(key, ""):
                self._noted[key] = text
                self._drafts.set_draft(key, text)
