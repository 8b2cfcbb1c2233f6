"""A finished comparison as one MLflow run: parameters, metrics, a table, files, links.

The run bears the pending tag of `wrappers.registry_pending` from its first moment and loses it
last. What fails or is stopped before is taken back at once, what dies at the next clean-up; nobody
finds half a run by its tags.
"""

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from wrappers.base import ShouldStop, WrapperError
from wrappers.contract import Event, JobProgress, LogRun, RunLogged
from wrappers.registry_connect import Registry
from wrappers.registry_pending import (
    Owner,
    clean_up,
    new_owner,
    scratch_folder,
    settle,
    temporary_files_in,
)
from wrappers.registry_traces import current_user
from wrappers.registry_versions import PENDING_TAG

_LONGEST_PARAM: Final = 6000
_LONGEST_TAG: Final = 8000
_LONGEST_KEY: Final = 250
_LONGEST_NAME: Final = 250
_TEXTS_PER_BATCH: Final = 15
"""Params or tags in one call: as many of the longest, each character six bytes of JSON, stay below
the megabyte that MLflow takes."""
_METRICS_PER_BATCH: Final = 500
_TRACES_PER_CALL: Final = 100
"""MLflow takes no more at a time."""
_STEPS: Final = 4


def log_run(registry: Registry, request: LogRun, should_stop: ShouldStop) -> Iterator[Event]:
    """Store the run, telling how far it is. Whatever is raised, nothing of it is left."""
    _check(request)
    clean_up(registry)
    owner = new_owner()
    run = registry.client.create_run(
        registry.experiment_id(),
        run_name=_shortened(_clean(request.name), _LONGEST_NAME),
        tags={
            PENDING_TAG: owner.tag,
            "mlflow.user": current_user(),
            "mlflow.source.name": "Parley",
            "mlflow.source.type": "LOCAL",
        },
    )
    run_id = run.info.run_id
    try:
        for number, stage in enumerate(_stages(registry, run_id, owner, request), start=1):
            _go_on_unless(should_stop())
            yield JobProgress(id=request.id, stage=stage, step=number, steps=_STEPS)
        _go_on_unless(should_stop())  # the last stage may have taken long, too
        registry.client.set_terminated(run_id, "FINISHED")
        # From the next line on it is there.
        registry.client.delete_tag(run_id, PENDING_TAG)
    except BaseException:
        settle(registry, registry.client.get_run(run_id))
        raise
    yield RunLogged(id=request.id, run_id=run_id, experiment_id=str(run.info.experiment_id))


def _go_on_unless(is_cancelled: bool) -> None:
    if is_cancelled:
        raise WrapperError("cancelled", "It was cancelled; nothing half done is left.")


def _stages(registry: Registry, run_id: str, owner: Owner, request: LogRun) -> Iterator[str]:
    """Do the work, and say before each part of it what comes."""
    client = registry.client
    yield "Writing the numbers"
    _log_texts(client, run_id, request)
    for batch in _batches(_metrics(request.metrics), _METRICS_PER_BATCH):
        client.log_batch(run_id, metrics=batch)
    scratch = scratch_folder(registry, owner.job)
    yield "Writing the tables"
    for name, columns in request.tables.items():
        with temporary_files_in(scratch):
            client.log_table(run_id, columns, name)
    yield "Writing the files"
    if request.files:
        with temporary_files_in(scratch):
            _write(scratch / "files", request.files)
            client.log_artifacts(run_id, str(scratch / "files"))
    yield "Linking the models"
    _link(client, run_id, request)


def _log_texts(client: Any, run_id: str, request: LogRun) -> None:
    from mlflow.entities import Param, RunTag

    params = [
        Param(_key(name), _shortened(_clean(value), _LONGEST_PARAM))
        for name, value in request.params.items()
    ]
    tags = [
        RunTag(_key(name), _shortened(_clean(value), _LONGEST_TAG))
        for name, value in request.tags.items()
    ]
    for some in _batches(params, _TEXTS_PER_BATCH):
        client.log_batch(run_id, params=some)
    for some in _batches(tags, _TEXTS_PER_BATCH):
        client.log_batch(run_id, tags=some)


def _metrics(values: Mapping[str, Sequence[float | None]]) -> list[Any]:
    """One for each step that has a finite value; databases do not agree on others."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [
        Metric(_key(name), float(value), now, step)
        for name, steps in values.items()
        for step, value in enumerate(steps)
        if value is not None and math.isfinite(value)
    ]


def _link(client: Any, run_id: str, request: LogRun) -> None:
    """To the logged models that this registry has, and to the traces of the answers."""
    from mlflow.entities import LoggedModelInput
    from mlflow.exceptions import MlflowException

    known = []
    for model in dict.fromkeys(request.models):
        try:
            client.get_logged_model(model)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND"):
                raise
        else:
            known.append(LoggedModelInput(model))
    if known:
        client.log_inputs(run_id, models=known)
    for some in _batches(list(dict.fromkeys(request.traces)), _TRACES_PER_CALL):
        client.link_traces_to_run(some, run_id)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "replace"))


def _check(request: LogRun) -> None:
    """Raises `WrapperError` for names that would lead out of the run's folder."""
    for name in (*request.files, *request.tables):
        path = PurePosixPath(name)
        if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            raise WrapperError("usage", f"{name!r} cannot be the name of a file of a run.")


def _key(name: str) -> str:
    """As MLflow takes it on every system: Windows has fewer characters."""
    return re.sub(r"[^\w./ -]", "_", name)[:_LONGEST_KEY]


def _clean(text: str) -> str:
    """Without what PostgreSQL keeps in no text."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _batches[T](values: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
