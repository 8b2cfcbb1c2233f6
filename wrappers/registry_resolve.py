"""What a user calls a model -> one version and where its artifacts are."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wrappers.base import WrapperError
from wrappers.contract import ModelVersion
from wrappers.mlmodel import facts, read_mlmodel
from wrappers.registry_artifacts import Artifacts
from wrappers.registry_connect import Registry
from wrappers.registry_listing import Listing
from wrappers.registry_versions import aliases_of, detected, is_shown, named, row, with_detected

_WHERE = "See `parley models` for what there is."


@dataclass(frozen=True)
class Found:
    """A model that was asked for."""

    version: ModelVersion
    """Of one that is in no registry, its name is the folder's or the logged model's, and its
    version is empty."""
    artifacts: Artifacts


def resolve(registry: Registry, listing: Listing, model: str) -> Found:
    """The version that `model` means: ``name`` (its newest), ``name/3``, ``name@alias``, an MLflow
    model URI, or a folder with an MLmodel file. Raises `WrapperError`."""
    text = model.strip().rstrip("/")
    if text.startswith("runs:/"):
        return _of_run(registry, text)
    name = text.removeprefix("models:/")
    if re.fullmatch(r"m-[0-9a-f]{32}", name):
        return _of_logged_model(registry, listing, name)
    folder = Path(text).expanduser()
    if name == text and _is_model_folder(folder) and (folder.is_absolute() or text[0] == "."):
        return _of_folder(registry, folder)
    registered, number = _parts(registry, name)
    if registered is None:
        if name == text and _is_model_folder(folder):
            return _of_folder(registry, folder)
        if name == text and (folder.is_absolute() or text.startswith((".", "~"))):
            raise WrapperError(
                "not_found",
                f"There is no model in {folder}: it has no MLmodel file.",
                "Give a folder that MLflow has saved, or register the weights first.",
            )
        raise _no_model(registry, name)
    version = _version(registry, registered, number)
    read = listing.read(version)
    return Found(read, Artifacts(listing.location(read), registry.tracking_uri))


def versions_of(registry: Registry, name: str) -> list[Any]:
    """MLflow's versions of a registered model, those to be seen, the newest first."""
    found = registry.client.search_model_versions(named(name))
    return sorted(filter(is_shown, found), key=lambda one: -int(one.version))


# --------------------------------------------------------------------------------------------
# A name in the registry


def _parts(registry: Registry, text: str) -> tuple[Any | None, str]:
    """The registered model that `text` begins with, or ``None``, and what follows its name."""
    name, separator, rest = text, "", ""
    if "@" in text:
        name, separator, rest = text.rpartition("@")
    elif "/" in text:
        name, separator, rest = text.rpartition("/")
    models = registry.client.search_registered_models(named(name))
    return (models[0] if models else None), separator + rest


def _version(registry: Registry, model: Any, which: str) -> ModelVersion:
    versions = versions_of(registry, model.name)
    numbers = [str(one.version) for one in versions]
    if not numbers:
        raise WrapperError(
            "not_found", f"The registered model {model.name} has no versions.", _WHERE
        )
    number = numbers[0]
    if which.startswith("@") and which != "@latest":
        aliases = {alias: str(of) for alias, of in model.aliases.items()}
        number = aliases.get(which[1:], "")
        if number not in numbers:
            known = ", ".join(sorted(aliases)) or "none"
            raise WrapperError(
                "not_found",
                f"The model {model.name} has no alias {which[1:]}.",
                f"Its aliases are: {known}.",
            )
    elif which not in ("", "/latest", "@latest"):
        number = which[1:]
        if number not in numbers:
            raise WrapperError(
                "not_found",
                f"The model {model.name} has no version {number}.",
                f"Its versions are: {', '.join(reversed(numbers))}.",
            )
    return row(versions[numbers.index(number)], aliases_of([model]))


def _no_model(registry: Registry, name: str) -> WrapperError:
    wanted = re.split(r"[/@]", name)[0] or name
    names = [one.name for one in registry.client.search_registered_models(max_results=1000)]
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    if near:
        advice = f"Did you mean {' or '.join(near)}?"
    elif names:
        advice = f"There are: {', '.join(sorted(names)[:5])}{' and more' * (len(names) > 5)}."
    else:
        advice = "The registry is empty: start with `parley demo` or `parley register`."
    return WrapperError("not_found", f"The registry has no model named {wanted}.", advice)


# --------------------------------------------------------------------------------------------
# Anything else


def _of_logged_model(registry: Registry, listing: Listing, model_id: str) -> Found:
    versions = registry.client.search_model_versions(f"source_path = 'models:/{model_id}'")
    for version in filter(is_shown, versions):
        model = registry.client.get_registered_model(version.name)
        read = listing.read(row(version, aliases_of([model])))
        return Found(read, Artifacts(listing.location(read), registry.tracking_uri))
    experiments = [one.experiment_id for one in registry.client.search_experiments()]
    models = registry.client.search_logged_models(
        experiments, filter_string=f"model_id = '{model_id}'"
    )
    if not models:
        raise WrapperError("not_found", f"The registry has no logged model {model_id}.", _WHERE)
    return _unregistered(registry, models[0].artifact_location, models[0].name)


def _of_run(registry: Registry, uri: str) -> Found:
    from mlflow.exceptions import MlflowException

    run_id, _, path = uri.removeprefix("runs:/").partition("/")
    try:
        run = registry.client.get_run(run_id)
    except MlflowException as error:
        raise WrapperError("not_found", f"The registry has no run {run_id}.", _WHERE) from error
    logged = registry.client.search_logged_models(
        [run.info.experiment_id], filter_string=f"source_run_id = '{run_id}'"
    )
    for model in logged:
        if model.name == path:
            return _unregistered(registry, model.artifact_location, model.name)
    location = f"{run.info.artifact_uri}/{path}".rstrip("/")
    return _unregistered(registry, location, path or run_id)


def _of_folder(registry: Registry, folder: Path) -> Found:
    return _unregistered(registry, str(folder.absolute()), folder.absolute().name)


def _is_model_folder(folder: Path) -> bool:
    return (folder / "MLmodel").is_file()


def _unregistered(registry: Registry, location: str, name: str) -> Found:
    artifacts = Artifacts(location, registry.tracking_uri)
    text = artifacts.text("MLmodel")
    version = with_detected(ModelVersion(name=name, version="", source=location), detected(text))
    try:
        told = facts(read_mlmodel(text))
    except WrapperError:
        return Found(version, artifacts)
    from msgspec.structs import replace

    known = replace(version, model_id=told.model_id, run_id=told.run_id, created_ms=told.created_ms)
    return Found(known, artifacts)
