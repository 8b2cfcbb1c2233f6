"""Several streams at once, as they come."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing


class Lanes[T]:
    """Reads each stream in a task of its own, so that one of them can be given up alone."""

    def __init__(self, streams: Mapping[int, AsyncGenerator[T, None]]) -> None:
        self._streams = streams
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._came: asyncio.Queue[tuple[int, T] | None] = asyncio.Queue()

    def give_up(self, key: int) -> None:
        """Close one stream; what it has given is still told."""
        if key in self._tasks:
            self._tasks[key].cancel()

    async def read(self) -> AsyncGenerator[tuple[int, T], None]:
        """What each stream gives, with its key, until all have ended or were given up.

        Raises what a stream raises. Closing it closes them all, and returns once they are.
        """
        for key, stream in self._streams.items():
            task = asyncio.create_task(self._pump(key, stream), name=f"lane {key}")
            # Not in the task itself, which may be cancelled before its first step.
            task.add_done_callback(lambda _: self._came.put_nowait(None))
            self._tasks[key] = task
        try:
            for _ in self._tasks:
                while (one := await self._came.get()) is not None:
                    yield one
            for task in self._tasks.values():
                if not task.cancelled():
                    task.result()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _pump(self, key: int, stream: AsyncGenerator[T, None]) -> None:
        async with aclosing(stream):
            async for one in stream:
                self._came.put_nowait((key, one))
