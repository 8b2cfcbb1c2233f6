"""A process that is the real window and plays a scene in it: ``python -m … HOME SCENE``.

It tells what it sees as JSON lines on standard output, for the test that started it.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from app.bootstrap import Program
from app.infra.settings import Settings
from tests.support.demo_models import ONNX, TRANSFORMERS
from tests.support.windows import Driver

LONG = "Write a long story about a lighthouse keeper, with many chapters."
BEAT_S = 0.05
BEGINNING = "Once upon a time there was a lighthouse keeper who"


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


async def both_answer(driver: Driver) -> None:
    """Ask either model, then tell what this process has imported."""
    for name in (ONNX, TRANSFORMERS):
        await driver.choose(name)
        driver.say("What is the capital of Spain?")
        answer = await driver.answered()
        tell(model=name, text=answer.text, state=answer.state)
    tell(platform=QApplication.platformName(), modules=sorted(sys.modules))


async def both_run(driver: Driver) -> None:
    """Have both models write at once, tell so, and go on until killed."""
    await driver.choose(TRANSFORMERS)
    driver.say(LONG)
    await driver.streaming()
    first = driver.engine_pid()
    await driver.choose(ONNX)
    driver.window.show_page("prompt")
    driver.write_prompt(BEGINNING)
    driver.press("generateButton")
    prompt = driver.program.prompt
    await driver.until(lambda: prompt.is_streaming, "the completion to stream")
    tell(engines=[first, driver.engine_pid()])
    await asyncio.Event().wait()


async def keeps_writing(driver: Driver) -> None:
    """Ask for a long answer, and tell each state of it once it is shown, until killed; in which
    beat, too: one takes `BEAT_S` at least, and longer where a busy machine has this process wait.
    """
    beat = 0

    def shown() -> None:
        if driver.answer.text:
            tell(beat=beat, text=driver.answer.text, state=driver.answer.state)

    await driver.choose(ONNX)
    driver.say(LONG)
    driver.program.chat.changed.connect(shown)
    while True:
        await asyncio.sleep(BEAT_S)
        beat += 1


SCENES: dict[str, Callable[[Driver], Awaitable[None]]] = {
    "both_answer": both_answer,
    "both_run": both_run,
    "keeps_writing": keeps_writing,
}


async def play(home: Path, scene: str) -> None:
    program = Program(Settings(home=home))
    try:
        await SCENES[scene](Driver(program))
    finally:
        await program.window.shutdown()


def main() -> None:
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(app) as loop:
        loop.run_until_complete(play(Path(sys.argv[1]), sys.argv[2]))


if __name__ == "__main__":
    main()
