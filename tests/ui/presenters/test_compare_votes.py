"""Blind questions in the whole window: nothing tells the sides apart until the vote."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.comparison.record import Comparison, Phase, Vote
from app.infra import comparison_store
from app.infra.comparison_store import SqliteComparisonStore
from tests.support.compare_windows import TEXTS, CompareWindow
from tests.support.focus_chain import focus_chain
from tests.ui.presenters.conftest import until
from wrappers.contract import AnyEvent, Generate

VOTE = Vote("second", is_blind=True, at_ms=7)


@pytest.fixture
def bench(compare_window: CompareWindow) -> CompareWindow:
    return compare_window


def swap(bench: CompareWindow, *draws: bool) -> None:
    """Let the lot fall like this."""

    class Lot(random.Random):
        def getrandbits(self, k: int, /) -> int:  # noqa: ARG002 - Python's name
            return int(next(fallen))

    fallen = iter(draws)
    bench.program.votes._lot = Lot()


SECRETS = ("first", "second", "messages", "scripted", "0.75", "0.25", "750", "250", "tok/s", "ms")


def assert_nothing_told(bench: CompareWindow) -> None:
    pane = bench.pane
    told = "\n".join(
        bench.told(part) for part in (pane.cards, pane.report, bench.bar, pane.activity)
    )
    words = told.lower().replace("\n", " ").split()
    assert [one for one in SECRETS if one in words] == [], told


@pytest.mark.parametrize("is_swapped", [False, True])
async def test_that_nothing_tells_the_sides_apart_until_the_vote(
    bench: CompareWindow, is_swapped: bool
) -> None:
    swap(bench, is_swapped)
    bench.press("compareBlind")
    turn = await bench.ask()
    assert (turn.is_hidden, turn.is_swapped) == (True, is_swapped)
    assert_nothing_told(bench)
    left, right = ("second", "first") if is_swapped else ("first", "second")
    assert TEXTS[left] in bench.card(0)
    assert TEXTS[right] in bench.card(1)
    for name in ("compareExport", "compareLog"):
        assert not bench.button(name).isEnabled()
    bench.press("voteLeftButton")
    assert bench.turn.vote is not None
    assert bench.turn.vote.choice == left
    assert bench.turn.vote.is_blind
    assert "first · v1" in bench.card(0)
    assert "second · v1" in bench.card(1)
    assert f"You preferred {left} · v1. A was {left} · v1, B was {right} · v1." in bench.vote_text()
    assert bench.button("compareExport").isEnabled()


async def test_that_an_earlier_open_turn_names_nobody_while_a_blind_one_waits_for_its_vote(
    bench: CompareWindow,
) -> None:
    swap(bench, False)
    opened = await bench.ask()
    assert "first · v1" in bench.card(0)
    bench.press("compareBlind")
    assert (await bench.ask("And of Portugal?")).is_hidden
    bench.pane.cards.turn_in_view.emit(opened.id)
    told = "\n".join(bench.told(part) for part in (bench.pane.cards, bench.pane.report, bench.bar))
    assert [one for one in ("first · v1", "second · v1", "tok/s") if one in told] == []
    bench.key("vote_left")
    assert bench.turn.vote is None, "the turn in view is not the one that is voted on"


@pytest.mark.parametrize("slow", ["first", "second"])
async def test_that_neither_answer_is_seen_before_the_slower_one_is_whole(
    bench: CompareWindow, slow: str
) -> None:
    swap(bench, False)
    bench.press("compareBlind")
    bench.gates[slow].clear()
    bench.begin()
    await until(lambda: bench.program.compare.is_running and bool(bench.models.asked))
    await until(lambda: bool(bench.comparison.turns) and any(
        side.answer.text for side in bench.turn.sides
    ))  # fmt: skip
    await asyncio.sleep(0.1)  # frames that would show it
    assert bench.turn.is_hidden
    for at in (0, 1):
        assert not any(text.split()[0] in bench.card(at) for text in TEXTS.values())
        assert bench.card(at).replace("B", "A") == bench.card(0).replace("B", "A")
    assert_nothing_told(bench)
    assert not bench.bar.isVisible()
    bench.open_gates()
    await until(lambda: not bench.program.compare.is_running)
    assert TEXTS["first"] in bench.card(0)
    assert TEXTS["second"] in bench.card(1)


@pytest.mark.parametrize("broken", ["first", "second"])
async def test_that_a_side_without_an_answer_is_not_told_and_nothing_can_be_voted_on(
    bench: CompareWindow, broken: str
) -> None:
    swap(bench, False)
    bench.press("compareBlind")
    bench.fails = {broken}
    await bench.ask()
    assert_nothing_told(bench)
    assert bench.card(0).replace("B", "A") == bench.card(1).replace("B", "A")
    assert "has failed" not in bench.card(0) + bench.card(1)
    assert not bench.button("voteLeftButton").isVisible()
    assert "nothing to vote on" in bench.vote_text()
    bench.press("voteBackButton")
    assert not bench.turn.is_hidden
    assert bench.turn.vote is None
    assert f"{broken} has failed." in bench.card(0 if broken == "first" else 1)


async def test_that_the_sides_can_be_told_without_a_vote(bench: CompareWindow) -> None:
    bench.press("compareBlind")
    await bench.ask()
    bench.press("voteBackButton")
    assert (bench.turn.is_hidden, bench.turn.vote) == (False, None)
    bench.press("voteTieButton")
    assert bench.turn.vote is not None
    assert not bench.turn.vote.is_blind


async def test_that_a_vote_while_it_is_measured_is_kept_at_once_and_counts_at_its_end(
    bench: CompareWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison_store, "GATHER_S", 1000)
    swap(bench, True)
    bench.press("compareBlind")

    def both_are_there() -> bool:
        turns = bench.comparison.turns
        return bool(turns) and all(one.warm_up is not None for one in turns[-1].sides)

    calls = 0
    usual = bench._events

    def events(name: str, request: Generate) -> Iterator[AnyEvent]:
        nonlocal calls
        calls += 1
        if calls == 3:  # the first measured run
            bench.gates[name].clear()
        return usual(name, request)

    bench.models.events = events
    bench.begin()
    await until(lambda: calls == 3 and both_are_there())
    await until(bench.bar.isVisible)
    bench.press("voteLeftButton")
    assert bench.program.compare.is_running
    assert bench.vote() is None
    assert "Noted" in bench.vote_text()
    assert_nothing_told(bench)
    # What a killed program has lost nothing of.
    await written(tmp_path, bench, is_voted=True)
    bench.press("voteBackButton")
    assert "Noted" not in bench.vote_text()
    await written(tmp_path, bench, is_voted=False)
    bench.press("voteLeftButton")
    bench.open_gates()
    await until(lambda: not bench.program.compare.is_running)
    vote = bench.vote()
    assert vote is not None
    assert (vote.choice, vote.is_blind) == ("second", True)
    await until(lambda: len(bench.models.votes) == 1)
    kept = await bench.program.services.comparisons.load(bench.comparison.id)
    assert kept is not None
    assert (kept.turns[-1].vote, kept.turns[-1].noted) == (vote, None)


async def test_that_a_vote_of_a_run_that_never_ended_counts_and_reaches_mlflow_later(
    bench: CompareWindow, tmp_path: Path
) -> None:
    turn = await bench.ask()
    noted = replace(turn, id="t", phase=Phase.MEASURING, is_blind=True, noted=VOTE)
    store = SqliteComparisonStore(tmp_path / "killed.db")
    store.save(replace(bench.comparison, id="killed", turns=(noted,)))
    await store.close()
    found = await read_anew(tmp_path / "killed.db", "killed")
    assert found is not None
    bench.program.compare._show_kept(found)
    assert (bench.turn.id, bench.turn.vote, bench.turn.noted) == ("t", VOTE, None)
    await until(lambda: len(bench.models.votes) == 1)
    assert (bench.models.votes[0].choice, bench.models.votes[0].is_blind) == ("second", True)


async def written(home: Path, bench: CompareWindow, *, is_voted: bool) -> None:
    """Wait until the file says so."""
    async with asyncio.timeout(20):
        while True:
            found = await read_anew(home / "conversations.db", bench.comparison.id)
            if found is not None and (found.turns[-1].vote is not None) is is_voted:
                return


async def read_anew(path: Path, comparison_id: str) -> Comparison | None:
    """As another program finds it in the file."""
    store = SqliteComparisonStore(path)
    found = await store.load(comparison_id)
    await store.close()
    return found


async def test_that_a_vote_goes_to_mlflow_and_is_taken_back_there(bench: CompareWindow) -> None:
    swap(bench, True)
    bench.press("compareBlind")
    await bench.ask()
    bench.key("vote_right")
    await until(lambda: len(bench.models.votes) == 1)
    (told,) = bench.models.votes
    assert (told.choice, told.is_blind, told.versions) == ("first", True, ("first/1", "second/1"))
    assert set(told.traces) == {trace.trace_id for trace in bench.models.traces}
    assert "MLflow traces of both" in bench.vote_text()
    bench.key("vote_back")
    await until(lambda: len(bench.models.votes) == 2)
    assert bench.models.votes[1].choice is None
    assert "counts as an open one" in bench.vote_text()
    bench.key("vote_tie")
    await until(lambda: len(bench.models.votes) == 3)
    assert (bench.models.votes[2].choice, bench.models.votes[2].is_blind) == ("tie", False)


async def test_that_without_traces_the_vote_is_kept_here_and_says_so(bench: CompareWindow) -> None:
    bench.program.services.traces.switch(on=False)
    await bench.ask()
    bench.press("voteBothBadButton")
    assert isinstance(bench.turn.vote, Vote)
    assert "not in MLflow" in bench.vote_text()
    kept = await bench.program.services.comparisons.load(bench.comparison.id)
    assert kept is not None
    assert kept.turns[-1].vote == bench.turn.vote
    assert bench.models.votes == []


async def test_that_an_open_vote_names_whom_it_prefers(bench: CompareWindow) -> None:
    await bench.ask()
    assert bench.button("voteRightButton").toolTip() == "The answer of second · v1 is better"
    bench.press("voteRightButton")
    assert bench.turn.vote is not None
    assert (bench.turn.vote.choice, bench.turn.vote.is_blind) == ("second", False)
    assert bench.vote_text().startswith("You preferred second · v1.")
    assert bench.button("voteRightButton").isChecked()


async def test_that_each_blind_question_draws_anew(bench: CompareWindow) -> None:
    swap(bench, True, False)
    bench.press("compareBlind")
    await bench.ask()
    bench.press("voteLeftButton")
    await bench.ask("And of Portugal?")
    assert [turn.is_swapped for turn in bench.comparison.turns] == [True, False]
    assert bench.comparison.turns[0].vote is not None
    assert bench.turn.is_hidden
    bench.press("compareBlind")
    assert not bench.button("compareBlind").isChecked()


async def test_that_a_load_that_fails_is_told_though_the_cards_tell_nothing(
    bench: CompareWindow,
) -> None:
    bench.press("compareBlind")
    await bench.ask()
    engine = bench.program.compare.slots.engines()[1]
    assert engine is not None
    await engine.unload()
    bench.models.fails_to_load = {"second"}
    bench.begin("And of Portugal?")
    await until(lambda: not bench.program.compare.is_running)
    assert "second is broken." in bench.told(bench.pane)
    assert "second" not in bench.card(0) + bench.card(1)


async def test_that_votes_are_given_by_keys(bench: CompareWindow) -> None:
    await bench.ask()
    bench.window.activateWindow()
    await until(bench.window.isActiveWindow)
    for key, choice in (
        (Qt.Key.Key_4, "first"),
        (Qt.Key.Key_5, "tie"),
        (Qt.Key.Key_6, "both_bad"),
        (Qt.Key.Key_7, "second"),
    ):
        QTest.keyClick(bench.window, key, Qt.KeyboardModifier.ControlModifier)
        assert bench.turn.vote is not None
        assert bench.turn.vote.choice == choice
    QTest.keyClick(bench.window, Qt.Key.Key_8, Qt.KeyboardModifier.ControlModifier)
    assert bench.turn.vote is None


async def test_that_the_tab_key_goes_where_the_eye_goes(bench: CompareWindow) -> None:
    await bench.ask()
    bench.key("vote_left")
    names = [
        widget.objectName()
        for widget in focus_chain(bench.pane.cards)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()
    ]
    wanted = [
        "compareLeftModel",
        "voteLeftButton",
        "voteTieButton",
        "voteBothBadButton",
        "voteRightButton",
        "voteBackButton",
        "voteResultsButton",
        "compareDifferences",
        "replayButton",
        "compareComposer",
    ]
    assert [one for one in names if one in wanted] == wanted
