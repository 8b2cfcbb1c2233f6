"""The switch of the traces, and what the window says of them."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.presenters.traces_presenter import TracesPresenter
from app.ui.tasks import Tasks
from wrappers.contract import Failed


@pytest.fixture
def sidebar(qtbot: QtBot) -> Sidebar:
    made = Sidebar()
    qtbot.addWidget(made)
    return made


@pytest.fixture
async def jobs(services: Services, dialogs: Dialogs, tasks: Tasks) -> AsyncIterator[JobsPresenter]:
    made = JobsPresenter(services.jobs, dialogs, tasks, models_changed=lambda: None)
    yield made
    made.close()


@pytest.fixture
async def presenter(
    services: Services, sidebar: Sidebar, jobs: JobsPresenter
) -> AsyncIterator[TracesPresenter]:
    made = TracesPresenter(services.traces, services.catalog, sidebar, jobs)
    yield made
    made.close()


def foot(sidebar: Sidebar) -> str:
    label = sidebar.findChild(QLabel, "registryFoot")
    assert label is not None
    return label.text()


def switch(sidebar: Sidebar) -> QAction:
    actions = sidebar.settings.menu().actions()
    return next(one for one in actions if one.text() == "Record turns as MLflow traces")


async def test_that_the_foot_tells_the_version_and_the_switch_is_kept(
    services: Services, sidebar: Sidebar, presenter: TracesPresenter
) -> None:
    assert foot(sidebar) == ""
    await services.catalog.open()
    assert foot(sidebar) == "mlflow 3.17 · traces on"
    assert switch(sidebar).isChecked()
    switch(sidebar).trigger()
    assert foot(sidebar) == "mlflow 3.17 · traces off"
    assert not services.preferences.load().traces
    switch(sidebar).trigger()
    assert foot(sidebar) == "mlflow 3.17 · traces on"
    assert services.preferences.load().traces


async def test_that_an_outage_is_told_until_it_is_over(
    services: Services, jobs: JobsPresenter, presenter: TracesPresenter
) -> None:
    services.traces.failed.emit(Failed(kind="disk", message="The disk is full.", advice="Wait."))
    assert jobs.view is not None
    assert jobs.view.band is not None
    assert jobs.view.band.message == "The disk is full."
    services.traces.recovered.emit()
    assert jobs.view is None
