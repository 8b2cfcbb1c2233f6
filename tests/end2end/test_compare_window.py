"""The Compare pane of the real window on the real weights: both wrappers, one conversation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit

from app.bootstrap import Program
from app.domain.answer import AnswerState
from app.domain.comparison.record import Comparison, Phase, Plan
from app.infra.settings import Settings
from app.ui.panes.compare_pane import ComparePane
from app.ui.widgets.compare_card import CompareCard
from app.ui.widgets.compare_report import CompareReport
from app.ui.widgets.text_view import TextView
from tests.support import bare_engines
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home
from tests.support.windows import Driver
from wrappers.contract import Sampling

pytestmark = pytest.mark.demo

QUESTION = "What is the capital of Spain?"
FOLLOW_UP = "Name three of its neighbours."
LONG = "Write a long story about a lighthouse keeper, with many chapters."


@pytest.fixture
async def driver(demo: DemoModels, tmp_path: Path) -> AsyncIterator[Driver]:
    driver = Driver(Program(Settings(home=copy_home(demo, tmp_path / "home"))))
    yield driver
    await driver.close()


def comparison(driver: Driver) -> Comparison:
    found = driver.program.compare.comparison
    assert found is not None
    return found


def ask(driver: Driver, text: str) -> None:
    """Type into the composer and press Enter."""
    composer = driver.find(QPlainTextEdit, "compareComposer")
    composer.setFocus()
    QTest.keyClicks(composer, text)
    QTest.keyClick(composer, Qt.Key.Key_Return)


def shown(driver: Driver) -> list[str]:
    """The last answers, as the cards show them."""
    found = []
    for name in ("compareLeft", "compareRight"):
        card = driver.find(CompareCard, name)
        blocks = card.blocks()
        view = blocks[-1].findChild(TextView, "compareAnswer") if blocks else None
        found.append("" if view is None else view.text())
    return found


async def test_that_both_wrappers_answer_one_conversation_and_are_measured(
    driver: Driver, demo: DemoModels
) -> None:
    await driver.listed(TRANSFORMERS, ONNX)
    driver.window.show_page("compare")
    compare = driver.program.compare
    await driver.until(lambda: compare.comparison is not None, "two models")
    assert [slot.name for slot in comparison(driver).slots] == [
        f"{TRANSFORMERS}/1",
        f"{ONNX}/1",
    ]

    ask(driver, QUESTION)
    await driver.until(lambda: bool(comparison(driver).turns), "the turn", 300)
    await driver.until(lambda: not compare.is_running, "its end", 300)

    turn = comparison(driver).turns[0]
    assert turn.phase is Phase.DONE
    assert shown(driver) == [side.answer.text for side in turn.sides]
    asked = [{"role": "user", "content": QUESTION}]
    for at, folder in enumerate((demo.checkpoint, demo.onnx)):
        bare = bare_engines.ask(("transformers", "onnx")[at], folder, asked, 256)
        answer = turn.sides[at].answer
        assert (answer.prompt, answer.text) == (bare["prompt"], bare["text"])
        assert list(answer.token_ids or ()) == bare["token_ids"]
    for name in ("compareLeft", "compareRight"):
        facts = driver.find(CompareCard, name).facts
        for key in ("usage", "first", "speed", "prefill", "load", "stop", "context", "same"):
            assert facts.value(key)
            assert "not known" not in facts.value(key)
    assert "sooner" in driver.find(CompareReport, "compareReport").text()

    ask(driver, FOLLOW_UP)
    await driver.until(lambda: len(comparison(driver).turns) == 2, "the follow-up")
    await driver.until(lambda: not compare.is_running, "its end", 300)
    for side in comparison(driver).turns[1].sides:
        assert side.answer.prompt is not None
        assert QUESTION in side.answer.prompt
        assert FOLLOW_UP in side.answer.prompt


async def test_that_both_are_shown_while_they_write_and_stop_keeps_what_they_have_written(
    driver: Driver,
) -> None:
    await driver.listed(TRANSFORMERS, ONNX)
    driver.window.show_page("compare")
    compare = driver.program.compare
    await driver.until(lambda: compare.comparison is not None, "two models")
    # Many times longer than a busy machine keeps the window from looking.
    compare.set_sampling(Sampling(temperature=0, max_tokens=4000))
    driver.find(ComparePane, "comparePane").plan.show_plan(Plan(parallel=True))
    ask(driver, LONG)
    seen: set[int] = set()

    def both_have_streamed() -> bool:
        assert compare.is_running
        for turn in comparison(driver).turns:
            for at, side in enumerate(turn.sides):
                if side.answer.state is AnswerState.STREAMING and shown(driver)[at]:
                    seen.add(at)
        return seen == {0, 1}

    await driver.until(both_have_streamed, "both answers to stream", 300)
    driver.press("stopButton")
    await driver.until(lambda: not compare.is_running, "its end")
    (turn,) = comparison(driver).turns
    assert turn.phase is Phase.STOPPED
    assert all(shown(driver))
