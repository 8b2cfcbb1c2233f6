"""The Prompt pane on the real weights: what could come next, and the prompt as its tokens."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView, QWidget

from app.bootstrap import Program
from app.domain.answer import AnswerState
from app.infra.settings import Settings
from app.ui.item_models.chance_model import ChanceRole
from app.ui.item_models.token_model import TokenRole
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home
from tests.support.windows import Driver
from wrappers.contract import Sampling

pytestmark = pytest.mark.demo

PROMPT = (
    "<|im_start|>user\nWhat is the capital of Spain?<|im_end|>\n"
    "<|im_start|>assistant\nThe capital of Spain is Madrid. Again: The capital of Spain is"
)
ANSWER = " Madrid"


@pytest.fixture
async def driver(demo: DemoModels, tmp_path: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=copy_home(demo, tmp_path / "home"))))
    yield driver
    await driver.close()


def rows(view: QListView, role: int) -> list[object]:
    model = view.model()
    return [model.index(row, 0).data(role) for row in range(model.rowCount())]


@pytest.mark.parametrize("name", [TRANSFORMERS, ONNX])
async def test_that_the_likeliest_token_is_told_inserted_and_taken_back(
    driver: Driver, name: str
) -> None:
    await driver.choose(name)
    driver.window.show_page("prompt")
    driver.paste_prompt(PROMPT)
    QTest.keyClick(driver.window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    chances = driver.find(QListView, "nextTokensList")
    await driver.until(lambda: chances.model().rowCount() > 0, "the next tokens")
    assert driver.find(QWidget, "nextTokenView").isVisible()
    texts = rows(chances, ChanceRole.TEXT)
    shares = [float(str(one)) for one in rows(chances, ChanceRole.PROBABILITY)]
    assert texts[0] == ANSWER
    assert shares == sorted(shares, reverse=True)
    assert 0.1 < shares[0] < 1
    assert sum(shares) <= 1 + 1e-6

    # The demo's own settings are greedy: the first alone is left.
    assert rows(chances, ChanceRole.SAMPLED)[:2] == [1.0, 0.0]

    QTest.keyClick(chances, Qt.Key.Key_Return)
    editor = driver.program.prompt.sheet.editor
    assert editor.prompt() == PROMPT + ANSWER
    before = driver.find(QListView, "nextTokensBeforeList")
    await driver.until(lambda: before.model().rowCount() > 0, "the table before")
    assert rows(before, ChanceRole.TEXT) == texts
    driver.press("undoButton")
    assert editor.prompt() == PROMPT


@pytest.mark.parametrize("name", [TRANSFORMERS, ONNX])
async def test_that_the_tokens_shown_are_those_that_the_model_read(
    driver: Driver, name: str
) -> None:
    await driver.choose(name)
    driver.window.show_page("prompt")
    driver.paste_prompt(PROMPT + " the 🙂.\n")
    prompt = driver.program.prompt
    driver.press("generateButton")
    await driver.until(lambda: prompt.is_streaming or not prompt.is_generating, "a first token")
    prompt.stop()
    await driver.until(lambda: not prompt.is_generating, "the completion's end")
    answer = prompt.sheet.completions[-1].answer
    assert answer.state in (AnswerState.DONE, AnswerState.STOPPED)
    assert answer.prompt_token_ids
    driver.press("undoButton")
    driver.press("tokensButton")
    tokens = driver.find(QListView, "tokenList")
    await driver.until(lambda: tokens.model().rowCount() > 0, "the tokens")
    assert rows(tokens, TokenRole.ID) == list(answer.prompt_token_ids)
    special = [one for one in rows(tokens, TokenRole.IS_SPECIAL) if one]
    assert len(special) == 3

    # Each leads to its place in the text, and all of the text has one.
    editor = driver.program.prompt.sheet.editor
    read = ""
    for row in range(tokens.model().rowCount()):
        tokens.setCurrentIndex(tokens.model().index(row, 0))
        piece = editor.textCursor().selectedText().replace("\u2029", "\n")
        if not read.endswith("🙂") or piece != "🙂":
            read += piece
    assert read == editor.prompt()


async def test_that_a_turn_of_the_chat_is_the_prompt_that_was_read(driver: Driver) -> None:
    await driver.choose(TRANSFORMERS)
    driver.say("What is the capital of Spain?")
    answer = await driver.answered()
    driver.program.actions.run("to_prompt")
    assert driver.window.page == "prompt"
    editor = driver.program.prompt.sheet.editor
    assert editor.prompt() == answer.prompt
    await driver.choose(ONNX)
    driver.press("generateButton")
    await driver.until(lambda: not driver.program.prompt.is_generating, "the completion's end")
    completed = driver.program.prompt.sheet.completions[-1].answer
    assert completed.prompt_token_ids == answer.prompt_token_ids
    assert completed.sampling in (None, Sampling())
