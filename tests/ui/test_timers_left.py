"""The check that no test leaves a timer."""

import gc

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.support.leaks import TimerWatch


def running() -> QTimer:
    timer = QTimer()
    timer.setObjectName("lost")
    timer.start(60_000)
    return timer


@pytest.mark.parametrize("is_collected", [False, True])
def test_that_a_timer_left_behind_is_found_young_or_old(
    qapp: QApplication, is_collected: bool
) -> None:
    before = running()
    watch = TimerWatch()
    left = running()
    if is_collected:
        gc.collect()
    (told,) = watch.left()
    assert "'lost'" in told
    left.stop()
    assert watch.left() == []
    before.stop()


def test_that_a_timer_that_ran_before_is_not_told_again(qapp: QApplication) -> None:
    before = running()
    TimerWatch()
    gc.collect()
    watch = TimerWatch()
    gc.collect()
    assert watch.left() == []
    before.stop()
