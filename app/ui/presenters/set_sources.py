"""Where prompt sets come from: files, datasets, and those that are kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.domain.comparison.prompt_rows import PromptsRead
from app.domain.comparison.record import PromptSet, Slot
from app.services.errors import ServiceError
from app.services.prompt_sets import PromptSets
from app.ui.dialogs.opener import Dialogs
from app.ui.presenters import set_words
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.set_start import SetStart
from wrappers.contract import Failed

_SHOWN: Final = 50
"""Sets of the list."""


class SetSources:
    """Fills the start of the pane, and gives what is chosen there."""

    def __init__(
        self,
        sets: PromptSets,
        start: SetStart,
        tasks: Tasks,
        dialogs: Dialogs,
        *,
        slots: Callable[[], tuple[Slot, Slot] | None],
        running: Callable[[], PromptSet | None],
        become: Callable[[PromptSet, str], None],
        tell: Callable[[Failed | None], None],
    ) -> None:
        """`slots` are the two models of a new set; `running` is the set that runs, as it is now;
        `become` is given a set to show, and what is to be known of it."""
        self._sets = sets
        self._start = start
        self._tasks = tasks
        self._dialogs = dialogs
        self._slots = slots
        self._running = running
        self._become = become
        self._tell = tell
        self._folder = ""
        self._names: dict[str, str] = {}
        """Of the datasets that were offered, by their ids."""
        start.file_requested.connect(self.open_file)
        start.datasets_requested.connect(self.offer_datasets)
        start.dataset_chosen.connect(self.open_dataset)
        start.kept_chosen.connect(self.open_kept)
        start.delete_requested.connect(self.delete)

    def open_file(self) -> None:
        """Ask for a file, and make a set of it."""
        self._tasks.start(self._open_file(), "open a file of prompts")

    def offer_datasets(self) -> None:
        self._tasks.start(self._offer_datasets(), "list the datasets")

    def open_dataset(self, name: str) -> None:
        self._tasks.start(self.read(name, dataset=name), "read a dataset")

    def open_kept(self, set_id: str) -> None:
        self._tasks.start(self._open_kept(set_id), "open a prompt set")

    def delete(self, set_id: str) -> None:
        if self._sets.running_id == set_id:
            self._tell(
                Failed(
                    kind="usage",
                    message=tr("This set is being run."),
                    advice=tr("Stop it first."),
                )
            )
            return
        self._sets.delete(set_id)

    async def _open_file(self) -> None:
        kind = tr("Prompts") + " (*.jsonl *.csv *.tsv *.json *.txt)"
        source = await self._dialogs.open_file(tr("Open a file of prompts"), kind, self._folder)
        if source is not None:
            self._folder = str(source.parent)
            await self.read(source.name, source=source)

    async def _offer_datasets(self) -> None:
        try:
            found = await self._sets.datasets()
        except ServiceError as error:
            self._tell(error.failed)
            return
        self._names = {one.id: one.name for one in found}
        self._start.offer_datasets(
            [
                (
                    one.id,
                    one.name
                    if one.records is None
                    else tr("{name} ({prompts})").format(
                        name=one.name, prompts=set_words.prompts(one.records)
                    ),
                )
                for one in found
            ]
        )

    async def read(self, name: str, source: Path | None = None, dataset: str = "") -> None:
        """Make a set of what is read, for the two models that are compared."""
        slots = self._slots()
        if slots is None:
            self._tell(
                Failed(
                    kind="usage",
                    message=tr("There are no two models to run prompts through."),
                    advice=tr("Choose them in the comparison first."),
                )
            )
            return
        self._tell(None)
        self._start.set_busy(True)
        try:
            if source is not None:
                read = await self._sets.read_file(source)
            else:
                read = await self._sets.read_dataset(dataset)
                name = self._names.get(dataset, name)
        except ServiceError as error:
            self._tell(error.failed)
            return
        finally:
            self._start.set_busy(False)
        made = self._sets.make(
            read, slots, name=name, source=f"dataset:{dataset}" if source is None else str(source)
        )
        self._become(made, _note(read))

    async def _open_kept(self, set_id: str) -> None:
        running = self._running()
        if running is not None and running.id == set_id:
            self._become(running, "")
            return
        try:
            found = await self._sets.load(set_id)
        except ServiceError as error:
            self._tell(error.failed)
            return
        if found is not None:
            self._become(found, "")

    def refresh(self) -> None:
        """List what is kept."""
        self._tasks.start(self._list(), "list the prompt sets")

    async def _list(self) -> None:
        try:
            kept = await self._sets.kept()
        except ServiceError as error:
            self._tell(error.failed)
            return
        self._start.show_kept([set_words.kept_view(one) for one in kept[:_SHOWN]])


def _note(read: PromptsRead) -> str:
    """What is to be known of what was read."""
    how = (
        tr("Each is asked as it is written, special tokens and all.")
        if read.kind == "prompt"
        else tr("Each is asked as a message, in each model's own template.")
    )
    return " ".join((how, *read.notes))
