"""Wrapper 1 through MLflow's own ``predict``, and models that others logged."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.tiny_model import build_tiny_phi3
from tests.support.transformers_models import (
    ENDLESS,
    JOKE,
    QUESTIONS,
    answer,
    greedy,
    load,
    opened,
    refusal,
    save,
)
from wrappers.contract import Message, Sampling
from wrappers.transformers_chat import TransformersWrapper


@pytest.fixture(scope="module")
def wrapper(logged_transformers: Path) -> Iterator[TransformersWrapper]:
    yield from opened(logged_transformers)


@pytest.fixture(scope="module")
def cookbook(tiny_phi3: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logged as Microsoft's Phi-3 cookbook does it."""
    config = {"max_length": 300, "truncation": True, "include_prompt": False}
    folder = tmp_path_factory.mktemp("cookbook") / "model"
    return save(tiny_phi3, folder, task="llm/v1/chat", model_config=config)


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


@pytest.mark.parametrize("sampling", [greedy(12), greedy(12, stop=("an",))])
def test_that_what_predict_took_gives_again_what_it_gave(
    wrapper: TransformersWrapper, logged_transformers: Path, sampling: Sampling
) -> None:
    import mlflow

    found = answer(wrapper, JOKE, sampling, through_predict=True)
    payload, returned = json.loads(found.payload or ""), json.loads(found.returned or "")

    assert payload["messages"] == [{"role": one.role, "content": one.content} for one in JOKE]
    assert payload["max_tokens"] == 12
    assert payload.get("stop", []) == list(sampling.stop)
    (completion,) = returned
    assert completion["object"] == "chat.completion"
    (again,) = mlflow.pyfunc.load_model(str(logged_transformers)).predict(payload)
    changing = {"id", "created"}
    assert {name: completion[name] for name in completion.keys() - changing} == {
        name: again[name] for name in again.keys() - changing
    }


def test_that_a_streamed_answer_tells_of_no_predict(wrapper: TransformersWrapper) -> None:
    found = answer(wrapper, JOKE, greedy(2))
    assert (found.payload, found.returned) == (None, None)


def test_that_a_plain_predict_of_what_was_logged_is_greedy(
    wrapper: TransformersWrapper, logged_transformers: Path
) -> None:
    import mlflow

    messages = [{"role": one.role, "content": one.content} for one in JOKE]
    plain = mlflow.pyfunc.load_model(str(logged_transformers)).predict({"messages": messages})

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
    assert json.loads(predicted.payload or "") == prompt
    assert json.loads(predicted.returned or "")[0].endswith(predicted.text)
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
