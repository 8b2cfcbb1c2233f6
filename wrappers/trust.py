"""What loading a model would run, by its MLmodel file and the names of its files; none is run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from wrappers.contract import Trust
from wrappers.mlmodel import mapping

_WEIGHTS_LOADER = "mlflow.transformers"
"""The one loader that reads weights and runs nothing of the model's own."""

_CODE = frozenset({".py", ".pyc", ".pyz", ".so", ".pyd", ".dll", ".dylib"})
_PICKLES = frozenset({".pkl", ".pickle", ".cloudpickle", ".joblib", ".dill", ".npy"})
_PICKLED_WEIGHTS = frozenset({".bin", ".pt", ".pth", ".ckpt"})
_COMPRESSIONS = frozenset({".lzma", ".bz2", ".gz", ".xz"})
"""MLflow appends these to a pickle that it compressed."""

_CUSTOM_CODE = frozenset({"auto_map", "custom_pipelines", "trust_remote_code"})
"""Keys by which a configuration file names code for transformers to load."""

_MAX_CONFIG_BYTES = 32 * 1024 * 1024


def inspect_folder(folder: Path, mlmodel: dict[str, Any]) -> Trust:
    """What loading the model in the local `folder` would run; reads the names of its files, its
    configuration files and its ``requirements.txt``."""
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
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
    return Trust(
        runs_code=bool(risky)
        or bool(folders or named)
        or loader != _WEIGHTS_LOADER
        or not any(path.endswith(".safetensors") for path in files)
        or not any(is_config(path) for path in configs or {}),
        loader=loader,
        files=tuple(sorted(path for path in risky if _source(path) not in risky)),
        requirements=tuple(requirements),
    )


def is_config(path: str) -> bool:
    """Whether the file may name a custom architecture; `inspect` wants its text."""
    return path.endswith("config.json")


def _is_run(path: str, folders: list[str], named: list[str]) -> bool:
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


def _source(path: str) -> str | None:
    """The source file of which `path` is the compiled form; listing both would tell nothing."""
    pure = PurePosixPath(path)
    if pure.suffix != ".pyc" or pure.parent.name != "__pycache__":
        return None
    return (pure.parent.parent / f"{pure.name.partition('.')[0]}.py").as_posix()


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
