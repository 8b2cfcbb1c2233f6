"""What the services need from below. `app.infra` implements these; nothing here is Qt or I/O."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal, Protocol

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
    """Which models the user has agreed to run the code of."""

    def is_trusted(self, model_id: str) -> bool: ...

    def trust(self, model_id: str) -> None: ...

    def trusted(self) -> tuple[str, ...]: ...


class Memory(Protocol):
    """This machine's memory."""

    def available_bytes(self) -> int: ...


class PreferenceStore(Protocol):
    """Keeps what the user has set."""

    def load(self) -> Preferences:
        """What was saved last; the defaults where there is nothing, or nothing that can be read."""

    def save(self, preferences: Preferences) -> None: ...
