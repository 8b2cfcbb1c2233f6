"""Loading an MLflow model of the transformers flavor, and what is true of it then."""

import contextlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wrappers.base import ReportStage, WrapperError
from wrappers.contract import Capabilities, LoadOptions, Mode, Weakness
from wrappers.mlmodel import facts, flavor, mapping, read_mlmodel, string
from wrappers.process_memory import resident_bytes
from wrappers.transformers_dtype import check_dtype, convert
from wrappers.transformers_errors import is_out_of_memory, while_loading
from wrappers.transformers_files import check_small_files, check_weights
from wrappers.transformers_predict import Task
from wrappers.transformers_sampling import default_sampling, model_defaults
from wrappers.weaknesses import weakness_of

PARAMETERS = ("temperature", "top_p", "top_k", "max_tokens", "stop", "seed")


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A pipeline, and what its MLmodel file says of it."""

    pipeline: Any
    pyfunc: Any
    """The `mlflow.pyfunc.PyFuncModel` around it; ``None`` where that flavor was not logged."""
    task: Task
    model_config: Mapping[str, Any]
    """As logged: what MLflow's ``predict`` hands to the pipeline."""
    has_prompt_template: bool
    threads: int
    dtype: str
    """Of its weights: ``int8`` where they were quantized to it."""

    @property
    def weights(self) -> Any:
        """The `PreTrainedModel`."""
        return self.pipeline.model

    @property
    def tokenizer(self) -> Any:
        return self.pipeline.tokenizer

    @property
    def context_length(self) -> int | None:
        config = self.weights.config.get_text_config(decoder=True)
        length = getattr(config, "max_position_embeddings", None)
        return length if isinstance(length, int) else None

    @property
    def vocabulary(self) -> int:
        """How many tokens it tells apart."""
        return int(self.weights.config.get_text_config(decoder=True).vocab_size)

    @property
    def weakness(self) -> Weakness | None:
        config = self.weights.config
        return weakness_of(
            config.model_type,
            context_length=self.context_length,
            hidden_size=getattr(config, "hidden_size", None),
            layers=getattr(config, "num_hidden_layers", None),
        )

    @property
    def end_ids(self) -> frozenset[int]:
        """The tokens at which ``generate`` ends."""
        ids = self.weights.generation_config.eos_token_id
        return frozenset([ids] if isinstance(ids, int) else ids or ())

    @property
    def defaults(self) -> dict[str, Any]:
        """What it does by itself, in transformers' names."""
        generation_config = self.weights.generation_config.to_diff_dict()
        return model_defaults(generation_config, self.model_config)


def load_pipeline(model_dir: Path, options: LoadOptions, report: ReportStage) -> LoadedModel:
    """Load the model in `model_dir` as `options` say. Raises `WrapperError`."""
    mlmodel = read_mlmodel(model_dir / "MLmodel")
    native = flavor(mlmodel, "transformers")
    if native is None:
        raise WrapperError(
            "bad_model",
            "This model does not have MLflow's transformers flavor.",
            "Log it with mlflow.transformers.log_model.",
        )
    check_dtype(options.dtype)
    report("Checking the files")
    if binary := string(native.get("model_binary")):
        check_weights(model_dir / binary)
    _require("torch", "transformers")
    report("Importing PyTorch")
    import torch

    _check_device(options.device)
    threads = options.threads or _usable_cores()
    torch.set_num_threads(threads)
    report("Importing MLflow and transformers")
    import mlflow
    import transformers

    report("Reading the weights")
    with _failures_as_sentences(model_dir, native):
        pyfunc = None
        if flavor(mlmodel, "python_function") is not None:
            pyfunc = mlflow.pyfunc.load_model(str(model_dir))
            pipeline = pyfunc.get_raw_model()
        else:
            pipeline = mlflow.transformers.load_model(str(model_dir))
    if not isinstance(pipeline, transformers.TextGenerationPipeline):
        raise WrapperError(
            "not_a_chat_model",
            f"This model is a {type(pipeline).__name__}, which does not continue a text.",
            "Choose a model that was logged for text-generation.",
        )
    with _failures_as_sentences(model_dir, native):
        _place(pipeline, options, report)
    return LoadedModel(
        pipeline=pipeline,
        pyfunc=pyfunc,
        task=_task(mlmodel, native),
        model_config=facts(mlmodel).model_config,
        has_prompt_template=bool(mapping(mlmodel.get("metadata")).get("prompt_template")),
        threads=threads,
        dtype="int8" if options.dtype == "int8" else _plain(pipeline.model.dtype),
    )


def capabilities(model: LoadedModel, *, prompt_reuse: bool) -> Capabilities:
    """What is true of `model` as it is loaded."""
    import transformers

    template = model.tokenizer.chat_template
    if isinstance(template, dict):  # several by name
        template = template.get("default")
    accepts: tuple[Mode, ...] = ("messages", "template") if template else ("template",)
    return Capabilities(
        mode="messages" if model.task == "llm/v1/chat" else "template",
        accepts=accepts,
        streams=True,
        stop="step",
        template="model" if template else "none",
        parameters=PARAMETERS,
        engine=f"transformers {transformers.__version__}",
        defaults=default_sampling(model.defaults),
        context_length=model.context_length,
        weakness=model.weakness,
        chat_template=template,
        special_tokens=_special_tokens(model.tokenizer),
        counts_tokens=True,
        prompt_progress=True,
        prompt_reuse=prompt_reuse,
        next_token_probabilities=True,
        through_predict=model.pyfunc is not None,
        device=str(model.weights.device),
        devices=devices(),
        dtype=model.dtype,
        threads=model.threads,
        memory_bytes=resident_bytes(),
        notes=tuple(_notes(model, has_template=bool(template))),
    )


def _place(pipeline: Any, options: LoadOptions, report: ReportStage) -> None:
    """Convert and move the weights where `options` want it. Whatever MLflow spread over several
    devices stays there."""
    import torch

    model = pipeline.model
    if options.dtype is not None:
        convert(model, options.dtype, report)
    if getattr(model, "hf_device_map", None) is not None:
        return
    device = torch.device(options.device or _best_device())
    if model.device != device:
        report(f"Moving to {device}")
        model.to(device)
    pipeline.device = model.device


def devices() -> tuple[str, ...]:
    """All that PyTorch finds here, the CPU first."""
    import torch

    found = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps:0")
    return tuple(found)


def _check_device(device: str | None) -> None:
    if device is None:
        return
    kind, _, index = device.partition(":")
    if f"{kind}:{index or 0}" not in devices() and device != "cpu":
        raise WrapperError(
            "usage",
            f"There is no device {device} here.",
            f"Choose another: {', '.join(devices())}.",
        )


def _best_device() -> str:
    others = devices()[1:]
    return others[0] if others else "cpu"


def _plain(dtype: Any) -> str:
    """``bfloat16`` of torch's dtype."""
    return str(dtype).removeprefix("torch.")


def _task(mlmodel: dict[str, Any], native: dict[str, Any]) -> Task:
    named = native.get("inference_task") or mapping(mlmodel.get("metadata")).get("task")
    if named == "llm/v1/chat":
        return "llm/v1/chat"
    return "llm/v1/completions" if named == "llm/v1/completions" else "text-generation"


def _special_tokens(tokenizer: Any) -> tuple[str, ...]:
    added = sorted(tokenizer.added_tokens_decoder.items())
    special = [str(token.content) for _, token in added if token.special]
    return tuple(dict.fromkeys([*special, *map(str, tokenizer.all_special_tokens)]))


def _notes(model: LoadedModel, *, has_template: bool) -> Iterator[str]:
    if not has_template:
        yield "Its tokenizer has no chat template, so it takes a prompt and no messages."
    if model.has_prompt_template:
        yield (
            "It was logged with a prompt_template, which MLflow's predict wraps around the prompt "
            "and streaming does not."
        )
    probe = "a"
    if (
        model.tokenizer(probe)["input_ids"]
        != (model.tokenizer(probe, add_special_tokens=False)["input_ids"])
    ):
        yield (
            "MLflow's predict puts the tokenizer's own special tokens before the prompt once more; "
            "streaming reads the prompt exactly as it is shown."
        )
    max_length = model.defaults.get("max_length")
    if max_length is not None and "max_new_tokens" not in model.defaults:
        yield (
            f"It was logged with max_length={max_length}: where max_tokens is not given, the "
            "prompt and the answer together end there."
        )


def _require(*packages: str) -> None:
    missing = [one for one in packages if importlib.util.find_spec(one) is None]
    if missing:
        names = " and ".join(missing)
        raise WrapperError(
            "engine_missing",
            f"This model needs {names}, which {'is' if len(missing) == 1 else 'are'} not "
            "installed here.",
            f"Install it with: pip install {' '.join(packages)}.",
        )


@contextlib.contextmanager
def _failures_as_sentences(model_dir: Path, native: dict[str, Any]) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if is_out_of_memory(error):
            raise while_loading(error) from error
        binary = string(native.get("model_binary"))
        if binary is None:
            raise WrapperError(
                "artifacts_missing",
                f"This model was logged without its weights, and {native.get('source_model_name')} "
                "could not be had from the Hugging Face hub.",
                "Connect to the network, or log the model with save_pretrained=True.",
            ) from error
        check_small_files(model_dir, model_dir / binary)
        raise while_loading(error) from error


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
