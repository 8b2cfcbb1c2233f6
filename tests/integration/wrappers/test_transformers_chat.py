"""Wrapper 1's stream on the tiny Phi-3, against bare transformers."""

import itertools
import random
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_model import CONTEXT_LENGTH, build_tiny_phi3
from tests.support.transformers_models import (
    JOKE,
    LONG,
    LONG_ROPE,
    QUESTIONS,
    SLIDING,
    THREADS,
    Bare,
    answer,
    events,
    greedy,
    load,
    never,
    opened,
    refusal,
    save,
)
from wrappers.base import WrapperError
from wrappers.contract import (
    CountTokens,
    DecodeTokens,
    Finished,
    Generate,
    LoadOptions,
    Message,
    PromptProgress,
    Sampling,
    TextPiece,
)
from wrappers.transformers_chat import TransformersWrapper, check_source


@pytest.fixture(scope="module")
def wrapper(logged_transformers: Path) -> Iterator[TransformersWrapper]:
    yield from opened(logged_transformers)


@pytest.fixture(scope="module")
def bare(tiny_phi3: Path) -> Bare:
    return Bare(tiny_phi3)


# --------------------------------------------------------------------------------------------
# The same as bare transformers


@pytest.mark.parametrize("question", QUESTIONS)
def test_that_greedy_tokens_are_those_of_bare_transformers(
    wrapper: TransformersWrapper, bare: Bare, question: tuple[Message, ...]
) -> None:
    found = answer(wrapper, question, greedy())

    expected = bare.generate(bare.encode(question), do_sample=False, max_new_tokens=40)
    assert found.token_ids == tuple(expected)
    assert found.text == bare.tokenizer.decode(expected, skip_special_tokens=True)


def test_that_sampled_tokens_are_those_of_bare_transformers_with_the_seed(
    wrapper: TransformersWrapper, bare: Bare
) -> None:
    import torch

    how = Sampling(temperature=0.8, top_p=0.9, top_k=40, max_tokens=40, seed=11)
    found = answer(wrapper, JOKE, how)

    torch.manual_seed(11)
    expected = bare.generate(
        bare.encode(JOKE), do_sample=True, temperature=0.8, top_p=0.9, top_k=40, max_new_tokens=40
    )
    assert found.token_ids == tuple(expected)


@pytest.mark.parametrize("question", QUESTIONS)
def test_that_the_prompt_shown_is_the_prompt_encoded(
    wrapper: TransformersWrapper, bare: Bare, question: tuple[Message, ...]
) -> None:
    found = answer(wrapper, question, greedy(4))

    assert found.prompt is not None
    assert found.prompt == wrapper.render(question)
    assert found.prompt_token_ids == tuple(bare.encode(question))
    assert (
        list(found.prompt_token_ids)
        == (bare.tokenizer(found.prompt, add_special_tokens=False)["input_ids"])
    )
    assert bare.tokenizer.decode(found.prompt_token_ids) == found.prompt


def test_that_a_raw_prompt_is_read_byte_for_byte(wrapper: TransformersWrapper, bare: Bare) -> None:
    raw = "  <|user|>Hi<|end|>\r\n\t<|assistant|> 🙂"

    found = answer(wrapper, raw, greedy(4))

    assert found.prompt == raw
    assert bare.tokenizer.decode(found.prompt_token_ids) == raw


def test_that_the_prompt_of_a_chat_can_be_sent_raw(wrapper: TransformersWrapper) -> None:
    by_messages = answer(wrapper, JOKE, greedy())
    by_prompt = answer(wrapper, wrapper.render(JOKE), greedy())

    assert by_prompt.token_ids == by_messages.token_ids
    assert by_prompt.prompt_token_ids == by_messages.prompt_token_ids


def test_that_usage_counts_the_ids_with_the_end_token(wrapper: TransformersWrapper) -> None:
    found = answer(wrapper, (Message("user", "Hello there"),), greedy(100))

    assert found.stop_reason == "end_of_turn"
    assert found.prompt_token_ids is not None
    assert found.token_ids is not None
    assert found.usage.prompt_tokens == len(found.prompt_token_ids)
    assert found.usage.completion_tokens == len(found.token_ids)
    assert found.usage.total_tokens == len(found.prompt_token_ids) + len(found.token_ids)
    assert "<|" not in found.text


def test_that_the_pieces_are_the_answer_and_name_its_tokens(wrapper: TransformersWrapper) -> None:
    *before, last = events(wrapper, LONG, greedy(60))
    pieces = [one for one in before if isinstance(one, TextPiece)]
    progress = [one for one in before if isinstance(one, PromptProgress)]

    assert isinstance(last, Finished)
    assert "".join(one.text for one in pieces) == last.text
    told = tuple(itertools.chain.from_iterable(one.token_ids or () for one in pieces))
    assert told == (last.token_ids or ())[: len(told)]
    assert len(pieces) > 10
    assert [one.done for one in progress] == sorted(one.done for one in progress)
    assert progress[-1].done == progress[-1].total == last.usage.prompt_tokens


# --------------------------------------------------------------------------------------------
# Where an answer ends


@pytest.mark.parametrize("at", [3, 12, 20])
def test_that_a_stop_string_ends_the_text_before_it(wrapper: TransformersWrapper, at: int) -> None:
    whole = answer(wrapper, JOKE, greedy()).text
    stop = whole[at : at + 4]  # across tokens more often than not

    *before, last = events(wrapper, JOKE, greedy(stop=("never said", stop)))

    assert isinstance(last, Finished)
    assert last.stop_reason == "stop_string"
    assert last.text == whole[: whole.index(stop)]
    assert "".join(one.text for one in before if isinstance(one, TextPiece)) == last.text


def test_that_text_held_back_for_a_stop_string_is_shown_in_the_end(
    wrapper: TransformersWrapper,
) -> None:
    whole = answer(wrapper, JOKE, greedy())

    found = answer(wrapper, JOKE, greedy(stop=(whole.text[-3:] + "never said",)))

    assert found.text == whole.text
    assert found.stop_reason == whole.stop_reason


@pytest.mark.parametrize("steps", [1, 2, 9])
def test_that_stop_keeps_the_text_already_shown(
    wrapper: TransformersWrapper, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    # Asked during a step as well, it would be asked more often than there are tokens.
    monkeypatch.setattr("wrappers.transformers_stream._LOOK_S", 60)
    asked = itertools.count()
    whole = answer(wrapper, JOKE, greedy())
    *before, last = events(wrapper, JOKE, greedy(), should_stop=lambda: next(asked) >= steps)

    assert isinstance(last, Finished)
    assert last.stop_reason == "cancelled"
    assert last.token_ids == (whole.token_ids or ())[:steps]
    assert whole.text.startswith(last.text.rstrip("\N{REPLACEMENT CHARACTER}"))
    assert "".join(one.text for one in before if isinstance(one, TextPiece)) == last.text


def test_that_stop_takes_effect_while_the_prompt_is_read(wrapper: TransformersWrapper) -> None:
    long = (Message("user", "never read before " * 40),)
    asked = itertools.count()

    *before, last = events(wrapper, long, greedy(), should_stop=lambda: next(asked) >= 1)

    assert isinstance(last, Finished)
    assert last.stop_reason == "cancelled"
    assert last.text == ""
    done = [one.done for one in before if isinstance(one, PromptProgress)]
    assert 0 < done[-1] < (last.usage.prompt_tokens or 0)
    # What was read counts for the next time, and changes nothing.
    again = answer(wrapper, long, greedy())
    assert again.timings.reused_prompt_tokens == done[-1]
    wrapper._cache().forget()
    assert answer(wrapper, long, greedy()).token_ids == again.token_ids


def test_that_an_answer_left_in_the_middle_leaves_nothing_running(
    wrapper: TransformersWrapper,
) -> None:
    request = Generate(id=1, messages=JOKE, sampling=greedy(200))
    left = wrapper.generate(request, never)
    while not isinstance(next(left), TextPiece):
        pass

    left.close()  # type: ignore[attr-defined]  # it is a generator

    assert "parley-generate" not in {one.name for one in threading.enumerate()}


def test_that_max_tokens_and_the_context_are_told_apart(wrapper: TransformersWrapper) -> None:
    prompt = wrapper.render(JOKE)
    filler = "a" * (CONTEXT_LENGTH - 6 - (wrapper.count(CountTokens(id=0, text=prompt)) or 0))
    almost_full = filler + prompt

    full = answer(wrapper, almost_full, greedy(50))
    cut = answer(wrapper, almost_full, greedy(6))

    assert full.usage.prompt_tokens == CONTEXT_LENGTH - 6
    assert (full.usage.completion_tokens, full.stop_reason) == (6, "context_full")
    assert (cut.usage.completion_tokens, cut.stop_reason) == (6, "length")


def test_that_each_token_is_told_by_itself_and_special_ones_are_written_out(
    wrapper: TransformersWrapper,
) -> None:
    finished = list(wrapper.generate(Generate(id=1, messages=JOKE), lambda: False))[-1]
    assert isinstance(finished, Finished)
    texts = wrapper.decode(DecodeTokens(id=2, token_ids=finished.prompt_token_ids or ()))
    assert texts is not None
    assert "".join(texts) == finished.prompt


def test_that_a_prompt_too_long_says_by_how_many_before_generating(
    wrapper: TransformersWrapper,
) -> None:
    prompt = " joke" * 600
    tokens = wrapper.count(CountTokens(id=0, text=prompt))
    assert tokens is not None

    error = refusal(wrapper, prompt, greedy())

    assert error.kind == "context_too_long"
    assert f" {tokens - CONTEXT_LENGTH + 1} more" in error.message


# --------------------------------------------------------------------------------------------
# Reuse and seeds


@pytest.mark.parametrize("seed", range(5))
def test_that_reusing_a_prompt_changes_no_answer(
    wrapper: TransformersWrapper, bare: Bare, seed: int
) -> None:
    wrapper._cache().forget()

    assert tokens_reused(wrapper, bare, seed) > 0


@pytest.mark.parametrize("config", [SLIDING, LONG_ROPE], ids=["sliding window", "LongRoPE"])
def test_that_models_that_forget_or_switch_say_the_same_too(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    source = build_tiny_phi3(tmp_path / "source", **config)
    foreign, _ = load(save(source, tmp_path / "model", task="llm/v1/chat"))

    reference = Bare(source)
    reused = [tokens_reused(foreign, reference, seed) for seed in range(5)]
    assert any(reused)
    foreign.close()


def tokens_reused(wrapper: TransformersWrapper, bare: Bare, seed: int) -> int:
    """Has a conversation of four turns, each checked against a fresh reading by transformers."""
    chance = random.Random(seed)  # noqa: S311 - which words, not a secret
    words = ["the", "capital", "of", "France", "weather", "joke", "atoms", "🙂", "שלום"]
    conversation = [Message("system", "You are a stand-up comedian. " * 6)]
    reused = 0
    for _ in range(4):
        said = " ".join(chance.choices(words, k=chance.randint(5, 30)))
        conversation.append(Message("user", said))
        found = answer(wrapper, tuple(conversation), greedy(12))
        expected = bare.generate(bare.encode(conversation), do_sample=False, max_new_tokens=12)
        assert found.token_ids == tuple(expected)
        reused += found.timings.reused_prompt_tokens or 0
        # Of what was said only a part stays, so that the next prompt leaves the last one's path.
        conversation.append(Message("assistant", found.text[: chance.randint(0, 8)]))
        if chance.random() < 0.3:
            del conversation[-2:]
    return reused


def test_that_the_same_seed_says_the_same(wrapper: TransformersWrapper) -> None:
    def said(seed: int | None) -> tuple[int, ...] | None:
        return answer(wrapper, LONG, Sampling(temperature=1, max_tokens=20, seed=seed)).token_ids

    first = said(5)
    assert said(6) != first
    assert said(5) == first


def test_that_questions_between_two_tokens_do_not_disturb_the_answer(
    wrapper: TransformersWrapper,
) -> None:
    counted: list[int | None] = []

    def ask() -> bool:
        counted.append(wrapper.count(CountTokens(id=0, text="How many tokens?")))
        return False

    quiet = answer(wrapper, JOKE, greedy())
    disturbed = answer(wrapper, JOKE, greedy(), should_stop=ask)

    assert disturbed.token_ids == quiet.token_ids
    assert set(counted) == {wrapper.count(CountTokens(id=0, text="How many tokens?"))}
    assert len(counted) > 1


# --------------------------------------------------------------------------------------------
# Characters cut across tokens


@pytest.fixture(scope="module")
def polyglot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersWrapper]:
    """Answers an emoji and right-to-left letters, each byte a token of its own."""
    folder = tmp_path_factory.mktemp("polyglot")
    source = build_tiny_phi3(folder / "source", says="🙂 אم ok")
    yield from opened(save(source, folder / "model", task="llm/v1/chat"))


def test_that_no_half_character_is_shown(polyglot: TransformersWrapper) -> None:
    *before, last = events(polyglot, JOKE, greedy())

    pieces = [one.text for one in before if isinstance(one, TextPiece)]
    assert pieces[:4] == ["🙂", " ", "א", "م"]
    assert isinstance(last, Finished)
    assert (last.text, last.stop_reason) == ("🙂 אم ok", "end_of_turn")


def test_that_an_answer_cut_within_a_character_ends_as_decoding_ends_it(
    polyglot: TransformersWrapper,
) -> None:
    found = answer(polyglot, JOKE, greedy(2))

    assert (found.text, found.stop_reason) == ("\N{REPLACEMENT CHARACTER}", "length")


def test_that_a_stop_string_of_many_bytes_is_found(polyglot: TransformersWrapper) -> None:
    assert answer(polyglot, JOKE, greedy(stop=("א",))).text == "🙂 "


# --------------------------------------------------------------------------------------------
# What is told of a model


def test_that_capabilities_are_true(
    wrapper: TransformersWrapper, logged_transformers: Path
) -> None:
    stages: list[str] = []
    one = TransformersWrapper()
    found = one.load(logged_transformers, LoadOptions(threads=1, dtype="bfloat16"), stages.append)

    assert found.mode == "messages"
    assert found.accepts == ("messages", "template")
    assert found.context_length == CONTEXT_LENGTH
    assert found.template == "model"
    assert found.chat_template is not None
    assert "assistant" in found.chat_template
    assert set(found.special_tokens) >= {"<|user|>", "<|end|>", "<|endoftext|>"}
    assert found.defaults == Sampling(temperature=0.0, max_tokens=300)
    assert (found.device, found.dtype, found.threads) == ("cpu", "bfloat16", 1)
    assert found.prompt_reuse
    assert stages[-1] == "Converting to bfloat16"
    assert "Importing PyTorch" in stages
    one.close()


def test_that_the_source_is_checked(tiny_phi3: Path, tmp_path: Path) -> None:
    assert check_source(str(tiny_phi3)).architecture == "Phi3ForCausalLM"
    with pytest.raises(WrapperError) as raised:
        check_source(str(tmp_path / "nothing"))
    assert raised.value.kind == "not_found"


# --------------------------------------------------------------------------------------------
# What bad input gets


@pytest.mark.parametrize("empty", ["", " \n", (), (Message("user", " "),)])
def test_that_an_empty_prompt_is_refused(
    wrapper: TransformersWrapper, empty: str | tuple[Message, ...]
) -> None:
    assert refusal(wrapper, empty).kind == "empty_prompt"


def test_that_a_template_that_raises_is_told(
    wrapper: TransformersWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = "{{ raise_exception('only user and assistant') }}"
    monkeypatch.setattr(wrapper._loaded().tokenizer, "chat_template", template)

    error = refusal(wrapper, JOKE)

    assert error.kind == "template_failed"
    assert "only user and assistant" in error.message
    assert wrapper.count(CountTokens(id=0, messages=JOKE)) is None


def test_that_a_failure_in_the_midst_is_told_and_the_next_answer_is_whole(
    wrapper: TransformersWrapper,
) -> None:
    whole = answer(wrapper, JOKE, greedy())

    # Dividing by it overflows, and torch refuses to draw from what comes of it.
    error = refusal(wrapper, JOKE, Sampling(temperature=1e-45, max_tokens=5))

    assert error.kind == "model_raised"
    assert answer(wrapper, JOKE, greedy()).token_ids == whole.token_ids


@pytest.mark.parametrize("cut", ["truncated", "missing"])
def test_that_broken_weights_are_found_before_anything_heavy(
    logged_transformers: Path, tmp_path: Path, cut: str
) -> None:
    shutil.copytree(logged_transformers, model_dir := tmp_path / "model")
    weights = model_dir / "model" / "model.safetensors"
    if cut == "truncated":
        weights.write_bytes(weights.read_bytes()[:-1])
    else:
        weights.unlink()
    stages: list[str] = []

    with pytest.raises(WrapperError) as raised:
        TransformersWrapper().load(model_dir, THREADS, stages.append)

    assert raised.value.kind == "artifacts_missing"
    assert stages == ["Checking the files"]


def test_that_a_missing_engine_says_what_to_install(
    logged_transformers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed

    with pytest.raises(WrapperError) as raised:
        TransformersWrapper().load(logged_transformers, THREADS, lambda _: None)

    assert raised.value.kind == "engine_missing"
    assert "torch" in raised.value.advice


def test_that_neither_or_both_of_messages_and_prompt_are_refused(
    wrapper: TransformersWrapper,
) -> None:
    for request in (Generate(id=1), Generate(id=1, messages=JOKE, prompt="Hello")):
        with pytest.raises(WrapperError) as raised:
            list(wrapper.generate(request, never))
        assert raised.value.kind == "usage"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("model/config.json", "config.json is cut short"),
        ("components/tokenizer/tokenizer.json", "lacks the tokenizer"),
    ],
)
def test_that_a_broken_small_file_is_named(
    logged_transformers: Path, tmp_path: Path, broken: str, told: str
) -> None:
    shutil.copytree(logged_transformers, model_dir := tmp_path / "model")
    file = model_dir / broken
    if "cut short" in told:
        file.write_bytes(file.read_bytes()[:-9])
    else:
        file.unlink()

    with pytest.raises(WrapperError, match=told) as raised:
        TransformersWrapper().load(model_dir, THREADS, lambda _: None)

    assert raised.value.kind == "artifacts_missing"
