"""Evaluation datasets that `mlflow.genai` has made, in SQLite and behind a server."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.asking import ask
from tests.support.mlflow_server import registry_of
from wrappers.base import WrapperError
from wrappers.contract import Dataset, DatasetRead, DatasetsListed, ListDatasets, ReadDataset
from wrappers.registry import RegistryServer


@pytest.fixture(scope="module", params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RegistryServer]:
    with registry_of(request.param, tmp_path_factory.mktemp("datasets")) as server:
        yield server


@pytest.fixture(scope="module")
def listed_at_first(server: RegistryServer) -> tuple[Dataset, ...]:
    """What is listed before anything was made."""
    return listed(server)


@pytest.fixture
def make(server: RegistryServer, listed_at_first: tuple[Dataset, ...]) -> Any:
    """Makes a dataset as another tool does; returns its id."""
    from mlflow.genai import datasets

    registry = server._opened()[0]
    registry.make_current()

    def make(name: str, *records: dict[str, Any]) -> str:
        made = datasets.create_dataset(name=name, experiment_id=registry.experiment_id())
        if records:
            made.merge_records(list(records))
        return str(made.dataset_id)

    return make


def listed(server: RegistryServer) -> tuple[Dataset, ...]:
    (event,) = ask(server, ListDatasets(id=2))
    assert isinstance(event, DatasetsListed)
    return event.datasets


def read(server: RegistryServer, name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    (event,) = ask(server, ReadDataset(id=3, name=name))
    assert isinstance(event, DatasetRead)
    assert len({one.id for one in event.records}) == len(event.records)
    return [(one.inputs, one.expectations) for one in event.records]


def test_that_a_registry_without_datasets_lists_none(
    listed_at_first: tuple[Dataset, ...],
) -> None:
    assert listed_at_first == ()


def test_that_records_come_with_all_that_is_in_them(server: RegistryServer, make: Any) -> None:
    messages = [{"role": "system", "content": "Kurz."}, {"role": "user", "content": "Grüße 🙂"}]
    first = {"inputs": {"messages": messages}, "expectations": {"expected_response": "Hi"}}
    second = {"inputs": {"question": "Why?"}}
    made = make("both 'kinds' of \"quotes\"", first, second)
    by_name = read(server, "both 'kinds' of \"quotes\"")
    assert ({"messages": messages}, {"expected_response": "Hi"}) in by_name
    assert ({"question": "Why?"}, {}) in by_name
    assert read(server, made) == by_name
    assert Dataset(id=made, name="both 'kinds' of \"quotes\"", records=2) in listed(server)


def test_that_an_empty_dataset_has_no_records(server: RegistryServer, make: Any) -> None:
    made = make("empty")
    assert read(server, "empty") == []
    assert next(one for one in listed(server) if one.id == made).records in (None, 0)


def test_that_all_are_listed_and_all_records_read_past_a_page(
    server: RegistryServer, make: Any
) -> None:
    before = len(listed(server))
    made = {make(f"many-{number}") for number in range(52)}
    assert made <= {one.id for one in listed(server)}
    assert len(listed(server)) == before + 52
    make("long", *({"inputs": {"question": f"Why {number}?"}} for number in range(1200)))
    asked = {inputs["question"] for inputs, _ in read(server, "long")}
    assert asked == {f"Why {number}?" for number in range(1200)}


def test_that_a_dataset_that_is_not_there_is_told_in_a_sentence(server: RegistryServer) -> None:
    with pytest.raises(WrapperError) as raised:
        read(server, "nowhere")
    assert raised.value.kind == "not_found"
    assert "nowhere" in str(raised.value)


def test_that_two_of_one_name_are_told_apart_by_their_ids(
    server: RegistryServer, make: Any
) -> None:
    one = make("twin", {"inputs": {"question": "one"}})
    other = make("twin", {"inputs": {"question": "other"}})
    with pytest.raises(WrapperError) as raised:
        read(server, "twin")
    assert one in raised.value.advice
    assert other in raised.value.advice
    assert read(server, other) == [({"question": "other"}, {})]
