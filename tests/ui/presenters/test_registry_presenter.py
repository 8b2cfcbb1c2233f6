"""The registry in the left column, on real services."""

from collections.abc import AsyncIterator

import pytest
from pytestqt.qtbot import QtBot

from app.services.engines import EngineState
from app.services.program import Services
from app.ui.item_models.registry_model import LoadMark, RegistryRole
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.registry_presenter import RegistryPresenter, default_version
from app.ui.tasks import Tasks
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import until
from wrappers.contract import Failed, ListModels, ModelVersion


class Told:
    """What the presenter asked of others."""

    def __init__(self) -> None:
        self.loads = 0
        self.failures: list[Failed] = []

    def load(self) -> None:
        self.loads += 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def sidebar(qtbot: QtBot) -> Sidebar:
    sidebar = Sidebar()
    qtbot.addWidget(sidebar)
    sidebar.show()
    return sidebar


@pytest.fixture
async def presenter(
    services: Services, sidebar: Sidebar, tasks: Tasks, told: Told
) -> AsyncIterator[RegistryPresenter]:
    presenter = RegistryPresenter(
        services.catalog,
        services.sessions,
        services.pool,
        sidebar,
        tasks,
        load=told.load,
        tell=told.failures.append,
    )
    yield presenter
    presenter.close()


def _names(sidebar: Sidebar) -> list[str]:
    model = sidebar.registry.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def _mark(sidebar: Sidebar, name: str) -> str:
    model = sidebar.registry.model()
    row = _names(sidebar).index(name)
    mark: str = model.index(0, 0, model.index(row, 0)).data(RegistryRole.LOAD)
    return mark


async def test_that_pages_fill_the_tree_and_the_first_choice_is_made_once(
    services: Services, sidebar: Sidebar, presenter: RegistryPresenter, host: ScriptedHost
) -> None:
    template = version("a-template", mode="template")
    host.pages = [(template, version("b")), (version("c", aliases=("champion",)),)]
    await services.catalog.open()
    presenter.refresh()
    await until(lambda: _names(sidebar) == ["a-template", "b", "c"])
    await until(lambda: services.sessions.current is not None)
    assert sidebar.registry.chosen == ("c", "1")


async def test_that_choosing_selects_and_loads_nothing(
    services: Services, sidebar: Sidebar, presenter: RegistryPresenter, told: Told
) -> None:
    await services.catalog.open()
    await services.catalog.refresh()
    await until(lambda: _names(sidebar) == ["tiny"])
    sidebar.registry.version_chosen.emit("tiny", "1")
    assert services.sessions.current is not None
    assert services.sessions.current.name == "tiny/1"
    assert told.loads == 0


async def test_that_enter_loads_only_what_chats(
    services: Services,
    sidebar: Sidebar,
    presenter: RegistryPresenter,
    host: ScriptedHost,
    told: Told,
) -> None:
    host.pages = [(version("a"), version("iris", mode=None, reason="It takes numbers."))]
    await services.catalog.open()
    await services.catalog.refresh()
    sidebar.registry.version_activated.emit("iris", "1")
    assert told.loads == 0
    sidebar.registry.version_activated.emit("a", "1")
    assert told.loads == 1


async def test_that_the_dot_follows_the_engine(
    services: Services, sidebar: Sidebar, presenter: RegistryPresenter
) -> None:
    await services.catalog.open()
    await services.catalog.refresh()
    await until(lambda: services.sessions.current is not None and _names(sidebar) == ["tiny"])
    marks: set[str] = set()
    unwatch = services.sessions.changed.connect(lambda: marks.add(_mark(sidebar, "tiny")))
    await services.sessions.load()
    unwatch()
    assert LoadMark.LOADING in marks
    assert _mark(sidebar, "tiny") == LoadMark.LOADED
    await services.sessions.unload()
    assert _mark(sidebar, "tiny") == LoadMark.NONE


async def test_that_a_model_registered_during_a_listing_is_not_missed(
    services: Services, sidebar: Sidebar, presenter: RegistryPresenter, host: ScriptedHost
) -> None:
    await services.catalog.open()
    presenter.refresh()
    await until(lambda: any(isinstance(request, ListModels) for request in host.requests))
    host.pages = [(version("tiny"), version("new"))]
    presenter.refresh()
    await until(lambda: _names(sidebar) == ["new", "tiny"])


async def test_that_more_that_is_known_of_the_current_version_reaches_it(
    services: Services, sidebar: Sidebar, presenter: RegistryPresenter, host: ScriptedHost
) -> None:
    await services.catalog.open()
    await services.catalog.refresh()
    await until(lambda: services.sessions.current is not None)
    host.pages = [(version("tiny", aliases=("champion",)),)]
    presenter.refresh()
    engine = services.sessions.current
    assert engine is not None
    await until(lambda: engine.version.aliases == ("champion",))
    assert services.sessions.current is engine
    assert engine.state is EngineState.STOPPED


async def test_that_a_refresh_that_fails_is_told(
    services: Services, presenter: RegistryPresenter, host: ScriptedHost, told: Told
) -> None:
    await services.catalog.open()
    gone = Failed(kind="unreachable", message="The server is away.")
    host._script = lambda request: [gone] if isinstance(request, ListModels) else None
    presenter.refresh()
    await until(lambda: told.failures)
    assert told.failures[0].message == "The server is away."


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ([], None),
        ([version("a", mode=None, reason="no")], None),
        ([version("a", mode="template"), version("b")], "b/1"),
        ([version("a"), version("b", aliases=("x",))], "b/1"),
        ([version("a", "9"), version("a", "10")], "a/10"),
    ],
)
def test_that_the_first_choice_is_one_to_talk_to(
    versions: list[ModelVersion], chosen: str | None
) -> None:
    found = default_version(versions)
    assert (None if found is None else f"{found.name}/{found.version}") == chosen
