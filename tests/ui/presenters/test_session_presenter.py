"""Loading the current model, with all that is asked before it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace as with_fields
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from app.services.engines import EngineState
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.header import ModelHeader
from app.ui.presenters.session_presenter import SessionPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.band import Band
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import dialog_named, press, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    DescribeModel,
    Failed,
    Generate,
    Load,
    LoadOptions,
    LoadProgress,
    Message,
    ModelCard,
    Trust,
)

STRANGER = ModelCard(
    version=version("stranger"),
    trust=Trust(runs_code=True, files=("code/chat.py",), fingerprint="f1"),
)
HUGE = ModelCard(
    version=with_fields(version("huge"), size_bytes=10**15), trust=Trust(runs_code=False)
)


@pytest.fixture
def header(window: QWidget) -> ModelHeader:
    header = ModelHeader(window)
    header.resize(820, 120)
    header.show()
    return header


@pytest.fixture
async def session(
    services: Services, header: ModelHeader, dialogs: Dialogs, tasks: Tasks
) -> AsyncIterator[SessionPresenter]:
    presenter = SessionPresenter(services.sessions, services.pool, header, dialogs, tasks)
    yield presenter
    presenter.close()


def _shown(header: ModelHeader) -> set[str]:
    return {
        button.objectName()
        for button in header.findChildren(QPushButton)
        if button.isVisible()
        and not isinstance(button.parent(), Band)
        and button.objectName() != "loadOptionsButton"
    }


def _fact(header: ModelHeader) -> str:
    label = header.findChild(QLabel, "modelFact")
    assert label is not None
    return label.text()


async def test_that_without_a_model_there_is_nothing_to_load(
    session: SessionPresenter, header: ModelHeader
) -> None:
    assert await session.ensure_ready() is None
    assert _shown(header) == set()


async def test_that_the_load_button_gives_way_to_unload(
    services: Services, session: SessionPresenter, header: ModelHeader
) -> None:
    services.sessions.select(version())
    assert _shown(header) == {"loadButton"}
    press(header, "loadButton")
    await until(lambda: _shown(header) == {"unloadButton"})
    assert _fact(header).startswith("loaded in 1.5 s")
    press(header, "unloadButton")
    await until(lambda: _shown(header) == {"loadButton"})


async def test_that_two_who_need_the_model_wait_for_one_load(
    services: Services, session: SessionPresenter, host: ScriptedHost
) -> None:
    services.sessions.select(version())
    first, second = await asyncio.gather(session.ensure_ready(), session.ensure_ready())
    assert first is second is services.sessions.current
    assert sum(isinstance(request, Load) for request in host.requests) == 1


async def test_that_a_load_under_way_shows_its_stage_and_can_be_cancelled(
    services: Services, session: SessionPresenter, header: ModelHeader, host: ScriptedHost
) -> None:
    def script(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, Load):
            return [LoadProgress(stage="Reading the weights", elapsed_s=0.1)]
        return None

    host._script = script
    services.sessions.select(version())
    ready = asyncio.create_task(session.ensure_ready())
    await until(lambda: _fact(header) == "Reading the weights")
    assert _shown(header) == {"cancelLoadButton"}
    press(header, "cancelLoadButton")
    assert await ready is None
    assert _shown(header) == {"loadButton"}
    assert not _band(header).isVisible()


async def test_that_strange_code_runs_only_after_a_yes(
    services: Services,
    session: SessionPresenter,
    window: QWidget,
    host: ScriptedHost,
) -> None:
    host.card = STRANGER
    services.sessions.select(STRANGER.version)
    refused = asyncio.create_task(session.ensure_ready())
    press(await dialog_named(window, QDialog, "trustDialog"), "cancelButton")
    assert await refused is None
    assert not any(isinstance(request, Load) for request in host.requests)

    agreed = asyncio.create_task(session.ensure_ready())
    press(await dialog_named(window, QDialog, "trustDialog"), "trustButton")
    assert await agreed is services.sessions.current

    await services.sessions.unload()
    assert await session.ensure_ready() is services.sessions.current  # the yes is kept


async def test_that_a_model_that_may_not_fit_is_loaded_only_after_a_yes(
    services: Services, session: SessionPresenter, window: QWidget, host: ScriptedHost
) -> None:
    host.card = HUGE
    services.sessions.select(HUGE.version)
    refused = asyncio.create_task(session.ensure_ready())
    press(await dialog_named(window, QDialog, "memoryDialog"), "cancelButton")
    assert await refused is None

    agreed = asyncio.create_task(session.ensure_ready())
    press(await dialog_named(window, QDialog, "memoryDialog"), "loadAnywayButton")
    assert await agreed is services.sessions.current


async def test_that_others_can_be_unloaded_to_make_room(
    services: Services, session: SessionPresenter, window: QWidget, host: ScriptedHost
) -> None:
    services.sessions.select(version())
    other = await session.ensure_ready()
    assert other is not None
    host.card = HUGE
    services.sessions.select(HUGE.version)
    ready = asyncio.create_task(session.ensure_ready())
    press(await dialog_named(window, QDialog, "memoryDialog"), "unloadOthersButton")
    await until(lambda: other.state is EngineState.STOPPED)
    # It still does not fit, and nothing is left to unload.
    await dialog_named(window, QDialog, "memoryDialog")
    session.cancel()
    assert await ready is None


async def test_that_what_fails_before_the_load_stands_in_the_header(
    services: Services, session: SessionPresenter, header: ModelHeader, host: ScriptedHost
) -> None:
    failed = Failed(kind="unreachable", message="The server is away.", advice="Start it.")
    host._script = lambda request: [failed] if isinstance(request, DescribeModel) else None
    services.sessions.select(version())
    assert await session.ensure_ready() is None
    assert _band(header).accessibleName() == "The server is away."
    host._script = None
    assert await session.ensure_ready() is not None
    assert not _band(header).isVisible()


async def test_that_a_load_that_failed_is_left_to_the_panes_and_can_be_tried_again(
    services: Services, session: SessionPresenter, header: ModelHeader, host: ScriptedHost
) -> None:
    failed = Failed(kind="artifacts_missing", message="A file is missing.", advice="Get it.")
    host._script = lambda request: [failed] if isinstance(request, Load) else None
    services.sessions.select(version())
    assert await session.ensure_ready() is None
    assert _fact(header) == "did not load"
    assert not _band(header).isVisible()
    assert _shown(header) == {"loadButton"}


def _band(header: ModelHeader) -> Band:
    band = header.findChild(Band)
    assert band is not None
    return band


# --------------------------------------------------------------------------------------------
# How it is loaded

BFLOAT16 = LoadOptions(dtype="bfloat16")
TORCH = version("torchy", wrapper="transformers")


def _how(header: ModelHeader) -> QPushButton:
    found = header.findChild(QPushButton, "loadOptionsButton")
    assert found is not None
    return found


async def test_that_a_choice_before_the_load_is_what_is_loaded(
    services: Services, session: SessionPresenter, header: ModelHeader, host: ScriptedHost
) -> None:
    services.sessions.select(TORCH)
    assert _how(header).text() == "As logged ▾"
    header.options_chosen.emit(BFLOAT16)
    assert _how(header).text() == "bfloat16 ▾"
    assert not any(isinstance(request, Load) for request in host.requests)

    engine = await session.ensure_ready()

    assert engine is not None
    assert engine.called == "torchy/1 (bfloat16)"
    (load,) = [request for request in host.requests if isinstance(request, Load)]
    assert load.options == BFLOAT16
    assert "bfloat16" in _how(header).accessibleName()


async def test_that_a_loaded_model_is_loaded_otherwise_in_the_place_of_what_it_was(
    services: Services, session: SessionPresenter, header: ModelHeader
) -> None:
    services.sessions.select(TORCH)
    before = await session.ensure_ready()
    assert before is not None
    header.options_chosen.emit(BFLOAT16)
    await until(lambda: [one.options for one in services.pool.loaded()] == [BFLOAT16])
    assert not before.is_loaded
    await until(lambda: _shown(header) == {"unloadButton"})
    assert services.sessions.current in services.pool.loaded()


async def test_that_a_model_at_work_is_not_loaded_otherwise(
    services: Services, session: SessionPresenter, header: ModelHeader
) -> None:
    services.sessions.select(TORCH)
    engine = await session.ensure_ready()
    assert engine is not None
    asked = engine.generate(Generate(id=0, messages=(Message("user", "endless"),)))
    await anext(asked)
    assert engine.state is EngineState.BUSY
    assert not _how(header).isEnabled()
    session.choose(BFLOAT16)
    assert services.sessions.current is engine
    engine.stop()
    async for _ in asked:
        pass
    assert _how(header).isEnabled()


async def test_that_a_model_whose_code_decides_offers_no_choice(
    services: Services, session: SessionPresenter, header: ModelHeader
) -> None:
    services.sessions.select(version("agent", wrapper="pyfunc"))
    assert not _how(header).isVisible()
