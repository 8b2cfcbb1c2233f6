"""What stands in the panes' place."""

import time

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.panes.start_screen import StartScreen
from app.ui.widgets.job_view import JobView
from app.ui.widgets.views import BandView


@pytest.fixture
def start(qtbot: QtBot) -> StartScreen:
    start = StartScreen()
    qtbot.addWidget(start)
    start.resize(1016, 700)
    start.show()
    return start


def _button(start: StartScreen, name: str) -> QPushButton:
    button = start.findChild(QPushButton, name)
    assert button is not None
    return button


def _text(start: StartScreen, name: str) -> str:
    label = start.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisible() else ""


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("makeDemoButton", "demo_wanted"),
        ("registerModelButton", "register_wanted"),
        ("openRegistryButton", "open_registry_wanted"),
    ],
)
def test_that_an_empty_registry_offers_three_ways_on(
    start: StartScreen, qtbot: QtBot, name: str, signal: str
) -> None:
    start.show_empty()
    assert _text(start, "startTitle") == "No models in this registry yet"
    with qtbot.waitSignal(getattr(start, signal)):
        _button(start, name).click()


def test_that_opening_shows_the_place_and_no_cards(start: StartScreen) -> None:
    start.show_empty()
    start.show_opening("http · host:5000", time.monotonic())
    assert _text(start, "startText") == "http · host:5000"
    assert not _button(start, "makeDemoButton").isVisible()


def test_that_a_failure_says_why_and_can_be_tried_again(start: StartScreen, qtbot: QtBot) -> None:
    start.show_failure("The server does not answer.", "Start it.")
    assert "The server does not answer." in _text(start, "startText")
    assert "Start it." in _text(start, "startText")
    with qtbot.waitSignal(start.retry_wanted):
        _button(start, "retryRegistryButton").click()
    with qtbot.waitSignal(start.open_registry_wanted):
        _button(start, "openAnotherButton").click()


def test_that_a_job_shows_every_stage_and_can_be_cancelled(
    start: StartScreen, qtbot: QtBot
) -> None:
    view = JobView(
        "Making the demo models",
        done_stages=("Reading the weights", "Laying them out"),
        stage="Building the ONNX model",
        step=3,
        steps=4,
        since=time.monotonic(),
    )
    start.show_job(view)
    assert _text(start, "jobStages").splitlines() == ["✓ Reading the weights", "✓ Laying them out"]
    assert _text(start, "jobStage") == "Building the ONNX model (3 of 4)"
    bar = start.findChild(QProgressBar)
    assert bar is not None
    assert bar.value() == bar.maximum() // 2
    with qtbot.waitSignal(start.cancel_requested):
        _button(start, "cancelStartJobButton").click()


def test_that_a_failed_job_says_why_and_leads_back(start: StartScreen, qtbot: QtBot) -> None:
    start.show_job(JobView("Making", band=BandView("The disk is full.", "Free 2 GB.", True)))
    assert _text(start, "jobStage").splitlines() == ["The disk is full.", "Free 2 GB."]
    assert not _button(start, "cancelStartJobButton").isVisible()
    with qtbot.waitSignal(start.log_requested):
        _button(start, "startJobLogButton").click()
    with qtbot.waitSignal(start.dismissed):
        _button(start, "startBackButton").click()


def test_that_cards_stand_below_each_other_where_it_is_narrow(
    start: StartScreen, qtbot: QtBot
) -> None:
    start.show_empty()
    demo, register = _button(start, "makeDemoButton"), _button(start, "registerModelButton")

    def place(button: QPushButton) -> tuple[int, int]:
        at = button.mapTo(start, button.rect().center())
        return at.x(), at.y()

    qtbot.waitUntil(lambda: place(demo)[1] == place(register)[1])
    start.resize(480, 700)
    qtbot.waitUntil(lambda: place(demo)[1] < place(register)[1])
    assert start.horizontalScrollBar().maximum() == 0


def test_that_every_button_says_what_it_does(start: StartScreen) -> None:
    start.show_failure("It did not open.", "")
    start.show_empty()
    start.show_job(JobView("Making", since=0.0))
    buttons = start.findChildren(QPushButton)
    assert len(buttons) == 8
    assert all(button.accessibleName() for button in buttons)
    assert all(isinstance(button, QWidget) and button.objectName() for button in buttons)
