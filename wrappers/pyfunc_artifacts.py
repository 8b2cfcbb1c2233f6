"""What stands in a foreign model's folder, before any of its code is run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.chat_template import find_template, template_tokens
from wrappers.mlmodel import mapping, parse_requirements, string
from wrappers.onnx_folder import CONFIG, check_folder


class Template(Struct, frozen=True):
    """A chat template that was logged among a model's artifacts."""

    source: str
    tokens: dict[str, str]
    special_tokens: tuple[str, ...] = ()


def artifacts_of(pyfunc: dict[str, Any], model_dir: Path) -> dict[str, Path]:
    """The files and folders logged with the model, by the key that its code knows."""
    return {
        key: model_dir / path
        for key, one in mapping(pyfunc.get("artifacts")).items()
        if (path := string(mapping(one).get("path"))) is not None
    }


def check_files(pyfunc: dict[str, Any], model_dir: Path, artifacts: Mapping[str, Path]) -> None:
    """Raises `WrapperError` where a file that MLmodel names is not there."""
    named = [
        model_dir / one
        for key in ("code", "data", "python_model")
        if (one := string(pyfunc.get(key))) is not None
    ]
    if code := string(pyfunc.get("model_code_path")):
        # MLflow keeps the path that the file had on its author's machine.
        named.append(model_dir / code.replace("\\", "/").rsplit("/", 1)[-1])
    missing = [path for path in (*named, *artifacts.values()) if not path.exists()]
    if missing:
        raise WrapperError(
            "artifacts_missing",
            f"A part of the model is missing: {missing[0].relative_to(model_dir)}.",
            "Restore the model's artifacts, or register it again.",
        )


def template_among(artifacts: Mapping[str, Path]) -> Template | None:
    """The chat template of the first artifact that has one.

    Raises `WrapperError` where an ONNX Runtime GenAI folder among them is not whole: the engine
    would only answer with a line of C++.
    """
    for folder in artifacts.values():
        if (folder / CONFIG).is_file():
            onnx = check_folder(folder)
            if onnx.chat_template is not None:
                return Template(onnx.chat_template, onnx.template_tokens, onnx.special_tokens)
        elif folder.is_dir() and (source := _readable_template(folder)) is not None:
            return Template(source, template_tokens(folder))
    return None


def requirements_of(model_dir: Path) -> dict[str, str]:
    """The packages that the model was logged with, and their versions."""
    try:
        return parse_requirements((model_dir / "requirements.txt").read_text("utf-8", "replace"))
    except OSError:
        return {}


def _readable_template(folder: Path) -> str | None:
    try:
        return find_template(folder)
    except (OSError, UnicodeDecodeError):
        return None
