"""Work that would keep the loop from turning, on a thread of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future


async def on_a_thread[T](
    work: Callable[[], T], name: str, end: Callable[[], None] | None = None
) -> T:
    """What `work` gives or raises. Returns once its thread has ended, also where it is cancelled.

    `end` is called when nobody waits for it any more, and has `work` raise at its next step. Where
    that comes too late, `work` is done all the same, and what it gives is returned: it is not to be
    taken for one that has left nothing.
    """
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
        if end is not None:
            end()
        await asyncio.wait([ended])
        if ended.exception() is None and end is not None:
            return ended.result()
        raise
    finally:
        if end is not None:
            end()
        thread.join()
