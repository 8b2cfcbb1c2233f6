"""Wrapper 1 loaded in another dtype than it was logged in, on the tiny Phi-3."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.transformers_models import JOKE, LONG, Bare, answer, events, greedy, opened
from wrappers.base import WrapperError
from wrappers.contract import (
    Capabilities,
    Finished,
    Generate,
    LoadOptions,
    NextTokens,
    PromptProgress,
    Sampling,
    TextPiece,
)
from wrappers.transformers_chat import TransformersWrapper

DTYPES = ("bfloat16", "int8")


@pytest.fixture(scope="module", params=DTYPES)
def wrapper(
    request: pytest.FixtureRequest, logged_transformers: Path
) -> Iterator[TransformersWrapper]:
    if request.param == "int8":
        pytest.importorskip("torchao")
    yield from opened(logged_transformers, LoadOptions(threads=1, dtype=request.param))


def loaded(
    folder: Path, options: LoadOptions
) -> tuple[TransformersWrapper, Capabilities, list[str]]:
    stages: list[str] = []
    one = TransformersWrapper()
    return one, one.load(folder, options, stages.append), stages


def test_that_bfloat16_answers_as_transformers_own_load_in_it_does(
    logged_transformers: Path, tiny_phi3: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    one, told, stages = loaded(logged_transformers, LoadOptions(threads=1, dtype="bfloat16"))
    bare = Bare(tiny_phi3)
    bare.model = AutoModelForCausalLM.from_pretrained(tiny_phi3, dtype=torch.bfloat16)

    assert told.dtype == "bfloat16"
    assert stages[-1] == "Converting to bfloat16"
    weights = one._loaded().weights  # the frequencies of positions are no weights
    assert [b.dtype for b in weights.buffers()] == [b.dtype for b in bare.model.buffers()]
    expected = bare.generate(bare.encode(LONG), do_sample=False, max_new_tokens=40)
    assert answer(one, LONG, greedy()).token_ids == tuple(expected)
    one.close()


def test_that_int8_is_told_and_takes_the_memory_of_it(logged_transformers: Path) -> None:
    torchao = pytest.importorskip("torchao")
    import torch

    one, told, stages = loaded(logged_transformers, LoadOptions(threads=1, dtype="int8"))

    assert torchao is not None
    assert told.dtype == "int8"
    assert stages[-1] == "Quantizing to int8"
    model = one._loaded().weights
    linear = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
    head = model.get_output_embeddings()
    assert {m.weight.qdata.dtype for m in linear if m is not head} == {torch.int8}
    assert head.weight.dtype == torch.bfloat16
    assert len(linear) > 4
    one.close()


def test_that_int8_says_nearly_what_the_logged_weights_say(logged_transformers: Path) -> None:
    pytest.importorskip("torchao")
    question = NextTokens(id=1, messages=JOKE, count=400)
    found = []
    for dtype in (None, "int8"):
        one, _, _ = loaded(logged_transformers, LoadOptions(threads=1, dtype=dtype))
        told = one.next_tokens(question, lambda: False)
        assert told is not None
        found.append({chance.token.id: chance.probability for chance in told.chances})
        one.close()
    exact, int8 = found
    assert exact != int8
    apart = sum(abs(exact.get(token, 0.0) - int8.get(token, 0.0)) for token in exact | int8)
    assert apart / 2 < 0.1  # of all probability, what has moved


def test_that_reading_one_token_and_many_agrees_in_int8(logged_transformers: Path) -> None:
    """The kernel for single tokens, and torchao's own for many rows."""
    pytest.importorskip("torchao")
    import torch

    one, _, _ = loaded(logged_transformers, LoadOptions(threads=1, dtype="int8"))
    model = one._loaded().weights
    layer = model.model.layers[0].mlp.down_proj
    rows = torch.randn(7, layer.in_features, dtype=torch.bfloat16)
    with torch.inference_mode():
        whole = layer(rows)
        single = torch.cat([layer(row[None]) for row in rows])
    assert torch.allclose(whole.float(), single.float(), rtol=0.05, atol=0.05)
    one.close()


def test_that_an_answer_is_streamed_and_counted(wrapper: TransformersWrapper) -> None:
    found = events(wrapper, JOKE, greedy())
    last = found[-1]

    assert isinstance(last, Finished)
    pieces = [one.text for one in found if isinstance(one, TextPiece)]
    assert "".join(pieces) == last.text
    assert last.usage.completion_tokens == len(last.token_ids or ()) > 0


def test_that_reusing_a_prompt_changes_no_answer(wrapper: TransformersWrapper) -> None:
    fresh = answer(wrapper, LONG, greedy())
    longer = (*LONG, type(LONG[0])("assistant", fresh.text), type(LONG[0])("user", "And then?"))
    reused = answer(wrapper, longer, greedy())
    wrapper._cache().forget()
    anew = answer(wrapper, longer, greedy())

    assert reused.timings.reused_prompt_tokens
    assert not anew.timings.reused_prompt_tokens
    assert reused.token_ids == anew.token_ids


def test_that_a_seed_gives_the_same_answer_again(wrapper: TransformersWrapper) -> None:
    how = Sampling(temperature=0.9, max_tokens=30, seed=5)
    first = answer(wrapper, JOKE, how)
    other = answer(wrapper, JOKE, Sampling(temperature=0.9, max_tokens=30, seed=6))

    assert answer(wrapper, JOKE, how).token_ids == first.token_ids
    assert other.token_ids != first.token_ids


def test_that_the_likeliest_token_is_the_one_that_is_written(wrapper: TransformersWrapper) -> None:
    told = wrapper.next_tokens(NextTokens(id=1, messages=JOKE, count=5), lambda: False)
    written = answer(wrapper, JOKE, greedy(max_tokens=1)).token_ids

    assert told is not None
    assert (told.chances[0].token.id,) == written


def test_that_stop_takes_effect_at_the_next_step(wrapper: TransformersWrapper) -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 4

    found = list(wrapper.generate(Generate(id=1, messages=LONG, sampling=greedy(400)), should_stop))
    last = found[-1]

    assert isinstance(last, Finished)
    assert last.stop_reason == "cancelled"
    assert sum(isinstance(one, (PromptProgress, TextPiece)) for one in found) < 12


def test_that_mlflows_predict_says_the_same(wrapper: TransformersWrapper) -> None:
    streamed = answer(wrapper, JOKE, greedy())
    whole = answer(wrapper, JOKE, greedy(), through_predict=True)

    assert whole.text == streamed.text.lstrip()


def test_that_without_torchao_int8_says_what_to_install(
    logged_transformers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torchao" else find_spec(name)
    )

    with pytest.raises(WrapperError) as raised:
        loaded(logged_transformers, LoadOptions(dtype="int8"))

    assert raised.value.kind == "engine_missing"
    assert "pip install torchao" in raised.value.advice


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (LoadOptions(dtype="float8"), "There is no dtype float8 here."),
        (LoadOptions(device="cuda:99"), "There is no device cuda:99 here."),
    ],
)
def test_that_what_is_not_there_is_refused_by_name(
    logged_transformers: Path, options: LoadOptions, sentence: str
) -> None:
    with pytest.raises(WrapperError) as raised:
        loaded(logged_transformers, options)

    assert (raised.value.kind, raised.value.message) == ("usage", sentence)
