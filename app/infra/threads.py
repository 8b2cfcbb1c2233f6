"""Work that would keep the loop from turning, on a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future


def _nothing() -> None:
    """Nobody can end it."""


async def on_a_thread[T](work: Callable[[], T], name: str, end: Callable[[], None] = _nothing) -> T:
    """What `work` gives or raises. Returns once its thread has ended, also where it is cancelled;
    `end` is called when nobody waits for it any more."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever awaits it has it
            future.set_exception(error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    ended = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        end()
        await asyncio.wait([ended])
        ended.exception()
        raise
    finally:
        end()
        thread.join()
