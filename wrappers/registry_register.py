"""Logging a folder with one of our wrappers and registering it, so that it is there whole or not
at all (`wrappers.registry_pending` tells how)."""

import shutil
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.contract import Registered
from wrappers.registry_artifacts import Artifacts, local_folder
from wrappers.registry_connect import Registry
from wrappers.registry_errors import told_plainly
from wrappers.registry_identity import REGISTERED_BY_TAG, WRAPPER_TAG, signature_of
from wrappers.registry_jobs import Job
from wrappers.registry_pending import (
    NAME_TAG,
    Owner,
    clean_up,
    finish,
    new_owner,
    scratch_folder,
    settle,
    temporary_files_in,
)
from wrappers.registry_versions import PENDING_TAG, named

SIZE_TAG = "parley.size_bytes"
"""On a version: the size of all its artifacts when it was registered, to see later whether they are
still whole."""

_FORBIDDEN = "/:@'\"`"
"""What MLflow refuses in a name, what parts a name from a version or alias, and what its filters
cannot escape."""
_LONGEST_NAME = 250
_SPARE_BYTES = 100_000_000


class Plan(Struct, frozen=True, kw_only=True):
    """What to register."""

    wrapper: Literal["transformers", "onnx"]
    source: str
    name: str
    description: str = ""
    tags: dict[str, str] = {}


def check(registry: Registry, plan: Plan) -> None:
    """Raises `WrapperError` where the name, the source or the disk will not do."""
    _check_name(registry, plan.name)
    size = _check_source(plan)
    if size is not None:
        _check_room(registry, size)


def register(registry: Registry, plan: Plan, job: Job) -> Registered:
    """Carry out `plan`. Whatever is raised, nothing of it is left. Raises `WrapperError`."""
    job.progress("Checking the folder", step=1, steps=3)
    with told_plainly(registry.tracking_uri):
        clean_up(registry)
        check(registry, plan)
        owner = new_owner()
        run = registry.client.create_run(
            registry.experiment_id(),
            run_name=f"register {plan.name}",
            tags={PENDING_TAG: owner.tag, NAME_TAG: plan.name},
        )
        try:
            version, model_id = _register(registry, plan, owner, run.info.run_id, job)
        except BaseException:
            settle(registry, registry.client.get_run(run.info.run_id))
            raise
        finish(registry, run.info.run_id, plan.name, owner)
    return Registered(id=job.request_id, name=plan.name, version=str(version), model_id=model_id)


def _register(
    registry: Registry, plan: Plan, owner: Owner, run_id: str, job: Job
) -> tuple[str, str]:
    """The number of the new version and its model's id."""
    client = registry.client
    job.progress("Copying the weights", step=2, steps=3)
    with temporary_files_in(scratch_folder(registry, owner.job)):
        info = _log(plan, run_id)
    location = client.get_logged_model(info.model_id).artifact_location
    kept = local_folder(location)
    sizes = {} if kept is None else {SIZE_TAG: str(folder_size(kept))}
    job.progress("Registering the version", step=3, steps=3)
    if not client.search_registered_models(named(plan.name)):
        client.create_registered_model(
            plan.name, tags={PENDING_TAG: owner.tag}, description=plan.description or None
        )
    version = client.create_model_version(
        plan.name,
        source=f"models:/{info.model_id}",
        run_id=run_id,
        description=plan.description or None,
        tags={
            **plan.tags,
            **sizes,
            WRAPPER_TAG: "onnx_genai" if plan.wrapper == "onnx" else "transformers",
            REGISTERED_BY_TAG: signature_of(
                info.model_id,
                Artifacts(location, registry.tracking_uri).fingerprint(),
                registry.cache_dir,
            ),
            PENDING_TAG: owner.tag,
        },
        model_id=info.model_id,
    )
    # From the next line on it is registered.
    client.delete_model_version_tag(plan.name, version.version, PENDING_TAG)
    return version.version, info.model_id


def _log(plan: Plan, run_id: str) -> Any:
    import mlflow

    with mlflow.start_run(run_id=run_id):
        if plan.wrapper == "onnx":
            from wrappers import onnx_genai

            return onnx_genai.log_model(Path(plan.source).expanduser(), name="model")
        from wrappers import transformers_log

        return transformers_log.log_model(plan.source, name="model")


# --------------------------------------------------------------------------------------------
# Checks


def _check_name(registry: Registry, name: str) -> None:
    if not name.strip() or name != name.strip():
        raise WrapperError(
            "usage", "The model needs a name without spaces around it.", "Give one with --name."
        )
    bad = sorted(set(name) & set(_FORBIDDEN))
    if bad or len(name) > _LONGEST_NAME or not name.isprintable():
        what = f"contain {' '.join(bad)}" if bad else "be that long or have control characters"
        raise WrapperError(
            "usage",
            f"The name of a model may not {what}.",
            "Use letters, digits, dots, dashes and underscores.",
        )
    if registry.client.get_prompt(name) is not None:  # MLflow keeps both in one space of names
        raise WrapperError(
            "usage",
            f"The name {name} belongs to a prompt in this registry.",
            "Choose another name.",
        )


def _check_source(plan: Plan) -> int | None:
    """The bytes that will be copied, or ``None`` where they are not known (a model on a hub)."""
    folder = Path(plan.source).expanduser()
    if plan.wrapper == "onnx":
        from wrappers import onnx_genai

        onnx_genai.check_folder(folder)
    else:
        from wrappers import transformers_log

        transformers_log.check_source(plan.source)
    if not folder.is_dir():
        return None
    return folder_size(folder)


LEFT_BY_LOADING = {"__pycache__", "registered_model_meta"}
"""What Python and MLflow leave in a model's folder when it is loaded from there."""


def folder_size(folder: Path) -> int:
    """In bytes, of all the files in it that were logged."""
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not LEFT_BY_LOADING.intersection(path.parts)
    )


def _check_room(registry: Registry, size: int) -> None:
    """MLflow copies a model aside and from there to its artifacts: twice its size on one disk."""
    places = [registry.cache_dir]
    if registry.artifact_root is not None:
        places.append(registry.artifact_root)
    needed: dict[int, int] = {}
    for place in map(_existing, places):
        disk = place.stat().st_dev
        needed[disk] = needed.get(disk, _SPARE_BYTES) + size
        free = shutil.disk_usage(place).free
        if free < needed[disk]:
            raise WrapperError(
                "disk",
                f"The model takes {needed[disk] / 1e9:.1f} GB while it is registered, and "
                f"{free / 1e9:.1f} GB are free in {place}.",
                "Free some space, then register it again.",
            )


def _existing(folder: Path) -> Path:
    """`folder`, or the nearest one above it that is there already."""
    while not folder.exists():
        folder = folder.parent
    return folder
