"""An MLmodel file -> messages, template or not a chat model, and why; nothing of it is run.

Pure functions of plain data that never raise: `wrappers.mlmodel` tells how odd ones are read.
"""

from typing import Any, Literal

from msgspec import Struct

from wrappers.contract import KNOB_NAMES, Mode
from wrappers.mlmodel import flavor, mapping, signature_lists, string

WrapperName = Literal["transformers", "onnx_genai", "pyfunc"]

Payload = Literal[
    "chat_completion",  # MLflow's llm/v1/chat contract
    "chat_model",  # mlflow.pyfunc.ChatModel
    "chat_agent",  # mlflow.pyfunc.ChatAgent
    "responses",  # mlflow.pyfunc.ResponsesAgent, or an `input` of items
    "messages",  # a signature with a column `messages`, whatever else is in it
    "string",  # one string
]
"""The shape in which a model takes its input."""

WRAPPER_MARK = "parley_wrapper"
"""The key of MLmodel's metadata that names the wrapper which logged the model."""

_AGENT_TASKS: dict[str, Payload] = {
    "agent/v1/responses": "responses",
    "agent/v2/chat": "chat_agent",
    "agent/v1/chat": "chat_model",
}
_STRING_TASKS = frozenset({"text2text-generation", "summarization", "translation"})
"""Tasks of a transformers pipeline, besides text-generation, that answer a text with a text."""

_LANGUAGE_FLAVORS = ("pyfunc", "langchain", "llama_index", "dspy", "openai", "transformers")
"""MLflow's flavors whose model may take a text even where no signature says so."""


class Detection(Struct, frozen=True, kw_only=True):
    """What a model takes, by its MLmodel file alone."""

    mode: Mode | None = None
    reason: str | None = None
    """Why `mode` is ``None``: one sentence."""
    wrapper: WrapperName | None = None
    streams: bool | None = None
    task: str | None = None
    payload: Payload | None = None
    input_name: str | None = None
    """The column that takes the messages or the string; ``None`` where it has no name."""
    nested: bool = False
    """Whether the columns are the fields of one unnamed object (a pydantic type hint), of which
    the model takes a list."""
    listed: bool = False
    """Whether it takes a list of strings (a type hint), which MLflow does not make of a string."""
    guess: bool = False
    """True where MLmodel does not say what the model takes, and a string is only assumed."""
    note: str | None = None
    """What the user should know before using a model that was guessed at."""


# --------------------------------------------------------------------------------------------
# What it takes


def detect(mlmodel: dict[str, Any]) -> Detection:
    """What the model takes and which wrapper opens it; the first rule that matches wins.

    A pyfunc without a signature is listed in template mode with ``guess=True``: nobody but its
    author knows what it takes, and a string is the most that Parley can offer.
    """
    pyfunc = flavor(mlmodel, "python_function")
    transformers = flavor(mlmodel, "transformers")
    task = string(mapping(mlmodel.get("metadata")).get("task"))
    inference_task = string((transformers or {}).get("inference_task"))
    if pyfunc is None and transformers is None:
        return _no("It has neither the python_function nor the transformers flavor.", task)
    streams = (pyfunc or {}).get("streamable") is True
    if is_onnx_genai(mlmodel):
        return Detection(
            mode="template",
            wrapper="onnx_genai",
            streams=True,
            payload="string",
            input_name="prompt",
        )
    if task in _AGENT_TASKS and pyfunc is not None:
        payload = _AGENT_TASKS[task]
        name = "input" if payload == "responses" else "messages"
        return _messages(task, payload, streams, input_name=name)
    if "llm/v1/embeddings" in (task, inference_task):
        return _no("It makes embeddings and gives no text.", "llm/v1/embeddings")
    if "llm/v1/chat" in (task, inference_task):
        return _messages("llm/v1/chat", "chat_completion", streams, native=transformers is not None)
    if "llm/v1/completions" in (task, inference_task):
        return _prompt("llm/v1/completions", "prompt", streams, native=transformers is not None)
    if transformers is not None:
        native_task = string(transformers.get("task"))
        if native_task == "text-generation" and inference_task is None:
            column = _only_string(mlmodel)
            return _prompt(native_task, column, streams, native=True)
        if native_task is not None and not _is_string_task(native_task):
            return _no(f"Its task is {native_task}, which answers no text with a text.", task)
    if pyfunc is None:
        return _no("It lacks the python_function flavor, through which it would be asked.", task)
    return _by_signature(mlmodel, pyfunc, task, streams)


def is_onnx_genai(mlmodel: dict[str, Any]) -> bool:
    """Whether Parley's own ONNX wrapper logged the model."""
    mark = mapping(mlmodel.get("metadata")).get(WRAPPER_MARK)
    pyfunc = flavor(mlmodel, "python_function") or {}
    return mark == "onnx_genai" and string(pyfunc.get("model_code_path")) is not None


def _by_signature(
    mlmodel: dict[str, Any], pyfunc: dict[str, Any], task: str | None, streams: bool
) -> Detection:
    if not isinstance(mlmodel.get("signature"), dict):
        return _guess(pyfunc, task, streams)
    inputs = signature_lists(mlmodel)[0]
    if inputs is None:
        return _no("Its signature cannot be read.", task)
    columns, nested = _columns(inputs)
    hinted = mlmodel.get("is_signature_from_type_hint") is True
    for column in columns:
        name = column.get("name")
        if name not in ("messages", "input") or column.get("type") != "array":
            continue
        items = mapping(column.get("items"))
        if items.get("type") not in ("object", "any"):
            continue
        if (problem := _message_problem(items)) is not None:
            return _no(problem, task)
        payload: Payload = "responses" if name == "input" else "messages"
        streams = streams and not nested
        return _messages(task, payload, streams, input_name=name, nested=nested)
    if nested:
        return _no("It takes objects whose fields are neither messages nor one string.", task)
    strings = [one for one in columns if one.get("type") == "string" and _required(one)]
    if len(strings) != 1:
        return _no(
            "Its signature has no column of messages, and "
            + ("no column" if not strings else f"{len(strings)} columns")
            + " of type string that must be given.",
            task,
        )
    others = [
        one
        for one in columns
        if one is not strings[0] and _required(one) and string(one.get("name")) not in KNOB_NAMES
    ]
    if others:
        return _no(f"Besides a string it needs a value for {_names(others)}.", task)
    # MLflow gives `predict_stream` a string where the hint says list[str]: it would answer the
    # string's single characters.
    return _prompt(task, string(strings[0].get("name")), streams and not hinted, listed=hinted)


def _guess(pyfunc: dict[str, Any], task: str | None, streams: bool) -> Detection:
    loader = string(pyfunc.get("loader_module")) or ""
    package, _, module = loader.partition(".")
    if package == "mlflow" and module.split(".")[0] not in _LANGUAGE_FLAVORS:
        return _no(f"It was logged with {loader} and no signature says that it takes text.", task)
    return Detection(
        mode="template",
        wrapper="pyfunc",
        streams=streams,
        task=task,
        payload="string",
        guess=True,
        note="It has no signature, so that it takes one string is only a guess.",
    )


def _messages(
    task: str | None,
    payload: Payload,
    streams: bool,
    *,
    input_name: str = "messages",
    native: bool = False,
    nested: bool = False,
) -> Detection:
    return Detection(
        mode="messages",
        wrapper="transformers" if native else "pyfunc",
        streams=streams or native,
        task=task,
        payload=payload,
        input_name=input_name,
        nested=nested,
    )


def _prompt(
    task: str | None,
    input_name: str | None,
    streams: bool,
    *,
    native: bool = False,
    listed: bool = False,
) -> Detection:
    return Detection(
        mode="template",
        wrapper="transformers" if native else "pyfunc",
        streams=streams or native,
        task=task,
        payload="string",
        input_name=input_name,
        listed=listed,
    )


def _no(reason: str, task: str | None) -> Detection:
    return Detection(reason=reason, task=task)


def _is_string_task(task: str) -> bool:
    return task in _STRING_TASKS or task.startswith("translation_") or task == "text-generation"


def _message_problem(items: dict[str, Any]) -> str | None:
    """Why a message of role and content would not do for a schema of `items`."""
    fields = mapping(items.get("properties"))
    if not fields:
        return None  # of type any: it takes whatever comes
    content = mapping(fields.get("content"))
    if "content" in fields and content.get("type") not in ("string", "any"):
        return "The content of its messages is not plain text."
    needed = [
        name
        for name, field in fields.items()
        if name not in ("role", "content") and _required(mapping(field))
    ]
    if needed:
        return f"Its messages need more than role and content: {', '.join(needed)}."
    return None


# --------------------------------------------------------------------------------------------
# Its columns


def named_columns(mlmodel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The columns of the input, by name; those without one are left out."""
    columns, _ = _columns(signature_lists(mlmodel)[0] or [])
    return {name: one for one in columns if isinstance(name := one.get("name"), str)}


def named_params(mlmodel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The params of the signature, by name."""
    params = signature_lists(mlmodel)[2] or []
    return {name: one for one in params if isinstance(name := one.get("name"), str)}


def _columns(inputs: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """The columns, and whether they are the fields of one unnamed object."""
    if len(inputs) == 1 and inputs[0].get("type") == "object" and "name" not in inputs[0]:
        fields = mapping(inputs[0].get("properties"))
        return [{**mapping(field), "name": name} for name, field in fields.items()], True
    return inputs, False


def _required(column: dict[str, Any]) -> bool:
    return column.get("required", True) is not False


def _names(columns: list[dict[str, Any]]) -> str:
    return ", ".join(string(one.get("name")) or "a column without a name" for one in columns)


def _only_string(mlmodel: dict[str, Any]) -> str | None:
    columns, _ = _columns(signature_lists(mlmodel)[0] or [])
    names = [one.get("name") for one in columns if one.get("type") == "string"]
    return string(names[0]) if len(names) == 1 else None
