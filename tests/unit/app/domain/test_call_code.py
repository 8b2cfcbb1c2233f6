"""The copied Python: that it compiles, says what was asked, and nothing that was not."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.call_code import Call, call_code, literal
from wrappers.contract import Capabilities, LoadOptions, Message, ModelCard, ModelVersion, Sampling

REGISTRY = "sqlite:////home/user/mlflow.db"
QUESTION = Call(messages=(Message("system", "Be brief."), Message("user", "Capital of Spain?")))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))

CHAT_INPUTS: list[dict[str, Any]] = [
    {"name": "messages", "type": "array", "items": {"type": "object"}, "required": True},
    {"name": "temperature", "type": "double", "required": False},
    {"name": "max_tokens", "type": "long", "required": False},
]
TOP_K: dict[str, Any] = {"name": "top_k", "type": "long", "required": False}
STRING: dict[str, Any] = {"type": "string", "required": True}


def card(wrapper: str, mode: str, **known: Any) -> ModelCard:
    version = ModelVersion(name="it's", version="3", wrapper=wrapper, mode=mode)  # type: ignore[arg-type]
    return ModelCard(version=version, **known)


CHAT = card("transformers", "messages", signature_inputs=[*CHAT_INPUTS, TOP_K])
ONNX = card(
    "onnx_genai",
    "template",
    signature_inputs=[STRING | {"name": "prompt"}],
    signature_params=[
        {"name": "max_tokens", "type": "long", "default": 300},
        {"name": "temperature", "type": "double", "default": None},
        {"name": "stop", "type": "string", "shape": [-1], "default": []},
    ],
)


def assigned(code: str, name: str) -> Any:
    """The literal that the program gives to `name`."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{name} is not assigned in\n{code}")


def test_that_the_program_names_the_registry_and_the_version() -> None:
    code = call_code(CHAT, REGISTRY, QUESTION)
    assert f'mlflow.set_tracking_uri("{REGISTRY}")' in code
    assert """mlflow.pyfunc.load_model("models:/it's/3")""" in code


def test_that_messages_go_to_predict_of_wrapper_1_as_they_are() -> None:
    code = call_code(CHAT, REGISTRY, QUESTION, Sampling(temperature=0.0, max_tokens=20))
    assert assigned(code, "messages") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Capital of Spain?"},
    ]
    assert 'request = {"messages": messages, "max_tokens": 20, "top_k": 1}' in code
    assert "temperature" not in code


def test_that_a_greedy_call_needs_nothing_more_where_the_model_was_logged_greedy() -> None:
    logged = card(
        "transformers",
        "messages",
        signature_inputs=[*CHAT_INPUTS, TOP_K],
        model_config={"do_sample": False},
    )
    code = call_code(logged, REGISTRY, QUESTION, Sampling(max_tokens=20))
    assert 'request = {"messages": messages, "max_tokens": 20}' in code


def test_that_the_model_s_own_defaults_are_written_out() -> None:
    capabilities = Capabilities(
        mode="messages",
        accepts=("messages",),
        streams=True,
        stop="step",
        template="model",
        parameters=("temperature", "max_tokens"),
        engine="transformers 5",
        defaults=Sampling(temperature=0.7, max_tokens=256),
    )
    code = call_code(CHAT, REGISTRY, QUESTION, Sampling(seed=7), capabilities)
    assert '"max_tokens": 256, "temperature": 0.7' in code
    assert "transformers.set_seed(7)" in code
    assert "model.generation_config.do_sample = True" in code


def test_that_stop_strings_of_wrapper_1_are_cut_afterwards() -> None:
    code = call_code(CHAT, REGISTRY, QUESTION, Sampling(stop=("\n\n", '"')))
    assert """for stop in ["\\n\\n", '"']:""" in code
    assert '"stop"' not in code


def test_that_a_prompt_goes_to_the_native_pipeline_of_a_transformers_model() -> None:
    code = call_code(CHAT, REGISTRY, Call(prompt="<|user|>Hi<|end|>"), Sampling(max_tokens=9))
    assert assigned(code, "prompt") == "<|user|>Hi<|end|>"
    assert "mlflow.transformers.load_model" in code
    assert "do_sample=False, max_new_tokens=9" in code


def test_that_wrapper_2_gets_a_frame_and_params() -> None:
    sampling = Sampling(max_tokens=20, temperature=0.0, stop=("a", "b"), seed=3)
    code = call_code(ONNX, REGISTRY, Call(prompt="Hi"), sampling)
    assert 'pd.DataFrame({"prompt": [prompt]})' in code
    assert assigned(code, "params") == {"max_tokens": 20, "temperature": 0.0, "stop": ["a", "b"]}


@pytest.mark.parametrize(
    ("inputs", "data"),
    [
        ([STRING], "model.predict([prompt])"),
        (None, "model.predict(prompt)"),
        ([{"type": "object", "properties": {"text": STRING}}], 'model.predict([{"text": prompt}])'),
    ],
)
def test_that_a_pyfunc_of_one_string_gets_it_as_its_signature_says(
    inputs: list[dict[str, Any]] | None, data: str
) -> None:
    code = call_code(
        card("pyfunc", "template", signature_inputs=inputs), REGISTRY, Call(prompt="x")
    )
    assert data in code


@pytest.mark.parametrize(
    ("inputs", "outputs", "shown"),
    [
        ("messages", "choices", 'answer["choices"][0]["message"]["content"]'),
        ("messages", "messages", 'for one in answer["messages"]'),
        ("input", "output", 'for item in answer["output"]'),
        ("messages", None, "print(answer"),
    ],
)
def test_that_the_answer_is_read_as_the_model_gives_it(
    inputs: str, outputs: str | None, shown: str
) -> None:
    chat = card(
        "pyfunc",
        "messages",
        signature_inputs=[{"name": inputs, "type": "array", "required": True}],
        signature_outputs=[{"name": outputs, "type": "array"}] if outputs else None,
    )
    code = call_code(chat, REGISTRY, QUESTION)
    assert f'"{inputs}": messages' in code
    assert shown in code


@pytest.mark.parametrize("call", [Call(), Call(messages=(), prompt="")])
def test_that_a_call_is_either_messages_or_a_prompt(call: Call) -> None:
    with pytest.raises(ValueError, match="either"):
        call_code(CHAT, REGISTRY, call)


@given(TEXTS)
def test_that_any_text_is_quoted_as_itself(text: str) -> None:
    quoted = literal(text)
    assert ast.literal_eval(quoted) == text
    assert quoted.isprintable()


@given(TEXTS)
def test_that_any_prompt_arrives_byte_for_byte(prompt: str) -> None:
    code = call_code(ONNX, REGISTRY, Call(prompt=prompt))
    assert assigned(code, "prompt") == prompt


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), TEXTS), max_size=4))
def test_that_any_messages_arrive_byte_for_byte(turns: list[tuple[str, str]]) -> None:
    call = Call(messages=tuple(Message(role, text) for role, text in turns))
    assert assigned(call_code(CHAT, REGISTRY, call), "messages") == [
        {"role": role, "content": text} for role, text in turns
    ]


@given(name=TEXTS, uri=TEXTS)
def test_that_no_name_writes_code_of_its_own(name: str, uri: str) -> None:
    version = ModelVersion(name=name, version="1", wrapper="pyfunc", mode="template")
    tree = ast.parse(call_code(ModelCard(version=version), uri, Call(prompt="x")))
    assert [type(node).__name__ for node in tree.body] == [
        "Import",
        "Expr",
        "Assign",
        "Assign",
        "Assign",
        "Expr",
    ]


def test_that_the_code_loads_the_weights_in_the_dtype_that_was_chosen() -> None:
    for call, weights in (
        (QUESTION, "model.get_raw_model().model"),
        (Call(prompt="Hi"), "pipeline.model"),
    ):
        code = call_code(CHAT, REGISTRY, call, options=LoadOptions(dtype="bfloat16"))
        lines = code.splitlines()
        ast.parse(code)
        at = lines.index(f"for weight in {weights}.parameters():")
        assert lines[at + 1] == "    weight.data = weight.data.to(torch.bfloat16)"
        assert "load_model(" in "".join(lines[:at])
        assert ".predict(" in "".join(lines[at:]) or "pipeline(prompt" in "".join(lines[at:])
        assert "import torch" in lines
        assert "here it is loaded as it was logged" not in code


def test_that_what_the_code_does_not_do_of_a_load_is_said() -> None:
    code = call_code(CHAT, REGISTRY, QUESTION, options=LoadOptions(dtype="int8", threads=1))
    assert "# It was loaded as int8, 1 thread; here it is loaded as it was logged." in code
    assert "torch" not in code
