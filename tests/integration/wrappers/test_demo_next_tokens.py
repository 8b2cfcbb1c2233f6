"""What could come next, on the demo's weights, against the bare engines."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.support.demo_models import DemoModels, demo_models
from tests.support.transformers_models import Bare, never
from wrappers.base import Wrapper
from wrappers.contract import (
    Finished,
    Generate,
    LoadOptions,
    Message,
    NextTokens,
    NextTokensFound,
    Sampling,
    Tokenize,
)
from wrappers.detect import detect
from wrappers.mlmodel import read_mlmodel
from wrappers.onnx_genai import OnnxGenaiWrapper
from wrappers.transformers_chat import TransformersWrapper

pytestmark = pytest.mark.demo

QUESTION = (
    Message("system", "You are a stand-up comedian who knows a lot about physics. " * 6),
    Message("user", "Tell me a joke about atoms."),
)
"""More than one chunk of tokens."""
GREEDY = Sampling(temperature=0, max_tokens=6)
ALL = 100_000


@pytest.fixture(scope="module")
def models() -> DemoModels:
    return demo_models()


@pytest.fixture(scope="module")
def transformers(models: DemoModels) -> Iterator[TransformersWrapper]:
    yield from loaded(TransformersWrapper(), models, "transformers")


@pytest.fixture(scope="module")
def onnx(models: DemoModels) -> Iterator[OnnxGenaiWrapper]:
    yield from loaded(OnnxGenaiWrapper(), models, "onnx_genai")


def loaded[W: Wrapper](wrapper: W, models: DemoModels, kind: str) -> Iterator[W]:
    (folder,) = (
        file.parent
        for file in (models.home / "artifacts").rglob("MLmodel")
        if detect(read_mlmodel(file)).wrapper == kind
    )
    wrapper.load(folder, LoadOptions(), lambda _: None)
    yield wrapper
    wrapper.close()


def look(wrapper: Wrapper, continuation: tuple[int, ...], **more: Any) -> NextTokensFound:
    request = NextTokens(id=1, messages=QUESTION, continuation=continuation, **more)
    found = wrapper.next_tokens(request, never)
    assert found is not None
    return found


def answer(wrapper: Wrapper, **more: Any) -> Finished:
    request = Generate(id=2, messages=QUESTION, sampling=GREEDY, **more)
    *_, finished = wrapper.generate(request, never)
    assert isinstance(finished, Finished)
    return finished


def by_token(found: NextTokensFound) -> Any:
    shares = np.zeros(len(found.chances))
    for chance in found.chances:
        shares[chance.token.id] = chance.probability
    return shares


def softmax(logits: Any) -> Any:
    shares = np.exp(logits.astype(np.float64) - logits.max())
    return shares / shares.sum()


def test_that_probabilities_are_the_softmax_of_bare_transformers(
    transformers: TransformersWrapper, models: DemoModels
) -> None:
    import torch

    said = answer(transformers)
    bare = Bare(models.checkpoint)
    token_ids = said.token_ids or ()
    for since in (0, len(token_ids) - 1):
        continuation = token_ids[:since]
        ids = [*bare.encode(QUESTION), *continuation]
        with torch.inference_mode():
            logits = bare.model(torch.tensor([ids])).logits[0, -1].float().numpy()

        found = look(transformers, continuation, sampling=GREEDY, count=ALL)

        assert found.prompt_tokens == len(ids)
        assert by_token(found) == pytest.approx(softmax(logits), abs=1e-4)
        likeliest = found.chances[0]
        assert (likeliest.token.id, likeliest.sampled) == (token_ids[since], 1.0)
    assert_undisturbed(transformers, said)


def test_that_probabilities_are_the_softmax_of_bare_onnxruntime_genai(
    onnx: OnnxGenaiWrapper, models: DemoModels
) -> None:
    import onnxruntime_genai as og

    said = answer(onnx)
    model = og.Model(str(models.onnx))
    tokenizer = og.Tokenizer(model)
    token_ids = said.token_ids or ()
    for since in (0, len(token_ids) - 1):
        continuation = token_ids[:since]
        ids = [*map(int, tokenizer.encode(onnx.render(QUESTION))), *continuation]
        params = og.GeneratorParams(model)
        params.set_search_options(do_sample=False, max_length=len(ids) + 1)
        generator = og.Generator(model, params)
        generator.append_tokens(ids)
        logits = np.array(generator.get_logits()).ravel()

        found = look(onnx, continuation, sampling=GREEDY, count=ALL)

        assert found.prompt_tokens == len(ids)
        assert by_token(found) == pytest.approx(softmax(logits), abs=1e-4)
        likeliest = found.chances[0]
        assert (likeliest.token.id, likeliest.sampled) == (token_ids[since], 1.0)
    assert_undisturbed(onnx, said)


def assert_undisturbed(wrapper: Wrapper, said: Finished) -> None:
    """An answer after a look is what it was before, reused or read anew."""
    again, anew = answer(wrapper), answer(wrapper, reuse_prompt=False)
    assert again.timings.reused_prompt_tokens
    assert anew.timings.reused_prompt_tokens == 0
    assert again.token_ids == anew.token_ids == said.token_ids


def test_that_both_cut_a_prompt_into_the_same_tokens(
    transformers: TransformersWrapper, onnx: OnnxGenaiWrapper
) -> None:
    request = Tokenize(id=1, text=transformers.render(QUESTION) + "Ünïcode, 日本語, שלום, 🙂")

    tokens = transformers.tokenize(request)

    assert tokens is not None
    assert tokens == onnx.tokenize(request)
    assert {one.text for one in tokens if one.is_special} == {"<|im_start|>", "<|im_end|>"}
