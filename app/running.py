"""From a window that is there to its end: the loop, and the program behind the window."""

import asyncio
import contextlib
import importlib
import logging
import signal
from typing import Final

import qasync
from PySide6.QtWidgets import QApplication

from app.infra.settings import Settings
from app.ui.frame import Frame

_log = logging.getLogger(__name__)

_BEHIND: Final = (
    "app.ui.item_models.conversation_model",
    "app.ui.widgets.painting",
    "app.ui.widgets.conversation_list",
    "app.ui.widgets.registry_view",
    "app.ui.panes.header",
    "app.ui.markdown.stream",
    "app.ui.panes.chat_pane",
    "app.ui.panes.inspector",
    "app.ui.presenters.chat_presenter",
    "app.bootstrap",
)
"""Imported one in each turn of the loop, so that the window answers meanwhile."""


def stay(app: QApplication, frame: Frame, settings: Settings, *, demo: bool) -> None:
    """Make the program behind `frame`, and return once its window was closed."""
    with qasync.QEventLoop(app) as loop:
        loop.set_exception_handler(_log_loop_fault)
        loop.run_until_complete(_stay(frame, settings, demo=demo))


async def _stay(frame: Frame, settings: Settings, *, demo: bool) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    window = frame.window
    window.closing.connect(over.set)
    if not window.isVisible():
        over.set()  # closed before anybody listened
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, over.set)
    from app.infra.program import build_services

    services = None
    if not settings.in_process:
        services = build_services(settings, frame.store)
        services.catalog.launch_ahead()
    try:
        for name in _BEHIND:
            await asyncio.sleep(0)
            importlib.import_module(name)
        from app.bootstrap import Program

        program = Program(settings, frame, services, demo=demo, at_once=False)
        await program.complete()
        await over.wait()
    finally:
        await window.shutdown()


def _log_loop_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    _log.error(
        "%s",
        context.get("message", "A callback failed"),
        exc_info=error if isinstance(error, BaseException) else None,
    )
