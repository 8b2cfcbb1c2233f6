"""Where cyclic garbage goes."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.garbage import GarbageCollector


class Knot:
    """Garbage that only the cyclic collection finds; notes the thread that ends it."""

    def __init__(self, ended_on: list[threading.Thread]) -> None:
        self.itself = self
        self._ended_on = ended_on

    def __del__(self) -> None:
        self._ended_on.append(threading.current_thread())


@pytest.fixture
def collector(qapp: QApplication) -> Iterator[GarbageCollector]:
    collector = GarbageCollector()
    collector.start()
    yield collector
    collector.stop()


def allocate() -> list[list[int]]:
    """More containers than any threshold allows."""
    return [[number] for number in range(20_000)]


def test_that_a_thread_that_allocates_collects_nothing(collector: GarbageCollector) -> None:
    ended_on: list[threading.Thread] = []
    Knot(ended_on)
    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert ended_on == []
    kept = allocate()
    collector.collect()
    assert kept
    assert ended_on == [threading.main_thread()]


def test_that_python_collects_again_once_it_is_stopped(qapp: QApplication) -> None:
    gc.enable()
    collector = GarbageCollector()
    seen = []
    for change in (collector.start, collector.stop):
        change()
        seen.append((gc.isenabled(), gc.get_freeze_count() > 0))
    gc.disable()
    assert seen == [(False, True), (True, False)]
