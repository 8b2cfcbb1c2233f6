"""Logging a checkpoint as wrapper 1: a transformers pipeline with MLflow's ``llm/v1/chat`` task.

What is logged is MLflow's plain flavor, nothing of Parley's own: it loads with
``mlflow.pyfunc.load_model`` anywhere, and its ``predict`` takes messages.
"""

import importlib.metadata
from pathlib import Path
from typing import Any

from wrappers.base import WrapperError
from wrappers.detect import WRAPPER_MARK
from wrappers.transformers_errors import first_line
from wrappers.transformers_files import Checkpoint, check_architecture, check_checkpoint

MAX_NEW_TOKENS = 300
"""Where an answer ends if a request does not say; wrapper 2 has the same."""

_REQUIREMENTS = ("mlflow", "torch", "transformers", "tokenizers", "safetensors", "jinja2")


def check_source(source: str) -> Checkpoint:
    """What the checkpoint is that `source` names, a folder or a model on the Hugging Face hub.

    Of a model on the hub only the config is fetched, so its size is not known. Raises
    `WrapperError` where it cannot be registered.
    """
    path = Path(source).expanduser()
    if path.exists() or path.is_absolute() or source.startswith((".", "~")):
        return check_checkpoint(path)
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise _not_on_the_hub(source) from error
    architecture = next(iter(config.architectures or ()), "")
    check_architecture(architecture, source)
    dtype = str(config.dtype).removeprefix("torch.") if config.dtype else None
    return Checkpoint(architecture=architecture, dtype=dtype)


def log_model(source: str, *, name: str = "model", **options: Any) -> Any:
    """Log the checkpoint that `source` names into the active run, in its own dtype. Returns
    MLflow's `ModelInfo`.

    `options` are further arguments of `mlflow.transformers.log_model`, such as
    ``registered_model_name``, ``metadata`` or ``tags``. Raises `WrapperError`.

    Where the checkpoint does not say whether to sample, its generation config is logged as greedy:
    a pipeline would sample otherwise, and a plain ``predict`` never say the same twice. It stands
    there and not in ``model_config``, over which no request can prevail. ``max_new_tokens``
    does stand there: only so does MLflow give the finish reason ``length``.
    """
    check_source(source)
    import mlflow

    pipeline = _pipeline(source)
    _be_greedy_unless_told(pipeline.model.generation_config)
    metadata = {WRAPPER_MARK: "transformers", **(options.pop("metadata", None) or {})}
    return mlflow.transformers.log_model(
        transformers_model=pipeline,
        name=name,
        task="llm/v1/chat",
        model_config={"max_new_tokens": MAX_NEW_TOKENS, "include_prompt": False},
        # Left to itself MLflow infers them, which fails wherever torchvision is not installed.
        pip_requirements=[f"{package}=={_version(package)}" for package in _REQUIREMENTS],
        metadata=metadata,
        **options,
    )


def _pipeline(source: str) -> Any:
    import transformers

    path = Path(source).expanduser()
    place = str(path) if path.exists() else source
    try:
        pipeline = transformers.pipeline(
            "text-generation", model=place, tokenizer=place, dtype="auto", device="cpu"
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise WrapperError(
            "bad_model",
            f"transformers cannot load {source}: {first_line(error)}.",
            "Download the model again, or choose another.",
        ) from error
    if not pipeline.tokenizer.chat_template:
        raise WrapperError(
            "not_a_chat_model",
            f"The tokenizer of {source} has no chat template, so the model cannot take messages.",
            "Choose the variant of the model that was tuned for chat (often named instruct).",
        )
    return pipeline


def _be_greedy_unless_told(generation_config: Any) -> None:
    if generation_config.do_sample is None:
        generation_config.do_sample = False
        # Without sampling these would mean nothing, and transformers refuses to save them.
        for name in ("temperature", "top_p", "top_k", "min_p", "typical_p"):
            setattr(generation_config, name, None)


def _not_on_the_hub(source: str) -> WrapperError:
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        return WrapperError(
            "not_found",
            f"There is no folder {source}, and the Hugging Face hub may not be asked "
            "(HF_HUB_OFFLINE is set).",
            "Give the model's folder, or unset HF_HUB_OFFLINE.",
        )
    return WrapperError(
        "not_found",
        f"There is neither a folder {source} nor a model of that name that the Hugging Face hub "
        "would give.",
        "Check the name and the network, and log in to the hub if the model asks for it.",
    )


def _version(package: str) -> str:
    """Without the local part, such as ``+cpu``, which no package index knows."""
    return importlib.metadata.version(package).partition("+")[0]
