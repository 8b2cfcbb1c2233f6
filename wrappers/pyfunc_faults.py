"""What went wrong inside a foreign model, as the user reads it."""

import pickle
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from wrappers.base import WrapperError

Phase = Literal["loading", "answering"]

_MISSING_ATTRIBUTE = re.compile(
    r"'[\w.]*onnxruntime_genai[\w.]*?\.?(\w+)' object has no attribute '(\w+)'"
)
_MISSING_NAME = re.compile(r"module '(onnxruntime_genai)[\w.]*' has no attribute '(\w+)'")

_MAX_MESSAGE = 300


def explain(
    error: BaseException,
    phase: Phase,
    *,
    artifacts: Mapping[str, Path],
    requirements: Mapping[str, str],
) -> WrapperError:
    """The `WrapperError` for what a model's code raised.

    `artifacts` are the folders and files logged with the model, by key; `requirements` the
    versions of the packages that it was logged with.
    """
    causes = list(_causes(error))
    for one in causes:
        if (call := _removed_call(one)) is not None:
            return _removed(call, artifacts)
        if isinstance(one, ModuleNotFoundError) and one.name:
            return _missing_module(one.name, requirements)
    error = next((one for one in causes if not _is_mlflows(one)), error)
    if phase == "loading" and isinstance(error, FileNotFoundError):
        name = error.filename or str(error)
        return WrapperError(
            "artifacts_missing",
            f"A file that the model needs is missing: {name}.",
            "Restore the model's artifacts, or register it again.",
        )
    if phase == "loading" and isinstance(error, EOFError | pickle.UnpicklingError):
        return WrapperError(
            "artifacts_missing",
            f"The model's pickled code is cut short or damaged ({_said(error)}).",
            "Restore the model's artifacts, or log it again.",
        )
    if isinstance(error, SystemExit):
        return WrapperError(
            "model_raised",
            f"The model's own code ended the program while {phase} (exit code {error.code}).",
            "The conversation is kept; its log may tell why.",
        )
    who = "MLflow" if _is_mlflows(error) else "The model's own code"
    return WrapperError(
        "model_raised",
        f"{who} raised {type(error).__name__} while {phase}: {_said(error)}",
        "The conversation is kept, and the traceback is in the log."
        if phase == "answering"
        else "Check that the model was logged for these versions of its packages; the traceback "
        "is in the log.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and what it was raised from.

    What was merely being handled when it was raised counts where MLflow raised it, which wraps
    what a model raises; a model's code may have handled anything for reasons of its own.
    """
    seen: list[BaseException] = []  # an error may have been raised from itself
    following: BaseException | None = error
    while following is not None and following not in seen:
        yield following
        seen.append(following)
        wrapped = following.__context__ if _is_mlflows(following) else None
        following = following.__cause__ or wrapped


def _is_mlflows(error: BaseException) -> bool:
    return type(error).__module__.startswith("mlflow.")


def _removed_call(error: BaseException) -> str | None:
    """The call that onnxruntime-genai no longer has, such as ``GeneratorParams.input_ids``.

    Its classes refuse an attribute to be set without telling which, so the message is read.
    """
    if not isinstance(error, AttributeError):
        return None
    found = _MISSING_ATTRIBUTE.search(str(error)) or _MISSING_NAME.search(str(error))
    return None if found is None else f"{found[1]}.{found[2]}"


def _removed(call: str, artifacts: Mapping[str, Path]) -> WrapperError:
    folders = [path for path in artifacts.values() if (path / "genai_config.json").is_file()]
    folder = f'"{folders[0]}"' if folders else "FOLDER"
    return WrapperError(
        "removed_api",
        f"This model's code uses {call}, which onnxruntime-genai has since removed.",
        f"Register its ONNX folder anew with: parley register onnx {folder} --name NAME",
    )


def _missing_module(name: str, requirements: Mapping[str, str]) -> WrapperError:
    package = name.partition(".")[0]
    wanted = {one.replace("-", "_"): version for one, version in requirements.items()}
    if (version := wanted.get(package.lower())) is not None:
        return WrapperError(
            "engine_missing",
            f"This model needs the package {package}, which is not installed.",
            f"Install the version it was logged with, {package}=={version}, and load it again.",
        )
    return WrapperError(
        "engine_missing",
        f"This model needs the Python module {name}, which is neither installed nor logged with "
        "the model.",
        "Install it, or log the model again with code_paths or as models-from-code.",
    )


def _said(error: BaseException) -> str:
    """The first paragraph of what the error says, on one line."""
    text = " ".join(str(error).split("\n\n")[0].split()) or "it gave no reason."
    return text if len(text) <= _MAX_MESSAGE else f"{text[: _MAX_MESSAGE - 1]}…"
