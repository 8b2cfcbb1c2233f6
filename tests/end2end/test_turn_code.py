"""An answer of the real window, copied as MLflow code and run by itself, prints the same text."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from app.bootstrap import Program
from app.domain.answer import Answer
from app.domain.context_use import ContextUse
from app.infra.settings import Settings
from tests.support.copied_code import run_copied
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home
from tests.support.windows import Driver

pytestmark = pytest.mark.demo


@pytest.fixture
async def driver(demo: DemoModels, tmp_path: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=copy_home(demo, tmp_path / "home"))))
    yield driver
    await driver.close()


async def answered(driver: Driver, text: str, **parameters: str) -> tuple[str, Answer]:
    """The id of the answer to `text`, asked with what is typed into the inspector, and itself."""
    for name, value in parameters.items():
        field = driver.find(QLineEdit, f"knob_{name}")
        field.setFocus()
        field.clear()
        QTest.keyClicks(field, value)
    driver.say(text)
    answer = await driver.answered()
    assert answer.text
    leaf = driver.program.chat.conversation.leaf
    assert leaf is not None
    return leaf, answer


async def copied(driver: Driver, node_id: str) -> str:
    clipboard = QGuiApplication.clipboard()
    clipboard.clear()
    driver.program.chat.actions.run(node_id, "copy_code")
    await driver.until(lambda: bool(clipboard.text()), "the code", limit_s=60)
    return clipboard.text()


@pytest.mark.parametrize("name", [TRANSFORMERS, ONNX])
async def test_that_the_code_of_a_turn_prints_its_answer_again(
    driver: Driver, tmp_path: Path, name: str
) -> None:
    chat = driver.program.chat
    await driver.choose(name)
    chat._pane.composer.set_system("You are a pirate.")
    driver.press("loadButton")
    engine = driver.program.services.sessions.current
    assert engine is not None
    await driver.until(lambda: engine.is_loaded, "the load")
    first, _ = await answered(driver, "Who are you?", max_tokens="24")
    second, greedy = await answered(driver, "Name a ship.")

    # Another system prompt and other parameters now: the code has those of then.
    chat._pane.composer.set_system("You are a poet.")
    sampled_parameters = {"temperature": "0.9", "seed": "7"}
    third, sampled = await answered(driver, "And a sea?", **sampled_parameters)
    chat.regenerate(third)
    again = await driver.answered()
    regenerated = chat.conversation.leaf
    assert regenerated not in (None, third)
    assert again.text == sampled.text, "the seed is the same"

    assert run_copied(await copied(driver, second), tmp_path) == greedy.text
    assert run_copied(await copied(driver, regenerated or ""), tmp_path) == again.text
    assert first != second

    driver.press("predictSwitch")
    fourth, whole = await answered(driver, "And a port?")
    assert whole.through_predict
    assert run_copied(await copied(driver, fourth), tmp_path) == whole.text


@pytest.mark.parametrize("name", [TRANSFORMERS, ONNX])
async def test_that_the_tokens_announced_for_a_draft_are_those_that_the_model_reads(
    driver: Driver, name: str
) -> None:
    chat, announced = driver.program.chat, list[ContextUse]()
    chat.context_changed.connect(announced.append)
    await driver.choose(name)
    await answered(driver, "What is the capital of Spain?")
    chat._pane.composer.set_draft("And of France, in one word?")
    await driver.until(
        lambda: bool(announced) and announced[-1].planned is not None, "the draft's count"
    )
    use = announced[-1]
    chat.send()
    answer = await driver.answered()
    assert answer.usage.prompt_tokens == use.planned
    assert (use.used or 0) < (use.planned or 0)
