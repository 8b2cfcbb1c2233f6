"""Waiting in a coroutine for what a window does."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object]) -> None:
    """Let the loop run until `holds`; fails after 20 seconds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - Qt tells of some of this by no event
            await asyncio.sleep(0)
