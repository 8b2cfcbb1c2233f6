"""What an MLmodel file says of its model's input, and that no file can break the reading of it."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrappers import mlmodel
from wrappers.base import WrapperError
from wrappers.detect import Detection, detect, named_columns, named_params
from wrappers.mlmodel import read_mlmodel

TURN = {
    "type": "object",
    "properties": {
        "role": {"type": "string", "required": True},
        "content": {"type": "string", "required": False},
        "name": {"type": "string", "required": False},
    },
}
MESSAGES = {"name": "messages", "type": "array", "items": TURN, "required": True}
PROMPT = {"name": "prompt", "type": "string", "required": True}


def pyfunc(
    *inputs: dict[str, Any],
    streamable: object = True,
    loader: str = "mlflow.pyfunc.model",
    **rest: Any,
) -> dict[str, Any]:
    """The MLmodel of a pyfunc whose signature has these columns; without any, of one without."""
    flavor = {"loader_module": loader, "streamable": streamable}
    signature = {"signature": {"inputs": json.dumps(inputs), "params": None}} if inputs else {}
    return {"flavors": {"python_function": flavor}, **signature, **rest}


def transformers(**flavor: Any) -> dict[str, Any]:
    loader = {"loader_module": "mlflow.transformers"}
    return {"flavors": {"python_function": loader, "transformers": flavor}}


@pytest.mark.parametrize(
    ("task", "payload", "name"),
    [
        ("agent/v1/responses", "responses", "input"),
        ("agent/v2/chat", "chat_agent", "messages"),
        ("agent/v1/chat", "chat_model", "messages"),
    ],
)
def test_that_an_agent_is_known_by_its_task(task: str, payload: str, name: str) -> None:
    found = detect(pyfunc(MESSAGES, metadata={"task": task}))
    assert (found.mode, found.wrapper, found.streams) == ("messages", "pyfunc", True)
    assert (found.payload, found.input_name, found.task) == (payload, name, task)


def test_that_a_chat_pipeline_takes_messages_and_streams_natively() -> None:
    found = detect(transformers(inference_task="llm/v1/chat", task="text-generation"))
    assert (found.mode, found.wrapper, found.streams) == ("messages", "transformers", True)
    assert found.payload == "chat_completion"


def test_that_a_text_generation_pipeline_without_inference_task_takes_a_prompt() -> None:
    found = detect(transformers(task="text-generation"))
    assert (found.mode, found.wrapper, found.streams) == ("template", "transformers", True)


def test_that_a_completions_pipeline_takes_a_prompt() -> None:
    found = detect(transformers(inference_task="llm/v1/completions", task="text-generation"))
    assert (found.mode, found.wrapper) == ("template", "transformers")


def test_that_the_chat_task_of_a_plain_pyfunc_is_asked_through_pyfunc() -> None:
    found = detect(pyfunc(MESSAGES, streamable=False, metadata={"task": "llm/v1/chat"}))
    assert (found.mode, found.wrapper, found.streams) == ("messages", "pyfunc", False)


def test_that_our_own_onnx_wrapper_is_known_by_its_mark() -> None:
    marked = pyfunc(PROMPT, metadata={"parley_wrapper": "onnx_genai"})
    marked["flavors"]["python_function"]["model_code_path"] = "/home/me/onnx_genai_model.py"
    found = detect(marked)
    assert (found.mode, found.wrapper, found.input_name) == ("template", "onnx_genai", "prompt")


def test_that_the_mark_alone_does_not_make_a_pickle_ours() -> None:
    found = detect(pyfunc(PROMPT, metadata={"parley_wrapper": "onnx_genai"}))
    assert found.wrapper == "pyfunc"


@pytest.mark.parametrize(
    ("column", "payload"),
    [
        (MESSAGES, "messages"),
        ({**MESSAGES, "name": "input"}, "responses"),
        ({"name": "input", "type": "array", "items": {"type": "any"}}, "responses"),
    ],
)
def test_that_a_column_of_messages_makes_a_model_of_messages(
    column: dict[str, Any], payload: str
) -> None:
    found = detect(pyfunc({"name": "tone", "type": "string", "required": True}, column))
    assert (found.mode, found.payload, found.input_name) == ("messages", payload, column["name"])


def test_that_a_type_hint_of_an_object_with_messages_is_asked_with_a_list() -> None:
    hint = {"type": "object", "properties": {"messages": {**MESSAGES}}, "required": True}
    found = detect(pyfunc(hint, is_signature_from_type_hint=True))
    assert (found.mode, found.nested, found.streams) == ("messages", True, False)


@pytest.mark.parametrize("name", ["prompt", "question", None])
def test_that_one_required_string_of_any_name_is_the_prompt(name: str | None) -> None:
    column = {"type": "string", "required": True} | ({"name": name} if name else {})
    optional = {"name": "style", "type": "string", "required": False}
    knob = {"name": "temperature", "type": "double", "required": True}
    found = detect(pyfunc(*([column, optional, knob] if name else [column]), streamable=False))
    assert (found.mode, found.input_name, found.streams) == ("template", name, False)
    assert not found.guess


def test_that_a_list_of_strings_by_type_hint_does_not_stream() -> None:
    found = detect(pyfunc({"type": "string", "required": True}, is_signature_from_type_hint=True))
    assert (found.listed, found.streams) == (True, False)


def test_that_a_model_without_a_signature_is_a_guess_and_says_so() -> None:
    found = detect(pyfunc())
    assert (found.mode, found.guess, found.streams) == ("template", True, True)
    assert found.note is not None


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"flavors": {"sklearn": {}}}, "neither the python_function nor the transformers"),
        ({}, "neither"),
        (transformers(inference_task="llm/v1/embeddings"), "embeddings"),
        (transformers(task="text-classification"), "text-classification"),
        (pyfunc(loader="mlflow.sklearn"), "mlflow.sklearn"),
        (pyfunc({"name": "x", "type": "double"}), "no column of type string"),
        (pyfunc(PROMPT, {"name": "context", "type": "string"}), "2 columns of type string"),
        (pyfunc(PROMPT, {"name": "image", "type": "binary"}), "a value for image"),
        (pyfunc({"type": "tensor", "tensor-spec": {}}), "no column of type string"),
        (
            pyfunc({"type": "object", "properties": {"a": {"type": "string"}}}),
            "neither messages nor one string",
        ),
        (
            pyfunc(
                {
                    **MESSAGES,
                    "items": {
                        "type": "object",
                        "properties": {"role": {}, "content": {"type": "array"}},
                    },
                }
            ),
            "not plain text",
        ),
        (
            pyfunc(
                {
                    **MESSAGES,
                    "items": {
                        "type": "object",
                        "properties": {"content": {"type": "string"}, "name": {"type": "string"}},
                    },
                }
            ),
            "more than role and content: name",
        ),
        ({**pyfunc(), "signature": {"inputs": "[{"}}, "signature cannot be read"),
    ],
)
def test_that_a_model_that_does_not_chat_says_why(model: dict[str, Any], reason: str) -> None:
    found = detect(model)
    assert (found.mode, found.wrapper) == (None, None)
    assert found.reason is not None
    assert reason in found.reason
    assert found.reason.endswith(".")


def test_that_columns_and_params_are_found_by_name() -> None:
    model = pyfunc(PROMPT, {"name": "temperature", "type": "double"})
    model["signature"]["params"] = json.dumps([{"name": "seed", "default": 1, "type": "long"}])
    assert list(named_columns(model)) == ["prompt", "temperature"]
    assert named_params(model)["seed"]["default"] == 1


KEYS = [
    "flavors",
    "python_function",
    "transformers",
    "signature",
    "metadata",
    "task",
    "inputs",
    "params",
    "name",
    "type",
    "items",
    "properties",
    "required",
    "config",
    "loader_module",
    "streamable",
    "inference_task",
    "model_code_path",
    "x",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner | inner.map(lambda value: json.dumps([value])),
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(model=st.dictionaries(st.sampled_from(["flavors", "signature", "metadata", "x"]), ANYTHING))
def test_that_values_of_wrong_types_give_a_verdict_and_no_exception(model: dict[str, Any]) -> None:
    found = detect(model)
    assert (found.mode is None) == (found.reason is not None)
    assert isinstance(mlmodel.facts(model), mlmodel.Facts)
    assert len(mlmodel.signature_lists(model)) == 3


@given(inputs=st.lists(ANYTHING, max_size=3))
def test_that_no_signature_breaks_the_verdict(inputs: list[Any]) -> None:
    model = pyfunc()
    model["signature"] = {"inputs": json.dumps(inputs)}
    assert isinstance(detect(model), Detection)


# -- the file itself


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "flavors: [",
        "flavors: {a: 1",
        "a: !!python/object/apply:os.system [echo]",
        "a: &loop [*loop]",
        "a: \x01",
        "when: 2024-99-99",
        "? {a: 1}\n: 2",
        "a: " + "[" * 2000,
        "base: &base {a: 1}\nmerged: {<<: *base}",
        "a: &a [1,1,1,1,1,1,1,1]\n"
        + "".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 8)}]\n"
            for old, new in zip("abcdefg", "bcdefgh", strict=True)
        ),
    ],
)
def test_that_a_file_that_is_no_mlmodel_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(WrapperError, match="cannot be understood") as raised:
        read_mlmodel(text)
    assert raised.value.kind == "bad_model"


@given(text=st.text(max_size=60))
def test_that_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(WrapperError):
        assert isinstance(read_mlmodel(text), dict)


def test_that_what_is_read_can_be_written_as_json() -> None:
    read = read_mlmodel("when: 2024-01-01\nbig: 99999999999999999999\nset: !!set {a}\n1: one")
    assert json.loads(json.dumps(read)) == {
        "when": "2024-01-01",
        "big": "99999999999999999999",
        "set": ["a"],
        "1": "one",
    }


def test_that_a_missing_file_is_told_as_missing(tmp_path: Path) -> None:
    with pytest.raises(WrapperError, match="no MLmodel file") as raised:
        read_mlmodel(tmp_path / "MLmodel")
    assert raised.value.kind == "artifacts_missing"


def test_that_facts_of_the_card_are_read() -> None:
    model = read_mlmodel(
        """
        flavors:
          python_function: {python_version: 3.12.1, config: {max_length: 300}, loader_module: m}
          transformers: {torch_dtype: torch.bfloat16, source_model_name: a/b}
        mlflow_version: 3.17.2
        model_id: m-1
        run_id: r
        model_size_bytes: 12
        utc_time_created: '1970-01-01 00:00:01.500000'
        """
    )
    assert mlmodel.facts(model) == mlmodel.Facts(
        flavors=("python_function", "transformers"),
        size_bytes=12,
        dtype="bfloat16",
        source_model="a/b",
        python_version="3.12.1",
        mlflow_version="3.17.2",
        model_id="m-1",
        run_id="r",
        created_ms=1500,
        model_config={"max_length": 300},
        loader_module="m",
    )


def test_that_requirements_give_the_versions_that_were_logged() -> None:
    text = """
        # comment
        mlflow==3.17.2
        Torch[cuda]==2.15.0 ; python_version >= "3.12"
        numpy
        pandas>=2
        --index-url https://example.invalid/
        onnxruntime-genai===0.18.0
        """
    assert mlmodel.parse_requirements(text) == {
        "mlflow": "3.17.2",
        "torch": "2.15.0",
        "onnxruntime-genai": "0.18.0",
    }


def test_that_a_signature_that_is_no_json_is_named_before_the_load() -> None:
    mlmodel.check_signature(pyfunc(PROMPT))
    mlmodel.check_signature({"signature": 3})
    with pytest.raises(WrapperError, match="the outputs of its signature are no JSON"):
        mlmodel.check_signature({"signature": {"inputs": "[]", "outputs": "{{", "params": None}})
