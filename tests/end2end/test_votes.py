"""A blind question in the real window on the real weights; its vote as other tools find it."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from app.bootstrap import Program
from app.domain.comparison.record import Plan, Turn
from app.domain.comparison.votes import PairResult
from app.infra.settings import Settings
from tests.support.demo_models import ONNX, TRANSFORMERS, DemoModels, copy_home
from tests.support.windows import Driver

pytestmark = pytest.mark.demo

NAMES = (f"{TRANSFORMERS}/1", f"{ONNX}/1")


async def test_that_a_blind_vote_is_found_by_a_plain_search_and_its_turn_plays_again(
    demo: DemoModels, tmp_path: Path
) -> None:
    home = copy_home(demo, tmp_path / "home")
    turn = await ask_and_vote(home)
    uri = f"sqlite:///{(home / 'mlflow.db').as_posix()}"
    assert turn.vote is not None
    assert turn.vote.choice == ("second" if turn.is_swapped else "first")
    said = {side.answer.trace.id: name for side, name in zip(turn.sides, NAMES, strict=True)}  # type: ignore[union-attr]
    winner = NAMES[1] if turn.is_swapped else NAMES[0]
    for outcome in ("win", "loss"):
        (info,) = voted_on(uri, outcome)
        assert (said[info.trace_id] == winner) == (outcome == "win")
        (vote,) = [one for one in info.assessments if one.name == "parley.vote"]
        assert vote.source.source_type == "HUMAN"
        assert vote.metadata["parley.other_trace"] in said.keys() - {info.trace_id}
    assert voted_on(uri, "tie") == []


async def ask_and_vote(home: Path) -> Turn:
    """Ask blind, prefer the answer on the left, look at the table, and play it all again."""
    program = Program(Settings(home=home))
    driver, compare = Driver(program), program.compare
    try:
        await driver.listed(*NAMES_WITHOUT_VERSION)
        driver.window.show_page("compare")
        await driver.until(lambda: compare.comparison is not None, "two models")
        pane = driver.find(QWidget, "comparePane")
        pane.plan.show_plan(Plan(repeats=1, through_predict=False))  # type: ignore[attr-defined]
        driver.press("compareBlind")
        compare.ask("What is the capital of Spain?")
        await driver.until(lambda: not compare.is_running, "both answers", 300)
        assert compare.turn is not None
        assert compare.turn.is_hidden
        driver.press("voteLeftButton")
        turn = compare.turn
        assert turn is not None
        services = program.services
        await driver.until(lambda: not services.traces.waiting, "the vote to be written")
        (pair,) = await services.votes.results()
        wins = tuple(int(name == preferred(turn)) for name in pair.versions)
        assert pair == PairResult((NAMES[1], NAMES[0]), True, (wins[0], wins[1]), 0, 0)
        await replay(driver)
        return turn
    finally:
        await program.window.shutdown()


NAMES_WITHOUT_VERSION = (TRANSFORMERS, ONNX)


def preferred(turn: Turn) -> str:
    assert turn.vote is not None
    return NAMES[("first", "second").index(turn.vote.choice)]


async def replay(driver: Driver) -> None:
    """At the recorded pace: it takes as long as it took."""
    program = driver.program
    kept = program.compare.comparison
    driver.press("replayButton")
    assert program.replay.bar.isVisible()
    recorded = program.replay._recording
    assert recorded is not None
    for part, side in zip(recorded.parts, recorded.turn.sides, strict=True):
        assert part.ends_s - part.begins_s >= side.pieces[-1].at_s >= (side.reading_s or 0) > 0
    limit_s = recorded.length_s + 120
    await driver.until(lambda: program.replay._player.is_over, "the recording's end", limit_s)
    assert program.replay.bar.isVisible()
    driver.press("replayCloseButton")
    assert program.compare.comparison is kept


def voted_on(uri: str, outcome: str) -> list[Any]:
    """The traces with such a vote."""
    import mlflow

    client = mlflow.MlflowClient(uri, uri)
    experiment = client.get_experiment_by_name("parley").experiment_id
    found = client.search_traces(
        locations=[experiment], filter_string=f"feedback.`parley.vote` = '{outcome}'"
    )
    return [one.info for one in found]
