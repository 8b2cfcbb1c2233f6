"""A process that is the real window on a model that fails: ``python -m … HOME SCENE``.

It tells how far it has come as lines on standard output, and is closed as a user closes it once
there is a line on its standard input.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from app.bootstrap import Program
from app.infra.settings import Settings
from tests.support.faulty_windows import MODEL, FaultDriver


def tell(fact: str) -> None:
    sys.stdout.write(f"{fact}\n")
    sys.stdout.flush()


async def told() -> None:
    """Wait for the next line that the test sends."""
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def loading(driver: FaultDriver) -> None:
    """Closed while a model loads."""
    await driver.choose("loads_forever")
    driver.say("well")
    await driver.begun()
    engine = driver.program.services.sessions.current
    assert engine is not None
    await driver.until(lambda: "code" in engine.stage, "the load to hang")
    tell("loading")
    await told()


async def streaming(driver: FaultDriver) -> None:
    """Sent to sleep and then closed while a model answers."""
    await driver.choose(MODEL)
    driver.say("endless")
    await driver.begun()
    await driver.streaming()
    tell("streaming")
    await told()
    shown = len(driver.answer.text)
    await driver.streaming(shown + 1)
    assert driver.band() == ""
    tell(f"woken {driver.engine_pid()}")
    await told()


SCENES: dict[str, Callable[[FaultDriver], Awaitable[None]]] = {
    "loading": loading,
    "streaming": streaming,
}


async def play(home: Path, scene: str) -> None:
    program = Program(Settings(home=home))
    over = asyncio.Event()
    program.window.closing.connect(over.set)
    try:
        await SCENES[scene](FaultDriver(program))
        program.window.close()
        await over.wait()
    finally:
        await program.window.shutdown()


def main() -> None:
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(app) as loop:
        loop.run_until_complete(play(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
