"""README.md's pictures, of the real window with the demo models: ``uv run poe screenshots``."""

import asyncio
import sys
import tempfile
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from app.bootstrap import Program
from app.infra.settings import Settings
from app.ui.theme import Choice, apply_theme
from tests.support.demo_models import ONNX, TRANSFORMERS, copy_home, demo_models
from tests.support.windows import Driver

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "screenshots"

PROMPT = (
    "<|im_start|>user\nShow me a Python function that adds two numbers.<|im_end|>\n"
    "<|im_start|>assistant\n"
)


async def take(home: Path) -> None:
    """Each picture as a user would come to it."""
    program = Program(Settings(home=home))
    driver = Driver(program)
    program.window.resize(1380, 820)
    try:
        await driver.choose(TRANSFORMERS)
        driver.say("What is the capital of Spain?")
        await driver.answered()
        await driver.choose(ONNX)
        driver.say("Show me a Python function that adds two numbers.")
        await driver.answered()
        await save(driver, "chat-light")
        await save(driver, "chat-dark", "dark")
        driver.window.show_page("prompt")
        driver.paste_prompt(PROMPT)
        driver.press("generateButton")
        await driver.until(lambda: not program.prompt.is_generating, "the completion's end")
        await save(driver, "prompt-light")
        driver.window.show_page("compare")
        driver.compare("What is the capital of Spain?")
        await driver.compared()
        driver.press("compareDifferences")
        await save(driver, "compare-light")
        await save(driver, "compare-dark", "dark")
    finally:
        await program.window.shutdown()


async def save(driver: Driver, name: str, choice: Choice = "light") -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, choice)
    await asyncio.sleep(0.5)  # what comes late to a finished answer: its counts
    FOLDER.mkdir(exist_ok=True)
    assert driver.window.grab().save(str(FOLDER / f"{name}.png"))


def main() -> None:
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    with (
        tempfile.TemporaryDirectory() as folder,
        qasync.QEventLoop(app) as loop,
    ):
        loop.run_until_complete(take(copy_home(demo_models(), Path(folder) / "home")))


if __name__ == "__main__":
    main()
