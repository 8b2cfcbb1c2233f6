"""Prompt sets: a file of prompts goes to two models, row by row, and no row is run twice."""

import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

from app.domain.comparison.prompt_rows import (
    PromptFileError,
    PromptsRead,
    assemble,
    rows_of_records,
)
from app.domain.comparison.record import (
    SET_PLAN,
    Kind,
    Plan,
    PromptSet,
    PromptSetSummary,
    Slot,
)
from app.domain.comparison.set_export import TableFormat
from app.services.catalog import Catalog
from app.services.comparing import Comparing
from app.services.comparison_ports import ComparisonStore, PromptFiles
from app.services.errors import ServiceError
from app.services.prompt_set_run import Progress, RunState, SetRun
from app.services.signal import Signal
from wrappers.contract import (
    Dataset,
    DatasetRead,
    DatasetsListed,
    Failed,
    ListDatasets,
    ReadDataset,
)


class PromptSets:
    """Reads sets, keeps them, runs one at a time."""

    def __init__(
        self,
        comparing: Comparing,
        catalog: Catalog,
        store: ComparisonStore,
        files: PromptFiles,
    ) -> None:
        self.changed: Signal[()] = Signal()
        """A run has begun or ended, or a set is there that was not, or no more."""
        self._comparing = comparing
        self._catalog = catalog
        self._store = store
        self._files = files
        self._run: SetRun | None = None

    # -- what there is to run

    async def read_file(self, source: Path, kind: Kind | None = None) -> PromptsRead:
        """Raises `ServiceError`."""
        return await self._files.read(source, kind)

    async def datasets(self) -> tuple[Dataset, ...]:
        """The registry's evaluation datasets. Raises `ServiceError`."""
        return (await self._catalog.question(ListDatasets(id=0), DatasetsListed)).datasets

    async def read_dataset(self, name: str, kind: Kind | None = None) -> PromptsRead:
        """The prompts of a dataset, by its id or name. Raises `ServiceError`."""
        read = await self._catalog.question(ReadDataset(id=0, name=name), DatasetRead)
        records = [(one.inputs, one.expectations) for one in read.records]
        try:
            return assemble(rows_of_records(records), kind=kind, of="dataset")
        except PromptFileError as error:
            raise ServiceError.of(
                "broken_file",
                f"{name}: {error.message}",
                "Its records' inputs need a “question”, a “prompt” or “messages”.",
            ) from None

    def make(
        self,
        read: PromptsRead,
        slots: tuple[Slot, Slot],
        *,
        name: str,
        source: str = "",
        plan: Plan = SET_PLAN,
    ) -> PromptSet:
        """A new set, kept."""
        made = PromptSet(
            id=uuid.uuid4().hex,
            name=name,
            slots=slots,
            kind=read.kind,
            plan=plan,
            prompts=read.prompts,
            source=source,
            created_ms=time.time_ns() // 1_000_000,
        )
        self._store.save_set(made)
        self.changed.emit()
        return made

    async def kept(self) -> tuple[PromptSetSummary, ...]:
        """The latest first. Raises `ServiceError`."""
        return await self._store.sets()

    async def load(self, set_id: str) -> PromptSet | None:
        """With its results. Raises `ServiceError`."""
        return await self._store.load_set(set_id)

    def delete(self, set_id: str) -> None:
        """With its results; not the one that runs."""
        if self._run is None or self._run.set_id != set_id:
            self._store.delete_set(set_id)
            self.changed.emit()

    async def find(
        self, read: PromptsRead, slots: tuple[Slot, Slot], plan: Plan = SET_PLAN
    ) -> PromptSet | None:
        """The latest set with the same prompts for the same two, asked in the same way; one that
        is not through before any that is. Raises `ServiceError`."""
        names = tuple(slot.called for slot in slots)
        alike = [
            one
            for one in await self._store.sets()
            if one.slots == names and one.prompts == len(read.prompts)
        ]
        for summary in sorted(alike, key=lambda one: one.done == one.prompts):
            found = await self._store.load_set(summary.id)
            if (
                found is not None
                and found.prompts == read.prompts
                and (found.slots, found.kind, found.plan) == (slots, read.kind, plan)
            ):
                return found
        return None

    async def export(self, prompt_set: PromptSet, target: Path, form: TableFormat) -> None:
        """Raises `ServiceError`."""
        await self._files.write(target, prompt_set, form)

    async def check(self, prompt_set: PromptSet) -> None:
        """Raises `ServiceError` where a version that the set is bound to is not there any more."""
        for slot in prompt_set.slots:
            try:
                card = await self._catalog.describe(slot.reference)
            except ServiceError as error:
                if error.failed.kind != "not_found":
                    raise
                raise _gone(slot.name, prompt_set) from error
            if slot.model_id is not None and card.version.model_id != slot.model_id:
                raise _gone(slot.name, prompt_set, is_another=True)

    # -- running

    @property
    def running_id(self) -> str | None:
        """The id of the set that runs, or is paused."""
        return None if self._run is None else self._run.set_id

    async def run(
        self, prompt_set: PromptSet, *, again: Sequence[int] = ()
    ) -> AsyncGenerator[Progress, None]:
        """Run the rows that have no result, and those of `again`, in their order.

        Raises nothing; the last moment has a final state. Each row's result is kept before the
        next begins. Closing it ends the row that is on its way, which is then not kept.
        """
        if self._run is not None:
            yield Progress(prompt_set, RunState.BROKEN, failure=_ONE_AT_A_TIME)
            return
        run = self._run = SetRun(prompt_set, again, self._comparing, self._store)
        self.changed.emit()
        try:
            try:
                await self.check(prompt_set)
            except ServiceError as error:
                yield run.broken(error.failed)
                return
            async with aclosing(run.moments()) as moments:
                async for moment in moments:
                    yield moment
        finally:
            self._run = None
            self.changed.emit()

    def pause(self) -> None:
        """Begin no other row; the one that is on its way is run to its end."""
        if self._run is not None:
            self._run.pause()

    def go_on(self) -> None:
        """After a pause."""
        if self._run is not None:
            self._run.go_on()

    def stop(self) -> None:
        """End the run; the row that is on its way is not kept, and is run again the next time."""
        if self._run is not None:
            self._run.stop()


_ONE_AT_A_TIME: Final = Failed(
    kind="usage",
    message="Another set is being run, and two at once would take each other's time.",
    advice="Stop it first, or wait until it is through.",
)


def _gone(name: str, prompt_set: PromptSet, *, is_another: bool = False) -> ServiceError:
    what = (
        f"The registry has another model as {name} than the one that"
        if is_another
        else f"The registry does not have {name} any more, which"
    )
    return ServiceError.of(
        "not_found",
        f"{what} {prompt_set.name} was begun with.",
        "Its results so far are kept. Open the file again to run it with other versions.",
    )
