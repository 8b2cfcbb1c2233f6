"""A folder in ONNX Runtime GenAI's format: whether it is whole, and what its files tell.

Nothing of it is loaded: a folder that a download or a copy has left incomplete is told in a
sentence here, where the engine would answer with a line of C++.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.chat_template import find_template, read_object, template_tokens
from wrappers.contract import Sampling, Weakness
from wrappers.weaknesses import weakness_of

CONFIG = "genai_config.json"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "tokenizer.module", "vocab.json")

# onnx.TensorProto.DataType, of what weights come in
_DTYPES = {1: "float32", 10: "float16", 16: "bfloat16", 11: "float64"}


class OnnxFolder(Struct, frozen=True, kw_only=True):
    """A whole folder, as its files describe the model."""

    path: Path
    model_type: str
    context_length: int
    vocabulary: int
    """How many tokens it tells apart."""
    weakness: Weakness | None
    dtype: str | None
    """Of most of the weights: ``int4``, ``float32`` and so on."""
    size_bytes: int
    defaults: Sampling
    """What the model does where a request says nothing; ``max_tokens`` is the wrapper's to say."""
    chat_template: str | None
    template_tokens: dict[str, str]
    special_tokens: tuple[str, ...]


def check_folder(folder: Path) -> OnnxFolder:
    """Raises `WrapperError`: ``not_found`` where there is no such folder, ``bad_model`` where it
    is not in this format, ``artifacts_missing`` where files are absent or cut short."""
    if not folder.is_dir():
        raise WrapperError(
            "not_found", f"There is no folder {folder}.", "Check its name, or choose another one."
        )
    config = _read_config(folder)
    model = config["model"]
    for name in sorted(set(_file_names(model))):
        _check_file(folder / name)
    _check_file(folder / "tokenizer_config.json")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise _incomplete(folder, "tokenizer.json is missing")
    graph = folder / str(model["decoder"].get("filename", "model.onnx"))
    return OnnxFolder(
        path=folder,
        model_type=str(model.get("type", "")),
        context_length=model["context_length"],
        vocabulary=int(model.get("vocab_size", 0)),
        weakness=weakness_of(
            model.get("type"),
            context_length=model["context_length"],
            hidden_size=model["decoder"].get("hidden_size"),
            layers=model["decoder"].get("num_hidden_layers"),
        ),
        dtype=_check_graph(graph),
        size_bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        defaults=_defaults(config.get("search", {})),
        chat_template=find_template(folder),
        template_tokens=template_tokens(folder),
        special_tokens=_special_tokens(folder),
    )


def _read_config(folder: Path) -> dict[str, Any]:
    file = folder / CONFIG
    if not file.is_file():
        deeper = sorted(folder.rglob(CONFIG))
        advice = (
            f"Choose the folder {deeper[0].parent.relative_to(folder)} within it."
            if deeper
            else "Choose a folder that the onnxruntime-genai model builder has made, or one of "
            "the folders of a downloaded ONNX model."
        )
        raise WrapperError("bad_model", f"There is no {CONFIG} in {folder}.", advice)
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        model = config["model"]
        understood = isinstance(model["context_length"], int) and isinstance(model["decoder"], dict)
    except (ValueError, KeyError, TypeError):
        understood = False
    if not understood:
        raise WrapperError(
            "bad_model",
            f"{CONFIG} in {folder} does not describe a language model.",
            "Copy or build the folder again.",
        )
    return dict(config)


def _file_names(value: Any) -> Iterator[str]:
    """Every file that ``genai_config.json`` names, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("filename") and isinstance(inner, str) and inner:
                yield inner
            else:
                yield from _file_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _file_names(inner)


def _check_file(file: Path, at_least: int = 1) -> None:
    if not file.is_file():
        raise _incomplete(file.parent, f"{file.name} is missing")
    size = file.stat().st_size
    if size < at_least:
        raise _incomplete(
            file.parent, f"{file.name} is cut short ({size:,} of at least {at_least:,} bytes)"
        )


def _incomplete(folder: Path, what: str) -> WrapperError:
    return WrapperError(
        "artifacts_missing",
        f"The model's files are incomplete: {what}.",
        f"Copy or download {folder} again, then register it anew.",
    )


def _check_graph(file: Path) -> str | None:
    """The weights' dtype. Raises `WrapperError` where the graph or the weights are cut short.

    Without the package ``onnx`` (a program frozen without it) there is nothing to look with: the
    engine then tells, in its own words.
    """
    _check_file(file)
    try:
        import onnx
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    except ImportError:
        return None
    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except DecodeError as error:
        raise _incomplete(file.parent, f"{file.name} is cut short or damaged") from error
    ends: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for tensor in graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        length = int(entries.get("length", 0)) or len(tensor.raw_data)
        if "location" in entries:
            end = int(entries.get("offset", 0)) + length
            ends[entries["location"]] = max(ends[entries["location"]], end)
        sizes[_DTYPES.get(tensor.data_type, "")] += length
    for location, end in ends.items():
        _check_file(file.parent / location, end)
    return _quantized(graph) or next((name for name, _ in sizes.most_common(1) if name), None)


def _quantized(graph: Any) -> str | None:
    bits = Counter(
        attribute.i
        for node in graph.node
        if node.op_type == "MatMulNBits"
        for attribute in node.attribute
        if attribute.name == "bits"
    )
    return f"int{bits.most_common(1)[0][0]}" if bits else None


def _defaults(search: dict[str, Any]) -> Sampling:
    if not search.get("do_sample", False):
        return Sampling(temperature=0.0)
    return Sampling(
        temperature=search.get("temperature"),
        top_p=search.get("top_p"),
        top_k=search.get("top_k"),
    )


def _special_tokens(folder: Path) -> tuple[str, ...]:
    """Written out, in the order of their ids."""
    added = read_object(folder / "tokenizer.json").get("added_tokens")
    if not isinstance(added, list):
        decoder = read_object(folder / "tokenizer_config.json").get("added_tokens_decoder", {})
        added = list(decoder.values()) if isinstance(decoder, dict) else []
    tokens = [one for one in added if isinstance(one, dict) and one.get("special")]
    return tuple(one["content"] for one in tokens if isinstance(one.get("content"), str))
