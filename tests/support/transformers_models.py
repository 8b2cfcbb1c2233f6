"""Wrapper 1 in a test: models as others log them, what to ask, and bare transformers beside it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from wrappers.base import WrapperError
from wrappers.contract import (
    Capabilities,
    Finished,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    Sampling,
)
from wrappers.transformers_chat import TransformersWrapper

JOKE = (
    Message("system", "You are a stand-up comedian."),
    Message("user", "Tell me a joke about atoms."),
)
LONG = (Message("user", "What is the weather like today? " * 12),)
ENDLESS = (Message("user", "a"),)
"""The tiny model answers it at some length."""
QUESTIONS = (
    JOKE,
    LONG,
    (Message("user", "Hi 🙂, מה שלומך?"),),
    (Message("user", "Hello"), Message("assistant", "Hello to you"), Message("user", "Bye")),
)
THREADS = LoadOptions(threads=1)


# --------------------------------------------------------------------------------------------
# Models

SLIDING = {"sliding_window": 200}
LONG_ROPE = {
    "original_max_position_embeddings": 128,
    "rope_parameters": {
        "rope_type": "longrope",
        "rope_theta": 10_000.0,
        "short_factor": [1.0] * 8,
        "long_factor": [4.0] * 8,
        "original_max_position_embeddings": 128,
    },
}
"""Fields of `build_tiny_phi3` for models whose past cannot simply be kept."""


def save(source: Path, folder: Path, **options: Any) -> Path:
    """What anyone gets from MLflow's plain function, without Parley."""
    import mlflow
    import transformers

    pipeline = transformers.pipeline("text-generation", model=str(source), device="cpu")
    mlflow.transformers.save_model(
        pipeline, str(folder), pip_requirements=["transformers"], **options
    )
    return folder


def opened(model_dir: Path, options: LoadOptions = THREADS) -> Iterator[TransformersWrapper]:
    one = TransformersWrapper()
    one.load(model_dir, options, lambda _: None)
    yield one
    one.close()


def load(model_dir: Path) -> tuple[TransformersWrapper, Capabilities]:
    one = TransformersWrapper()
    return one, one.load(model_dir, THREADS, lambda _: None)


class Bare:
    """The same weights through transformers alone."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model = AutoModelForCausalLM.from_pretrained(folder)
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def encode(self, messages: Sequence[Message]) -> list[int]:
        conversation = [{"role": one.role, "content": one.content} for one in messages]
        found = self.tokenizer.apply_chat_template(conversation, add_generation_prompt=True)
        return list(found["input_ids"])

    def generate(self, prompt_ids: list[int], **how: Any) -> list[int]:
        import torch

        input_ids = torch.tensor([prompt_ids])
        mask = torch.ones_like(input_ids)
        output = self.model.generate(input_ids, attention_mask=mask, **how)
        return [int(one) for one in output[0, len(prompt_ids) :]]


# --------------------------------------------------------------------------------------------
# Asking


def never() -> bool:
    return False


def events(
    wrapper: TransformersWrapper,
    question: str | tuple[Message, ...],
    sampling: Sampling = Sampling(),
    *,
    through_predict: bool = False,
    should_stop: Callable[[], bool] = never,
) -> list[GenerationEvent]:
    prompt, messages = (question, None) if isinstance(question, str) else (None, question)
    request = Generate(
        id=7,
        messages=messages,
        prompt=prompt,
        sampling=sampling,
        through_predict=through_predict,
    )
    found = list(wrapper.generate(request, should_stop))
    assert {one.id for one in found} == {7}
    return found


def answer(*args: Any, **kwargs: Any) -> Finished:
    last = events(*args, **kwargs)[-1]
    assert isinstance(last, Finished)
    return last


def refusal(*args: Any, **kwargs: Any) -> WrapperError:
    with pytest.raises(WrapperError) as raised:
        events(*args, **kwargs)
    return raised.value


def greedy(max_tokens: int = 40, **others: Any) -> Sampling:
    return Sampling(temperature=0, max_tokens=max_tokens, **others)
