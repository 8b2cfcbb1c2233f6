"""A schema's JSON as a tree: MLflow's own schemas, and anybody's nonsense."""

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.signature import (
    MAX_NODES,
    SignatureNode,
    as_json,
    signature_of,
    type_text,
)
from wrappers.contract import ModelCard, ModelVersion


def card(
    inputs: list[dict[str, Any]] | None = None,
    outputs: list[dict[str, Any]] | None = None,
    params: list[dict[str, Any]] | None = None,
) -> ModelCard:
    return ModelCard(
        version=ModelVersion(name="m", version="1"),
        signature_inputs=inputs,
        signature_outputs=outputs,
        signature_params=params,
    )


def count(nodes: Iterable[SignatureNode]) -> int:
    """How many nodes there are, with all that is below them."""
    return sum(1 + count(node.children) for node in nodes)


def card_of(signature: Any) -> ModelCard:
    """A card with the JSON that MLflow itself writes into MLmodel."""
    schemas = {
        name: json.loads(text) if text else None for name, text in signature.to_dict().items()
    }
    return card(schemas["inputs"], schemas["outputs"], schemas["params"])


@pytest.fixture(scope="module")
def chat_card() -> ModelCard:
    from mlflow.models import ModelSignature
    from mlflow.types.llm import CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA

    return card_of(ModelSignature(CHAT_MODEL_INPUT_SCHEMA, CHAT_MODEL_OUTPUT_SCHEMA))


def find(nodes: tuple[SignatureNode, ...] | None, *path: str) -> SignatureNode:
    node = next(one for one in nodes or () if one.name == path[0])
    return node if len(path) == 1 else find(node.children, *path[1:])


def test_that_the_chat_signature_has_a_node_for_every_column(chat_card: ModelCard) -> None:
    signature = signature_of(chat_card)
    assert [node.name for node in signature.inputs or ()] == [
        column["name"] for column in chat_card.signature_inputs or ()
    ]
    assert find(signature.inputs, "messages") == SignatureNode(
        "messages",
        "Array({…})",
        required=True,
        children=find(signature.inputs, "messages").children,
    )
    assert find(signature.inputs, "temperature") == SignatureNode("temperature", "double", False)
    assert find(signature.inputs, "stop").type == "Array(string)"
    assert find(signature.outputs, "choices", "message", "role").required is True


def test_that_tools_unfold_through_arrays_maps_and_objects(chat_card: ModelCard) -> None:
    inputs = signature_of(chat_card).inputs
    parameters = ("tools", "function", "parameters")
    assert find(inputs, *parameters, "properties").type == "Map({…})"
    assert find(inputs, *parameters, "properties", "enum").type == "Array(string)"
    assert find(inputs, *parameters, "properties", "items", "type").required is True
    assert find(inputs, "custom_inputs").type == "Map(Any)"


def test_that_params_have_defaults_and_no_need() -> None:
    from mlflow.models import infer_signature

    signature = signature_of(
        card_of(infer_signature({"prompt": "x"}, ["y"], params={"max_tokens": 7, "stop": ["a"]}))
    )
    assert signature.inputs == (SignatureNode("prompt", "string", required=True),)
    assert signature.outputs == (SignatureNode("", "string", required=True),)
    assert signature.params == (
        SignatureNode("max_tokens", "long", default="7"),
        SignatureNode("stop", "Array(string)", default='["a"]'),
    )


def test_that_a_tensor_tells_its_dtype_and_shape() -> None:
    from mlflow.models import infer_signature

    signature = signature_of(card_of(infer_signature(np.zeros((2, 3), dtype="float32"))))
    assert [node.type for node in signature.inputs or ()] == ["Tensor(float32, -1 × 3)"]


def test_that_the_json_is_mlflow_s_own(chat_card: ModelCard) -> None:
    shown = json.loads(as_json(chat_card))
    assert shown == {
        "inputs": chat_card.signature_inputs,
        "outputs": chat_card.signature_outputs,
    }


def test_that_a_model_without_a_signature_has_none() -> None:
    signature = signature_of(card())
    assert signature.is_empty
    assert signature.inputs is None
    assert as_json(card()) == ""


def test_that_ten_thousand_columns_all_come_out() -> None:
    columns = [{"name": f"column_{at}", "type": "double"} for at in range(10_000)]
    inputs = signature_of(card(columns)).inputs
    assert inputs is not None
    assert [inputs[0].name, inputs[-1].name, len(inputs)] == ["column_0", "column_9999", 10_000]


def test_that_more_nodes_than_anybody_reads_are_cut() -> None:
    inputs = signature_of(card([{"name": "c", "type": "long"}] * (MAX_NODES + 10))).inputs
    assert inputs is not None
    assert count(inputs) == MAX_NODES + 1
    assert inputs[-1].name == "…"


def test_that_deep_nesting_ends() -> None:
    spec: dict[str, Any] = {"type": "string"}
    for _ in range(500):
        spec = {"type": "object", "properties": {"inner": {"type": "array", "items": spec}}}
    assert 0 < count(signature_of(card([spec | {"name": "deep"}])).inputs or ()) < 100


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "any"}}]},
         "string | Array(Any)"),
        ({"type": "object", "properties": {}}, "{}"),
        ({"type": 7}, "unknown"),
        ({"type": "array"}, "Array(unknown)"),
        ({"type": "map", "values": "x"}, "Map(unknown)"),
        ({"type": "tensor", "tensor-spec": None}, "Tensor(unknown)"),
        (None, "unknown"),
        ("string", "unknown"),
    ],
)  # fmt: skip
def test_that_a_type_reads_in_short(spec: object, text: str) -> None:
    assert type_text(spec) == text


def test_that_a_name_cannot_disturb_its_line() -> None:
    name = "line\nbreak \u202eturned" + "x" * 1000
    (node,) = signature_of(card([{"name": name, "type": "string"}])).inputs or ()
    assert node.name.isprintable()
    assert node.name.startswith("line�break �turnedxx")
    assert len(node.name) == 200


nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "items", "values", "properties", "name", "required", "anyOf"])
            | st.text(max_size=3),
            inner
            | st.sampled_from(["object", "array", "map", "any", "tensor", "string", "tensor-spec"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), nonsense, max_size=5), max_size=5))
def test_that_no_json_is_too_strange_to_show(columns: list[dict[str, Any]]) -> None:
    signature = signature_of(card(columns, columns, columns))
    assert len(signature.inputs or ()) == len(columns)


@given(nonsense)
def test_that_every_type_reads_as_one_short_line(spec: object) -> None:
    text = type_text(spec)
    assert 0 < len(text) <= 200
    assert text.isprintable()
