"""One question to a child, one answer."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.services.errors import ServiceError
from app.services.ports import Child
from wrappers.contract import AnyEvent, AnyRequest, Event, Failed, is_closing


def take_note(task: asyncio.Task[Any]) -> None:
    """A task's done callback: its failure is known, also where nobody awaits it any more."""
    if not task.cancelled():
        task.exception()


async def ask[E: Event](
    child: Child,
    request: AnyRequest,
    expected: type[E],
    on_progress: Callable[[AnyEvent], None] | None = None,
) -> E:
    """The closing event of `request`, which must be an `expected`.

    `on_progress` is told every event before it. Raises `ServiceError` for a `Failed`. If the
    caller is cancelled meanwhile, the child is asked to stop.
    """
    stream = child.ask(request)
    closed = False
    try:
        async for batch in stream:
            for event in batch:
                closed = is_closing(event)
                if isinstance(event, Failed):
                    raise ServiceError(event)
                if closed:
                    if not isinstance(event, expected):
                        break
                    return event
                if on_progress is not None:
                    on_progress(event)
    finally:
        if not closed:
            child.stop(stream)
    raise ServiceError.of(
        "internal",
        f"{type(request).__name__} got an answer of the wrong kind.",
        "Please report this together with the log.",
    )
