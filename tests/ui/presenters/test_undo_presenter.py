"""Having back what was taken away."""

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.widgets.undo_bar import UndoBar
from tests.ui.presenters.conftest import press


@pytest.fixture
def bar(window: QWidget) -> UndoBar:
    return UndoBar(window)


def test_that_what_was_taken_away_is_told_and_comes_back_once(bar: UndoBar) -> None:
    undone: list[str] = []
    presenter = UndoPresenter(bar)
    assert bar.isHidden()
    presenter.offer("Message deleted.", lambda: undone.append("message"))
    text = bar.findChild(QLabel, "undoText")
    assert text is not None
    assert bar.isVisible()
    assert text.text() == "Message deleted."
    press(bar, "undoDeletionButton")
    presenter.undo()
    assert undone == ["message"]
    assert bar.isHidden()


def test_that_a_later_offer_takes_the_place_of_an_earlier(bar: UndoBar) -> None:
    undone: list[str] = []
    presenter = UndoPresenter(bar)
    presenter.offer("One deleted.", lambda: undone.append("one"))
    presenter.offer("Two deleted.", lambda: undone.append("two"))
    presenter.undo()
    presenter.undo()
    assert undone == ["two"]


def test_that_a_dismissed_offer_is_over(bar: UndoBar) -> None:
    undone: list[str] = []
    presenter = UndoPresenter(bar)
    presenter.offer("One deleted.", lambda: undone.append("one"))
    press(bar, "dismissUndoButton")
    presenter.undo()
    assert undone == []
    assert bar.isHidden()
