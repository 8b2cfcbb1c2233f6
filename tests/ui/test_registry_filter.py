"""Search in the registry, without a view."""

import pytest
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui.item_models.registry_filter import FOUND_LIMIT, RegistryFilter
from app.ui.item_models.registry_model import LoadMark, RegistryRole
from wrappers.contract import ModelVersion

VERSIONS = (
    ModelVersion(name="phi3-mini", version="3", aliases=("champion",), mode="messages"),
    ModelVersion(name="phi3-mini", version="2", mode="messages", tags={"team": "Speech"}),
    ModelVersion(name="phi3-onnx", version="1", aliases=("challenger",), mode="template"),
    ModelVersion(name="Iris", version="1", reason="It takes numbers."),
)


@pytest.fixture
def registry() -> RegistryFilter:
    registry = RegistryFilter()
    registry.set_versions(VERSIONS)
    return registry


def _shown(registry: RegistryFilter) -> list[str]:
    shown = []
    for row in range(registry.rowCount()):
        parent = registry.index(row, 0)
        for child in range(registry.rowCount(parent)):
            index = registry.index(child, 0, parent)
            shown.append(f"{index.data(RegistryRole.NAME)}/{index.data(RegistryRole.VERSION)}")
    return shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Iris/1", "phi3-mini/3", "phi3-mini/2", "phi3-onnx/1"]),
        ("onnx", ["phi3-onnx/1"]),
        ("IRIS", ["Iris/1"]),
        ("@champ", ["phi3-mini/3"]),
        ("champion", ["phi3-mini/3"]),
        ("speech", ["phi3-mini/2"]),
        ("team=speech", ["phi3-mini/2"]),
        ("template", ["phi3-onnx/1"]),
        ("messages phi3", ["phi3-mini/3", "phi3-mini/2"]),
        ("phi3  3", ["phi3-mini/3", "phi3-mini/2", "phi3-onnx/1"]),
        ("version 2", ["phi3-mini/2"]),
        ("nothing-like-it", []),
        ("phi3.mini", []),
        ("   ", ["Iris/1", "phi3-mini/3", "phi3-mini/2", "phi3-onnx/1"]),
    ],
)
def test_that_a_search_finds_by_name_alias_tag_and_mode(
    registry: RegistryFilter, query: str, found: list[str]
) -> None:
    registry.set_query(query)
    assert _shown(registry) == found
    assert registry.shown == registry.total == len(found)


def test_that_it_keeps_the_rules_of_item_models(
    registry: RegistryFilter, qtmodeltester: ModelTester
) -> None:
    qtmodeltester.check(registry)  # type: ignore[no-untyped-call]
    registry.set_query("phi3")
    registry.set_versions(VERSIONS[:2])
    registry.set_query("")
    registry.set_versions(VERSIONS[1:])
    qtmodeltester.check(registry)  # type: ignore[no-untyped-call]


def test_that_what_is_listed_during_a_search_is_searched_too(registry: RegistryFilter) -> None:
    registry.set_query("phi3 template")
    registry.set_versions([*VERSIONS, ModelVersion(name="phi3-x", version="1", mode="template")])
    assert _shown(registry) == ["phi3-onnx/1", "phi3-x/1"]


def test_that_a_listing_that_changes_nothing_found_leaves_the_rows_alone(
    registry: RegistryFilter, qtbot: QtBot
) -> None:
    registry.set_query("onnx")
    with qtbot.assertNotEmitted(registry.modelReset):
        registry.set_versions(VERSIONS[1:])


def test_that_the_loaded_mark_shows_in_a_search_as_well(registry: RegistryFilter) -> None:
    registry.set_query("onnx")
    registry.set_loads({("phi3-onnx", "1"): LoadMark.LOADED})
    assert registry.index_of(("phi3-onnx", "1")).data(RegistryRole.LOAD) == LoadMark.LOADED
    registry.set_query("challenger")
    assert registry.index_of(("phi3-onnx", "1")).data(RegistryRole.LOAD) == LoadMark.LOADED


def test_that_a_hidden_version_is_still_known(registry: RegistryFilter) -> None:
    registry.set_query("onnx")
    assert ("phi3-mini", "3") in registry
    assert not registry.index_of(("phi3-mini", "3")).isValid()


def test_that_a_search_that_finds_very_many_shows_the_first_and_counts_all() -> None:
    registry = RegistryFilter()
    registry.set_versions(
        ModelVersion(name=f"model-{number:04}", version="1", mode="messages")
        for number in range(2000)
    )
    registry.set_query("model")
    assert registry.total == 2000
    assert registry.shown == FOUND_LIMIT
    assert _shown(registry)[0] == "model-0000/1"
    registry.set_query("1999")
    assert _shown(registry) == ["model-1999/1"]
    registry.set_query("")
    assert registry.rowCount() == 2000
