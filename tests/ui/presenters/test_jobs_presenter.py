"""What is told of long jobs, and of what went wrong beside them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.dialogs.reading import LogDialog
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.tasks import Tasks
from tests.ui.presenters.conftest import dialog_named, press


@pytest.fixture
async def jobs(services: Services, dialogs: Dialogs, tasks: Tasks) -> AsyncIterator[JobsPresenter]:
    presenter = JobsPresenter(services.jobs, dialogs, tasks, models_changed=lambda: None)
    yield presenter
    presenter.close()


async def test_that_a_fault_of_the_program_is_told_with_its_traceback(
    jobs: JobsPresenter, window: QWidget, tmp_path: Path
) -> None:
    try:
        raise ZeroDivisionError("nobody foresaw this")
    except ZeroDivisionError as error:
        jobs.tell_fault("answer", error, tmp_path / "parley.log")

    assert jobs.view is not None
    assert jobs.view.band is not None
    assert jobs.view.band.message == "Parley made a mistake (answer: ZeroDivisionError)."
    jobs.show_log()
    dialog = await dialog_named(window, LogDialog, "logDialog")
    text = dialog.findChild(QPlainTextEdit, "logText")
    assert text is not None
    assert "nobody foresaw this" in text.toPlainText()
    assert "Traceback" in text.toPlainText()
    press(dialog, "closeButton")


async def test_that_what_is_told_goes_once_it_is_dismissed(
    jobs: JobsPresenter, tmp_path: Path
) -> None:
    jobs.tell_fault("answer", ZeroDivisionError("x"), tmp_path / "parley.log")
    jobs.dismiss()
    assert jobs.view is None
