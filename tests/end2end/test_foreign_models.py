"""MLflow's own kinds of chat model in the real window: asked about once, then answered by."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QPushButton

from app.bootstrap import Program
from app.domain.answer import AnswerState
from app.infra.settings import Settings
from tests.support.foreign_models import log_foreign_models
from tests.support.windows import Driver

pytestmark = pytest.mark.slow

ANSWERS = {
    "chat_model": "user:Hello temperature=1.0 max=None stop=None",
    "chat_agent": "Let me look.\n\nSeen: Hello",
    "chat_agent_streaming": "Let me look.\n\nIt is there.",
    "responses_agent": "user max=None top_p=None",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return log_foreign_models(tmp_path_factory.mktemp("foreign") / "home", *ANSWERS)


@pytest.fixture
async def driver(home: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=home)))
    yield driver
    await driver.close()


@pytest.mark.parametrize("name", ANSWERS)
async def test_that_a_chat_model_of_mlflow_is_asked_about_and_answers(
    driver: Driver, name: str
) -> None:
    await driver.choose(name)
    driver.say("Hello")
    await driver.until(lambda: _trust_dialog(driver) is not None, "the question of trust")
    dialog = _trust_dialog(driver)
    assert dialog is not None
    button = dialog.findChild(QPushButton, "trustButton")
    assert button is not None
    button.click()

    answer = await driver.answered()
    assert answer.state is AnswerState.DONE, answer.failure
    assert answer.text == ANSWERS[name]

    driver.say("Hello")
    again = await driver.answered()
    assert again.state is AnswerState.DONE
    assert _trust_dialog(driver) is None


def _trust_dialog(driver: Driver) -> QDialog | None:
    dialog = driver.window.findChild(QDialog, "trustDialog")
    return dialog if dialog is not None and dialog.isVisible() else None
