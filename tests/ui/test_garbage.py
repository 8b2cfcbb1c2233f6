"""Where cyclic garbage goes."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.ui.garbage import GarbageCollector


class Knot:
    """Garbage that only the cyclic collection finds; notes the thread that ends it."""

    ended_on: threading.Thread | None = None

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Knot.ended_on = threading.current_thread()


@pytest.fixture
def collector(qapp: QApplication) -> Iterator[GarbageCollector]:
    collector = GarbageCollector()
    collector.start()
    yield collector
    collector.stop()


def allocate() -> None:
    """More containers than any threshold allows."""
    kept = [[number] for number in range(20_000)]
    assert len(kept) == 20_000


def test_that_a_thread_that_allocates_collects_nothing(collector: GarbageCollector) -> None:
    Knot.ended_on = None
    knot = weakref.ref(Knot())
    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert knot() is not None
    allocate_here = [[number] for number in range(20_000)]
    collector.collect()
    assert knot() is None
    assert Knot.ended_on is threading.main_thread()
    assert allocate_here


def test_that_python_collects_again_once_it_is_stopped(qapp: QApplication) -> None:
    gc.enable()
    collector = GarbageCollector()
    seen = []
    for change in (collector.start, collector.stop):
        change()
        seen.append((gc.isenabled(), gc.get_freeze_count() > 0))
    gc.disable()
    assert seen == [(False, True), (True, False)]
