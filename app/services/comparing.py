"""Compare: one question goes to two models, and what came of it is measured and kept."""

import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing

from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.comparison.record import (
    Comparison,
    Kind,
    Plan,
    Side,
    Slot,
    Turn,
    Vote,
    settled,
)
from app.domain.comparison.schedule import history
from app.services.catalog import Catalog
from app.services.comparing_turn import Asked, Facts, History, State, TurnRun
from app.services.comparison_ports import ComparisonStore
from app.services.engines import Engine, EnginePool
from app.services.signal import Signal
from app.services.traces import Traces
from wrappers.contract import LoadOptions


class Comparing:
    """Runs comparisons. Whoever asks has asked the user before what a load needs
    (`Sessions.consent_for`)."""

    def __init__(
        self, catalog: Catalog, pool: EnginePool, traces: Traces, store: ComparisonStore
    ) -> None:
        self.changed: Signal[()] = Signal()
        """Something runs, or no more."""
        self._catalog = catalog
        self._pool = pool
        self._traces = traces
        self._store = store
        self._runs: list[TurnRun] = []
        self._found: dict[tuple[str, str, LoadOptions], Engine] = {}

    @property
    def is_running(self) -> bool:
        return bool(self._runs)

    def stop(self) -> None:
        """End what runs at its next step; what was written and measured stays."""
        for run in tuple(self._runs):
            run.stop()

    def note(self, turn_id: str, vote: Vote | None) -> None:
        """A vote on a turn that still runs: all its later states have it, and it counts once
        nothing runs any more, however that comes about. ``None`` takes it back."""
        for run in self._runs:
            if run.turn.id == turn_id:
                run.turn = replace(run.turn, noted=vote)

    async def engine_of(self, slot: Slot) -> Engine:
        """The engine that `slot` is asked with, loaded or not. Raises `ServiceError`."""
        key = (self._catalog.tracking_uri, slot.reference, slot.options)
        if key not in self._found:
            card = await self._catalog.describe(slot.reference)
            self._found[key] = self._pool.get(card.version, slot.options)
        return self._found[key]

    async def ask(
        self,
        comparison: Comparison,
        text: str,
        *,
        is_blind: bool = False,
        is_swapped: bool = False,
    ) -> AsyncGenerator[Comparison, None]:
        """Add a turn to `comparison` and run it: its states, the last one of a final phase.

        Raises nothing; every state is handed to the store. Closing it ends what runs, and keeps
        what there is.
        """
        turn = new_turn(comparison.slots, text, is_blind=is_blind, is_swapped=is_swapped)
        earlier = comparison.turns
        asked = Asked(
            comparison.slots,
            comparison.kind,
            comparison.plan,
            (history(comparison, 0), history(comparison, 1)),
            session=comparison.id,
            first=len(earlier) % 2,
        )
        run = self._begin(asked, turn, comparison.facts)
        comparison = replace(comparison, turns=(*earlier, turn))
        try:
            self._store.save(comparison)
            yield comparison
            async with aclosing(run.states()) as states:
                async for turn, facts in states:
                    comparison = replace(comparison, turns=(*earlier, turn), facts=facts)
                    self._store.save(comparison)
                    yield comparison
        finally:
            self._end(run)
            if comparison.is_running:
                # The run's own: a vote may have been noted since its last state.
                self._store.save(replace(comparison, turns=(*earlier, settled(run.turn))))

    async def run_turn(
        self,
        slots: tuple[Slot, Slot],
        kind: Kind,
        plan: Plan,
        turn: Turn,
        history: History = ((), ()),
        facts: Facts = (None, None),
        *,
        session: str | None = None,
        first: int = 0,
    ) -> AsyncGenerator[State, None]:
        """Run `turn` by itself: its states and what is known of the two models, the last one of a
        final phase. Raises nothing, keeps nothing.

        `history` is what each side reads before the turn's text. `session` is what the traces of
        the shown answers are put together by. `first` begins the first measured round: alternate
        it over turns that stand beside each other.
        """
        run = self._begin(Asked(slots, kind, plan, history, session, first), turn, facts)
        try:
            async with aclosing(run.states()) as states:
                async for state in states:
                    yield state
        finally:
            self._end(run)

    def _begin(self, asked: Asked, turn: Turn, facts: Facts) -> TurnRun:
        registry = self._catalog.tracking_uri
        run = TurnRun(asked, self.engine_of, turn, facts, self._traces, registry)
        self._runs.append(run)
        self.changed.emit()
        return run

    def _end(self, run: TurnRun) -> None:
        self._runs.remove(run)
        self.changed.emit()


def new_turn(
    slots: tuple[Slot, Slot],
    text: str,
    *,
    is_blind: bool = False,
    is_swapped: bool = False,
    turn_id: str | None = None,
) -> Turn:
    """One that is still to be run."""
    first, second = (
        Side(Answer(model=slot.name, sampling=slot.sampling, options=slot.options))
        for slot in slots
    )
    return Turn(
        id=turn_id or uuid.uuid4().hex,
        text=text,
        sides=(first, second),
        is_blind=is_blind,
        is_swapped=is_swapped,
        created_ms=time.time_ns() // 1_000_000,
    )
