"""Waiting in a coroutine for what a window does."""

import asyncio
from collections.abc import Callable
from typing import Final

LONGEST_S: Final = 60
"""A comparison is a dozen questions to other threads: on a busy machine, each may have to wait."""


async def until(holds: Callable[[], object]) -> None:
    """Let the loop run until `holds`; fails after `LONGEST_S`."""
    async with asyncio.timeout(LONGEST_S):
        while not holds():  # noqa: ASYNC110 - Qt tells of some of this by no event
            await asyncio.sleep(0)
