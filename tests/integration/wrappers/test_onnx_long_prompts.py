"""Prompts past the length at which Phi-3's other RoPE factors begin, where a model has some."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.wrappers.conftest import folder_of, run_of_its_own
from tests.integration.wrappers.test_onnx_genai import answer, bare_engine, load, request_for, words
from tests.support.tiny_model import build_tiny_phi3
from tests.support.tiny_onnx import build_tiny_onnx
from wrappers import onnx_genai
from wrappers.contract import Capabilities, CountTokens, Finished, PromptProgress, Sampling
from wrappers.onnx_genai import OnnxGenaiWrapper

SWITCH, CONTEXT = 4096, 8192
SHORT = Sampling(temperature=0, max_tokens=12)

CONFIGS: dict[str, dict[str, Any]] = {
    "one": {"original_max_position_embeddings": CONTEXT},
    "two": {
        "original_max_position_embeddings": SWITCH,
        "rope_parameters": {
            "rope_type": "longrope",
            "type": "longrope",
            "rope_theta": 10_000.0,
            "short_factor": [1.0] * 8,
            "long_factor": [1.0 + at / 2 for at in range(8)],
            "original_max_position_embeddings": SWITCH,
        },
    },
}
"""With one set of factors for all lengths, and with two."""


@pytest.fixture(scope="module", params=CONFIGS)
def loaded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, OnnxGenaiWrapper, Capabilities, Path]]:
    folder = tmp_path_factory.mktemp(request.param)
    config = CONFIGS[request.param] | {"max_position_embeddings": CONTEXT}
    checkpoint = build_tiny_phi3(folder / "checkpoint", **config)
    onnx = build_tiny_onnx(checkpoint, folder / "onnx")
    with run_of_its_own(folder):
        model = folder_of(onnx_genai.log_model(onnx))
    wrapper, told = load(model)
    assert told.context_length == CONTEXT
    yield request.param, wrapper, told, onnx
    wrapper.close()


Loaded = tuple[str, OnnxGenaiWrapper, Capabilities, Path]


def long_prompt(wrapper: OnnxGenaiWrapper, tokens: int) -> str:
    """Of exactly so many."""
    text = words(tokens, tokens)
    while (count := wrapper.count(CountTokens(id=1, text=text)) or 0) > tokens:
        text = text[: len(text) - (count - tokens)]
    return text + "!" * (tokens - count)


@pytest.mark.parametrize("tokens", [SWITCH - 6, SWITCH + 1, SWITCH + 300])
def test_that_an_answer_is_the_bare_engines_however_long_the_prompt(
    loaded: Loaded, tokens: int
) -> None:
    _, wrapper, _, onnx = loaded
    prompt = long_prompt(wrapper, tokens)
    finished = answer(wrapper, prompt, SHORT)
    prompt_ids, token_ids = bare_engine(onnx, prompt, 12)
    assert len(prompt_ids) == tokens
    assert finished.token_ids == tuple(token_ids)


def test_that_stop_takes_effect_in_a_long_prompt_or_that_it_does_not_is_told(
    loaded: Loaded,
) -> None:
    kind, wrapper, told, _ = loaded
    prompt = long_prompt(wrapper, SWITCH + 300)
    progress: list[int] = []
    for event in wrapper.generate(request_for(prompt, SHORT), lambda: len(progress) > 2):
        if isinstance(event, PromptProgress):
            progress.append(event.done)
    assert isinstance(event, Finished)
    if kind == "one":
        assert event.stop_reason == "cancelled"
        assert progress == [0, 64, 128]
        assert told.notes == ()
    else:
        assert progress == [0, SWITCH + 300]
        (note,) = told.notes
        assert "more than 4,096 tokens is read in one piece" in note
