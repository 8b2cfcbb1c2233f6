"""Wrapper 1 on the tiny Phi-3, against bare transformers and against MLflow's own ``predict``."""

import copy
import itertools
import random
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.tiny_model import CONTEXT_LENGTH, build_tiny_phi3
from wrappers.base import WrapperError
from wrappers.contract import (
    Capabilities,
    CountTokens,
    Finished,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    PromptProgress,
    Sampling,
    TextPiece,
)
from wrappers.transformers_chat import TransformersWrapper, check_source, log_model

JOKE = (
    Message("system", "You are a stand-up comedian."),
    Message("user", "Tell me a joke about atoms."),
)
LONG = (Message("user", "What is the weather like today? " * 12),)
QUESTIONS = (
    JOKE,
    LONG,
    (Message("user", "Hi 🙂, מה שלומך?"),),
    (Message("user", "Hello"), Message("assistant", "Hello to you"), Message("user", "Bye")),
)
THREADS = LoadOptions(threads=1)


# --------------------------------------------------------------------------------------------
# Models


def log(source: Path, home: Path, log_it: Callable[[], Any]) -> Path:
    """Log within a run of a registry of its own; the folder of the logged model."""
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    try:
        experiment = mlflow.create_experiment(source.name, artifact_location=str(home / "a"))
        with mlflow.start_run(experiment_id=experiment):
            info = log_it()
        return Path(mlflow.artifacts.download_artifacts(info.model_uri))
    finally:
        mlflow.set_tracking_uri(before)


def save(source: Path, folder: Path, **options: Any) -> Path:
    """What anyone gets from MLflow's plain function, without Parley."""
    import mlflow
    import transformers

    pipeline = transformers.pipeline("text-generation", model=str(source), device="cpu")
    mlflow.transformers.save_model(
        pipeline, str(folder), pip_requirements=["transformers"], **options
    )
    return folder


@pytest.fixture(scope="module")
def logged(tiny_phi3: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("registry")
    return log(tiny_phi3, home, lambda: log_model(str(tiny_phi3)))


@pytest.fixture(scope="module")
def cookbook(tiny_phi3: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logged as Microsoft's Phi-3 cookbook does it."""
    config = {"max_length": 300, "truncation": True, "include_prompt": False}
    folder = tmp_path_factory.mktemp("cookbook") / "model"
    return save(tiny_phi3, folder, task="llm/v1/chat", model_config=config)


@pytest.fixture(scope="module")
def wrapper(logged: Path) -> Iterator[TransformersWrapper]:
    yield from opened(logged)


@pytest.fixture(scope="module")
def bare(tiny_phi3: Path) -> "Bare":
    return Bare(tiny_phi3)


@pytest.fixture(autouse=True)
def nothing_left_running() -> Iterator[None]:
    """Fails a test that leaves a generation behind."""
    yield
    assert [one.name for one in threading.enumerate() if one.name == "parley-generate"] == []


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
# The same as MLflow's predict


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("sampling", [Sampling(), greedy(25)])
def test_that_predict_says_what_the_stream_says(
    wrapper: TransformersWrapper, question: tuple[Message, ...], sampling: Sampling
) -> None:
    streamed = answer(wrapper, question, sampling)
    predicted = answer(wrapper, question, sampling, through_predict=True)

    assert predicted.through_predict
    assert predicted.text == streamed.text.lstrip()  # MLflow strips it
    assert predicted.usage == streamed.usage
    assert predicted.stop_reason == streamed.stop_reason
    assert predicted.prompt_token_ids == streamed.prompt_token_ids
    assert predicted.token_ids is None


def test_that_a_plain_predict_of_what_was_logged_is_greedy(
    wrapper: TransformersWrapper, logged: Path
) -> None:
    import mlflow

    messages = [{"role": one.role, "content": one.content} for one in JOKE]
    plain = mlflow.pyfunc.load_model(str(logged)).predict({"messages": messages})

    streamed = answer(wrapper, JOKE)
    assert plain[0]["choices"][0]["message"]["content"] == streamed.text.lstrip()
    assert plain[0]["usage"]["completion_tokens"] == streamed.usage.completion_tokens


def test_that_predict_samples_when_asked_and_reproduces_its_seed(
    wrapper: TransformersWrapper,
) -> None:
    def predicted(seed: int) -> str:
        how = Sampling(temperature=0.9, max_tokens=30, seed=seed)
        return answer(wrapper, JOKE, how, through_predict=True).text

    assert predicted(1) == predicted(1)
    assert predicted(1) != predicted(2)
    assert answer(wrapper, JOKE, greedy(30), through_predict=True).text != predicted(1)


def test_that_predict_leaves_the_models_own_defaults_alone(wrapper: TransformersWrapper) -> None:
    before = answer(wrapper, JOKE).token_ids
    answer(wrapper, JOKE, Sampling(temperature=1.3, max_tokens=5), through_predict=True)

    assert answer(wrapper, JOKE).token_ids == before


def test_that_predict_ends_at_a_stop_string(wrapper: TransformersWrapper) -> None:
    whole = answer(wrapper, JOKE, greedy()).text
    stop = next(one for one in whole.split() if one.isascii() and one.isalpha())

    found = answer(wrapper, JOKE, greedy(stop=(stop,)), through_predict=True)

    assert found.stop_reason == "stop_string"
    assert found.text == whole.lstrip()[: whole.lstrip().index(stop)]


def test_that_predict_without_its_source_says_why_it_cannot_stop_at_a_string(
    tmp_path: Path,
) -> None:
    source = build_tiny_phi3(tmp_path / "source")
    model_dir = save(source, tmp_path / "model", task="llm/v1/chat")
    shutil.rmtree(source)
    wrapper, _ = load(model_dir)

    error = refusal(wrapper, JOKE, greedy(stop=("x",)), through_predict=True)

    assert error.kind == "unsupported"
    assert "stop strings" in error.advice
    wrapper.close()


def test_that_predict_takes_no_raw_prompt_on_a_model_of_messages(
    wrapper: TransformersWrapper,
) -> None:
    assert refusal(wrapper, "Hello", greedy(), through_predict=True).kind == "unsupported"


# --------------------------------------------------------------------------------------------
# Models that others logged


def test_that_the_cookbooks_model_opens_and_says_the_same(
    cookbook: Path, wrapper: TransformersWrapper
) -> None:
    foreign, capabilities = load(cookbook)

    assert capabilities.mode == "messages"
    assert answer(foreign, JOKE, greedy()).token_ids == answer(wrapper, JOKE, greedy()).token_ids
    streamed = answer(foreign, ENDLESS)
    predicted = answer(foreign, ENDLESS, through_predict=True)
    assert predicted.text == streamed.text.lstrip()
    assert predicted.usage == streamed.usage
    assert streamed.usage.total_tokens == 300  # its max_length
    assert any("max_length=300" in note for note in capabilities.notes)
    foreign.close()


def test_that_predict_does_not_cut_a_prompt_without_a_word(cookbook: Path) -> None:
    foreign, _ = load(cookbook)
    long = (Message("user", "joke " * 200),)

    error = refusal(foreign, long, greedy(5), through_predict=True)

    assert error.kind == "context_too_long"
    assert "300" in error.message
    assert answer(foreign, long, greedy(5)).usage.completion_tokens == 5
    foreign.close()


def test_that_a_logged_do_sample_is_not_silently_kept(tiny_phi3: Path, tmp_path: Path) -> None:
    config = {"do_sample": False, "max_new_tokens": 20}
    model_dir = save(tiny_phi3, tmp_path / "m", task="llm/v1/chat", model_config=config)
    foreign, _ = load(model_dir)

    error = refusal(foreign, JOKE, Sampling(temperature=0.9), through_predict=True)

    assert error.kind == "unsupported"
    assert "do_sample" in error.message
    assert answer(foreign, JOKE, through_predict=True).usage.completion_tokens is not None
    foreign.close()


def test_that_a_plain_text_generation_model_takes_prompts(tiny_phi3: Path, tmp_path: Path) -> None:
    foreign, capabilities = load(save(tiny_phi3, tmp_path / "m"))
    prompt = foreign.render(JOKE)

    assert capabilities.mode == "template"
    assert capabilities.accepts == ("messages", "template")
    streamed = answer(foreign, prompt, greedy())
    predicted = answer(foreign, prompt, greedy(), through_predict=True)
    assert predicted.text == streamed.text
    assert predicted.usage.completion_tokens is None  # MLflow does not tell
    foreign.close()


def test_that_a_model_without_the_pyfunc_flavor_streams(cookbook: Path, tmp_path: Path) -> None:
    shutil.copytree(cookbook, model_dir := tmp_path / "model")
    mlmodel = yaml.safe_load((model_dir / "MLmodel").read_text())
    del mlmodel["flavors"]["python_function"]
    (model_dir / "MLmodel").write_text(yaml.safe_dump(mlmodel))

    foreign, capabilities = load(model_dir)

    assert not capabilities.through_predict
    assert answer(foreign, JOKE, greedy(5)).usage.completion_tokens == 5
    assert refusal(foreign, JOKE, greedy(), through_predict=True).kind == "unsupported"
    foreign.close()


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
def test_that_stop_keeps_the_text_already_shown(wrapper: TransformersWrapper, steps: int) -> None:
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
    chance = random.Random(seed)  # noqa: S311 - which words, not a secret
    words = ["the", "capital", "of", "France", "weather", "joke", "atoms", "🙂", "שלום"]
    conversation = [Message("system", "You are a stand-up comedian. " * 6)]
    reused = 0
    wrapper._cache().forget()
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
    assert reused > 0


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


def test_that_capabilities_are_true(wrapper: TransformersWrapper, logged: Path) -> None:
    stages: list[str] = []
    one = TransformersWrapper()
    found = one.load(logged, LoadOptions(threads=1, dtype="bfloat16"), stages.append)

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
    logged: Path, tmp_path: Path, cut: str
) -> None:
    shutil.copytree(logged, model_dir := tmp_path / "model")
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
    logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed

    with pytest.raises(WrapperError) as raised:
        TransformersWrapper().load(logged, THREADS, lambda _: None)

    assert raised.value.kind == "engine_missing"
    assert "torch" in raised.value.advice


def test_that_neither_or_both_of_messages_and_prompt_are_refused(
    wrapper: TransformersWrapper,
) -> None:
    for request in (Generate(id=1), Generate(id=1, messages=JOKE, prompt="Hello")):
        with pytest.raises(WrapperError) as raised:
            list(wrapper.generate(copy.copy(request), never))
        assert raised.value.kind == "usage"
