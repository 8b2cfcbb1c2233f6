"""Versions of messages in the real window, on the real weights."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from app.bootstrap import Program
from app.infra.settings import Settings
from app.ui.widgets.message import Message
from app.ui.widgets.transcript import Transcript
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home
from tests.support.windows import Driver

pytestmark = pytest.mark.demo

OWN_WORDS = "The capital of Spain is a city that"


@pytest.fixture
async def driver(demo: DemoModels, tmp_path: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=copy_home(demo, tmp_path / "home"))))
    yield driver
    await driver.close()


def _message(driver: Driver, at: int) -> Message:
    transcript = driver.find(Transcript, "chatTranscript")
    return transcript.message(transcript.message_ids()[at])


def _click(driver: Driver, at: int, name: str) -> None:
    message = _message(driver, at)
    message.text_view.setFocus()
    button = message.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isVisible(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def _type_over(driver: Driver, at: int, text: str) -> None:
    _click(driver, at, "editMessageButton")
    edit = _message(driver, at).findChild(QPlainTextEdit, "messageEdit")
    assert edit is not None
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("name", [TRANSFORMERS, ONNX])
async def test_that_a_model_goes_on_from_the_words_that_were_put_into_its_mouth(
    driver: Driver, name: str
) -> None:
    await driver.choose(name)
    driver.say("What is the capital of Spain?")
    first = await driver.answered()
    assert first.prompt is not None
    _type_over(driver, 1, OWN_WORDS)
    assert driver.answer.text == OWN_WORDS
    assert driver.answer.token_ids is None
    _click(driver, 1, "continueAnswerButton")
    longer = await driver.answered()
    assert longer.edited
    assert longer.prompt == first.prompt + OWN_WORDS
    assert longer.text.startswith(OWN_WORDS)
    assert len(longer.text) > len(OWN_WORDS)
    _click(driver, 1, "previousVersionButton")
    assert driver.answer == first, "with its numbers and its tokens"


async def test_that_the_same_question_has_the_same_answer_in_each_of_its_versions(
    driver: Driver,
) -> None:
    await driver.choose(ONNX)
    driver.say("What is the capital of Spain?")
    first = await driver.answered()
    _type_over(driver, 0, "What is the capital of France?")
    other = await driver.answered()
    assert "Paris" in other.text
    _click(driver, 0, "previousVersionButton")
    _click(driver, 1, "regenerateAnswerButton")
    again = await driver.answered()
    assert again.token_ids == first.token_ids, "greedy, and nothing of the other branch in it"
    assert again.prompt == first.prompt
