"""Votes between two answers: kept with the turn, and put on the traces of both."""

from enum import StrEnum

from app.domain.comparison.record import Comparison, Turn
from app.domain.comparison.votes import PairResult, results
from app.domain.feedback import TraceRef
from app.services.catalog import Catalog
from app.services.traces import Traces
from wrappers.contract import ListVotes, LogVote, VotesListed


class Kept(StrEnum):
    """Where a vote is, besides with its turn."""

    IN_MLFLOW = "in_mlflow"
    """On both traces, once they are written."""
    LATER = "later"
    """The traces are in a registry that is not open: as soon as it is."""
    TRACES_OFF = "traces_off"
    NO_TRACE = "no_trace"
    """At least one of the answers was not recorded, or each in another registry."""


class Votes:
    """Writes votes behind the window, in the queue of the traces: an answer's trace comes first."""

    def __init__(self, catalog: Catalog, traces: Traces) -> None:
        self._catalog = catalog
        self._traces = traces

    @property
    def waiting(self) -> int:
        """How many votes are still to be written."""
        return self._traces.waiting_votes

    def keep(self, comparison: Comparison, turn: Turn) -> Kept:
        """Have MLflow say what `turn` of `comparison` says: its vote, or that there is none (any
        more)."""
        kept, traces = self._where(turn)
        if traces is not None:
            vote = LogVote(
                id=0,
                comparison=turn.id,
                traces=(traces[0].id, traces[1].id),
                versions=(comparison.slots[0].called, comparison.slots[1].called),
                choice=None if turn.vote is None else turn.vote.choice,
                is_blind=turn.vote is not None and turn.vote.is_blind,
            )
            self._traces.vote(vote, traces[0])
        return kept

    def where(self, turn: Turn) -> Kept:
        """Where a vote on `turn` is, or would be."""
        return self._where(turn)[0]

    async def results(self) -> tuple[PairResult, ...]:
        """Of all votes that the registry has. Raises `ServiceError`."""
        listed = await self._catalog.question(ListVotes(id=0), VotesListed)
        return results(listed.votes)

    def _where(self, turn: Turn) -> tuple[Kept, tuple[TraceRef, TraceRef] | None]:
        first, second = (side.answer.trace for side in turn.sides)
        if first is None or second is None or first.registry != second.registry:
            return Kept.NO_TRACE, None
        if not self._traces.is_on:
            return Kept.TRACES_OFF, None
        if not self._traces.is_within_reach(first):
            return Kept.LATER, (first, second)
        return Kept.IN_MLFLOW, (first, second)
