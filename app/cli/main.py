"""Runs one command: services up, the command, services down, an exit code."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from app.cli.arguments import Asked
from app.cli.compare import compare
from app.cli.context import AlreadyTold, Context
from app.cli.doctor import doctor
from app.cli.generation import ask, complete
from app.cli.interrupts import INTERRUPTED, Interrupts
from app.cli.jobs import demo, register
from app.cli.models import models
from app.cli.output import Output, allow_any_text, give_up_stdout
from app.cli.transfers import export, import_
from app.infra.in_process import HostFunction
from app.infra.logs import log_to, stop_logging
from app.infra.program import build_services
from app.services.errors import ServiceError
from wrappers.contract import Failed

DONE, FAILED, USAGE = 0, 1, 2

_COMMANDS: dict[str, Callable[[Context], Awaitable[None]]] = {
    "ask": ask,
    "complete": complete,
    "compare": compare,
    "models": models,
    "register": register,
    "demo": demo,
    "doctor": doctor,
    "export": export,
    "import": import_,
}


def run_command(asked: Asked, in_process_host: HostFunction | None = None) -> int:
    """Carry out `asked`, which names a command; the exit code."""
    output = Output(as_json=asked.options.json)
    allow_any_text()
    paths = asked.settings.resolve()
    try:
        log = log_to(paths.app_log)
    except OSError as error:
        output.error(
            Failed(
                kind="disk",
                message=f"{paths.home} cannot be written to ({error.strerror}).",
                advice="Name another folder with --home.",
            )
        )
        return FAILED
    try:
        return asyncio.run(_run(asked, output, in_process_host))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        give_up_stdout()
        return FAILED
    finally:
        stop_logging(log)


async def _run(asked: Asked, output: Output, in_process_host: HostFunction | None) -> int:
    command = _COMMANDS[asked.command or ""]
    interrupts = Interrupts()
    services = build_services(asked.settings, in_process_host=in_process_host)
    try:
        with interrupts.handled():
            await command(Context(asked, services, output, interrupts))
    except ServiceError as error:
        if interrupts.happened and error.failed.kind == "cancelled":
            output.note("Interrupted.")
        else:
            output.error(error.failed)
            return USAGE if error.failed.kind == "usage" else FAILED
    except AlreadyTold:
        if not interrupts.happened:
            return FAILED
    except asyncio.CancelledError:
        if not interrupts.happened:
            raise
        output.note("Interrupted.")
    finally:
        await services.close()
        sys.stdout.flush()
    return INTERRUPTED if interrupts.happened else DONE
