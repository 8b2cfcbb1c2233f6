"""Keeps comparisons and prompt sets in SQLite, from one thread of its own."""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Final

from app.domain.comparison.record import (
    Comparison,
    ComparisonSummary,
    PromptSet,
    PromptSetSummary,
    Turn,
    Vote,
)
from app.infra.comparison_rows import (
    Facts,
    erase_deleted,
    erase_set,
    read_comparison,
    read_comparisons,
    read_set,
    read_sets,
    write_comparison,
    write_deletion,
    write_facts,
    write_result,
    write_set,
)
from app.infra.conversation_schema import transaction
from app.infra.store_thread import DELETED_S, GATHER_S, StoreThread, drop
from app.services.errors import ServiceError

_REMEMBERED: Final = 8
"""Comparisons whose last written state is remembered, so that only what is new is written."""


class SqliteComparisonStore(StoreThread):
    """Implements `app.services.comparison_ports.ComparisonStore`.

    What could not be written is what is read meanwhile.
    """

    _name = "parley-comparisons"
    _what = "comparisons"
    _one = "comparison"

    def __init__(self, path: Path) -> None:
        super().__init__(path)

        # The loop's own.
        self._outline: tuple[str, int, bool, Vote | None] | None = None
        """Of the comparison that was saved last: id, number of turns, whether one runs, and what
        the user has said of it."""

        # Both sides', under `_wake`.
        self._unsaved: dict[str, Comparison] = {}
        self._unsaved_deletions: dict[str, int | None] = {}
        self._unsaved_sets: dict[str, PromptSet] = {}
        self._unsaved_facts: dict[str, Facts] = {}
        self._unsaved_results: dict[tuple[str, int], Turn] = {}
        self._gone_sets: dict[str, bool] = {}

        # The thread's own.
        self._written: dict[str, Comparison] = {}
        """As they were written or read last."""
        self._may_erase = False

    # -- comparisons, on the loop

    def save(self, comparison: Comparison) -> None:
        noted = comparison.turns[-1].noted if comparison.turns else None
        outline = (comparison.id, len(comparison.turns), comparison.is_running, noted)
        goes_on = outline == self._outline and comparison.is_running
        self._outline = outline
        with self._wake:
            self._unsaved[comparison.id] = comparison
            self._write_in(GATHER_S if goes_on else 0)
        self._start()

    def delete(self, comparison_id: str) -> None:
        self._mark(comparison_id, time.time_ns() // 1_000_000)

    def restore(self, comparison_id: str) -> None:
        self._mark(comparison_id, None)

    def _mark(self, comparison_id: str, deleted_ms: int | None) -> None:
        with self._wake:
            self._unsaved_deletions[comparison_id] = deleted_ms
            self._write_in(0)
        self._start()

    async def summaries(self) -> tuple[ComparisonSummary, ...]:
        return await self._read(lambda: read_comparisons(self._connect()))

    async def load(self, comparison_id: str) -> Comparison | None:
        def read() -> Comparison | None:
            with self._wake:
                unsaved = self._unsaved.get(comparison_id)
            if unsaved is not None:
                return unsaved
            found = read_comparison(self._connect(), comparison_id)
            # What runs here is known better than it was read: as one that was stopped.
            if found is not None and comparison_id not in self._written:
                self._remember(found)
            return found

        return await self._read(read)

    # -- prompt sets, on the loop

    def save_set(self, prompt_set: PromptSet) -> None:
        with self._wake:
            self._gone_sets.pop(prompt_set.id, None)
            self._unsaved_sets[prompt_set.id] = prompt_set
            self._write_in(0)
        self._start()

    def save_facts(self, set_id: str, facts: Facts) -> None:
        with self._wake:
            self._unsaved_facts[set_id] = facts
            self._write_in(0)
        self._start()

    async def save_result(self, set_id: str, index: int, result: Turn) -> None:
        # Handed over like all else, so that it is written also where nobody waits any more.
        key = (set_id, index)
        with self._wake:
            self._unsaved_results[key] = result
            self._write_in(0)

        def look() -> None:
            with self._wake:
                is_unsaved = self._unsaved_results.get(key) is result
            if is_unsaved and (failed := self._why_unsaved()) is not None:
                raise ServiceError(failed)

        await self._read(look)

    async def sets(self) -> tuple[PromptSetSummary, ...]:
        return await self._read(lambda: read_sets(self._connect()))

    async def load_set(self, set_id: str) -> PromptSet | None:
        return await self._read(lambda: read_set(self._connect(), set_id))

    def delete_set(self, set_id: str) -> None:
        with self._wake:
            self._unsaved_sets.pop(set_id, None)
            self._gone_sets[set_id] = True
            self._write_in(0)
        self._start()

    # -- in the thread

    def _has_unsaved(self) -> bool:
        return bool(
            self._unsaved
            or self._unsaved_deletions
            or self._unsaved_sets
            or self._unsaved_facts
            or self._unsaved_results
            or self._gone_sets
        )

    def _write_all(self) -> None:
        with self._wake:
            comparisons = dict(self._unsaved)
            deletions = dict(self._unsaved_deletions)
            sets = dict(self._unsaved_sets)
            facts = dict(self._unsaved_facts)
            results = dict(self._unsaved_results)
            gone = dict(self._gone_sets)
        database = self._connect()
        with transaction(database):
            for key, comparison in comparisons.items():
                write_comparison(database, comparison, self._written.get(key))
            for key, deleted_ms in deletions.items():
                write_deletion(database, key, deleted_ms)
            for prompt_set in sets.values():
                write_set(database, prompt_set)
            for key, known in facts.items():
                write_facts(database, key, known)
            for (key, index), result in results.items():
                write_result(database, key, index, result)
            for key in gone:
                erase_set(database, key)
        for comparison in comparisons.values():
            self._remember(comparison)
        with self._wake:
            drop(self._unsaved, comparisons)
            drop(self._unsaved_deletions, deletions)
            drop(self._unsaved_sets, sets)
            drop(self._unsaved_facts, facts)
            drop(self._unsaved_results, results)
            drop(self._gone_sets, gone)

    def _connected(self, database: sqlite3.Connection) -> None:  # noqa: ARG002 - it may wait
        self._may_erase = True

    def _has_chores(self) -> bool:
        return self._may_erase

    def _do_chore(self) -> None:
        """Where it fails, the next start tries again."""
        self._may_erase = False
        with contextlib.suppress(sqlite3.Error, OSError, ServiceError):
            before_ms = (int(time.time()) - DELETED_S) * 1000
            with transaction(self._connect()):
                erase_deleted(self._connect(), before_ms)

    def _remember(self, comparison: Comparison) -> None:
        self._written.pop(comparison.id, None)
        self._written[comparison.id] = comparison
        while len(self._written) > _REMEMBERED:
            del self._written[next(iter(self._written))]
