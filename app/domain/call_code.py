"""Python that asks a registered model what Parley asked it: the text behind "Copy call"."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from app.domain.load_choice import load_words
from app.domain.parameters import effective
from wrappers.contract import KNOB_NAMES, Capabilities, LoadOptions, Message, ModelCard, Sampling

_INTEGERS: Final = ("integer", "long")
_GENERATION_CONFIG: Final = "model.get_raw_model().model.generation_config"
"""In the program: of the pipeline that MLflow has loaded."""
_FLOATS: Final = ("float32", "bfloat16", "float16")
_WIDTH: Final = 96
"""Characters of a line, where a string can be broken."""


class Call(Struct, frozen=True):
    """What is asked: exactly one of the two, the one that the model is sent."""

    messages: tuple[Message, ...] | None = None
    prompt: str | None = None


def call_code(
    card: ModelCard,
    tracking_uri: str,
    call: Call,
    sampling: Sampling = Sampling(),
    capabilities: Capabilities | None = None,
    *,
    defaults: Sampling | None = None,
    notes: Iterable[str] = (),
    options: LoadOptions = LoadOptions(),
) -> str:
    """A program that, run by itself, prints the model's answer.

    `defaults` stand in for those of `capabilities`, and `notes` become comments. `options` are how
    Parley has loaded the model.

    Where `sampling` is greedy it prints the text that Parley shows. It needs MLflow and what the
    model was logged with, nothing of Parley. Messages for a model that takes a prompt have to be
    rendered first. Raises ValueError unless exactly one of messages and prompt is given.
    """
    if (call.messages is None) == (call.prompt is None):
        raise ValueError("a call has either messages or a prompt")
    if defaults is None:
        defaults = capabilities.defaults if capabilities is not None else Sampling()
    wanted = effective(sampling, defaults)
    version = card.version
    if version.wrapper == "transformers":
        if version.mode == "messages" and call.messages is not None:
            body = _chat_completion(card, call.messages, wanted)
        else:
            body = _native_pipeline(card, call, wanted)
        body = _in_dtype(body, options)
    elif call.messages is not None:
        body = _messages(card, call.messages, sampling, capabilities)
    else:
        body = _prompt(card, call.prompt or "", wanted, capabilities)
    title = f"{version.name}, version {version.version}"
    if (words := load_words(options)) and not (options.dtype in _FLOATS and words == options.dtype):
        notes = (*notes, f"It was loaded as {words}; here it is loaded as it was logged.")
    return _program(title, tracking_uri, body, notes)


class _Body(Struct, frozen=True):
    """What differs from one kind of model to the other."""

    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()


def _program(title: str, tracking_uri: str, body: _Body, notes: Iterable[str]) -> str:
    lines = [
        f"# Asks {_comment(title)} what Parley asked it.",
        *(f"# {_comment(note)}" for note in notes),
        "import mlflow",
        *body.imports,
        "",
        f"mlflow.set_tracking_uri({literal(tracking_uri)})",
        *body.lines,
    ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)


# --------------------------------------------------------------------------------------------
# transformers


def _chat_completion(card: ModelCard, messages: tuple[Message, ...], wanted: Sampling) -> _Body:
    """Wrapper 1. Its `predict` samples unless the model was logged otherwise, drops what is not
    in the signature (``do_sample``), and wants `stop` cut by the caller, for it would look for the
    tokenizer where the model came from."""
    request: dict[str, Any] = {"max_tokens": wanted.max_tokens}
    greedy = not wanted.temperature
    logged = card.model_config.get("do_sample")
    load = f"model = mlflow.pyfunc.load_model({literal(card.version.uri)})"
    before: list[str] = []
    imports: list[str] = []
    if greedy and logged is not False:
        if "top_k" in _column_names(card):
            before.append("# predict samples by default; of the one likeliest token, it is greedy.")
            request["top_k"] = 1
        else:
            before.append("# predict samples by default.")
            before.append(f"{_GENERATION_CONFIG}.do_sample = False")
    if not greedy:
        request |= {
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_k": wanted.top_k,
        }
        if logged is False:
            load = (
                f"model = mlflow.pyfunc.load_model(\n    {literal(card.version.uri)}, "
                'model_config={"do_sample": True}\n)'
            )
        elif logged is None:
            before.append("# Whether predict samples, the checkpoint says.")
            before.append(f"{_GENERATION_CONFIG}.do_sample = True")
        if wanted.seed is not None:
            imports.append("import transformers")
            before.append(f"transformers.set_seed({wanted.seed})")
    given = {name: value for name, value in request.items() if value is not None}
    return _Body(
        imports=tuple(imports),
        lines=(
            load,
            "",
            *_messages_lines(messages),
            *before,
            f"request = {_dictionary({'messages': _Code('messages'), **given})}",
            "answer = model.predict(request)[0]",
            'text = answer["choices"][0]["message"]["content"]',
            *_cut_lines(wanted.stop),
            "print(text)",
        ),
    )


def _in_dtype(body: _Body, options: LoadOptions) -> _Body:
    """With the weights in the dtype that Parley has loaded them in; it leaves int8 to Parley."""
    if options.dtype not in _FLOATS:
        return body
    name = body.lines[0].partition(" = ")[0]
    weights = "model.get_raw_model().model" if name == "model" else f"{name}.model"
    end = body.lines.index("")
    return _Body(
        imports=("import torch", *body.imports),
        lines=(
            *body.lines[:end],
            f"for weight in {weights}.parameters():",
            f"    weight.data = weight.data.to(torch.{options.dtype})",
            *body.lines[end:],
        ),
    )


def _native_pipeline(card: ModelCard, call: Call, wanted: Sampling) -> _Body:
    """A transformers model sent a prompt as it stands, which its `predict` cannot be."""
    greedy = not wanted.temperature
    settings: dict[str, Any] = {
        "do_sample": not greedy,
        "max_new_tokens": wanted.max_tokens,
        "return_full_text": False,
    }
    if call.prompt is not None:
        settings["add_special_tokens"] = False
    imports: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    if not greedy:
        settings |= {
            "temperature": wanted.temperature,
            "top_p": wanted.top_p,
            "top_k": wanted.top_k,
        }
        if wanted.seed is not None:
            imports = ("import transformers",)
            before = (f"transformers.set_seed({wanted.seed})",)
    arguments = ", ".join(
        f"{name}={value!r}" for name, value in settings.items() if value is not None
    )
    if call.prompt is not None:
        asked, name = _assignment("prompt", call.prompt), "prompt"
    else:
        asked, name = _messages_lines(call.messages or ()), "messages"
    return _Body(
        imports=imports,
        lines=(
            f"pipeline = mlflow.transformers.load_model({literal(card.version.uri)})",
            "",
            *asked,
            *before,
            f"answer = pipeline({name}, {arguments})[0]",
            'text = answer["generated_text"]',
            *_cut_lines(wanted.stop),
            "print(text)",
        ),
    )


def _cut_lines(stops: Iterable[str]) -> list[str]:
    """The answer ends before the first stop string, wherever that comes from."""
    stops = tuple(stops)
    if not stops:
        return []
    listed = ", ".join(map(literal, stops))
    return [
        f"for stop in [{listed}]:",
        "    text = text.split(stop, 1)[0]",
    ]


# --------------------------------------------------------------------------------------------
# pyfunc


def _prompt(
    card: ModelCard, prompt: str, wanted: Sampling, capabilities: Capabilities | None
) -> _Body:
    """A model that takes one string: wrapper 2, or anybody's pyfunc."""
    column, nested = _string_column(card)
    columns, params = _knob_values(card, wanted, capabilities)
    imports: tuple[str, ...] = ()
    if column is None:
        data = "[prompt]" if card.signature_inputs else "prompt"
    elif nested:
        data = f"[{_dictionary({column: _Code('prompt'), **columns})}]"
    else:
        imports = ("import pandas as pd",)
        row = {name: [value] for name, value in columns.items()}
        data = f"pd.DataFrame({_dictionary({column: _Code('[prompt]'), **row})})"
    return _Body(
        imports=imports,
        lines=(
            f"model = mlflow.pyfunc.load_model({literal(card.version.uri)})",
            "",
            *_assignment("prompt", prompt),
            *_predict(data, params),
            "print(answer if isinstance(answer, str) else list(answer)[0])",
        ),
    )


def _messages(
    card: ModelCard,
    messages: tuple[Message, ...],
    sampling: Sampling,
    capabilities: Capabilities | None,
) -> _Body:
    """ChatModel, ChatAgent, ResponsesAgent, and pyfuncs whose signature has messages."""
    columns, params = _knob_values(card, sampling, capabilities)
    names = _column_names(card)
    key = "input" if "input" in names and "messages" not in names else "messages"
    request = _dictionary({key: _Code("messages"), **columns})
    outputs = {str(column.get("name")) for column in card.signature_outputs or ()}
    if "choices" in outputs:
        shown = ['print(answer["choices"][0]["message"]["content"])']
    elif "messages" in outputs:
        shown = [r'print("\n\n".join(one["content"] for one in answer["messages"]))']
    elif "output" in outputs:
        shown = [
            'parts = [part for item in answer["output"] for part in item.get("content", [])]',
            'print("".join(part.get("text", "") for part in parts))',
        ]
    else:
        shown = ["print(answer[0] if isinstance(answer, list) else answer)"]
    return _Body(
        lines=(
            f"model = mlflow.pyfunc.load_model({literal(card.version.uri)})",
            "",
            *_messages_lines(messages),
            *_predict(f"[{request}]" if _is_nested(card) else request, params),
            *shown,
        )
    )


def _predict(data: str, params: Mapping[str, Any]) -> list[str]:
    if not params:
        return [f"answer = model.predict({data})"]
    return [
        f"params = {_dictionary(params)}",
        f"answer = model.predict({data}, params=params)",
    ]


def _knob_values(
    card: ModelCard, wanted: Sampling, capabilities: Capabilities | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What goes into the input's columns, and what into the params, by their own names."""
    honoured = capabilities.parameters if capabilities is not None else tuple(KNOB_NAMES.values())

    def values(schema: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for column in schema:
            name = str(column.get("name"))
            knob = KNOB_NAMES.get(name)
            if knob is None or knob not in honoured:
                continue
            value = getattr(wanted, knob)
            if value is None or value == ():
                continue
            if isinstance(value, tuple):
                given[name] = list(value)
            else:
                given[name] = int(value) if column.get("type") in _INTEGERS else value
        return given

    return values(_columns(card)), values(card.signature_params or ())


def _columns(card: ModelCard) -> list[Mapping[str, Any]]:
    """The input's columns; those of one unnamed object (a type hint) are its fields."""
    inputs = card.signature_inputs or []
    if _is_nested(card):
        properties = inputs[0].get("properties")
        if isinstance(properties, dict):
            fields = ((name, spec) for name, spec in properties.items() if isinstance(spec, dict))
            return [{**spec, "name": name} for name, spec in fields]
    return [column for column in inputs if isinstance(column, dict)]


def _is_nested(card: ModelCard) -> bool:
    inputs = card.signature_inputs or []
    return len(inputs) == 1 and inputs[0].get("type") == "object" and "name" not in inputs[0]


def _column_names(card: ModelCard) -> set[str]:
    return {str(column["name"]) for column in _columns(card) if "name" in column}


def _string_column(card: ModelCard) -> tuple[str | None, bool]:
    """The name of the column that takes the prompt, and whether it is a field of one object."""
    for column in _columns(card):
        if column.get("type") == "string" and column.get("required", True) is not False:
            name = column.get("name")
            return (name if isinstance(name, str) else None), _is_nested(card)
    return None, False


# --------------------------------------------------------------------------------------------
# Literals


class _Code(str):
    """An expression, where a value is expected."""

    __slots__ = ()


def literal(text: str) -> str:
    """`text` as a Python string of printable characters, in double quotes where it has none."""
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def _value(value: Any) -> str:
    if isinstance(value, _Code):
        return str(value)
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)


def _dictionary(values: Mapping[str, Any]) -> str:
    return (
        "{" + ", ".join(f"{literal(name)}: {_value(value)}" for name, value in values.items()) + "}"
    )


def _assignment(name: str, text: str) -> list[str]:
    """`name` = `text`, a line of code for a line of the text where it is long."""
    whole = literal(text)
    if len(name) + len(whole) + 3 <= _WIDTH and "\\n" not in whole:
        return [f"{name} = {whole}"]
    return [f"{name} = (", *(f"    {literal(line)}" for line in _lines(text)), ")"]


def _messages_lines(messages: tuple[Message, ...]) -> list[str]:
    lines = ["messages = ["]
    for message in messages:
        entry = _dictionary({"role": message.role, "content": message.content})
        if len(entry) + 5 <= _WIDTH:
            lines.append(f"    {entry},")
            continue
        lines.append("    {")
        lines.append(f'        "role": {literal(message.role)},')
        lines.append('        "content": (')
        lines.extend(f"            {literal(line)}" for line in _lines(message.content))
        lines.append("        ),")
        lines.append("    },")
    return [*lines, "]"]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) or [""]
