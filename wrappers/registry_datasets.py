"""Evaluation datasets of a registry, as `mlflow.genai.datasets` makes them. Nothing is written."""

import json
from collections.abc import Iterator
from typing import Any, Final

from wrappers.base import WrapperError
from wrappers.contract import Dataset, DatasetRecord
from wrappers.registry_connect import Registry

_PAGE: Final = 50
"""As many as MLflow's stores give at once."""


def list_datasets(registry: Registry) -> tuple[Dataset, ...]:
    """All of them, that which changed last first."""
    return tuple(
        Dataset(id=one.dataset_id, name=one.name, records=_count(one)) for one in _all(registry)
    )


def read_dataset(registry: Registry, name: str) -> tuple[DatasetRecord, ...]:
    """The records of the one of this id or name, the oldest first. Raises `WrapperError`."""
    found = [one for one in _all(registry) if name in (one.dataset_id, one.name)]
    # An id is one dataset's alone, whatever others are called.
    chosen = [one for one in found if one.dataset_id == name] or found
    if not chosen:
        raise WrapperError(
            "not_found",
            f"The registry has no dataset {name}.",
            "Make one with mlflow.genai.datasets.create_dataset, or choose another.",
        )
    if len(chosen) > 1:
        ids = ", ".join(one.dataset_id for one in chosen[:4])
        raise WrapperError(
            "usage",
            f"The registry has {len(chosen)} datasets with the name {name}.",
            f"Name one by its id: {ids}.",
        )
    return tuple(
        DatasetRecord(
            id=one.dataset_record_id, inputs=one.inputs, expectations=one.expectations or {}
        )
        for one in chosen[0].records
    )


def _all(registry: Registry) -> Iterator[Any]:
    token = None
    while True:
        page = registry.client.search_datasets(
            max_results=_PAGE, order_by=["last_update_time DESC"], page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def _count(dataset: Any) -> int | None:
    """As MLflow has noted it; asking for the records themselves would read them all."""
    try:
        profile = json.loads(dataset.profile or "{}")
    except ValueError:
        return None
    count = profile.get("num_records") if isinstance(profile, dict) else None
    return count if isinstance(count, int) else None
