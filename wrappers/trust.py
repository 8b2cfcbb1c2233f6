"""What loading a model would run, by its MLmodel file and the names of its files; none is run."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from wrappers.base import WrapperError
from wrappers.contract import Trust
from wrappers.fingerprint import files_of, fingerprint, is_covered
from wrappers.mlmodel import mapping

_WEIGHTS_LOADER = "mlflow.transformers"
"""The one loader that reads weights and runs nothing of the model's own."""

_CODE = frozenset({".py", ".pyc", ".pyz", ".so", ".pyd", ".dll", ".dylib"})
_PICKLES = frozenset({".pkl", ".pickle", ".cloudpickle", ".joblib", ".dill", ".npy"})
_PICKLED_WEIGHTS = frozenset({".bin", ".pt", ".pth", ".ckpt"})
"""transformers 5.24 reads safetensors wherever there are some (``use_safetensors=None``), and else
these, by ``torch.load(weights_only=True)``, for which it wants torch 2.6. MLflow 3.17 passes
neither argument on. So nothing but that unpickler's own list of harmless types stands between such
a file and the machine, and other readers of the same folder (adapters, training state, a model's
own code) do without it: a model with one of them counts as one that runs code, also where it has
safetensors besides.
"""
_COMPRESSIONS = frozenset({".lzma", ".bz2", ".gz", ".xz"})
"""MLflow appends these to a pickle that it compressed."""

_CUSTOM_CODE = frozenset({"auto_map", "custom_pipelines", "trust_remote_code"})
"""Keys by which a configuration file names code for transformers to load."""

_PATHS = frozenset({"code", "data", "model_binary", "python_model", "path", "config"})
"""Keys of a flavor whose values are paths within the model's folder."""

_MAX_CONFIG_BYTES = 32 * 1024 * 1024


def inspect_folder(folder: Path, mlmodel: dict[str, Any]) -> Trust:
    """What loading the model in the local `folder` would run; reads the names of its files, its
    configuration files and its ``requirements.txt``."""
    files = files_of(folder)
    configs = {path: _head(folder / path) for path in files if is_config(path)}
    lines = _head(folder / "requirements.txt").splitlines()
    requirements = [one.strip() for one in lines if one.strip() and not one.startswith("#")]
    return inspect(mlmodel, files, requirements=requirements, configs=configs)


def inspect(
    mlmodel: dict[str, Any],
    files: Sequence[str],
    *,
    requirements: Sequence[str] = (),
    configs: Mapping[str, str] | None = None,
) -> Trust:
    """What loading the model would run.

    `files` are the paths of all its files, relative to its folder, with slashes; `requirements`
    the lines of its ``requirements.txt``; `configs` the texts of those files of it that
    `is_config` picks out. A transformers model whose configs were not given counts as one that
    runs code, since they may name a custom architecture, which MLflow loads with
    ``trust_remote_code=True``.
    """
    flavors = mapping(mlmodel.get("flavors"))
    pyfunc, transformers = (
        mapping(flavors.get(name)) for name in ("python_function", "transformers")
    )
    loader = pyfunc.get("loader_module")
    if not isinstance(loader, str):
        loader = _WEIGHTS_LOADER if transformers else ""
    folders = [one for flavor in (pyfunc, transformers) if (one := _path(flavor.get("code")))]
    named = [one for key in ("model_code_path", "python_model") if (one := _path(pyfunc.get(key)))]
    custom = [path for path, text in (configs or {}).items() if _names_custom_code(text)]
    risky = {path for path in files if _is_run(path, folders, named)} | set(custom)
    outside = tuple(_outside(flavors))
    return Trust(
        runs_code=bool(risky or outside)
        or bool(folders or named)
        or loader != _WEIGHTS_LOADER
        or not any(path.endswith(".safetensors") for path in files)
        or not any(is_config(path) for path in configs or {}),
        loader=loader,
        files=(*outside, *sorted(risky)),
        requirements=tuple(requirements),
    )


def is_config(path: str) -> bool:
    """Whether the file may name a custom architecture; `inspect` wants its text."""
    return path.endswith("config.json")


def check_unchanged(
    folder: Path,
    mlmodel: dict[str, Any],
    agreed: str,
    *,
    may_run_code: bool,
    hold_on: Callable[[], None] = lambda: None,
) -> None:
    """The last look, in the process that loads: raises `WrapperError` unless `folder` holds what
    was `agreed` to (its fingerprint), and where it would run code though it must not.
    """
    for path in _outside(mapping(mlmodel.get("flavors"))):
        # What is not in the folder is in no fingerprint.
        raise WrapperError(
            "untrusted",
            f"Its MLmodel file names {path!r}, which is not within the model's own folder.",
            "Do not load it unless you know who made it; have it logged again.",
        )
    if fingerprint(folder, hold_on) != agreed:
        raise WrapperError(
            "untrusted",
            "What this model would run has changed since it was last looked at.",
            "Load it again: you are asked once more where it brings code.",
        )
    if may_run_code:
        return
    found = inspect_folder(folder, mlmodel)
    if found.runs_code:
        named = ", ".join(found.files[:3]) or found.loader or "a loader of its own"
        raise WrapperError(
            "untrusted",
            f"Loading it would run code or unpickle files that nobody has agreed to ({named}).",
            "Load it again: you are asked about them first.",
        )


def _outside(value: Any, key: str = "") -> Iterator[str]:
    """Paths in a flavor's configuration that lead out of the model's folder, or to where Python
    keeps compiled files, which are in no fingerprint either."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _outside(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from _outside(one, key)
    elif isinstance(value, str) and key in _PATHS:
        parts = PurePosixPath(value.replace("\\", "/")).parts
        if ".." in parts or "__pycache__" in parts or parts[:1] == ("/",) or ":" in value[1:2]:
            yield value


def _is_run(path: str, folders: list[str], named: list[str]) -> bool:
    if not is_covered(path):
        return False
    pure = PurePosixPath(path)
    suffix = pure.suffix.lower()
    if suffix in _COMPRESSIONS:
        suffix = PurePosixPath(pure.stem).suffix.lower()
    return (
        suffix in _CODE | _PICKLES | _PICKLED_WEIGHTS
        or any(path == one or path.startswith(f"{one}/") for one in folders)
        # MLflow keeps the path that the file had on its author's machine, and loads its last part.
        or any(path in (one, PurePosixPath(one).name) for one in named)
    )


def _names_custom_code(config: str) -> bool:
    try:
        return _has_key(json.loads(config))
    except (ValueError, RecursionError):
        return True  # what cannot be read cannot be vouched for


def _has_key(value: Any) -> bool:
    if isinstance(value, dict):
        return not _CUSTOM_CODE.isdisjoint(value) or any(map(_has_key, value.values()))
    return isinstance(value, list) and any(map(_has_key, value))


def _head(path: Path) -> str:
    """The text of a file, or an empty one where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_CONFIG_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _path(value: Any) -> str | None:
    return value.replace("\\", "/").strip("/") or None if isinstance(value, str) else None
