"""Presets of the registry that is open, and those that come with Parley."""

from pathlib import Path

import pytest

from app.services.errors import ServiceError
from app.services.program import Services
from tests.support.scripted_host import ScriptedHost
from wrappers.contract import Failed, Sampling, SavePreset


async def test_that_the_shipped_ones_need_no_registry(
    services: Services, host: ScriptedHost
) -> None:
    assert "Concise" in {one.title for one in services.presets.shipped}
    assert services.presets.saved == ()
    assert host.started == []


async def test_that_a_saved_preset_is_listed_and_saving_again_is_a_version(
    services: Services,
) -> None:
    changes: list[int] = []
    services.presets.changed.connect(lambda: changes.append(len(services.presets.saved)))
    first = await services.presets.save("Teacher", "Be patient.", Sampling(temperature=0.5))
    assert services.presets.saved == (first,)
    assert services.presets.own("teacher") == first
    assert services.presets.own("Preacher") is None
    again = await services.presets.save("Teacher", "Be very patient.", Sampling())
    assert again.version == "2"
    assert services.presets.saved == (again,)
    assert changes == [1, 1]


async def test_that_a_deleted_preset_can_be_had_back(services: Services) -> None:
    await services.presets.save("Teacher", "Be patient.", Sampling())
    gone = await services.presets.delete("Teacher")
    assert not services.presets.saved
    await services.presets.restore(gone)
    (back,) = services.presets.saved
    assert back.system == "Be patient."


async def test_that_the_presets_of_another_registry_are_not_shown(
    services: Services, tmp_path: Path
) -> None:
    await services.presets.save("Teacher", "Be patient.", Sampling())
    await services.catalog.open(f"sqlite:///{tmp_path / 'other.db'}")
    assert not services.presets.saved
    await services.catalog.open()
    (found,) = services.presets.saved
    assert found.title == "Teacher"


async def test_that_what_the_registry_refuses_is_raised_and_changes_nothing(
    services: Services, host: ScriptedHost
) -> None:
    refusal = Failed(kind="usage", message="The name is taken.")
    host._script = lambda request: [refusal] if isinstance(request, SavePreset) else None
    with pytest.raises(ServiceError, match="taken"):
        await services.presets.save("Teacher", "Be patient.", Sampling())
    assert services.presets.saved == ()
