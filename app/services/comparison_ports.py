"""What comparisons need from below, beside `app.services.ports`."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from app.domain.comparison.prompt_rows import PromptsRead
from app.domain.comparison.record import (
    Comparison,
    ComparisonSummary,
    Kind,
    PromptSet,
    PromptSetSummary,
    SideFacts,
    Turn,
)
from app.domain.comparison.set_export import TableFormat
from app.services.signal import Signal
from wrappers.contract import Failed


class ComparisonStore(Protocol):
    """Keeps comparisons and prompt sets, in the file that conversations are kept in.

    Nothing here blocks the loop. What is read is at least as new as what was handed in before.
    """

    @property
    def failed(self) -> Signal[Failed]:
        """Told on the loop when something could not be kept; it is tried again by itself."""

    def save(self, comparison: Comparison) -> None:
        """Keep it as it is: a new turn and the end of one at once, what an answer is growing by
        at least every second."""

    def delete(self, comparison_id: str) -> None:
        """Out of sight at once; erased at a start of the program a day later."""

    def restore(self, comparison_id: str) -> None:
        """Back in sight at once."""

    async def summaries(self) -> tuple[ComparisonSummary, ...]:
        """Those with a turn, the latest first. Raises `ServiceError`."""

    async def load(self, comparison_id: str) -> Comparison | None:
        """A turn that never came to its end is marked as stopped. Raises `ServiceError`."""

    def save_set(self, prompt_set: PromptSet) -> None:
        """Keep a set without its results; at once."""

    def save_facts(self, set_id: str, facts: tuple[SideFacts | None, SideFacts | None]) -> None:
        """Keep what is true of a set's models; at once."""

    async def save_result(self, set_id: str, index: int, result: Turn) -> None:
        """Keep one row's turn; returns once it is written, so that it is not run again. Raises
        `ServiceError`."""

    async def sets(self) -> tuple[PromptSetSummary, ...]:
        """The latest first. Raises `ServiceError`."""

    async def load_set(self, set_id: str) -> PromptSet | None:
        """With the results that are kept. Raises `ServiceError`."""

    def delete_set(self, set_id: str) -> None:
        """With its results."""

    async def settle(self) -> None:
        """Return once all that was handed in is written, or could not be."""

    async def close(self) -> None:
        """Write what is still to be written, and end."""


class ReportFiles(Protocol):
    """Reports to files, made and written on threads of their own."""

    async def make[T](self, work: Callable[[], T]) -> T:
        """What `work` gives, which is too much for the loop. It is not ended by a cancellation."""

    async def write(self, target: Path, text: Callable[[], str]) -> None:
        """Make a text and put it into a file, whole or not at all. Raises `ServiceError`."""

    def machine(self) -> dict[str, str]:
        """What this machine is, for people."""


class PromptFiles(Protocol):
    """Files of prompts, and tables of what came of them. All of it raises `ServiceError`."""

    async def read(self, source: Path, kind: Kind | None = None) -> PromptsRead:
        """The prompts of a file; `kind` is for texts that can be messages and prompts."""

    async def write(self, target: Path, prompt_set: PromptSet, form: TableFormat) -> None:
        """Put a set's rows into a file, whole or not at all."""
