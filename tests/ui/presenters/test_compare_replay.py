"""A kept turn played again in the whole window, on a clock that the test moves."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel

from app.domain.comparison.record import Phase
from app.ui.presenters.compare_replay import CompareReplay
from tests.support.compare_windows import TEXTS, CompareWindow
from tests.ui.presenters.conftest import until


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(compare_window: CompareWindow) -> Clock:
    clock = Clock()
    compare_window.program.replay._player._clock = clock
    return clock


@pytest.fixture
async def bench(compare_window: CompareWindow) -> CompareWindow:
    """A question has been asked and answered."""
    await compare_window.ask()
    return compare_window


def replay(bench: CompareWindow) -> CompareReplay:
    return bench.program.replay


def to(bench: CompareWindow, clock: Clock, position_s: float) -> None:
    """Let the recording come to this point."""
    clock.now += position_s - replay(bench)._player.position_s
    replay(bench)._player._tick()


def sign(bench: CompareWindow) -> str:
    """What the bar says; empty where no recording is open."""
    if not replay(bench).bar.isVisible():
        return ""
    label = replay(bench).bar.findChild(QLabel, "replayText")
    assert label is not None
    return f"Recording {label.text()}"


def answers(bench: CompareWindow) -> list[str]:
    return [
        block.answer_text() for card in bench.pane.cards.cards for block in card.blocks()
    ]  # fmt: skip


def is_ticking(bench: CompareWindow) -> bool:
    return any(timer.isActive() for timer in replay(bench)._player.findChildren(QTimer))


async def test_that_both_sides_write_again_one_after_the_other_and_it_is_called_a_recording(
    bench: CompareWindow, clock: Clock
) -> None:
    assert sign(bench) == ""
    asked = len(bench.models.asked)
    bench.key("replay")
    assert sign(bench).startswith("Recording")
    assert "scripted 1" in sign(bench)
    assert answers(bench) == ["", ""]
    tape = replay(bench)._recording
    assert tape is not None
    first, second = tape.parts
    to(bench, clock, first.ends_s)
    assert answers(bench) == [TEXTS["first"], ""]
    to(bench, clock, second.ends_s + 1)
    assert answers(bench) == [TEXTS["first"], TEXTS["second"]]
    assert sign(bench).startswith("Recording")
    assert not is_ticking(bench)
    assert len(bench.models.asked) == asked
    bench.key("replay_close")
    assert sign(bench) == ""
    assert answers(bench) == [TEXTS["first"], TEXTS["second"]]


async def test_that_it_rests_plays_on_begins_anew_and_plays_both_at_once(
    bench: CompareWindow, clock: Clock
) -> None:
    bench.key("replay")
    assert is_ticking(bench)
    bench.key("replay")
    assert not is_ticking(bench)
    bench.key("replay")
    to(bench, clock, 100)
    bench.key("replay_restart")  # over: its button rests
    assert replay(bench)._player.is_over
    bench.key("replay")
    assert replay(bench)._player.position_s == 0
    bench.key("replay_speed")
    assert replay(bench)._player.speed == 2
    bench.key("replay_together")
    tape = replay(bench)._recording
    assert tape is not None
    assert tape.is_together
    bench.key("replay_together")
    assert not replay(bench)._recording.is_together  # type: ignore[union-attr]


async def test_that_nothing_of_a_recording_is_kept(bench: CompareWindow, clock: Clock) -> None:
    before = bench.comparison
    bench.key("replay")
    to(bench, clock, 0.001)
    assert bench.program.compare.comparison is before
    kept = await bench.program.services.comparisons.load(before.id)
    assert kept is not None
    assert kept.turns[-1].phase is Phase.DONE
    assert kept.turns[-1].sides[0].answer.text == TEXTS["first"]


async def test_that_there_is_no_vote_on_a_recording(bench: CompareWindow) -> None:
    assert bench.bar.isVisible()
    bench.key("replay")
    assert not bench.bar.isVisible()
    bench.key("vote_left")
    assert bench.vote() is None
    bench.key("replay_close")
    assert bench.bar.isVisible()


async def test_that_a_question_ends_the_recording(bench: CompareWindow, clock: Clock) -> None:
    bench.key("replay")
    to(bench, clock, 0.001)
    bench.gates["first"].clear()
    bench.begin("And of Portugal?")
    assert sign(bench) == ""
    await until(lambda: len(bench.comparison.turns) == 2)
    assert not is_ticking(bench)
    bench.key("replay")
    assert sign(bench) == ""
    bench.open_gates()
    await until(lambda: not bench.program.compare.is_running)
    assert len(bench.comparison.turns) == 2


async def test_that_another_comparison_ends_the_recording(bench: CompareWindow) -> None:
    bench.key("replay")
    bench.key("compare_new")
    assert sign(bench) == ""
    assert not replay(bench).can_start


async def test_that_a_hidden_turn_is_not_replayed(compare_window: CompareWindow) -> None:
    compare_window.press("compareBlind")
    await compare_window.ask()
    compare_window.key("replay")
    assert sign(compare_window) == ""
    compare_window.press("voteTieButton")
    compare_window.key("replay")
    assert sign(compare_window).startswith("Recording")


async def test_that_a_recording_of_an_earlier_turn_is_without_what_came_later(
    bench: CompareWindow, clock: Clock
) -> None:
    await bench.ask("And of Portugal?")
    bench.pane.cards.go_to(bench.comparison.turns[0].id)
    first = bench.comparison.turns[0].id
    await until(lambda: bench.program.compare.turn is not None)
    bench.program.compare._turn = first
    bench.key("replay")
    to(bench, clock, 100)
    assert len(answers(bench)) == 2
    bench.key("replay_close")
    assert len(answers(bench)) == 4


async def test_that_the_window_ends_though_a_recording_plays(bench: CompareWindow) -> None:
    bench.key("replay")
    await bench.window.shutdown()
    assert not is_ticking(bench)


# -- both ahead, and the stage


async def test_that_both_are_loaded_ahead_one_after_the_other(
    compare_window: CompareWindow,
) -> None:
    compare_window.key("compare_load_both")
    await until(lambda: "Both models are loaded." in compare_window.told(compare_window.pane))
    assert compare_window.models.loaded == ["first", "second"]
    assert compare_window.models.asked == []


async def test_that_blind_questions_are_asked_on_stage_as_well(
    compare_window: CompareWindow,
) -> None:
    compare_window.key("stage")
    assert compare_window.program.stage.is_on
    assert not compare_window.pane.header.isVisible()
    compare_window.key("compare_blind")
    turn = await compare_window.ask()
    assert turn.is_hidden
    compare_window.key("vote_left")
    assert compare_window.vote() is not None
    compare_window.key("stage")
    assert compare_window.pane.header.isVisible()
