"""A checkpoint folder of transformers, checked without loading it: what is missing, what is cut.

Reads only JSON and the headers of the weights. `WrapperError` is the only exception raised here.
"""

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from wrappers.base import WrapperError

_CAUSAL_LM = ("ForCausalLM", "LMHeadModel")
"""How the architectures of transformers that continue a text are named."""

_MAX_HEADER_BYTES = 100_000_000
"""What safetensors itself allows."""

_SINGLE_FILES = ("model.safetensors", "pytorch_model.bin")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")


class Checkpoint(Struct, frozen=True, kw_only=True):
    """What a checkpoint's files tell of it."""

    architecture: str
    dtype: str | None = None
    size_bytes: int | None = None
    """The weights alone."""


def check_checkpoint(folder: Path) -> Checkpoint:
    """What the chat model in `folder` is. Raises `WrapperError` where it cannot be registered."""
    if not folder.is_dir():
        raise WrapperError(
            "not_found", f"There is no folder {folder}.", "Check the path of the model's folder."
        )
    if (folder / "genai_config.json").is_file() and not (folder / "config.json").is_file():
        raise WrapperError(
            "bad_model",
            f"{folder} holds an ONNX Runtime GenAI model, not a transformers checkpoint.",
            "Register it as an ONNX model instead.",
        )
    config = read_json(folder / "config.json")
    architecture = _architecture(config)
    check_architecture(architecture, str(folder))
    weights = check_weights(folder)
    check_tokenizer(folder)
    dtype = config.get("dtype") or config.get("torch_dtype")
    return Checkpoint(
        architecture=architecture,
        dtype=dtype if isinstance(dtype, str) else None,
        size_bytes=sum(file.stat().st_size for file in weights),
    )


def _architecture(config: dict[str, Any]) -> str:
    architectures = config.get("architectures")
    if isinstance(architectures, list) and architectures and isinstance(architectures[0], str):
        return architectures[0]
    return ""


def check_architecture(architecture: str, source: str) -> None:
    """Raises `WrapperError` unless `architecture` is one that continues a text."""
    if not architecture.endswith(_CAUSAL_LM):
        raise WrapperError(
            "not_a_chat_model",
            f"The model in {source} is a {architecture or 'model of unknown architecture'}, "
            "which does not continue a text.",
            "Choose a causal language model.",
        )


# --------------------------------------------------------------------------------------------
# The tokenizer


def check_tokenizer(folder: Path) -> None:
    """Raises `WrapperError` where the tokenizer is missing or has no chat template."""
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise _missing(folder, "the tokenizer")
    if not _has_chat_template(folder):
        raise WrapperError(
            "not_a_chat_model",
            f"The tokenizer in {folder} has no chat template, so the model cannot take messages.",
            "Choose the variant of the model that was tuned for chat (often named instruct).",
        )


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    config = folder / "tokenizer_config.json"
    return config.is_file() and bool(read_json(config).get("chat_template"))


def check_small_files(model_dir: Path, weights: Path) -> None:
    """Raises `WrapperError` where a JSON file of a logged model is cut, or its tokenizer is gone.

    Meant for a model that did not load: what an odd one does without is no fault by itself.
    """
    for folder in (weights, *sorted((model_dir / "components").glob("*"))):
        for file in sorted(folder.glob("*.json")):
            try:
                json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError, RecursionError) as error:
                raise WrapperError(
                    "artifacts_missing",
                    f"{file} is cut short or damaged: it cannot be read as JSON.",
                    "Restore the file, or register the model again.",
                ) from error
    tokenizer = model_dir / "components" / "tokenizer"
    if tokenizer.is_dir() and not any((tokenizer / name).is_file() for name in _TOKENIZER_FILES):
        raise _missing(tokenizer, "the tokenizer (tokenizer.json)")


# --------------------------------------------------------------------------------------------
# The weights


def check_weights(folder: Path) -> tuple[Path, ...]:
    """The files that hold the weights in `folder`, each of them there and whole."""
    files = _weight_files(folder)
    for file in files:
        if not file.is_file() or file.stat().st_size == 0:
            raise _missing(folder, file.name)
        if file.suffix == ".safetensors":
            check_safetensors(file)
    return files


def _weight_files(folder: Path) -> tuple[Path, ...]:
    for name in _SINGLE_FILES:
        if (folder / name).is_file():
            return (folder / name,)
        index = folder / f"{name}.index.json"
        if index.is_file():
            weight_map = read_json(index).get("weight_map")
            if not isinstance(weight_map, dict) or not weight_map:
                raise _cut_short(index)
            return tuple(folder / part for part in sorted({*map(str, weight_map.values())}))
    raise _missing(folder, "the weights (model.safetensors)")


def check_safetensors(file: Path) -> None:
    """Raises `WrapperError` unless `file` is as long as its header says.

    The format: eight bytes with the header's length, the header as JSON, then the tensors, whose
    offsets the header gives from its own end.
    """
    size = file.stat().st_size
    with file.open("rb") as opened:
        prefix = opened.read(8)
        if len(prefix) < 8:
            raise _cut_short(file)
        (length,) = struct.unpack("<Q", prefix)
        if length > min(_MAX_HEADER_BYTES, size - 8):
            raise _cut_short(file)
        header = opened.read(length)
    try:
        end = max(_ends(json.loads(header)), default=0)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError) as error:
        raise _cut_short(file) from error
    if size != 8 + length + end:
        raise _cut_short(file)


def _ends(header: dict[str, Any]) -> Iterable[int]:
    return (
        int(tensor["data_offsets"][1]) for name, tensor in header.items() if name != "__metadata__"
    )


# --------------------------------------------------------------------------------------------
# Plain files


def read_json(path: Path) -> dict[str, Any]:
    """The object in the JSON file at `path`. Raises `WrapperError`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _missing(path.parent, path.name) from error
    except (OSError, ValueError, RecursionError) as error:
        raise WrapperError(
            "bad_model",
            f"{path} cannot be read as JSON.",
            "Restore the file, or download the model again.",
        ) from error
    if not isinstance(value, dict):
        raise WrapperError(
            "bad_model", f"{path} holds no JSON object.", "Download the model again."
        )
    return value


def _missing(folder: Path, what: str) -> WrapperError:
    return WrapperError(
        "artifacts_missing",
        f"The folder {folder} lacks {what}.",
        "Copy or download the model again, whole.",
    )


def _cut_short(file: Path) -> WrapperError:
    return WrapperError(
        "artifacts_missing",
        f"{file} is cut short or damaged: its size is not the one that its header tells.",
        "Copy or download the model again, whole.",
    )
