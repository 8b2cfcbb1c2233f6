"""The open registry, on a scripted host."""

import asyncio

import pytest

from app.services.catalog import CatalogState
from app.services.errors import ServiceError
from app.services.program import Services
from tests.support.scripted_host import Death, Script, ScriptedHost, version
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Connect,
    DescribeModel,
    Failed,
    ListModels,
)


async def test_that_opening_tells_what_is_open(services: Services) -> None:
    states: list[CatalogState] = []
    catalog = services.catalog
    catalog.changed.connect(lambda: states.append(catalog.state))
    await catalog.open()

    assert states == [CatalogState.OPENING, CatalogState.READY]
    assert catalog.label == "scripted"
    assert catalog.tracking_uri.startswith("sqlite:///")


async def test_that_the_homes_own_registry_gets_its_artifact_folder(
    services: Services, host: ScriptedHost
) -> None:
    await services.catalog.open()
    await services.catalog.open("http://elsewhere:5000")

    own, other = (one for one in host.requests if isinstance(one, Connect))
    assert own.artifact_root is not None
    assert other.artifact_root is None


async def test_that_pages_show_as_they_come_and_what_is_gone_goes(
    services: Services, host: ScriptedHost
) -> None:
    catalog = services.catalog
    host.pages = [(version("a"),), (version("b"),)]
    await catalog.refresh()
    assert list(catalog.versions) == [("a", "1"), ("b", "1")]

    host.pages = [(version("b", aliases=("champion",)),)]
    await catalog.refresh()
    assert list(catalog.versions) == [("b", "1")]
    assert catalog.versions["b", "1"].aliases == ("champion",)
    assert not catalog.listing


async def test_that_two_refreshes_at_once_are_one(services: Services, host: ScriptedHost) -> None:
    await asyncio.gather(services.catalog.refresh(), services.catalog.refresh())

    assert [type(one) for one in host.requests].count(ListModels) == 1


async def test_that_a_question_does_not_wait_for_a_long_listing(
    services: Services, host: ScriptedHost
) -> None:
    catalog = services.catalog
    host.pages = [(version("a"),), (version("b"),)]
    host.lists_slowly = True
    first_page = asyncio.Event()
    catalog.changed.connect(lambda: first_page.set() if catalog.versions else None)
    refreshing = asyncio.create_task(catalog.refresh())
    await first_page.wait()

    assert (await catalog.describe("tiny")).version.name == "tiny"
    await refreshing
    assert list(catalog.versions) == [("a", "1"), ("b", "1")]


async def test_that_a_registry_that_cannot_be_opened_says_why(
    services: Services, host: ScriptedHost
) -> None:
    host._script = _refusing("http://gone:5000")

    with pytest.raises(ServiceError, match="does not answer"):
        await services.catalog.open("http://gone:5000")

    assert services.catalog.state is CatalogState.FAILED
    assert services.catalog.failure is not None


async def test_that_the_open_registry_stays_when_another_cannot_be_opened(
    services: Services, host: ScriptedHost
) -> None:
    catalog = services.catalog
    await catalog.open()
    await catalog.refresh()
    own = catalog.tracking_uri
    host._script = _refusing("http://gone:5000")

    with pytest.raises(ServiceError):
        await catalog.open("http://gone:5000")

    assert catalog.state is CatalogState.READY
    assert catalog.tracking_uri == own
    assert catalog.versions


@pytest.mark.expects_log("The registry's process ended")
async def test_that_after_its_death_the_next_question_starts_it_again(
    services: Services, host: ScriptedHost
) -> None:
    mortal = True

    def script(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, DescribeModel) and mortal:
            return [Death()]
        return None

    host._script = script
    with pytest.raises(ServiceError) as caught:
        await services.catalog.describe("tiny")
    assert caught.value.failed.kind == "died"

    mortal = False
    assert (await services.catalog.describe("tiny")).version.name == "tiny"
    assert host.started == ["registry", "registry"]


def _refusing(uri: str) -> Script:
    def script(request: AnyRequest) -> list[AnyEvent] | None:
        if isinstance(request, Connect) and request.tracking_uri == uri:
            return [Failed(kind="unreachable", message="The server does not answer.")]
        return None

    return script
