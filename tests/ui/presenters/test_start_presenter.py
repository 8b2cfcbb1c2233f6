"""Opening a registry and following its jobs, on real services."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton, QRadioButton, QWidget

from app.services.errors import ServiceError
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.sidebar import Sidebar
from app.ui.panes.start_screen import StartScreen
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.presenters.start_presenter import StartPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.job_strip import JobStrip
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import dialog_named, press, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    CleanUp,
    Connect,
    Failed,
    JobProgress,
    MakeDemo,
    ModelReady,
    RegisterModel,
)


@dataclass
class Screen:
    """What the user sees of it."""

    presenter: StartPresenter
    jobs: JobsPresenter
    start: StartScreen
    strip: JobStrip
    sidebar: Sidebar
    shows_start: list[bool]
    remembered: list[str | None]
    reading: list[bool]
    """Whether a conversation is open, as its last item."""

    def text(self, name: str) -> str:
        label = self.start.findChild(QLabel, name)
        assert label is not None
        return label.text() if label.isVisibleTo(self.start) else ""

    @property
    def strip_text(self) -> str:
        label = self.strip.findChild(QLabel, "jobText")
        assert label is not None
        return "" if self.strip.isHidden() else label.text()


@pytest.fixture
async def screen(
    services: Services, window: QWidget, dialogs: Dialogs, tasks: Tasks
) -> AsyncIterator[Screen]:
    async def list_again() -> None:
        # The test may be over by then, and its registry gone.
        with suppress(ServiceError):
            await services.catalog.refresh()

    def refresh() -> None:
        tasks.start(list_again(), "refresh")

    start, strip, sidebar = StartScreen(window), JobStrip(window), Sidebar(window)
    shows_start: list[bool] = []
    remembered: list[str | None] = []
    reading = [False]
    jobs = JobsPresenter(services.jobs, dialogs, tasks, models_changed=refresh)
    presenter = StartPresenter(
        services.catalog,
        services.sessions,
        jobs,
        dialogs,
        tasks,
        start=start,
        strip=strip,
        sidebar=sidebar,
        refresh=refresh,
        show_start=shows_start.append,
        remember=remembered.append,
        own_registry=services.catalog.tracking_uri,
        is_reading=lambda: reading[-1],
    )
    yield Screen(presenter, jobs, start, strip, sidebar, shows_start, remembered, reading)
    presenter.close()
    jobs.close()


def _current(services: Services) -> str | None:
    engine = services.sessions.current
    return None if engine is None else engine.name


async def test_that_it_says_opening_until_it_knows_that_there_is_nothing(
    screen: Screen, host: ScriptedHost
) -> None:
    host.pages = [()]
    assert screen.text("startTitle") == "Opening the registry…"
    screen.presenter.open(None)
    await until(lambda: screen.text("startTitle") == "No models in this registry yet")
    assert screen.shows_start[-1] is True


async def test_that_the_panes_come_with_the_first_model(screen: Screen) -> None:
    screen.presenter.open(None)
    await until(lambda: screen.shows_start[-1] is False)


async def test_that_a_kept_conversation_can_be_read_while_there_are_no_models(
    screen: Screen, host: ScriptedHost
) -> None:
    host.pages = [()]
    screen.presenter.open(None)
    await until(lambda: screen.text("startTitle") == "No models in this registry yet")
    for is_reading in (True, False):
        screen.reading.append(is_reading)
        screen.presenter.look_at_conversation()
        assert screen.shows_start[-1] is not is_reading


async def test_that_a_registry_that_fails_can_be_tried_again(
    screen: Screen, host: ScriptedHost
) -> None:
    failed = Failed(kind="unreachable", message="It does not answer.", advice="Start it.")
    host._script = lambda request: [failed] if isinstance(request, Connect) else None
    screen.presenter.open("http://localhost:1")
    await until(lambda: screen.text("startTitle") == "The registry did not open")
    assert "It does not answer." in screen.text("startText")
    host._script = None
    press(screen.start, "retryRegistryButton")
    await until(lambda: screen.shows_start[-1] is False)
    connects = [one.tracking_uri for one in host.requests if isinstance(one, Connect)]
    assert connects[-1] == "http://localhost:1"


async def test_that_the_demo_shows_on_the_start_screen_and_moves_to_the_strip(
    screen: Screen, host: ScriptedHost
) -> None:
    host.pages = [()]

    def script(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, MakeDemo):
            return [JobProgress(stage="Reading the weights", step=1, steps=3)]
        return None

    host._script = script
    screen.presenter.open(None)
    await until(lambda: screen.text("startTitle") == "No models in this registry yet")
    press(screen.start, "makeDemoButton")
    await until(lambda: screen.text("jobStage") == "Reading the weights (1 of 3)")
    assert screen.strip_text == ""
    host.pages = [(version("demo-transformers"),)]
    screen.jobs._model_ready("demo-transformers", "1")
    await until(lambda: screen.shows_start[-1] is False)
    assert screen.strip_text == "Making the demo models · 1 / 3 · Reading the weights"
    screen.jobs.cancel()
    await until(lambda: screen.strip_text == "")
    assert any(isinstance(request, CleanUp) for request in host.requests)


async def test_that_the_demo_is_not_made_twice_at_once(
    services: Services, screen: Screen, host: ScriptedHost
) -> None:
    host._script = lambda request: (
        [JobProgress(stage="Reading")] if isinstance(request, MakeDemo) else None
    )
    screen.jobs.make_demo()
    screen.jobs.make_demo()
    assert len(services.jobs.current) == 1
    screen.jobs.cancel()
    await until(lambda: not services.jobs.current)


async def test_that_a_finished_demo_is_told_and_can_be_dismissed(screen: Screen) -> None:
    screen.presenter.open(None)
    await until(lambda: screen.shows_start[-1] is False)
    screen.jobs.make_demo()
    await until(lambda: screen.strip_text == "second version 1 is registered.")
    press(screen.strip, "dismissJobButton")
    assert screen.strip_text == ""


async def test_that_a_job_that_fails_says_why(screen: Screen, host: ScriptedHost) -> None:
    failed = Failed(kind="disk", message="The disk is full.", advice="Free 2 GB.", detail="trace")
    host._script = lambda request: (
        [ModelReady(name="tiny", version="1"), failed] if isinstance(request, MakeDemo) else None
    )
    screen.presenter.open(None)
    await until(lambda: screen.shows_start[-1] is False)
    screen.jobs.make_demo()
    await until(lambda: screen.strip_text == "The disk is full.")


async def test_that_a_model_is_registered_through_the_dialog(
    screen: Screen, window: QWidget, host: ScriptedHost, tmp_path: Path
) -> None:
    (tmp_path / "genai_config.json").write_text("{}", encoding="utf-8")
    screen.presenter.open(None)
    await until(lambda: screen.shows_start[-1] is False)
    screen.jobs.register()
    dialog = await dialog_named(window, QDialog, "registerDialog")
    source = dialog.findChild(QLineEdit, "registerSource")
    name = dialog.findChild(QLineEdit, "registerName")
    assert source is not None
    assert name is not None
    source.setText(str(tmp_path))
    name.setText("mine")
    press(dialog, "acceptButton")
    await until(lambda: screen.strip_text == "second version 1 is registered.")
    asked = [one for one in host.requests if isinstance(one, RegisterModel)]
    assert [(one.wrapper, one.name, one.check_only) for one in asked] == [
        ("onnx", "mine", True),
        ("onnx", "mine", False),
    ]


async def test_that_another_registry_opens_through_the_dialog_and_is_remembered(
    services: Services, screen: Screen, window: QWidget, host: ScriptedHost
) -> None:
    screen.presenter.open(None)
    await until(lambda: screen.shows_start[-1] is False)
    services.sessions.select(version())
    screen.presenter.open_another()
    dialog = await dialog_named(window, QDialog, "openRegistryDialog")
    radio = dialog.findChild(QRadioButton, "serverRegistry")
    address = dialog.findChild(QLineEdit, "registryAddress")
    assert radio is not None
    assert address is not None
    radio.click()
    address.setText("http://localhost:5000")
    host._script = lambda request: (
        [Failed(kind="unreachable", message="It does not answer.")]
        if isinstance(request, Connect)
        else None
    )
    press(dialog, "acceptButton")
    problem = dialog.findChild(QLabel, "problemText")
    assert problem is not None
    await until(lambda: problem.text() == "It does not answer.")
    assert _current(services) == "tiny/1"  # the old registry is still open
    host._script = None
    button = dialog.findChild(QPushButton, "acceptButton")
    assert button is not None
    await until(button.isEnabled)
    button.click()
    await until(lambda: screen.remembered == ["http://localhost:5000"])
    assert _current(services) is None
    assert services.catalog.tracking_uri == "http://localhost:5000"
