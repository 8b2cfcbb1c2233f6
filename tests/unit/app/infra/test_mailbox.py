"""How often the loop is woken, and what it then gets."""

import asyncio
from collections.abc import Callable

import pytest

from app.infra.mailbox import INTERVAL_S, LONGEST_S, SHARE, Mailbox
from wrappers.contract import AnyEvent, Finished, PromptProgress, TextPiece


class _Loop:
    """Runs nothing by itself: a test says when."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], object]] = []
        self.later: list[asyncio.TimerHandle] = []
        self.delays: list[float] = []
        self._clock = asyncio.new_event_loop()

    def call_soon_threadsafe(self, callback: Callable[[], object], /) -> object:
        self.soon.append(callback)
        return None

    def call_later(self, delay: float, callback: Callable[[], object], /) -> asyncio.TimerHandle:
        self.delays.append(delay)
        timer = asyncio.TimerHandle(0.0, callback, (), self._clock)
        self.later.append(timer)
        return timer

    def run_soon(self) -> None:
        callbacks, self.soon = self.soon, []
        for callback in callbacks:
            callback()

    def run_later(self) -> None:
        timers, self.later = self.later, []
        for timer in timers:
            if not timer.cancelled():
                timer._run()

    def close(self) -> None:
        self._clock.close()


class _Box:
    def __init__(self) -> None:
        self.loop = _Loop()
        self.batches: list[list[AnyEvent]] = []
        self.taken_s = 0.0
        """What each batch costs the loop's thread."""
        self.mailbox = Mailbox(self.loop, self.batches.append, self._thread_time)

    def _thread_time(self) -> float:
        return self.taken_s * len(self.batches)


@pytest.fixture
def box() -> "_Box":  # type: ignore[misc]
    made = _Box()
    yield made
    made.loop.close()


def piece(text: str, *ids: int, request: int = 1) -> TextPiece:
    return TextPiece(id=request, text=text, token_ids=ids or None)


def test_that_the_first_piece_wakes_the_loop_at_once(box: _Box) -> None:
    box.mailbox.post(piece("a", 1))
    box.loop.run_soon()

    assert box.batches == [[piece("a", 1)]]


def test_that_pieces_within_the_interval_wake_nobody_and_come_as_one(box: _Box) -> None:
    box.mailbox.post(piece("a", 1))
    box.loop.run_soon()
    box.mailbox.post(piece("b", 2))
    box.mailbox.post(piece("c", 3, 4))

    assert box.loop.soon == []
    box.loop.run_later()

    assert box.batches[1:] == [[piece("bc", 2, 3, 4)]]


def test_that_unknown_token_ids_stay_unknown_when_pieces_are_joined(box: _Box) -> None:
    box.mailbox.post(piece("a", 1))
    box.mailbox.post(TextPiece(id=1, text="b", token_ids=None))
    box.loop.run_soon()

    assert box.batches == [[TextPiece(id=1, text="ab", token_ids=None)]]


def test_that_pieces_of_different_requests_stay_apart(box: _Box) -> None:
    box.mailbox.post(piece("a", 1, request=1))
    box.mailbox.post(piece("b", 2, request=2))
    box.loop.run_soon()

    assert box.batches == [[piece("a", 1, request=1), piece("b", 2, request=2)]]


def test_that_the_order_of_other_events_is_kept(box: _Box) -> None:
    progress = PromptProgress(id=1, done=1, total=2)
    for event in (piece("a", 1), progress, piece("b", 2)):
        box.mailbox.post(event)
    box.loop.run_soon()

    assert box.batches == [[piece("a", 1), progress, piece("b", 2)]]


def test_that_the_end_of_an_answer_does_not_wait_for_the_interval(box: _Box) -> None:
    box.mailbox.post(piece("a", 1))
    box.loop.run_soon()
    box.mailbox.post(piece("b", 2))
    box.mailbox.post(Finished(id=1, text="ab"))
    box.loop.run_soon()

    assert box.batches[1:] == [[piece("b", 2), Finished(id=1, text="ab")]]


def test_that_after_a_quiet_interval_the_next_piece_wakes_the_loop_again(box: _Box) -> None:
    box.mailbox.post(piece("a", 1))
    box.loop.run_soon()
    box.loop.run_later()
    box.mailbox.post(piece("b", 2))

    assert len(box.loop.soon) == 1


def test_that_closing_delivers_what_is_left_and_ends_the_timer(box: _Box) -> None:
    box.mailbox.post(piece("a", 1))
    box.loop.run_soon()
    box.mailbox.post(piece("b", 2))
    box.mailbox.close()

    assert box.batches[-1] == [piece("b", 2)]
    assert all(timer.cancelled() for timer in box.loop.later)


@pytest.mark.parametrize(
    ("taken_s", "delay_s"),
    [(0.0, INTERVAL_S), (0.1 * SHARE, 0.1), (1.0, LONGEST_S)],
    ids=["nothing", "its share", "far more"],
)
def test_that_batches_that_take_the_thread_long_come_less_often(
    box: _Box, taken_s: float, delay_s: float
) -> None:
    box.taken_s = taken_s
    box.mailbox.post(piece("a"))
    box.loop.run_soon()
    for text in "bc":
        box.mailbox.post(piece(text))
        box.loop.run_later()

    assert box.batches == [[piece("a")], [piece("b")], [piece("c")]]
    assert box.loop.delays == [INTERVAL_S, pytest.approx(delay_s), pytest.approx(delay_s)]
