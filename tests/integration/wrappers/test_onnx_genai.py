"""Wrapper 2 on a tiny model: logged to a real registry, answered by the real engine."""

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_model import CONTEXT_LENGTH, END
from tests.support.tiny_onnx import SPOKEN
from wrappers.base import WrapperError
from wrappers.contract import (
    Capabilities,
    CountTokens,
    DecodeTokens,
    Finished,
    Generate,
    GenerationEvent,
    LoadOptions,
    Message,
    PromptProgress,
    Sampling,
    TextPiece,
)
from wrappers.detect import detect
from wrappers.mlmodel import read_mlmodel
from wrappers.onnx_genai import OnnxGenaiWrapper, check_folder

QUESTION = (Message("user", "Tell me a joke about atoms."),)
RENDERED = "<|user|>\nTell me a joke about atoms.<|end|>\n<|assistant|>\n"
GREEDY = Sampling(temperature=0, max_tokens=40)
CHUNK = 64


def load(
    model_dir: Path, options: LoadOptions | None = None
) -> tuple[OnnxGenaiWrapper, Capabilities]:
    wrapper = OnnxGenaiWrapper()
    return wrapper, wrapper.load(model_dir, options or LoadOptions(), lambda _: None)


@pytest.fixture
def wrapper(onnx_models: dict[str, Path]) -> Iterator[OnnxGenaiWrapper]:
    wrapper, _ = load(onnx_models["tiny"])
    yield wrapper
    wrapper.close()


@pytest.fixture
def speaker(onnx_models: dict[str, Path]) -> Iterator[OnnxGenaiWrapper]:
    wrapper, _ = load(onnx_models["speaker"])
    yield wrapper
    wrapper.close()


def events_of(
    wrapper: OnnxGenaiWrapper, ask: str | tuple[Message, ...], sampling: Sampling = GREEDY
) -> list[GenerationEvent]:
    return list(wrapper.generate(request_for(ask, sampling), lambda: False))


def request_for(
    ask: str | tuple[Message, ...], sampling: Sampling = GREEDY, *, through_predict: bool = False
) -> Generate:
    if isinstance(ask, str):
        return Generate(id=7, prompt=ask, sampling=sampling, through_predict=through_predict)
    return Generate(id=7, messages=ask, sampling=sampling, through_predict=through_predict)


def answer(
    wrapper: OnnxGenaiWrapper, ask: str | tuple[Message, ...], sampling: Sampling = GREEDY
) -> Finished:
    finished = events_of(wrapper, ask, sampling)[-1]
    assert isinstance(finished, Finished)
    return finished


def bare_engine(folder: Path, prompt: str, max_tokens: int) -> tuple[list[int], list[int]]:
    """Prompt and greedy answer as onnxruntime-genai alone gives them, the prompt read at once."""
    import onnxruntime_genai as og

    model = og.Model(str(folder))
    prompt_ids = og.Tokenizer(model).encode(prompt)
    params = og.GeneratorParams(model)
    params.set_search_options(do_sample=False, max_length=len(prompt_ids) + max_tokens)
    generator = og.Generator(model, params)
    generator.append_tokens(prompt_ids)
    token_ids = []
    while not generator.is_done():
        generator.generate_next_token()
        token_ids.append(int(generator.get_next_tokens()[0]))
    return [int(token) for token in prompt_ids], token_ids


def words(seed: int, count: int) -> str:
    """Text that the same seed always gives, and no other."""
    source = random.Random(seed)  # noqa: S311 - test data
    vocabulary = ["an", "atom", "is", "what", "I", "tell", "you", "about", "in", "the", "capital"]
    return " ".join(source.choices(vocabulary, k=count))


# --------------------------------------------------------------------------------------------
# The same answer as the engine's own


@pytest.mark.parametrize("length", [5, 60, 150])
def test_that_greedy_answers_are_the_bare_engines_token_for_token(
    wrapper: OnnxGenaiWrapper, tiny_onnx: Path, length: int
) -> None:
    messages = (Message("system", "Be brief."), Message("user", words(length, length)))
    finished = answer(wrapper, messages)
    assert finished.prompt is not None
    prompt_ids, token_ids = bare_engine(tiny_onnx, finished.prompt, 40)
    assert finished.prompt_token_ids == tuple(prompt_ids)
    assert finished.token_ids == tuple(token_ids)
    assert finished.usage.prompt_tokens == len(prompt_ids)
    assert finished.usage.completion_tokens == len(token_ids)
    assert finished.usage.total_tokens == len(prompt_ids) + len(token_ids)


def test_that_messages_are_rendered_as_transformers_renders_them(
    wrapper: OnnxGenaiWrapper, tiny_phi3: Path
) -> None:
    from transformers import AutoTokenizer

    messages = (Message("system", " Be\nbrief. "), *QUESTION)
    tokenizer = AutoTokenizer.from_pretrained(tiny_phi3)
    expected = tokenizer.apply_chat_template(
        [{"role": one.role, "content": one.content} for one in messages],
        tokenize=False,
        add_generation_prompt=True,
    )
    assert wrapper.render(messages) == expected
    assert answer(wrapper, messages).prompt == expected


def test_that_a_prompt_reaches_the_model_as_it_is_written(wrapper: OnnxGenaiWrapper) -> None:
    by_prompt, by_messages = answer(wrapper, RENDERED), answer(wrapper, QUESTION)
    assert by_prompt.prompt == RENDERED
    assert by_prompt.prompt_token_ids == by_messages.prompt_token_ids
    assert by_prompt.token_ids == by_messages.token_ids


@pytest.mark.parametrize("model", ["wrapper", "speaker"])
@pytest.mark.parametrize("stop", [(), ("r", " 🙂")])
def test_that_mlflows_predict_says_the_same_as_the_stream(
    request: pytest.FixtureRequest, model: str, stop: tuple[str, ...]
) -> None:
    asked: OnnxGenaiWrapper = request.getfixturevalue(model)
    sampling = Sampling(temperature=0, stop=stop)
    streamed = answer(asked, QUESTION, sampling)
    (predicted,) = asked.generate(
        request_for(QUESTION, sampling, through_predict=True), lambda: False
    )
    assert isinstance(predicted, Finished)
    assert predicted.through_predict
    assert predicted.text == streamed.text
    assert predicted.usage == streamed.usage
    assert predicted.token_ids == streamed.token_ids
    assert predicted.stop_reason == streamed.stop_reason
    assert (predicted.stop_reason == "stop_string") == bool(stop)


def test_that_what_predict_took_gives_again_what_it_gave(
    wrapper: OnnxGenaiWrapper, onnx_models: dict[str, Path]
) -> None:
    import mlflow

    request = request_for(QUESTION, GREEDY, through_predict=True)
    (found,) = wrapper.generate(request, lambda: False)
    assert isinstance(found, Finished)
    payload, returned = json.loads(found.payload or ""), json.loads(found.returned or "")

    assert payload == {
        "inputs": {"prompt": [RENDERED]},
        "params": {"temperature": 0.0, "max_tokens": 40},
    }
    assert returned == [found.text]
    model = mlflow.pyfunc.load_model(str(onnx_models["tiny"]))
    assert model.predict(payload["inputs"], params=payload["params"]) == returned
    model.unwrap_python_model().close()
    assert answer(wrapper, QUESTION).payload is None


def test_that_pieces_add_up_to_the_answer_and_progress_to_the_prompt(
    wrapper: OnnxGenaiWrapper,
) -> None:
    *events, finished = events_of(wrapper, words(1, 100))
    assert isinstance(finished, Finished)
    progress = [event for event in events if isinstance(event, PromptProgress)]
    pieces = [event for event in events if isinstance(event, TextPiece)]
    assert "".join(piece.text for piece in pieces) == finished.text
    assert finished.token_ids is not None
    told = [token for piece in pieces for token in piece.token_ids or ()]
    assert told == list(finished.token_ids[: len(told)])
    assert all(event.total == finished.usage.prompt_tokens for event in progress)
    assert [event.done for event in progress[:3]] == [0, CHUNK, 2 * CHUNK]
    assert progress[-1].done == progress[-1].total
    assert {event.id for event in (*events, finished)} == {7}


# --------------------------------------------------------------------------------------------
# Prompt reuse


def test_that_reuse_never_changes_an_answer(
    wrapper: OnnxGenaiWrapper, onnx_models: dict[str, Path]
) -> None:
    reused = 0
    for conversation in range(4):
        messages: tuple[Message, ...] = (Message("system", words(conversation, 40)),)
        for turn in range(4):
            messages += (Message("user", words(100 * conversation + turn, 15 + turn)),)
            finished = answer(wrapper, messages, Sampling(temperature=0, max_tokens=16))
            fresh, _ = load(onnx_models["tiny"])
            again = answer(fresh, messages, Sampling(temperature=0, max_tokens=16))
            fresh.close()
            assert again.timings.reused_prompt_tokens == 0
            assert finished.token_ids == again.token_ids
            assert finished.timings.reused_prompt_tokens is not None
            assert finished.timings.reused_prompt_tokens % CHUNK == 0
            reused += finished.timings.reused_prompt_tokens
            messages += (Message("assistant", finished.text),)
    assert reused > 0


def test_that_a_reused_prompt_gives_the_very_numbers_of_a_fresh_reading(
    wrapper: OnnxGenaiWrapper, onnx_models: dict[str, Path]
) -> None:
    prompt, reused = "", 0
    for turn in range(6):
        prompt += f"<|user|>{words(turn, 28)}<|end|><|assistant|>"
        fresh, _ = load(onnx_models["tiny"])
        assert logits_after_reading(wrapper, prompt) == logits_after_reading(fresh, prompt)
        fresh.close()
        finished = answer(wrapper, prompt, Sampling(temperature=0, max_tokens=9))
        reused += finished.timings.reused_prompt_tokens or 0
        prompt += finished.text + END
    assert reused > 0


def logits_after_reading(wrapper: OnnxGenaiWrapper, prompt: str) -> list[float]:
    """What the model thinks of the token after `prompt`; greedy text hides most differences."""
    tokens = wrapper.count(CountTokens(id=1, text=prompt))
    read: list[int] = []
    for event in wrapper.generate(request_for(prompt), lambda: tokens in read):
        if isinstance(event, PromptProgress):
            read.append(event.done)  # noqa: PERF401 - it is looked at while it grows
    (session,) = wrapper._model._kept
    logits: list[float] = session.generator.get_logits().ravel().tolist()
    return logits


def test_that_the_same_prompt_again_is_read_from_its_last_chunk_on(
    wrapper: OnnxGenaiWrapper,
) -> None:
    prompt = words(3, 100)
    first, second = answer(wrapper, prompt), answer(wrapper, prompt)
    assert first.usage.prompt_tokens is not None
    assert second.timings.reused_prompt_tokens == (first.usage.prompt_tokens - 1) // CHUNK * CHUNK
    assert second.token_ids == first.token_ids


def test_that_a_seed_gives_the_same_answer_again_and_another_seed_another(
    wrapper: OnnxGenaiWrapper,
) -> None:
    def sample(seed: int) -> Finished:
        sampling = Sampling(temperature=1.0, top_k=0, max_tokens=20, seed=seed)
        return answer(wrapper, QUESTION, sampling)

    assert sample(1).token_ids == sample(1).token_ids
    assert sample(1).token_ids != sample(2).token_ids


def test_that_what_was_read_before_a_stop_is_reused(wrapper: OnnxGenaiWrapper) -> None:
    prompt = words(4, 120)
    whole = answer(wrapper, prompt)
    other = answer(wrapper, "something else")
    assert other.timings.reused_prompt_tokens == 0
    asked = iter([False, False, True])
    *_, stopped = wrapper.generate(request_for(prompt), lambda: next(asked))
    assert isinstance(stopped, Finished)
    assert stopped.stop_reason == "cancelled"
    resumed = answer(wrapper, prompt)
    assert resumed.timings.reused_prompt_tokens == 2 * CHUNK
    assert resumed.token_ids == whole.token_ids


def test_that_an_answer_left_half_read_does_not_disturb_the_next(
    onnx_models: dict[str, Path],
) -> None:
    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model(str(onnx_models["tiny"]))
    params = {"temperature": 0, "max_tokens": 20}
    whole = "".join(model.predict_stream({"prompt": RENDERED}, params=params))
    left = model.predict_stream({"prompt": RENDERED}, params=params)
    begun = [next(left), next(left)]
    assert model.predict({"prompt": RENDERED}, params=params) == [whole]
    assert "".join([*begun, *left]) == whole


# --------------------------------------------------------------------------------------------
# Where an answer ends


@pytest.mark.parametrize(
    ("stop", "text"), [("o 🙂", "g"), ("🙂ב", "go "), ("🙂!", SPOKEN), ("never", SPOKEN)]
)
def test_that_a_stop_string_cut_across_tokens_ends_the_answer_before_it(
    speaker: OnnxGenaiWrapper, stop: str, text: str
) -> None:
    whole = answer(speaker, RENDERED)
    *events, finished = events_of(speaker, RENDERED, Sampling(temperature=0, stop=(stop, "xyz")))
    assert isinstance(finished, Finished)
    assert finished.stop_reason == ("end_of_turn" if text == SPOKEN else "stop_string")
    assert finished.text == text
    assert "".join(one.text for one in events if isinstance(one, TextPiece)) == text
    assert finished.token_ids == (whole.token_ids or ())[: len(finished.token_ids or ())]


def test_that_the_end_token_is_counted_but_not_shown(speaker: OnnxGenaiWrapper) -> None:
    finished = answer(speaker, RENDERED)
    end = speaker.count(CountTokens(id=1, text=END))
    assert end == 1
    assert finished.stop_reason == "end_of_turn"
    assert finished.text == SPOKEN
    spoken = speaker.count(CountTokens(id=1, text=SPOKEN))
    assert spoken is not None
    assert finished.usage.completion_tokens == spoken + end


def test_that_a_folder_which_leaves_the_end_token_out_of_its_list_ends_all_the_same(
    onnx_models: dict[str, Path], tmp_path: Path
) -> None:
    model_dir = Path(shutil.copytree(onnx_models["speaker"], tmp_path / "model"))
    change_config(model_dir, "model", eos_token_id=0)
    wrapper, _ = load(model_dir)
    finished = answer(wrapper, RENDERED)
    wrapper.close()
    assert finished.stop_reason == "end_of_turn"
    assert finished.text == SPOKEN


def test_that_characters_cut_across_tokens_are_shown_whole(speaker: OnnxGenaiWrapper) -> None:
    *events, _ = events_of(speaker, RENDERED)
    texts = [event.text for event in events if isinstance(event, TextPiece)]
    assert texts[-2:] == ["🙂", "ב"]
    assert "".join(texts) == SPOKEN


def test_that_a_character_the_limit_cuts_is_shown_as_a_replacement(
    speaker: OnnxGenaiWrapper,
) -> None:
    finished = answer(speaker, RENDERED, Sampling(temperature=0, max_tokens=5))
    assert finished.stop_reason == "length"
    assert finished.text == "go \N{REPLACEMENT CHARACTER}"


def test_that_a_stop_keeps_the_text_already_shown(wrapper: OnnxGenaiWrapper) -> None:
    shown: list[str] = []
    for event in wrapper.generate(request_for(QUESTION), lambda: len(shown) >= 3):
        if isinstance(event, TextPiece):
            shown.append(event.text)
    assert isinstance(event, Finished)
    assert event.stop_reason == "cancelled"
    assert event.text == "".join(shown)
    assert len(shown) == 3


def test_that_a_stop_takes_effect_while_the_prompt_is_read(wrapper: OnnxGenaiWrapper) -> None:
    progress: list[int] = []
    for event in wrapper.generate(request_for(words(5, 150)), lambda: CHUNK in progress):
        if isinstance(event, PromptProgress):
            progress.append(event.done)
    assert isinstance(event, Finished)
    assert event.stop_reason == "cancelled"
    assert progress == [0, CHUNK]
    assert event.text == ""
    assert event.timings.time_to_first_token_s is None


def test_that_a_stop_also_reaches_mlflows_predict(wrapper: OnnxGenaiWrapper) -> None:
    steps = iter(range(1000))
    request = request_for(QUESTION, through_predict=True)
    (event,) = wrapper.generate(request, lambda: next(steps) >= 4)
    assert isinstance(event, Finished)
    assert event.stop_reason == "cancelled"
    assert event.text
    assert event.text == answer(wrapper, QUESTION).text[: len(event.text)]


def test_that_an_answer_ends_where_the_context_does(wrapper: OnnxGenaiWrapper) -> None:
    prompt = prompt_of_length(wrapper, CONTEXT_LENGTH - 6)
    finished = answer(wrapper, prompt, Sampling(temperature=0, max_tokens=40))
    assert finished.stop_reason == "context_full"
    assert finished.usage.total_tokens == CONTEXT_LENGTH


def prompt_of_length(wrapper: OnnxGenaiWrapper, tokens: int) -> str:
    prompt = "!" * tokens
    assert wrapper.count(CountTokens(id=1, text=prompt)) == tokens
    return prompt


# --------------------------------------------------------------------------------------------
# MLflow's own calls


def test_that_the_model_answers_every_row_without_this_project(
    onnx_models: dict[str, Path], tmp_path: Path, wrapper: OnnxGenaiWrapper
) -> None:
    prompts = [RENDERED, words(6, 20), words(7, 100)]
    code = f"""
        import importlib.util, json, sys
        from pathlib import Path
        sys.path[:] = [one for one in sys.path if not (Path(one) / "wrappers").is_dir()]
        assert importlib.util.find_spec("wrappers") is None
        import mlflow.pyfunc, pandas
        model = mlflow.pyfunc.load_model({str(onnx_models["tiny"])!r})
        prompts = {prompts!r}
        params = {{"temperature": 0.0, "max_tokens": 12}}
        rows = model.predict(pandas.DataFrame({{"prompt": prompts}}), params=params)
        stream = lambda prompt: "".join(model.predict_stream({{"prompt": prompt}}, params=params))
        streamed = [stream(prompt) for prompt in prompts]
        single = model.predict({{"prompt": prompts[0]}}, params=params)
        Path("answers.json").write_text(json.dumps([rows, streamed, single]))
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        env=os.environ | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows, streamed, single = json.loads((tmp_path / "answers.json").read_text())
    sampling = Sampling(temperature=0, max_tokens=12)
    assert rows == [answer(wrapper, prompt, sampling).text for prompt in prompts]
    assert streamed == rows
    assert single == rows[:1]


def test_that_what_is_logged_is_the_file_and_the_weights_alone(
    onnx_models: dict[str, Path], tiny_onnx: Path
) -> None:
    folder = onnx_models["tiny"]
    model = read_mlmodel(folder / "MLmodel")
    detection = detect(model)
    assert (detection.wrapper, detection.mode, detection.streams) == (
        "onnx_genai",
        "template",
        True,
    )
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {
        "MLmodel",
        "artifacts",
        "conda.yaml",
        "onnx_genai_model.py",
        "python_env.yaml",
        "registered_model_meta",
        "requirements.txt",
    }
    artifact = folder / model["flavors"]["python_function"]["artifacts"]["phi3-mini-onnx"]["path"]
    assert {path.name for path in artifact.iterdir()} == {path.name for path in tiny_onnx.iterdir()}


# --------------------------------------------------------------------------------------------
# What a loaded model tells of itself


def test_that_a_loaded_model_tells_what_is_true_of_it(onnx_models: dict[str, Path]) -> None:
    wrapper, told = load(onnx_models["tiny"], LoadOptions(threads=1))
    wrapper.close()
    assert told.mode == "template"
    assert told.accepts == ("template", "messages")
    assert told.context_length == CONTEXT_LENGTH
    assert told.threads == 1
    assert told.dtype == "int4"
    assert told.device == "cpu"
    assert told.defaults == Sampling(temperature=0.0, max_tokens=300)
    assert END in told.special_tokens
    assert told.engine.startswith("onnxruntime-genai 0.")
    assert told.memory_bytes is not None
    assert told.memory_bytes > 1_000_000


def test_that_tokens_are_counted_as_the_model_reads_them(wrapper: OnnxGenaiWrapper) -> None:
    read = answer(wrapper, QUESTION).usage.prompt_tokens
    assert wrapper.count(CountTokens(id=1, messages=QUESTION)) == read
    assert wrapper.count(CountTokens(id=1, text=RENDERED)) == read
    assert wrapper.count(CountTokens(id=1, text="")) == 0


def test_that_each_token_is_told_by_itself_and_special_ones_are_written_out(
    wrapper: OnnxGenaiWrapper,
) -> None:
    told = answer(wrapper, QUESTION)
    texts = wrapper.decode(DecodeTokens(id=1, token_ids=told.prompt_token_ids or ()))
    assert texts is not None
    assert len(texts) == told.usage.prompt_tokens
    assert "".join(texts) == RENDERED
    assert "<|end|>" in texts


def test_that_a_question_between_two_tokens_does_not_disturb_the_answer(
    wrapper: OnnxGenaiWrapper,
) -> None:
    def should_stop() -> bool:
        return wrapper.count(CountTokens(id=2, text="🙂 ב")) == 0

    *_, finished = wrapper.generate(request_for(QUESTION), should_stop)
    assert isinstance(finished, Finished)
    assert finished.token_ids == answer(wrapper, QUESTION).token_ids


# --------------------------------------------------------------------------------------------
# What bad input gets


def fault_of(
    wrapper: OnnxGenaiWrapper, ask: str | tuple[Message, ...], sampling: Sampling = GREEDY
) -> WrapperError:
    with pytest.raises(WrapperError) as caught:
        events_of(wrapper, ask, sampling)
    assert caught.value.advice
    return caught.value


def test_that_a_prompt_past_the_context_is_refused_with_how_many_tokens_it_is_over(
    wrapper: OnnxGenaiWrapper,
) -> None:
    error = fault_of(wrapper, prompt_of_length(wrapper, CONTEXT_LENGTH + 9))
    assert error.kind == "context_too_long"
    assert "521 tokens, 10 more" in error.message


@pytest.mark.parametrize("prompt", ["", " \n"])
def test_that_an_empty_prompt_is_refused(wrapper: OnnxGenaiWrapper, prompt: str) -> None:
    assert fault_of(wrapper, prompt).kind == "empty_prompt"


def test_that_mlflows_predict_refuses_in_the_same_words(wrapper: OnnxGenaiWrapper) -> None:
    with pytest.raises(WrapperError) as caught:
        list(wrapper.generate(request_for("", through_predict=True), lambda: False))
    assert caught.value.message == fault_of(wrapper, "").message


def test_that_a_number_out_of_range_is_refused(wrapper: OnnxGenaiWrapper) -> None:
    assert fault_of(wrapper, QUESTION, Sampling(top_p=2)).kind == "usage"


def test_that_a_request_needs_messages_or_a_prompt(wrapper: OnnxGenaiWrapper) -> None:
    with pytest.raises(WrapperError) as caught:
        list(wrapper.generate(Generate(id=1), lambda: False))
    assert caught.value.kind == "usage"


@pytest.fixture
def model_copy(onnx_models: dict[str, Path], tmp_path: Path) -> Path:
    """A model folder to damage."""
    return Path(shutil.copytree(onnx_models["tiny"], tmp_path / "model"))


def artifact_of(model_dir: Path) -> Path:
    (artifact,) = (model_dir / "artifacts").iterdir()
    return artifact


def change_config(model_dir: Path, section: str, **values: Any) -> None:
    file = artifact_of(model_dir) / "genai_config.json"
    config: dict[str, Any] = json.loads(file.read_text())
    config[section] |= values
    file.write_text(json.dumps(config))


def load_fault(model_dir: Path, options: LoadOptions | None = None) -> WrapperError:
    with pytest.raises(WrapperError) as caught:
        load(model_dir, options)
    assert caught.value.advice
    return caught.value


@pytest.mark.parametrize(
    "name", ["model.onnx", "model.onnx.data", "tokenizer.json", "tokenizer_config.json"]
)
def test_that_a_missing_file_is_named(model_copy: Path, name: str) -> None:
    (artifact_of(model_copy) / name).unlink()
    error = load_fault(model_copy)
    assert error.kind == "artifacts_missing"
    assert f"{name} is missing" in error.message


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data"])
def test_that_a_file_cut_short_is_named(model_copy: Path, name: str) -> None:
    file = artifact_of(model_copy) / name
    os.truncate(file, file.stat().st_size - 100)
    error = load_fault(model_copy)
    assert error.kind == "artifacts_missing"
    assert f"{name} is cut short" in error.message


def test_that_a_missing_artifact_folder_is_told(model_copy: Path) -> None:
    shutil.rmtree(artifact_of(model_copy))
    assert load_fault(model_copy).kind == "artifacts_missing"


def test_that_a_damaged_tokenizer_is_told_and_not_passed_on_raw(model_copy: Path) -> None:
    (artifact_of(model_copy) / "tokenizer.json").write_text("{")
    assert load_fault(model_copy).kind == "bad_model"


def test_that_a_model_of_another_protocol_is_not_spoken_to(model_copy: Path) -> None:
    code = model_copy / "onnx_genai_model.py"
    code.write_text(code.read_text().replace("PROTOCOL = 1", "PROTOCOL = 2"))
    assert load_fault(model_copy).kind == "unsupported"


@pytest.mark.parametrize("options", [LoadOptions(dtype="float16"), LoadOptions(device="cuda")])
def test_that_what_an_onnx_model_cannot_be_is_refused(
    onnx_models: dict[str, Path], options: LoadOptions
) -> None:
    assert load_fault(onnx_models["tiny"], options).kind == "unsupported"


def test_that_a_template_that_raises_is_told_in_its_own_words(model_copy: Path) -> None:
    template = artifact_of(model_copy) / "chat_template.jinja"
    template.write_text("{{ raise_exception('No system prompt, please') }}")
    wrapper, _ = load(model_copy)
    error = fault_of(wrapper, QUESTION)
    wrapper.close()
    assert error.kind == "template_failed"
    assert "No system prompt, please" in error.message


def test_that_a_model_without_a_template_takes_prompts_only(model_copy: Path) -> None:
    (artifact_of(model_copy) / "chat_template.jinja").unlink()
    wrapper, told = load(model_copy)
    error, finished = fault_of(wrapper, QUESTION), answer(wrapper, RENDERED)
    wrapper.close()
    assert told.accepts == ("template",)
    assert told.template == "none"
    assert error.kind == "unsupported"
    assert finished.token_ids


def test_that_a_sampling_model_keeps_its_own_defaults(model_copy: Path) -> None:
    change_config(model_copy, "search", do_sample=True, temperature=0.7, top_k=20, top_p=0.9)
    wrapper, told = load(model_copy)
    greedy, again = answer(wrapper, QUESTION), answer(wrapper, QUESTION)
    seeded = Sampling(seed=3, max_tokens=20)
    sampled, sampled_again = answer(wrapper, QUESTION, seeded), answer(wrapper, QUESTION, seeded)
    wrapper.close()
    assert told.defaults == Sampling(temperature=0.7, top_k=20, top_p=0.9, max_tokens=300)
    assert greedy.token_ids == again.token_ids
    assert sampled.token_ids == sampled_again.token_ids
    assert sampled.token_ids != (greedy.token_ids or ())[:20]


def test_that_a_folder_of_another_kind_is_refused_before_it_is_logged(
    tiny_phi3: Path, tmp_path: Path
) -> None:
    with pytest.raises(WrapperError) as caught:
        check_folder(tiny_phi3)
    assert caught.value.kind == "bad_model"
    with pytest.raises(WrapperError) as caught:
        check_folder(tmp_path / "nowhere")
    assert caught.value.kind == "not_found"


def test_that_the_folder_within_a_download_is_pointed_at(tiny_onnx: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_onnx, tmp_path / "cpu_and_mobile" / "int4")
    with pytest.raises(WrapperError) as caught:
        check_folder(tmp_path)
    assert str(Path("cpu_and_mobile/int4")) in caught.value.advice


def test_that_a_missing_file_of_code_is_named(model_copy: Path) -> None:
    (model_copy / "onnx_genai_model.py").unlink()
    error = load_fault(model_copy)
    assert error.kind == "artifacts_missing"
    assert "onnx_genai_model.py" in error.message
    assert "stack trace" not in error.message
