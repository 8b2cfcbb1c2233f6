"""Everything that MLmodel and the registry tell of one version."""

import platform
from importlib import metadata
from typing import Any

from msgspec.structs import replace

from wrappers import trust
from wrappers.base import WrapperError
from wrappers.contract import ModelCard, ModelVersion, Trust
from wrappers.mlmodel import Facts, facts, parse_requirements, read_mlmodel, signature_lists
from wrappers.registry_artifacts import Artifacts
from wrappers.registry_connect import Registry
from wrappers.registry_identity import REGISTERED_BY_TAG, was_registered_here
from wrappers.registry_resolve import Found


def card(registry: Registry, found: Found) -> ModelCard:
    """The card of `found`. One whose MLmodel is missing or does not parse has a row with the
    reason, and nothing more."""
    version = found.version
    run_name, experiment = _run(registry, version.run_id)
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
        trust=_trust(registry, version, found.artifacts, mlmodel),
    )


def _run(registry: Registry, run_id: str | None) -> tuple[str | None, str | None]:
    """The names of the run and of its experiment, as far as they still exist."""
    from mlflow.exceptions import MlflowException

    if not run_id:
        return None, None
    try:
        run = registry.client.get_run(run_id)
        return run.info.run_name, registry.client.get_experiment(run.info.experiment_id).name
    except MlflowException:
        return None, None


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
    registry: Registry, version: ModelVersion, artifacts: Artifacts, mlmodel: dict[str, Any]
) -> Trust:
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
    here = was_registered_here(tag, version.model_id, registry.cache_dir)
    return replace(found, registered_by=tag, registered_here=here)


def _text(artifacts: Artifacts, path: str) -> str:
    """The text of a file that need not be there."""
    try:
        return artifacts.text(path)
    except WrapperError:
        return ""
