"""The question which answer is better, and what was said to it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.vote_bar import VoteBar, VoteView

OFFERS = (("left", "A"), ("tie", "Both"), ("both_bad", "None"), ("right", "B"))
ASKED = VoteView("Which is better?", OFFERS, None, "Show without a vote")  # type: ignore[arg-type]
GIVEN = VoteView("You preferred A.", OFFERS, "left", "Take the vote back")  # type: ignore[arg-type]
NAMES = ("voteLeftButton", "voteTieButton", "voteBothBadButton", "voteRightButton")


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[VoteBar]:
    window = QWidget()
    qtbot.addWidget(window)
    bar = VoteBar()
    column = QVBoxLayout(window)
    column.addWidget(bar)
    column.addWidget(QLineEdit())
    window.resize(700, 200)
    window.show()
    yield bar
    window.close()


def button(bar: VoteBar, name: str) -> QPushButton:
    found = bar.findChild(QPushButton, name)
    assert found is not None
    return found


def shown(bar: VoteBar) -> list[str]:
    return [one.text() for one in bar.findChildren(QPushButton) if one.isVisible()]


def test_that_nothing_to_vote_on_is_nothing_to_see(bar: VoteBar) -> None:
    assert not bar.isVisible()
    bar.show_view(ASKED)
    assert bar.isVisible()
    bar.show_view(None)
    assert not bar.isVisible()


@pytest.mark.parametrize(
    ("name", "choice"), list(zip(NAMES, ("left", "tie", "both_bad", "right"), strict=True))
)
def test_that_a_click_and_a_key_vote(bar: VoteBar, qtbot: QtBot, name: str, choice: str) -> None:
    bar.show_view(ASKED)
    with qtbot.waitSignal(bar.voted) as voted:
        button(bar, name).click()
    assert voted.args == [choice]
    button(bar, name).setFocus()
    with qtbot.waitSignal(bar.voted) as voted:
        QTest.keyClick(button(bar, name), Qt.Key.Key_Space)
    assert voted.args == [choice]


def test_that_only_the_vote_that_holds_is_pressed(bar: VoteBar, qtbot: QtBot) -> None:
    bar.show_view(ASKED)
    button(bar, "voteTieButton").click()
    assert [button(bar, name).isChecked() for name in NAMES] == [False] * 4
    bar.show_view(GIVEN)
    assert [button(bar, name).isChecked() for name in NAMES] == [True, False, False, False]
    with qtbot.assertNotEmitted(bar.voted):
        button(bar, "voteLeftButton").click()
    assert button(bar, "voteLeftButton").isChecked()


def test_that_it_says_what_was_voted_and_offers_to_take_it_back(bar: VoteBar, qtbot: QtBot) -> None:
    bar.show_view(GIVEN)
    text = bar.findChild(QLabel, "voteText")
    assert text is not None
    assert text.text() == bar.accessibleName() == "You preferred A."
    with qtbot.waitSignal(bar.back_requested):
        button(bar, "voteBackButton").click()
    assert button(bar, "voteBackButton").accessibleName() == "Take the vote back"


def test_that_all_votes_are_offered_once_there_is_one(bar: VoteBar, qtbot: QtBot) -> None:
    bar.show_view(ASKED)
    assert not button(bar, "voteResultsButton").isVisible()
    bar.show_view(VoteView("You preferred A.", back="Take it back", has_results=True))
    with qtbot.waitSignal(bar.results_requested):
        button(bar, "voteResultsButton").click()


def test_that_what_cannot_be_voted_on_offers_no_vote(bar: VoteBar) -> None:
    bar.show_view(VoteView("One side gave no answer.", back="Show which is which"))
    assert shown(bar) == ["Show which is which"]


def test_that_the_focus_stays_in_the_bar_when_its_button_goes(bar: VoteBar) -> None:
    bar.show_view(ASKED)
    button(bar, "voteLeftButton").setFocus()
    bar.show_view(VoteView("One side gave no answer.", back="Show which is which"))
    assert button(bar, "voteBackButton").hasFocus()


def test_that_its_buttons_break_into_rows_in_the_middle(bar: VoteBar) -> None:
    bar.show_view(ASKED)
    window = bar.window()
    window.resize(300, 300)
    edges: dict[int, tuple[int, int]] = {}
    for one in bar.findChildren(QPushButton):
        if one.isVisible():
            place = one.geometry()
            assert 0 <= place.left() <= place.right() <= bar.width()
            low, high = edges.get(place.center().y(), (bar.width(), 0))
            edges[place.center().y()] = (min(low, place.left()), max(high, place.right()))
    assert len(edges) > 1
    for low, high in edges.values():
        assert abs(low - (bar.width() - high)) <= 2
