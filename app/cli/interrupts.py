"""Ctrl+C: what runs is ended in order, so that nothing is left behind or lost."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""The exit code, as shells know it."""


class Interrupts:
    """The first Ctrl+C does what is `during` it; another one, or one outside, ends the command."""

    def __init__(self) -> None:
        self.happened = False
        self._gently: Callable[[], None] | None = None

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Take Ctrl+C, and a request to end, while the calling task runs."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - called from a coroutine
        loop = asyncio.get_running_loop()

        def interrupt() -> None:
            gently, self._gently = self._gently, None
            self.happened = True
            if gently is None:
                task.cancel()
            else:
                gently()

        taken = []
        # Where a loop takes no signals (Windows), Ctrl+C cancels the task by itself.
        with contextlib.suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, interrupt)
                taken.append(number)
        try:
            yield
        finally:
            for number in taken:
                loop.remove_signal_handler(number)

    @contextmanager
    def during(self, gently: Callable[[], None]) -> Iterator[None]:
        """Have the first Ctrl+C within call `gently` instead."""
        self._gently = gently
        try:
            yield
        finally:
            self._gently = None
