"""The command palette: what it looks through, and what a choice does."""

import asyncio
import time
from collections.abc import Callable, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.domain.conversation_summary import ConversationSummary
from app.domain.matching import Finder, folded, positions, words_of
from app.domain.model_names import title as engine_title
from app.domain.plain_text import one_line
from app.services.catalog import Catalog
from app.services.engines import EnginePool
from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.services.sessions import Sessions
from app.ui.actions import Actions, group_title, spoken_keys
from app.ui.dialogs.opener import answered
from app.ui.item_models.conversation_model import shorten
from app.ui.item_models.palette_model import PaletteRow
from app.ui.item_models.registry_model import mode_word
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.wording import version_label
from wrappers.contract import ModelVersion

if TYPE_CHECKING:
    from app.ui.dialogs.palette import PaletteDialog

_SLICE_S: Final = 0.004
"""The window's thread is kept no longer than this at a time."""
_STEP: Final = 100
_SHOWN: Final = 8
"""Of each kind, where something was typed."""
_RECENT: Final = 5
"""Conversations and models, where nothing was."""
_MAX_ALIAS, _MOST_ALIASES = 60, 8
_CHUNK: Final = 500
"""Conversations and models that are made ready at a time."""


class Source(Struct):
    """Things of one kind."""

    title: str
    rows: list[PaletteRow] = field(default_factory=list)
    finder: Finder = field(default_factory=Finder)

    def add(self, rows: Sequence[PaletteRow]) -> None:
        self.rows += rows
        self.finder.add([_searched(row) for row in rows])

    def heading(self) -> PaletteRow:
        return PaletteRow("", self.title)


class PalettePresenter:
    """Opens the palette over `parent`, fills it, and does what was chosen."""

    def __init__(
        self,
        parent: QWidget,
        actions: Actions,
        catalog: Catalog,
        sessions: Sessions,
        pool: EnginePool,
        store: ConversationStore,
        tasks: Tasks,
        *,
        open_model: Callable[[str, str], None],
        open_conversation: Callable[[str], None],
    ) -> None:
        self._parent = parent
        self._actions = actions
        self._catalog = catalog
        self._sessions = sessions
        self._pool = pool
        self._store = store
        self._tasks = tasks
        self._open_model = open_model
        self._open_conversation = open_conversation
        self._dialog: PaletteDialog | None = None

    def open(self) -> None:
        """Once at a time."""
        if self._dialog is None:
            self._tasks.start(self._ask(), "ask in the command palette")

    async def _ask(self) -> None:
        from app.ui.dialogs.palette import PaletteDialog

        self._dialog = dialog = PaletteDialog(self._parent)
        found = Search(
            dialog,
            conversations=Source(tr("Conversations")),
            models=Source(tr("Models")),
            actions=Source(tr("Actions")),
        )
        found.actions.add(self._action_rows())
        found.restart()
        listing = self._tasks.start(self._fill(found), "fill the command palette")
        try:
            accepted = await answered(dialog)
        finally:
            found.stop()
            listing.cancel()
            self._dialog = None
        if accepted:
            self._do(dialog.chosen_key)

    async def _fill(self, found: "Search") -> None:
        """A little at a time: the window draws in between, and takes a key."""
        for models in batched(self._versions(), _CHUNK):
            found.add(found.models, [model_row(one) for one in models])
            await asyncio.sleep(0)
        try:
            summaries = await self._store.summaries()
        except ServiceError:
            return  # it has been told where the list is
        for chunk in batched(summaries, _CHUNK):
            found.add(found.conversations, [_conversation_row(one) for one in chunk])
            await asyncio.sleep(0)

    def _action_rows(self) -> list[PaletteRow]:
        """What can be done now, what was done last before all else."""
        order = {key: at for at, key in enumerate(self._actions.recent)}
        entries = [
            one for one in self._actions.entries if one.id != "palette" and one.is_possible()
        ]
        entries.sort(key=lambda one: order.get(one.id, len(order)))
        return [
            PaletteRow(
                f"action {one.id}", one.text, group_title(one.group), spoken_keys(one.keys[:1])
            )
            for one in entries
        ]

    def _versions(self) -> list[ModelVersion]:
        """Those that chat before those that do not; the current and the loaded first."""
        current = self._sessions.current
        near = {
            (one.version.name, one.version.version)
            for one in (*self._pool.loaded(), *((current,) if current else ()))
        }

        def rank(version: ModelVersion) -> tuple[bool, bool, bool]:
            return (
                (version.name, version.version) not in near,
                version.mode is None,
                not version.aliases,
            )

        return sorted(self._catalog.versions.values(), key=rank)

    def _do(self, key: str) -> None:
        kind, _, what = key.partition(" ")
        match kind:
            case "action":
                self._actions.run(what)
            case "model":
                version, _, name = what.partition(" ")
                self._open_model(name, version)
            case "conversation":
                self._open_conversation(what)


class Search:
    """Looks for the query of a dialog, a slice at a time, and shows what it finds."""

    def __init__(
        self,
        dialog: "PaletteDialog",
        *,
        conversations: Source,
        models: Source,
        actions: Source,
        recent: int = _RECENT,
    ) -> None:
        """`recent` of the conversations and of the models are shown where nothing is typed."""
        self._recent = recent
        self.conversations, self.models, self.actions = conversations, models, actions
        self._dialog = dialog
        self._query = ""
        self._has_shown = False
        self._slices = QTimer(dialog)
        self._slices.setSingleShot(True)
        self._slices.timeout.connect(self._look)
        dialog.query_changed.connect(self._query_changed)

    def stop(self) -> None:
        self._slices.stop()

    def restart(self) -> None:
        """Look for the query among what there is now."""
        for source in self._sources():
            source.finder.begin(self._query)
        self._has_shown = False
        self._look()

    def add(self, source: Source, rows: Sequence[PaletteRow]) -> None:
        """More of `source`."""
        is_first = not source.rows
        source.add(rows)
        if self._query or is_first:
            self.restart()

    def _sources(self) -> tuple[Source, ...]:
        # The few first: they are there at once.
        return (self.actions, self.models, self.conversations)

    def _query_changed(self, query: str) -> None:
        self._query = query.strip()
        self._dialog.begin()
        self.restart()

    def _look(self) -> None:
        if not self._query:
            self._slices.stop()
            self._dialog.show_rows(self._first_rows())
            return
        end = time.perf_counter() + _SLICE_S
        is_more = True
        while is_more and time.perf_counter() < end:
            is_more = any(source.finder.step(_STEP) for source in self._sources())
        if not (is_more and self._has_shown):
            # At once what there is, and then all: what comes between would only flicker.
            self._dialog.show_rows(self._found_rows(), is_final=not is_more)
            self._has_shown = True
        if is_more:
            self._slices.start(0)

    def _first_rows(self) -> list[PaletteRow]:
        rows: list[PaletteRow] = []
        for source, count in (
            (self.conversations, self._recent),
            (self.models, self._recent),
            (self.actions, len(self.actions.rows)),
        ):
            if source.rows:
                rows += [source.heading(), *source.rows[:count]]
        return rows

    def _found_rows(self) -> list[PaletteRow]:
        """The kind with the best one first."""
        words = words_of(self._query)
        best = [(source.finder.best(_SHOWN), source) for source in self._sources()]
        best = [(found, source) for found, source in best if found]
        best.sort(key=lambda one: -one[0][0][1])
        rows: list[PaletteRow] = []
        for found, source in best:
            rows.append(source.heading())
            rows += [_marked(source.rows[index], words) for index, _ in found]
        return rows


def _searched(row: PaletteRow) -> str:
    """The title, and for a model what it is called beside that."""
    return f"{row.title} {row.detail}" if row.key.startswith("model") else row.title


def _marked(row: PaletteRow, words: tuple[str, ...]) -> PaletteRow:
    found = positions(words, folded(_searched(row))) or frozenset()
    marks = frozenset(at for at in found if at < len(row.title))
    return PaletteRow(row.key, row.title, row.detail, row.keys, marks)


def model_row(version: ModelVersion) -> PaletteRow:
    title = version_label(engine_title(version))
    aliases = (f"@{one_line(alias, _MAX_ALIAS)}" for alias in version.aliases[:_MOST_ALIASES])
    facts = [*aliases, mode_word(version.mode)]
    detail = " ".join(fact for fact in facts if fact)
    return PaletteRow(f"model {version.version} {version.name}", title, detail)


def _conversation_row(summary: ConversationSummary) -> PaletteRow:
    title = shorten(summary.title or summary.opening) or tr("New conversation")
    return PaletteRow(f"conversation {summary.id}", title)
