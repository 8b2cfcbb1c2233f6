"""Brings pyqtgraph, and numpy with it, once something is to be drawn with it."""

import asyncio
import importlib
import sys
import threading
import types
from concurrent.futures import Future
from typing import Final

_UNWANTED: Final = "pyqtgraph.widgets.RawImageWidget"
"""Nobody here shows raw images; it would load the graphics card's libraries."""


def is_there() -> bool:
    """Whether it can be used at once."""
    return "pyqtgraph" in sys.modules


async def bring() -> None:
    """Import it on a thread: that takes a third of a second, and makes no object of Qt's."""
    if is_there():
        return
    future: Future[None] = Future()

    def run() -> None:
        try:
            sys.modules.setdefault(_UNWANTED, types.ModuleType(_UNWANTED))
            importlib.import_module("pyqtgraph")
            future.set_result(None)
        except BaseException as error:  # noqa: BLE001 - whoever awaits it has it
            future.set_exception(error)

    thread = threading.Thread(target=run, name="parley-plotting", daemon=True)
    thread.start()
    ended = asyncio.wrap_future(future)
    try:
        await asyncio.shield(ended)
    except asyncio.CancelledError:
        await asyncio.wait([ended])
        ended.exception()
        raise
    finally:
        thread.join()
