"""The time of a recording, on a clock that the test moves."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QTimer

from app.ui.presenters.player import SPEEDS, Player


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def player(clock: Clock, qapp: object) -> Iterator[Player]:
    player = Player(clock=clock)
    yield player
    player.stop()


def is_ticking(player: Player) -> bool:
    return any(timer.isActive() for timer in player.findChildren(QTimer))


def test_that_it_runs_with_the_clock_and_ends_at_the_end(player: Player, clock: Clock) -> None:
    moves: list[float] = []
    player.moved.connect(lambda: moves.append(player.position_s))
    player.start(2.0)
    assert (player.position_s, player.is_playing, player.is_over) == (0.0, True, False)
    clock.now += 1.5
    player._tick()
    clock.now += 1.5
    player._tick()
    assert moves == [0.0, 1.5, 2.0]
    assert (player.is_playing, player.is_over) == (False, True)
    assert not is_ticking(player)


def test_that_it_rests_where_it_is_and_goes_on_from_there(player: Player, clock: Clock) -> None:
    player.start(10.0)
    clock.now += 3
    player.toggle()
    assert not is_ticking(player)
    clock.now += 50
    assert player.position_s == 3.0
    player.toggle()
    clock.now += 1
    assert player.position_s == 4.0


def test_that_a_change_of_speed_moves_nothing(player: Player, clock: Clock) -> None:
    player.start(100.0)
    clock.now += 3
    for speed in (*SPEEDS[1:], SPEEDS[0]):
        before = player.position_s
        player.next_speed()
        assert player.speed == speed
        assert player.position_s == before
        clock.now += 2
        assert player.position_s == before + 2 * speed


def test_that_the_speed_can_be_changed_while_it_rests(player: Player, clock: Clock) -> None:
    player.start(100.0)
    clock.now += 3
    player.toggle()
    player.next_speed()
    clock.now += 3
    assert player.position_s == 3.0
    assert not player.is_playing


def test_that_it_begins_again_at_any_time(player: Player, clock: Clock) -> None:
    player.start(2.0)
    clock.now += 1
    player.restart()
    assert player.position_s == 0.0
    clock.now += 5
    player._tick()
    player.toggle()
    assert (player.position_s, player.is_playing) == (0.0, True)


def test_that_it_stops_for_good(player: Player, clock: Clock) -> None:
    player.start(2.0)
    player.next_speed()
    player.stop()
    assert not is_ticking(player)
    clock.now += 1
    assert (player.position_s, player.is_playing) == (0.0, False)
    player.start(2.0)
    assert player.speed == SPEEDS[0]
