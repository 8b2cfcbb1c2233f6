"""Everything that MLmodel and the registry tell of one version."""

import platform
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from wrappers import trust
from wrappers.base import WrapperError
from wrappers.contract import ModelCard, ModelVersion, Trust
from wrappers.mlmodel import Facts, facts, parse_requirements, read_mlmodel, signature_lists
from wrappers.registry_artifacts import Artifacts, without_credentials
from wrappers.registry_connect import Registry
from wrappers.registry_identity import MARK_PREFIX, REGISTERED_BY_TAG, was_registered_here
from wrappers.registry_resolve import Found

_QUICK_BYTES = 64_000_000
"""As much as is hashed without being asked to, at some hundred megabytes a second."""

_USER_TAG = "mlflow.user"


def card(
    registry: Registry,
    found: Found,
    *,
    folder: Path | None = None,
    fingerprint: bool = False,
    hold_on: Callable[[], None] = lambda: None,
) -> ModelCard:
    """The card of `found`. One whose MLmodel is missing or does not parse has a row with the
    reason, and nothing more.

    `folder` is where its files have been copied to, if they have; `fingerprint` has it told also
    where that takes long, with `hold_on` called in between.
    """
    version = found.version
    run_name, experiment, user = _run(registry, version.run_id)
    try:
        mlmodel = read_mlmodel(found.artifacts.text("MLmodel"))
    except WrapperError as error:
        reason = version.reason or error.message
        unread = replace(version, mode=None, reason=reason, detected=True)
        return ModelCard(version=unread, run_name=run_name, experiment=experiment)
    told = facts(mlmodel)
    inputs, outputs, params = signature_lists(mlmodel)
    logged = _logged_versions(told, _text(found.artifacts, "requirements.txt"))
    return ModelCard(
        version=version,
        signature_inputs=inputs,
        signature_outputs=outputs,
        signature_params=params,
        signature_text=_signature_text(mlmodel),
        logged_versions=logged,
        installed_versions={package: _installed(package) for package in logged},
        run_name=run_name,
        experiment=experiment,
        dtype=told.dtype,
        source_model=told.source_model,
        model_config=told.model_config,
        trust=_trust(
            registry,
            version,
            found.artifacts if folder is None else Artifacts(str(folder), registry.tracking_uri),
            user=user,
            is_needed=fingerprint,
            hold_on=hold_on,
            location=found.artifacts.location,
        ),
    )


def _run(registry: Registry, run_id: str | None) -> tuple[str | None, str | None, str | None]:
    """The names of the run, of its experiment and of its user, as far as they still exist."""
    from mlflow.exceptions import MlflowException

    if not run_id:
        return None, None, None
    try:
        run = registry.client.get_run(run_id)
        experiment = registry.client.get_experiment(run.info.experiment_id).name
        return run.info.run_name, experiment, run.data.tags.get(_USER_TAG) or None
    except MlflowException:
        return None, None, None


def _signature_text(mlmodel: dict[str, Any]) -> str | None:
    from mlflow.models import ModelSignature

    signature = mlmodel.get("signature")
    if not isinstance(signature, dict):
        return None
    try:
        return repr(ModelSignature.from_dict(signature))
    except Exception:  # noqa: BLE001 - a stranger's file may hold anything, and MLflow raise anything
        return None


def _logged_versions(told: Facts, requirements: str) -> dict[str, str]:
    versions = {}
    if told.python_version:
        versions["python"] = told.python_version
    if told.mlflow_version:
        versions["mlflow"] = told.mlflow_version
    return versions | parse_requirements(requirements)


def _installed(package: str) -> str | None:
    if package == "python":
        return platform.python_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _trust(
    registry: Registry,
    version: ModelVersion,
    artifacts: Artifacts,
    *,
    user: str | None,
    is_needed: bool,
    hold_on: Callable[[], None],
    location: str,
) -> Trust:
    """By the files that would be loaded: where they have been copied, the copy is looked at."""
    mlmodel = read_mlmodel(artifacts.text("MLmodel"))
    if (folder := artifacts.folder) is not None:
        found = trust.inspect_folder(folder, mlmodel)
    else:
        names = artifacts.names()
        lines = _text(artifacts, "requirements.txt").splitlines()
        found = trust.inspect(
            mlmodel,
            names,
            requirements=[one.strip() for one in lines if one.strip() and one[0] != "#"],
            configs={name: _text(artifacts, name) for name in names if trust.is_config(name)},
        )
    tag = version.tags.get(REGISTERED_BY_TAG)
    fingerprint = _fingerprint(artifacts, is_needed=is_needed, hold_on=hold_on)
    mark = None if tag is None or tag.startswith((MARK_PREFIX, "parley-")) else tag
    return replace(
        found,
        registered_by=mark or user,
        registered_here=was_registered_here(tag, version.model_id, fingerprint, registry.cache_dir),
        fingerprint=fingerprint,
        source=without_credentials(location),
        registry=without_credentials(registry.tracking_uri),
    )


def _fingerprint(artifacts: Artifacts, *, is_needed: bool, hold_on: Callable[[], None]) -> str:
    if not is_needed:
        try:
            if artifacts.folder is None or artifacts.bytes_to_hash() > _QUICK_BYTES:
                return ""
            return artifacts.fingerprint(hold_on)
        except (OSError, WrapperError):  # a file that cannot be read: told when it is loaded
            return ""
    return artifacts.fingerprint(hold_on)


def _text(artifacts: Artifacts, path: str) -> str:
    """The text of a file that need not be there."""
    try:
        return artifacts.text(path)
    except WrapperError:
        return ""
