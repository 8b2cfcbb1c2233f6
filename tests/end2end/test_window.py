"""The real window on the real weights: what a user does, and what the engines alone would say."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from app.bootstrap import Program
from app.domain.answer import AnswerState
from app.infra.settings import Settings
from app.services.engines import EngineState
from tests.support import bare_engines
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home
from tests.support.windows import Driver

pytestmark = pytest.mark.demo

QUESTION = "What is the capital of Spain?"
FOLLOW_UP = "Name three of its neighbours."
LONG = "Write a long story about a lighthouse keeper, with many chapters."


@pytest.fixture
def home(demo: DemoModels, tmp_path: Path) -> Path:
    return copy_home(demo, tmp_path / "home")


@pytest.fixture
async def driver(home: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=home)))
    yield driver
    await driver.close()


def folder_of(demo: DemoModels, name: str) -> Path:
    return demo.checkpoint if name == TRANSFORMERS else demo.onnx


@pytest.mark.parametrize(("name", "engine"), [(TRANSFORMERS, "transformers"), (ONNX, "onnx")])
async def test_that_a_typed_question_gets_token_for_token_what_the_bare_engine_says(
    driver: Driver, demo: DemoModels, name: str, engine: str
) -> None:
    await driver.choose(name)
    messages: list[dict[str, str]] = []
    for text in (QUESTION, FOLLOW_UP):
        messages.append({"role": "user", "content": text})
        driver.say(text)
        answer = await driver.answered()
        bare = bare_engines.ask(engine, folder_of(demo, name), messages, 300)
        assert answer.state is AnswerState.DONE
        assert answer.prompt == bare["prompt"]
        assert list(answer.prompt_token_ids or ()) == bare["prompt_token_ids"]
        assert list(answer.token_ids or ()) == bare["token_ids"]
        assert answer.text == bare["text"]
        assert answer.usage.prompt_tokens == len(bare["prompt_token_ids"])
        assert answer.usage.completion_tokens == len(bare["token_ids"])
        total = len(bare["prompt_token_ids"]) + len(bare["token_ids"])
        assert answer.usage.total_tokens == total
        lines = driver.window.findChildren(QLabel, "usageLine")
        assert any(f"= {total} tokens" in line.text() for line in lines)
        messages.append({"role": "assistant", "content": answer.text})


@pytest.mark.parametrize("name", [TRANSFORMERS, ONNX])
async def test_that_mlflows_predict_says_the_same_as_the_stream(driver: Driver, name: str) -> None:
    await driver.choose(name)
    driver.say(QUESTION)
    streamed = await driver.answered()
    driver.press("newConversationButton")
    driver.press("predictSwitch")
    driver.say(QUESTION)
    whole = await driver.answered()
    assert whole.through_predict
    assert not streamed.through_predict
    assert whole.text == streamed.text
    assert whole.usage == streamed.usage
    assert whole.stop_reason == streamed.stop_reason


async def test_that_stop_keeps_the_text_already_shown(driver: Driver) -> None:
    await driver.choose(ONNX)
    driver.say(LONG)
    await driver.streaming(at_least=40)
    driver.press("stopButton")
    answer = await driver.answered()
    assert answer.state is AnswerState.STOPPED
    assert answer.stop_reason == "cancelled"
    assert len(answer.text) >= 40
    assert answer.usage.completion_tokens == len(answer.token_ids or ())


@pytest.mark.expects_log("The model's process ended")
async def test_that_a_model_killed_while_it_answers_loses_no_text_and_answers_the_next_message(
    driver: Driver,
) -> None:
    await driver.choose(ONNX)
    driver.say(LONG)
    await driver.streaming(at_least=40)
    os.kill(driver.engine_pid(), signal.SIGKILL)
    answer = await driver.answered()
    assert answer.state is AnswerState.FAILED
    assert len(answer.text) >= 40
    assert answer.failure is not None
    assert answer.failure.kind == "died"
    assert "signal 9" in answer.failure.message
    kept = answer.text
    driver.say(QUESTION)
    answer = await driver.answered()
    assert answer.state is AnswerState.DONE
    assert answer.text
    assert kept in (answer.prompt or ""), "the model goes on from what was kept"


async def test_that_each_answer_names_the_version_that_gave_it(driver: Driver) -> None:
    await driver.choose(ONNX)
    driver.say(QUESTION)
    await driver.answered()
    await driver.choose(TRANSFORMERS)
    driver.say(FOLLOW_UP)
    await driver.answered()
    answers = [node.answer for node in driver.program.chat.conversation.branch() if node.answer]
    assert [answer.model for answer in answers] == [f"{ONNX}/1", f"{TRANSFORMERS}/1"]
    assert QUESTION in (answers[1].prompt or ""), "the conversation went along"


async def test_that_a_load_can_be_cancelled_and_gives_its_memory_back(driver: Driver) -> None:
    await driver.choose(TRANSFORMERS)
    driver.press("loadButton")
    engine = driver.program.services.sessions.current
    assert engine is not None
    await driver.until(lambda: engine.stage == "Reading the weights", "the load to be under way")
    driver.press("cancelLoadButton")
    await driver.until(lambda: engine.state is EngineState.STOPPED, "the load's end")
    assert engine.pid is None
