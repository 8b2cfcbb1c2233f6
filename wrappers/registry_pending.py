"""Registrations that are under way, and taking back those whose process has died.

A registration is a run first of all, whose tags tell who does it and for which name; then a logged
model, a registered model and its version. Each but the logged model, which knows its run, bears
the same tag until all is done, and listings leave out what bears it. The moment a version loses
its tag is the moment it is registered: what dies before is taken back whole, what dies after is
finished. The run loses its tag last, or is deleted last, so that a clean-up can die as well.
"""

import contextlib
import os
import platform
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from wrappers.registry_artifacts import Artifacts
from wrappers.registry_connect import EXPERIMENT, Registry
from wrappers.registry_versions import PENDING_TAG, named

NAME_TAG = "parley.model_name"
"""On a run: the registered model that it makes a version of."""


class Owner(Struct, frozen=True):
    """Who does a registration; the value of the tag, as JSON."""

    job: str
    host: str
    pid: int
    started: float
    """When the process started, in seconds since the epoch: process ids are used again."""

    @property
    def tag(self) -> str:
        return msgspec.json.encode(self).decode()

    def has_died(self) -> bool:
        """Whether its process is gone. Of one on another machine nobody here can say."""
        import psutil

        if self.host != platform.node():
            return False
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
            return abs(process.create_time() - self.started) > 1.0
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def new_owner() -> Owner:
    """A registration that this process is about to begin."""
    import psutil

    started = psutil.Process().create_time()
    return Owner(uuid.uuid4().hex, platform.node(), os.getpid(), started)


def scratch_folder(registry: Registry, job: str) -> Path:
    """Where the job keeps its temporary files, so that they can be found when it has died."""
    return registry.cache_dir / "jobs" / job


@contextlib.contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Have MLflow keep its copies in `folder`, which a clean-up knows to remove."""
    before = tempfile.tempdir
    folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def clean_up(registry: Registry) -> int:
    """Take back, or finish, what dead processes have left. Returns how many there were."""
    experiment = registry.client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return 0
    runs = registry.client.search_runs(
        [experiment.experiment_id], filter_string=f"tags.`{PENDING_TAG}` LIKE '%'"
    )
    dead = [run for run in runs if (owner := _owner(run)) is not None and owner.has_died()]
    for run in dead:
        settle(registry, run)
    return len(dead)


def settle(registry: Registry, run: Any) -> None:
    """Finish the registration of `run` where its version stands, else take all of it back."""
    owner = _owner(run)
    if owner is None:
        return
    name = run.data.tags.get(NAME_TAG, "")
    versions = registry.client.search_model_versions(f"run_id = '{run.info.run_id}'")
    if any(PENDING_TAG not in version.tags for version in versions):
        finish(registry, run.info.run_id, name, owner)
    else:
        _take_back(registry, run, name, owner, versions)
    shutil.rmtree(scratch_folder(registry, owner.job), ignore_errors=True)


def finish(registry: Registry, run_id: str, name: str, owner: Owner) -> None:
    """Take the tags off the registered model and the run of a version that is registered."""
    for model in registry.client.search_registered_models(named(name)):
        if model.tags.get(PENDING_TAG) == owner.tag:
            registry.client.delete_registered_model_tag(name, PENDING_TAG)
    registry.client.delete_tag(run_id, PENDING_TAG)


def _take_back(registry: Registry, run: Any, name: str, owner: Owner, versions: list[Any]) -> None:
    client = registry.client
    for version in versions:
        client.delete_model_version(version.name, version.version)
    for model in client.search_registered_models(named(name)):
        if model.tags.get(PENDING_TAG) != owner.tag:
            continue
        if client.search_model_versions(named(name)):  # of somebody else, meanwhile
            client.delete_registered_model_tag(name, PENDING_TAG)
        else:
            client.delete_registered_model(name)
    logged = client.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run.info.run_id}'"
    )
    for model in logged:
        _delete_artifacts(registry, model.artifact_location)
        client.delete_logged_model(model.model_id)
    _delete_artifacts(registry, run.info.artifact_uri)
    client.delete_run(run.info.run_id)


def _delete_artifacts(registry: Registry, location: str) -> None:
    """Also the folder around them, which MLflow names for the model or run and leaves empty."""
    artifacts = Artifacts(location, registry.tracking_uri)
    folder = artifacts.folder
    if folder is None:
        artifacts.delete()
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.name == "artifacts" and folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _owner(run: Any) -> Owner | None:
    try:
        return msgspec.json.decode(run.data.tags.get(PENDING_TAG, ""), type=Owner)
    except msgspec.DecodeError:
        return None
