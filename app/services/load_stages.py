"""A load to be followed."""

import asyncio
from collections.abc import AsyncGenerator

from app.services.engines import Engine, EngineState


async def stages_of(engine: Engine) -> AsyncGenerator[str, None]:
    """The stages of a load, run or joined. Raises `ServiceError` where it fails."""
    changed = asyncio.Event()
    forget = engine.changed.connect(changed.set)
    task = asyncio.create_task(engine.load(), name=f"compare: load {engine.name}")
    task.add_done_callback(lambda _: changed.set())
    try:
        while not task.done():
            if engine.state is EngineState.LOADING:
                yield engine.stage
            await changed.wait()
            changed.clear()
        await task
    finally:
        forget()
        task.cancel()
        await asyncio.wait([task])
