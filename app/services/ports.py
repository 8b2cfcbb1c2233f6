"""What the services need from below. `app.infra` implements these; nothing here is Qt or I/O.

What comparisons need beside it stands in `app.services.comparison_ports`.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal, Protocol

from app.domain.conversation import Conversation
from app.domain.conversation_search import SearchPage
from app.domain.conversation_summary import ConversationSummary
from app.domain.export.formats import Format
from app.domain.export.record import Exported, Imported
from app.domain.grants import Grant
from app.domain.look import Look
from app.domain.preferences import Preferences
from app.services.signal import Signal
from wrappers.contract import AnyEvent, AnyRequest, Failed

Role = Literal["model", "registry"]


class EventStream(Protocol):
    """The answer to one request, in batches as they were drained: an async iterator.

    Adjacent text pieces of a batch are joined to one. The last batch ends with the closing event;
    if the child ends first, that is a `Failed` of kind ``died`` (or ``cancelled`` where the user
    killed it), which says why and carries the last lines of the log.
    """

    @property
    def request_id(self) -> int: ...

    def __aiter__(self) -> AsyncIterator[list[AnyEvent]]: ...

    async def __anext__(self) -> list[AnyEvent]: ...


class Child(Protocol):
    """A host, in a process of its own or (for debugging) in a thread of this one."""

    @property
    def ended(self) -> Signal[Failed]:
        """Told once, on the loop, when the host is gone; not for a `close` that was asked for."""

    @property
    def pid(self) -> int | None: ...

    @property
    def log_path(self) -> Path: ...

    @property
    def alive(self) -> bool: ...

    def ask(self, request: AnyRequest) -> EventStream:
        """Send `request` under a fresh id. Never blocks: a writer thread does the writing."""

    def stop(self, stream: EventStream) -> None:
        """Ask that the stream's request end at its next step."""

    def memory_bytes(self) -> int | None:
        """Resident memory now."""

    def kill(self) -> None:
        """End the whole process group at once; open streams close as ``cancelled``."""

    async def close(self) -> None:
        """Close the pipe, wait a moment for the host to leave, end its group, reap it, and join
        the threads. Returns with nothing left behind."""


class Launcher(Protocol):
    """Starts hosts."""

    async def launch(self, role: Role, label: str, *, hub: bool = False) -> Child:
        """Start a host without blocking the loop for more than a frame.

        `label` names its log; `hub` lets it reach a model hub.
        """


class TrustStore(Protocol):
    """What the user has allowed which model to do."""

    def grants(self) -> tuple[Grant, ...]:
        """Oldest first."""

    def put(self, grant: Grant) -> None:
        """Keep it in place of an earlier one for the same model with the same content; one that
        allows nothing takes that away. Raises `ServiceError` where it cannot be kept."""


class Machine(Protocol):
    """What this machine has for models."""

    def available_bytes(self) -> int:
        """Memory that is free."""

    def cores(self) -> int:
        """Those that a process may run on: how many threads a model takes by itself."""


class PreferenceStore(Protocol):
    """Keeps what the user has set."""

    def load(self) -> Preferences:
        """What was saved last; the defaults where there is nothing, or nothing that can be read."""

    def look(self) -> Look:
        """So much of it as a window opens with, which is there sooner."""

    def save(self, preferences: Preferences) -> None: ...


class ConversationStore(Protocol):
    """Keeps every conversation and every draft; takes nothing away but drafts that are empty, and
    conversations that were deleted a day ago.

    Nothing here blocks the loop. What is read is at least as new as what was handed in before.
    """

    @property
    def failed(self) -> Signal[Failed]:
        """Told on the loop when something could not be kept. It is tried again by itself, unless
        the store is one that must not be written to."""

    def save(self, conversation: Conversation) -> None:
        """Keep what is new in `conversation`: a message at once, later states of an answer on its
        way at least every second. Nodes that are not in it stay as they are. What is deleted in
        it is marked, and stays."""

    def rename(self, conversation_id: str, title: str | None) -> None:
        """At once; ``None`` has the list show its first words again."""

    def pin(self, conversation_id: str, is_pinned: bool) -> None:
        """At once."""

    def delete(self, conversation_id: str) -> None:
        """Out of sight at once; erased at a start of the program a day later."""

    def restore(self, conversation_id: str) -> None:
        """Back in sight at once, with all that was said in it."""

    async def search(self, text: str, limit: int = 50, after: int | None = None) -> SearchPage:
        """What has every word of `text`, the last one as a beginning and those in quotes together.

        `after` is `SearchPage.more` of the page before. Cancelling it ends the search. Raises
        `ServiceError`.
        """

    def set_draft(self, key: str, text: str) -> None:
        """Keep an unsent text within a second; an empty one takes its key away."""

    async def summaries(self) -> tuple[ConversationSummary, ...]:
        """All that have a visible message, the latest first. Raises `ServiceError`."""

    async def load(self, conversation_id: str) -> Conversation | None:
        """An answer that never came to its end is marked as stopped. ``None`` for one that is not
        there, or no more. Raises `ServiceError`."""

    async def drafts(self) -> dict[str, str]:
        """By their key, the one that changed last first. Raises `ServiceError`."""

    async def settle(self) -> None:
        """Return once all that was handed in is written, or could not be."""

    async def close(self) -> None:
        """Write what is still to be written, and end."""


Report = Callable[[int, int], None]
"""Told on the loop how much is done, and of how much; a few times a second."""


class ConversationArchive(Protocol):
    """Kept conversations to files and back, on a thread of its own.

    All of it raises `ServiceError`. A call that is cancelled returns once its thread has ended,
    and leaves everything as it was.
    """

    async def write(
        self, target: Path, form: Format, report: Report, only: Conversation | None = None
    ) -> Exported:
        """Put what is kept into a file, whole or not at all: all conversations that are listed,
        the latest first, or `only` this one as it is here."""

    async def read(self, source: Path, report: Report) -> Imported:
        """Keep what a file holds, all of it or nothing."""
