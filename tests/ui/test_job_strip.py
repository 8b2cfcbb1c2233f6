"""A job that goes on while the panes are used."""

import time

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from app.ui.presenters.jobs_presenter import advance
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.job_view import JobView
from app.ui.widgets.views import BandView
from wrappers.contract import JobProgress


@pytest.fixture
def strip(qtbot: QtBot) -> JobStrip:
    strip = JobStrip()
    qtbot.addWidget(strip)
    return strip


def _button(strip: JobStrip, name: str) -> QPushButton:
    button = strip.findChild(QPushButton, name)
    assert button is not None
    return button


def _text(strip: JobStrip) -> str:
    label = strip.findChild(QLabel, "jobText")
    assert label is not None
    return label.text()


def test_that_a_running_job_shows_its_stage_and_can_be_cancelled(
    strip: JobStrip, qtbot: QtBot
) -> None:
    strip.show_view(
        JobView("Registering a", stage="Copying", fraction=0.25, since=time.monotonic())
    )
    assert _text(strip) == "Registering a · Copying"
    bar = strip.findChild(QProgressBar)
    assert bar is not None
    assert bar.value() == bar.maximum() // 4
    with qtbot.waitSignal(strip.cancel_requested):
        _button(strip, "cancelJobButton").click()


def test_that_a_job_without_a_known_length_shows_no_bar(strip: JobStrip) -> None:
    strip.show_view(JobView("Registering a", stage="Copying", since=time.monotonic()))
    bar = strip.findChild(QProgressBar)
    assert bar is not None
    assert not bar.isVisible()


def test_that_a_result_stays_until_it_is_dismissed(strip: JobStrip, qtbot: QtBot) -> None:
    strip.show_view(JobView("Registering a", result="a version 1 is registered."))
    assert _text(strip) == "a version 1 is registered."
    assert not _button(strip, "cancelJobButton").isVisible()
    with qtbot.waitSignal(strip.dismissed):
        _button(strip, "dismissJobButton").click()
    strip.show_view(None)
    assert not strip.isVisible()


def test_that_a_failure_offers_its_log(strip: JobStrip, qtbot: QtBot) -> None:
    strip.show_view(JobView("Registering a", band=BandView("No disk.", "Free some.", has_log=True)))
    assert _text(strip) == "No disk."
    with qtbot.waitSignal(strip.log_requested):
        _button(strip, "jobLogButton").click()


def test_that_a_stage_that_another_follows_is_done() -> None:
    view = JobView("Making")
    for stage in ("Reading", "Reading", "Writing", "Registering"):
        view = advance(view, JobProgress(stage=stage, step=1, steps=2))
    assert view.done_stages == ("Reading", "Writing")
    assert view.stage == "Registering"


@pytest.mark.parametrize(
    ("view", "fraction"),
    [
        (JobView("a"), None),
        (JobView("a", step=3, steps=4), 0.5),
        (JobView("a", step=3, steps=4, fraction=0.1), 0.1),
        (JobView("a", fraction=1.7), 1.0),
    ],
)
def test_that_the_steps_tell_how_far_it_is_where_nothing_better_does(
    view: JobView, fraction: float | None
) -> None:
    assert view.known_fraction == fraction
