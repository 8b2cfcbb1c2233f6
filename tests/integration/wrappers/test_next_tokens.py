"""What could come next, on the tiny Phi-3 in both formats, against the bare engines."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.tiny_model import CONTEXT_LENGTH, build_tiny_phi3
from tests.support.transformers_models import (
    JOKE,
    LONG_ROPE,
    SLIDING,
    Bare,
    load,
    never,
    opened,
    save,
)
from wrappers.base import Wrapper, WrapperError
from wrappers.contract import (
    CountTokens,
    Finished,
    Generate,
    LoadOptions,
    Message,
    NextTokens,
    NextTokensFound,
    Sampling,
    Tokenize,
)
from wrappers.onnx_genai import OnnxGenaiWrapper
from wrappers.onnx_genai_model import sampled_distribution
from wrappers.transformers_chat import TransformersWrapper

CHUNK = 64
LONG = (Message("user", "What is the weather like today? " * 20),)
ALL = 100_000
"""More tokens than any vocabulary here has."""
GREEDY = Sampling(temperature=0, max_tokens=12)
KNOBS = (
    Sampling(temperature=0.7, top_k=20, top_p=0.9),
    Sampling(temperature=1.8, top_k=0, top_p=0.6),
    Sampling(temperature=1.0, top_k=5, top_p=1.0),
    Sampling(temperature=1.0, top_k=0, top_p=1.0),
    Sampling(temperature=1.3, top_k=1),
    Sampling(temperature=0),
)


@pytest.fixture(scope="module")
def transformers(logged_transformers: Path) -> Iterator[TransformersWrapper]:
    yield from opened(logged_transformers)


@pytest.fixture(scope="module")
def onnx(onnx_models: dict[str, Path]) -> Iterator[OnnxGenaiWrapper]:
    yield from fresh_onnx(onnx_models)


def fresh_onnx(onnx_models: dict[str, Path]) -> Iterator[OnnxGenaiWrapper]:
    wrapper = OnnxGenaiWrapper()
    wrapper.load(onnx_models["tiny"], LoadOptions(threads=1), lambda _: None)
    yield wrapper
    wrapper.close()


@pytest.fixture(params=["transformers", "onnx"])
def wrapper(request: pytest.FixtureRequest) -> Wrapper:
    """Either of the two."""
    either: Wrapper = request.getfixturevalue(request.param)
    return either


@pytest.fixture(scope="module")
def bare(tiny_phi3: Path) -> Bare:
    return Bare(tiny_phi3)


@pytest.fixture(scope="module")
def bare_onnx(tiny_onnx: Path) -> Any:
    import onnxruntime_genai as og

    return og.Model(str(tiny_onnx))


def look(wrapper: Wrapper, ask: str | tuple[Message, ...], **more: Any) -> NextTokensFound:
    prompt, messages = (ask, None) if isinstance(ask, str) else (None, ask)
    request = NextTokens(id=5, prompt=prompt, messages=messages, **more)
    found = wrapper.next_tokens(request, never)
    assert found is not None
    assert found.id == 5
    return found


def answer(
    wrapper: Wrapper,
    ask: tuple[Message, ...],
    sampling: Sampling = GREEDY,
    *,
    reuse_prompt: bool = True,
) -> Finished:
    request = Generate(id=7, messages=ask, sampling=sampling, reuse_prompt=reuse_prompt)
    *_, finished = wrapper.generate(request, never)
    assert isinstance(finished, Finished)
    return finished


def by_token(found: NextTokensFound, which: str = "probability") -> Any:
    """The shares as an array over the vocabulary."""
    shares = np.zeros(len(found.chances))
    for chance in found.chances:
        shares[chance.token.id] = getattr(chance, which)
    return shares


def softmax(logits: Any) -> Any:
    shares = np.exp(logits.astype(np.float64) - logits.max())
    return shares / shares.sum()


def bare_logits(bare: Bare, ids: list[int]) -> Any:
    """Those of transformers alone, all of `ids` read at once."""
    import torch

    with torch.inference_mode():
        return bare.model(torch.tensor([ids])).logits[0, -1].float()


def bare_onnx_logits(model: Any, ids: list[int]) -> Any:
    """Those of onnxruntime-genai alone, likewise."""
    import onnxruntime_genai as og

    params = og.GeneratorParams(model)
    params.set_search_options(do_sample=False, max_length=len(ids) + 1)
    generator = og.Generator(model, params)
    generator.append_tokens(ids)
    return np.array(generator.get_logits()).ravel()


# --------------------------------------------------------------------------------------------
# The model's own probabilities


@pytest.mark.parametrize("question", [JOKE, LONG])
@pytest.mark.parametrize("since", [0, 3, 70])
def test_that_probabilities_are_the_softmax_of_bare_transformers(
    transformers: TransformersWrapper, bare: Bare, question: tuple[Message, ...], since: int
) -> None:
    continuation = some_tokens(since)
    ids = [*bare.encode(question), *continuation]

    found = look(transformers, question, continuation=continuation, count=ALL)

    expected = softmax(bare_logits(bare, ids).numpy())
    assert found.prompt_tokens == len(ids)
    assert by_token(found) == pytest.approx(expected, abs=1e-4)
    assert by_token(found).sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("question", [JOKE, LONG])
@pytest.mark.parametrize("since", [0, 3, 70])
def test_that_probabilities_are_the_softmax_of_bare_onnxruntime_genai(
    onnx: OnnxGenaiWrapper, bare_onnx: Any, question: tuple[Message, ...], since: int
) -> None:
    continuation = some_tokens(since)
    ids = [*onnx._model.encode(onnx.render(question)), *continuation]

    found = look(onnx, question, continuation=continuation, count=ALL)

    expected = softmax(bare_onnx_logits(bare_onnx, ids))
    assert found.prompt_tokens == len(ids)
    assert by_token(found) == pytest.approx(expected, abs=1e-4)
    assert by_token(found).sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("config", [SLIDING, LONG_ROPE], ids=["sliding window", "LongRoPE"])
def test_that_models_that_forget_or_switch_tell_the_same_too(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    source = build_tiny_phi3(tmp_path / "source", **config)
    foreign, capabilities = load(save(source, tmp_path / "model", task="llm/v1/chat"))
    reference = Bare(source)

    assert capabilities.next_token_probabilities
    for question in (JOKE, LONG, JOKE, LONG):
        expected = softmax(bare_logits(reference, reference.encode(question)).numpy())
        assert by_token(look(foreign, question, count=ALL)) == pytest.approx(expected, abs=1e-4)
    foreign.close()


def some_tokens(count: int) -> tuple[int, ...]:
    return tuple(random.Random(count).choices(range(40, 200), k=count))  # noqa: S311 - test data


def test_that_a_token_and_its_neighbours_can_be_asked_for(wrapper: Wrapper) -> None:
    whole = look(wrapper, JOKE, count=ALL)
    rare = whole.chances[-1]

    found = look(wrapper, JOKE, count=3, also=(rare.token.id, whole.chances[0].token.id))

    assert found.chances == (*whole.chances[:3], rare)


def test_that_a_prompt_is_looked_past_like_the_messages_it_was_made_of(wrapper: Wrapper) -> None:
    assert look(wrapper, wrapper.render(JOKE)) == look(wrapper, JOKE)


# --------------------------------------------------------------------------------------------
# What is sampled


def test_that_the_likeliest_token_is_the_one_a_greedy_answer_takes(wrapper: Wrapper) -> None:
    said = answer(wrapper, LONG).token_ids or ()

    for place in (0, 1, 7):
        found = look(wrapper, LONG, continuation=said[:place], sampling=GREEDY, count=ALL)
        assert found.chances[0].token.id == said[place]
        assert found.chances[0].sampled == 1.0
        assert by_token(found, "sampled").sum() == 1.0


@pytest.mark.parametrize("knobs", KNOBS)
def test_that_sampled_is_what_transformers_own_warpers_leave(
    transformers: TransformersWrapper, bare: Bare, knobs: Sampling
) -> None:
    import torch
    from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    ids = bare.encode(JOKE)
    read, scores = torch.tensor([ids]), bare_logits(bare, ids)[None]
    if knobs.temperature:
        scores = TemperatureLogitsWarper(knobs.temperature)(read, scores)
        if knobs.top_k:
            scores = TopKLogitsWarper(knobs.top_k)(read, scores)
        if knobs.top_p is not None:
            scores = TopPLogitsWarper(knobs.top_p)(read, scores)
        expected = scores[0].softmax(-1).numpy()
    else:
        expected = np.eye(scores.shape[1])[int(scores.argmax())]

    sampled = by_token(look(transformers, JOKE, sampling=knobs, count=ALL), "sampled")

    assert set(np.flatnonzero(sampled)) == set(np.flatnonzero(expected))
    assert sampled == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("knobs", KNOBS)
def test_that_onnx_answers_begin_as_often_with_a_token_as_it_is_sampled(
    onnx: OnnxGenaiWrapper, knobs: Sampling
) -> None:
    import onnxruntime_genai as og

    sampled = by_token(look(onnx, JOKE, sampling=knobs, count=ALL), "sampled")

    params = og.GeneratorParams(onnx._model._model)
    options: dict[str, Any] = {"do_sample": bool(knobs.temperature), "random_seed": 3}
    given = {name: getattr(knobs, name) for name in ("temperature", "top_k", "top_p")}
    options |= {name: value for name, value in given.items() if value is not None}
    ids = onnx._model.encode(onnx.render(JOKE))
    params.set_search_options(**options, max_length=len(ids) + 1)
    assert_drawn_like(sampled, og.Generator(onnx._model._model, params), ids)


PEAK = [0.4, 0.2, 0.15, 0.1, 0.06, 0.05, 0.03, 0.01]
"""What some tokens have of the whole; the others have next to nothing."""
FLAT = [0.05] * 20


@pytest.mark.parametrize("shares", [PEAK, FLAT], ids=["peak", "flat"])
@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 2.0, "top_k": 8, "top_p": 0.7},
        {"temperature": 2.0, "top_k": 4, "top_p": 0.7},
        {"temperature": 2.0, "top_k": 0, "top_p": 0.7},
        {"temperature": 0.5, "top_k": 8, "top_p": 0.9},
        {"temperature": 1.0, "top_k": 3, "top_p": 1.0},
        {"temperature": 1.0, "top_k": 0, "top_p": 0.0},
        {"temperature": 1.0, "top_k": 8, "top_p": 0.0},
        {"temperature": 0.01, "top_k": 0, "top_p": 0.1},
    ],
)
def test_that_onnx_sampling_is_computed_as_the_engine_draws(
    bare_onnx: Any, shares: list[float], options: dict[str, Any]
) -> None:
    import onnxruntime_genai as og

    params = og.GeneratorParams(bare_onnx)
    params.set_search_options(do_sample=True, random_seed=3, max_length=9, **options)
    generator = og.Generator(bare_onnx, params)
    generator.append_tokens([1, 2])
    logits = np.full_like(generator.get_logits(), -40)
    # Not quite alike, so that it is clear which of them is the likelier.
    logits[0, 0, : len(shares)] = np.log(shares) - np.arange(len(shares)) * 1e-3

    sampled = sampled_distribution(logits.ravel(), params.get_search_options())

    assert_drawn_like(sampled, generator, [1, 2], logits)


def assert_drawn_like(
    sampled: Any, generator: Any, ids: list[int], logits: Any = None, draws: int = 600
) -> None:
    """Have the engine draw the next token often enough to tell."""
    drawn: Counter[int] = Counter()
    generator.rewind_to(0)
    generator.append_tokens(ids)
    for _ in range(draws):
        generator.rewind_to(len(ids) - 1)
        generator.append_tokens(ids[-1:])
        if logits is not None:
            generator.set_logits(logits)
        generator.generate_next_token()
        drawn[int(generator.get_next_tokens()[0])] += 1
    assert sampled.sum() == pytest.approx(1, abs=1e-4)
    assert not [token for token in drawn if sampled[token] == 0]
    for token in np.flatnonzero(sampled > 0.02):
        share = float(sampled[token])
        spread = (share * (1 - share) / draws) ** 0.5
        assert drawn[int(token)] / draws == pytest.approx(share, abs=4 * spread + 1e-6)


@pytest.mark.parametrize("name", ["repetition_penalty", "min_length", "no_repeat_ngram_size"])
def test_that_what_else_an_onnx_model_does_to_its_logits_is_not_guessed(name: str) -> None:
    search = {"do_sample": True, "top_k": 0, "top_p": 1.0, "temperature": 1.0}
    assert sampled_distribution(np.zeros(3, np.float32), search) == pytest.approx([1 / 3] * 3)
    assert sampled_distribution(np.zeros(3, np.float32), search | {name: 2}) is None


# --------------------------------------------------------------------------------------------
# Beside answers


def test_that_an_answer_is_the_same_after_a_look_at_what_comes_next(wrapper: Wrapper) -> None:
    before = answer(wrapper, LONG, reuse_prompt=False)
    said = before.token_ids or ()

    knobs = Sampling(temperature=0.9, seed=4)  # and room for many more tokens
    look(wrapper, LONG, continuation=said[:5], sampling=knobs)
    after = answer(wrapper, LONG)

    assert after.timings.reused_prompt_tokens
    assert after.token_ids == before.token_ids


def test_that_a_seeded_answer_is_the_same_after_a_look(wrapper: Wrapper) -> None:
    seeded = Sampling(temperature=1.0, top_k=0, max_tokens=12, seed=8)
    before = answer(wrapper, JOKE, seeded)
    look(wrapper, JOKE, sampling=seeded)

    assert answer(wrapper, JOKE, seeded).token_ids == before.token_ids


def test_that_a_look_tells_the_very_same_whatever_was_read_before(wrapper: Wrapper) -> None:
    answer(wrapper, JOKE, reuse_prompt=False)
    fresh = look(wrapper, LONG, count=ALL)
    answer(wrapper, LONG, Sampling(temperature=1.2, max_tokens=30, seed=1))

    assert look(wrapper, LONG, count=ALL) == fresh


def test_that_a_prompt_can_be_read_anew(wrapper: Wrapper) -> None:
    first = answer(wrapper, LONG)
    again = answer(wrapper, LONG)
    anew = answer(wrapper, LONG, reuse_prompt=False)

    assert again.timings.reused_prompt_tokens
    assert anew.timings.reused_prompt_tokens == 0
    assert anew.token_ids == again.token_ids == first.token_ids
    assert answer(wrapper, LONG).timings.reused_prompt_tokens, "what was read anew is kept"


def test_that_stop_ends_a_look_while_the_prompt_is_read(wrapper: Wrapper) -> None:
    wrapper_tokens = wrapper.count(CountTokens(id=1, messages=LONG)) or 0
    assert wrapper_tokens > 2 * CHUNK
    whole = answer(wrapper, LONG)
    answer(wrapper, JOKE, reuse_prompt=False)
    asked = itertools.count()

    stopped = wrapper.next_tokens(NextTokens(id=1, messages=LONG), lambda: next(asked) >= 1)

    assert stopped is None
    assert next(asked) == 2, "it goes on after it was stopped"
    after = answer(wrapper, LONG)
    assert after.timings.reused_prompt_tokens in (0, CHUNK)
    assert after.token_ids == whole.token_ids


# --------------------------------------------------------------------------------------------
# Tokens


def test_that_a_text_is_told_as_the_tokens_that_the_model_reads(wrapper: Wrapper) -> None:
    prompt = wrapper.render(JOKE)
    tokens = wrapper.tokenize(Tokenize(id=1, text=prompt))

    assert tokens is not None
    assert tuple(one.id for one in tokens) == answer(wrapper, JOKE).prompt_token_ids
    assert "".join(one.text for one in tokens) == prompt
    special = {one.text for one in tokens if one.is_special}
    assert special == {"<|system|>", "<|user|>", "<|end|>", "<|assistant|>"}
    assert wrapper.tokenize(Tokenize(id=1, text="")) == ()


def test_that_a_part_of_a_character_is_told_as_such(wrapper: Wrapper) -> None:
    tokens = wrapper.tokenize(Tokenize(id=1, text="🙂"))

    assert tokens is not None
    assert len(tokens) > 1
    assert {one.text for one in tokens} == {"\N{REPLACEMENT CHARACTER}"}


# --------------------------------------------------------------------------------------------
# What bad input gets


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (NextTokens(id=1), "usage"),
        (NextTokens(id=1, prompt=" \n"), "empty_prompt"),
        (NextTokens(id=1, prompt="a", continuation=(10**6,)), "usage"),
        (NextTokens(id=1, prompt="a", also=(-1,)), "usage"),
        (NextTokens(id=1, prompt="a", sampling=Sampling(top_p=2)), "usage"),
        (NextTokens(id=1, prompt="a", continuation=(50,) * CONTEXT_LENGTH), "context_too_long"),
    ],
)
def test_that_a_look_that_cannot_be_is_refused(
    wrapper: Wrapper, request_: NextTokens, kind: str
) -> None:
    with pytest.raises(WrapperError) as caught:
        wrapper.next_tokens(request_, never)
    assert caught.value.kind == kind
    assert caught.value.advice or kind == "usage"


def test_that_a_model_logged_before_says_that_it_cannot_tell(
    onnx_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = OnnxGenaiWrapper()
    wrapper.load(onnx_models["tiny"], LoadOptions(threads=1), lambda _: None)
    logged = type(wrapper._model)
    for later in ("next_tokens", "forget", "decode"):
        monkeypatch.delattr(logged, later)

    capabilities = wrapper._capabilities(wrapper._loaded(), "0")
    assert not capabilities.next_token_probabilities
    with pytest.raises(WrapperError) as caught:
        wrapper.next_tokens(NextTokens(id=1, prompt="a"), never)
    assert caught.value.kind == "unsupported"
    assert wrapper.tokenize(Tokenize(id=1, text="a")) is None
    answer(wrapper, LONG)
    assert answer(wrapper, LONG, reuse_prompt=False).timings.reused_prompt_tokens == 0
    wrapper.close()
