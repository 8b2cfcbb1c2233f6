"""Real MLflow models of every kind, logged into a real registry and asked through the wrapper."""

import gc
import json
import os
import runpy
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wrappers.base import WrapperError
from wrappers.contract import (
    Capabilities,
    Event,
    Finished,
    Generate,
    LoadOptions,
    Message,
    NextTokens,
    Sampling,
    TextPiece,
    Tokenize,
    Usage,
)
from wrappers.exchange import as_json
from wrappers.pyfunc import PyfuncWrapper

MODELS = Path(__file__).parents[2] / "support" / "models"

ModelFolder = Callable[[str], Path]


@pytest.fixture(scope="session")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelFolder]:
    """The local folder of a model that was registered from its file in `MODELS`, by its name."""
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, Object, Property

    home = tmp_path_factory.mktemp("registry")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    experiment = mlflow.create_experiment("models", (home / "artifacts").as_uri())

    text = Schema([ColSpec(DataType.string)])
    turns = Array(Object([Property("role", DataType.string), Property("content", DataType.string)]))
    knobs = ParamSchema(
        [
            ParamSpec("temperature", DataType.double, 0.5),
            ParamSpec("max_new_tokens", DataType.long, 9),
            ParamSpec("stop", DataType.string, ["."], (-1,)),
            ParamSpec("colour", DataType.string, "red"),
        ]
    )
    prompt = ModelSignature(Schema([ColSpec(DataType.string, "prompt")]), text, knobs)
    messages = ModelSignature(
        Schema([ColSpec(turns, "messages"), ColSpec(DataType.string, "tone")]), text
    )
    extra: dict[str, dict[str, Any]] = {
        "takes_string": {"signature": prompt},
        "takes_messages": {
            "signature": messages,
            "input_example": {"messages": [{"role": "user", "content": "?"}], "tone": "kind"},
        },
    }
    known: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in known:
            with mlflow.start_run(experiment_id=experiment):
                mlflow.pyfunc.log_model(
                    name="model",
                    python_model=str(MODELS / f"{name}.py"),
                    registered_model_name=name,
                    pip_requirements=["mlflow"],
                    **extra.get(name, {}),
                )
            local = mlflow.artifacts.download_artifacts(
                f"models:/{name}/1", dst_path=str(home / name)
            )
            known[name] = Path(local)
        return known[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_UV_AUTO_DETECT", "false")  # or each model gets this project's uv.lock
        yield folder
    mlflow.set_tracking_uri(before)


def load(folder: Path) -> tuple[PyfuncWrapper, Capabilities]:
    wrapper = PyfuncWrapper()
    stages: list[str] = []
    capabilities = wrapper.load(folder, LoadOptions(), stages.append)
    assert stages
    return wrapper, capabilities


def ask(wrapper: PyfuncWrapper, text: str, **changes: Any) -> tuple[list[str], Finished]:
    """The pieces and the end of the answer to `text`, as the last of three messages."""
    messages = (Message("system", "Be kind."), Message("user", text))
    request = Generate(id=7, messages=messages, **changes)
    return collect(wrapper.generate(request, lambda: False))


def complete(wrapper: PyfuncWrapper, prompt: str, **changes: Any) -> tuple[list[str], Finished]:
    request = Generate(id=7, prompt=prompt, **changes)
    return collect(wrapper.generate(request, lambda: False))


def collect(events: Iterator[Event]) -> tuple[list[str], Finished]:
    *pieces, finished = events
    assert isinstance(finished, Finished)
    texts = [one.text for one in pieces if isinstance(one, TextPiece)]
    assert len(texts) == len(pieces)
    assert {one.id for one in pieces} <= {7}
    assert "".join(texts) == finished.text
    return texts, finished


# -- models of messages


def test_that_a_chat_model_streams_its_own_chunks_with_usage_and_end(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("chat_model"))
    pieces, finished = ask(wrapper, "Hi", sampling=Sampling(temperature=0, max_tokens=5))
    assert finished.text == "system:Be kind./user:Hi temperature=0.0 max=5 stop=None"
    assert len(pieces) == 5
    assert finished.usage == Usage(3, 5, 8)
    assert finished.stop_reason == "end_of_turn"
    assert finished.timings.time_to_first_token_s is not None
    assert finished.prompt is None
    assert (capabilities.mode, capabilities.accepts) == ("messages", ("messages",))
    assert (capabilities.streams, capabilities.stop) == (True, "step")
    assert capabilities.parameters == ("temperature", "top_p", "top_k", "max_tokens", "stop")


def test_that_a_knob_left_alone_is_left_to_the_chat_model(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("chat_model"))
    _, finished = ask(wrapper, "Hi")
    assert capabilities.defaults == Sampling(temperature=1.0)
    assert finished.text.endswith("temperature=1.0 max=None stop=None")


def test_that_a_stop_that_may_be_a_stop_string_is_not_called_the_end_of_the_turn(
    logged: ModelFolder,
) -> None:
    wrapper, _ = load(logged("chat_model"))
    _, finished = ask(wrapper, "Hi", sampling=Sampling(stop=("x",)))
    assert finished.text.endswith("stop=['x']")
    assert finished.stop_reason is None


def test_that_predict_can_be_asked_in_place_of_the_stream(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("chat_model"))
    pieces, finished = ask(wrapper, "Hi", through_predict=True)
    _, streamed = ask(wrapper, "Hi")
    assert len(pieces) == 1
    assert finished.text == streamed.text
    assert finished.through_predict
    assert finished.stop_reason == "length"
    assert finished.timings.time_to_first_token_s is None


@pytest.mark.parametrize(
    "name", ["chat_model", "chat_agent", "responses_agent", "takes_messages", "takes_string"]
)
def test_that_what_predict_took_gives_again_what_it_gave(logged: ModelFolder, name: str) -> None:
    import mlflow
    from mlflow.tracing.provider import trace_disabled

    wrapper, capabilities = load(logged(name))
    given = Sampling(temperature=0) if "temperature" in capabilities.parameters else Sampling()
    _, found = ask(wrapper, "Hi", through_predict=True, sampling=given)
    payload, returned = json.loads(found.payload or ""), json.loads(found.returned or "")

    data, params = payload, None
    if name == "takes_string":
        data, params = payload["inputs"], payload["params"]
        assert params == {"temperature": 0.0}
    model = mlflow.pyfunc.load_model(str(logged(name)))
    again = trace_disabled(model.predict)(data, params=params)  # agents trace themselves
    assert without_ids(returned) == without_ids(json.loads(as_json(again)))


def without_ids(value: Any) -> Any:
    """`value` without what is drawn anew for each answer."""
    if isinstance(value, dict):
        return {key: without_ids(one) for key, one in value.items() if key not in ("id", "created")}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def test_that_a_streamed_answer_tells_of_no_predict(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("chat_agent"))
    _, found = ask(wrapper, "Hi")
    assert (found.payload, found.returned) == (None, None)


def test_that_a_model_of_text_alone_has_no_probabilities_and_no_tokens_to_tell(
    logged: ModelFolder,
) -> None:
    wrapper, capabilities = load(logged("chat_model"))
    assert not capabilities.next_token_probabilities
    assert wrapper.tokenize(Tokenize(id=1, text="a")) is None
    with pytest.raises(WrapperError) as raised:
        wrapper.next_tokens(NextTokens(id=1, prompt="a"), lambda: False)
    assert raised.value.kind == "unsupported"
    assert raised.value.advice


def test_that_an_agent_without_a_stream_answers_whole_in_its_own_words(
    logged: ModelFolder,
) -> None:
    wrapper, capabilities = load(logged("chat_agent"))
    pieces, finished = ask(wrapper, "the door")
    assert pieces == ["Let me look.\n\nSeen: the door"]
    assert finished.usage == Usage()
    assert finished.stop_reason is None
    assert (capabilities.streams, capabilities.stop) == (False, "process")
    assert capabilities.parameters == ()
    assert any("whole" in note for note in capabilities.notes)


def test_that_a_streaming_agents_messages_are_kept_apart(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("chat_agent_streaming"))
    pieces, _ = ask(wrapper, "Hi")
    assert pieces == ["Let me ", "look.", "\n\nIt is ", "there."]


def test_that_a_responses_agents_text_is_not_shown_twice(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("responses_agent"))
    pieces, finished = ask(wrapper, "Hi", sampling=Sampling(max_tokens=5, top_p=0.5))
    assert pieces == ["syst", "em/user max=5 top_p=0.5"]
    assert capabilities.parameters == ("temperature", "top_p", "max_tokens")
    assert finished.usage == Usage()


def test_that_a_responses_agents_usage_and_end_are_read(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("responses_agent"))
    _, finished = ask(wrapper, "Hi", through_predict=True)
    assert finished.text == "system/user max=None top_p=None"
    assert finished.usage == Usage(4, 6, 10)
    assert finished.stop_reason == "length"


def test_that_a_column_that_must_be_given_comes_from_the_input_example(
    logged: ModelFolder,
) -> None:
    wrapper, _ = load(logged("takes_messages"))
    _, finished = ask(wrapper, "Hi")
    assert finished.text == "Hi tone=kind None"


def test_that_a_model_typed_with_pydantic_gets_its_messages(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("typed_messages"))
    _, finished = ask(wrapper, "Hi", sampling=Sampling(temperature=0.25))
    assert finished.text == "Hi 0.25"
    assert capabilities.parameters == ("temperature",)


def test_that_a_model_of_messages_refuses_a_prompt(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("chat_model"))
    with pytest.raises(WrapperError, match="takes messages") as raised:
        complete(wrapper, "Once upon a time")
    assert raised.value.kind == "unsupported"


# -- models of one string


def test_that_a_model_of_one_string_reads_the_prompt_as_typed(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("takes_string"))
    pieces, finished = complete(wrapper, "<|user|>a b<|end|>")
    assert pieces == ["<|USER|>A", " B<|END|>"]
    assert finished.prompt == "<|user|>a b<|end|>"
    assert finished.stop_reason is None
    assert (capabilities.mode, capabilities.template) == ("template", "none")


def test_that_only_the_params_of_its_schema_are_knobs(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("takes_string"))
    sampling = Sampling(temperature=0, max_tokens=4, seed=3, stop=("x", "y"))
    _, finished = complete(wrapper, "a", sampling=sampling, through_predict=True)
    expected = {"temperature": 0.0, "max_new_tokens": 4, "stop": ["x", "y"], "colour": "red"}
    assert finished.text == f"A {expected}"
    assert capabilities.parameters == ("temperature", "max_tokens", "stop")
    assert capabilities.defaults == Sampling(temperature=0.5, max_tokens=9, stop=(".",))


def test_that_a_conversation_reaches_a_bare_string_as_system_and_last_message(
    logged: ModelFolder,
) -> None:
    wrapper, capabilities = load(logged("takes_string"))
    messages = (
        Message("system", "Be kind."),
        Message("user", "first"),
        Message("assistant", "second"),
        Message("user", "third"),
    )
    _, finished = collect(wrapper.generate(Generate(id=7, messages=messages), lambda: False))
    assert finished.prompt == "Be kind.\n\nthird"
    assert "messages" in capabilities.accepts


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("frame", "from a frame"),
        ("series", "from a series"),
        ("array", "from an array"),
        ("bytes", "from bytes: ü"),
    ],
)
def test_that_an_answer_is_read_from_what_predict_returns(
    logged: ModelFolder, prompt: str, text: str
) -> None:
    wrapper, _ = load(logged("takes_string"))
    _, finished = complete(wrapper, prompt, through_predict=True)
    assert finished.text == text


def test_that_a_character_cut_between_two_pieces_is_put_together(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("takes_string"))
    _, finished = complete(wrapper, "bytes")
    assert finished.text == "from bytes: ü"


@pytest.mark.parametrize(
    ("prompt", "kind", "sentence"),
    [
        ("number", "unsupported", "a value of type int64|a value of type int"),
        ("nothing", "unsupported", "answered with nothing"),
        ("raise", "model_raised", "raised ValueError while answering: the tokenizer has no such"),
        ("exit", "model_raised", r"ended the program while answering \(exit code 3\)"),
        (" \n", "empty_prompt", "nothing to answer"),
    ],
)
def test_that_a_bad_answer_becomes_a_sentence(
    logged: ModelFolder, prompt: str, kind: str, sentence: str
) -> None:
    wrapper, _ = load(logged("takes_string"))
    with pytest.raises(WrapperError, match=sentence) as raised:
        complete(wrapper, prompt, through_predict=True)
    assert raised.value.kind == kind
    assert raised.value.advice
    assert "long tail" not in raised.value.message


def test_that_a_stream_that_breaks_keeps_the_pieces_before_it(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("takes_string"))
    seen: list[str] = []
    events = wrapper.generate(Generate(id=7, prompt="one two raise four"), lambda: False)
    with pytest.raises(WrapperError, match="no such word"):
        seen.extend(event.text for event in events if isinstance(event, TextPiece))
    assert seen == ["ONE", " TWO"]


def test_that_stop_keeps_the_text_and_closes_the_models_stream(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("takes_string"))
    asked = iter([False, False, True])
    events = wrapper.generate(Generate(id=7, prompt="a b c d"), lambda: next(asked))
    _, finished = collect(events)
    assert finished.text == "A B"
    assert finished.stop_reason == "cancelled"
    model = wrapper._model.unwrap_python_model()
    assert model.closed == 1


def test_that_a_stream_left_alone_by_its_reader_is_closed(logged: ModelFolder) -> None:
    wrapper, _ = load(logged("takes_string"))
    events = wrapper.generate(Generate(id=7, prompt="a b c d"), lambda: False)
    next(events)
    del events
    gc.collect()
    assert wrapper._model.unwrap_python_model().closed == 1


def test_that_a_model_typed_as_a_list_of_strings_is_asked_whole(logged: ModelFolder) -> None:
    wrapper, capabilities = load(logged("typed_strings"))
    pieces, _ = complete(wrapper, "hello")
    assert pieces == ["you said hello"]
    assert not capabilities.streams


# -- what does not load


def test_that_missing_code_is_named(logged: ModelFolder, tmp_path: Path) -> None:
    folder = copy(logged("takes_string"), tmp_path)
    (folder / "takes_string.py").unlink()
    with pytest.raises(WrapperError, match=r"missing: takes_string\.py") as raised:
        load(folder)
    assert raised.value.kind == "artifacts_missing"


def test_that_code_that_raises_while_loading_is_quoted(logged: ModelFolder, tmp_path: Path) -> None:
    folder = copy(logged("takes_string"), tmp_path)
    (folder / "takes_string.py").write_text("raise RuntimeError('no such device')")
    with pytest.raises(WrapperError, match="RuntimeError while loading: no such device") as raised:
        load(folder)
    assert raised.value.kind == "model_raised"


def test_that_a_package_that_is_not_installed_is_named_with_its_version(
    logged: ModelFolder, tmp_path: Path
) -> None:
    folder = copy(logged("takes_string"), tmp_path)
    (folder / "takes_string.py").write_text("import no_such_engine")
    (folder / "requirements.txt").write_text("mlflow==3.17.2\nno-such-engine==1.2\n")
    with pytest.raises(WrapperError, match="package no_such_engine") as raised:
        load(folder)
    assert raised.value.kind == "engine_missing"
    assert "no_such_engine==1.2" in raised.value.advice


def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "model"))


# -- the cookbook's own class


def save_cookbook(source: str, onnx_folder: Path, path: Path) -> Path:
    """Log the class of `source` as the cookbook does: an object of a class of ``__main__``."""
    import mlflow
    from mlflow.models import infer_signature

    model_class = runpy.run_path(str(MODELS / source), run_name="__main__")["Phi3Model"]
    example = {"prompt": "<|user|>Hi<|end|><|assistant|>"}
    mlflow.pyfunc.save_model(
        path,
        python_model=model_class(),
        artifacts={"phi3-mini-onnx": str(onnx_folder)},
        signature=infer_signature(example, ["Run"]),
        pip_requirements=["onnxruntime_genai"],
    )
    return path


def test_that_the_cookbooks_class_says_which_call_is_gone_and_how_to_go_on(
    tiny_onnx: Path, tmp_path: Path
) -> None:
    folder = save_cookbook("cookbook.py", tiny_onnx, tmp_path / "model")
    wrapper, _ = load(folder)
    with pytest.raises(WrapperError, match=r"GeneratorParams\.input_ids") as raised:
        complete(wrapper, "a b c")
    assert raised.value.kind == "removed_api"
    artifact = next((folder / "artifacts").iterdir())
    assert f'parley register onnx "{artifact}" --name' in raised.value.advice
    wrapper.close()


def test_that_the_cookbooks_class_answers_where_its_code_still_runs(
    tiny_onnx: Path, tmp_path: Path
) -> None:
    wrapper, capabilities = load(save_cookbook("cookbook_mended.py", tiny_onnx, tmp_path / "m"))
    _, finished = complete(wrapper, "a b c")
    assert finished.text
    assert finished.prompt == "a b c"
    assert (capabilities.template, capabilities.chat_template) != ("none", None)
    _, finished = ask(wrapper, "a b c")
    assert finished.prompt == wrapper.render(
        (Message("system", "Be kind."), Message("user", "a b c"))
    )
    assert finished.prompt != "Be kind.\n\na b c"
    wrapper.close()


def test_that_an_artifact_that_is_cut_short_is_found_before_any_code_runs(
    tiny_onnx: Path, tmp_path: Path
) -> None:
    folder = save_cookbook("cookbook.py", tiny_onnx, tmp_path / "model")
    graph = next((folder / "artifacts").rglob("model.onnx"))
    graph.write_bytes(graph.read_bytes()[:0])
    (folder / "python_model.pkl").write_bytes(b"never read")
    with pytest.raises(WrapperError, match=r"model\.onnx is cut short") as raised:
        load(folder)
    assert raised.value.kind == "artifacts_missing"


# -- packages of the model's own

SHIPPED = {
    "app/__init__.py": "SHOP = 'from the shop'",
    "wrappers/__init__.py": "",
    "wrappers/greeting.py": "def greet(name): return f'Hello {name}'",
    "wrappers/late.py": "def farewell(): return 'and goodbye'",
    "shop_model.py": """
        import app
        from wrappers.greeting import greet

        class Model:
            def predict(self, model_input, params=None):
                from wrappers.late import farewell
                name = model_input["prompt"].iloc[0]
                return f"{greet(name)} {app.SHOP} {farewell()}"

        def _load_pyfunc(path):
            return Model()
        """,
}

HOST = """
    import sys
    from pathlib import Path
    import app, wrappers.contract
    from wrappers.contract import Generate, LoadOptions
    from wrappers.pyfunc import PyfuncWrapper

    wrapper = PyfuncWrapper()
    wrapper.load(Path(sys.argv[1]), LoadOptions(), lambda stage: None)
    for _ in range(2):
        for event in wrapper.generate(Generate(id=1, prompt="you"), lambda: False):
            pass
        print(event.text)
    from wrappers.isolation import OWN_PACKAGES
    import wrappers
    print(wrappers.contract is sys.modules["wrappers.contract"], not hasattr(app, "SHOP"))
    """


def test_that_a_model_that_ships_packages_of_our_names_runs_with_its_own(tmp_path: Path) -> None:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    source = tmp_path / "source"
    for name, code in SHIPPED.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(textwrap.dedent(code))
    mlflow.pyfunc.save_model(
        tmp_path / "model",
        loader_module="shop_model",
        code_paths=[str(source / one) for one in ("app", "wrappers", "shop_model.py")],
        signature=ModelSignature(Schema([ColSpec(DataType.string, "prompt")])),
        pip_requirements=["mlflow"],
    )
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HOST), str(tmp_path / "model")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    answer = "Hello you from the shop and goodbye"
    assert done.stdout.splitlines() == [answer, answer, "True True"], done.stderr
    assert not (tmp_path / "mlflow.db").exists()
