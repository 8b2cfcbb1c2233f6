"""What to give to an MLflow chat model's ``predict``: its messages or string, and its knobs.

Pure functions of plain data.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from wrappers.base import WrapperError
from wrappers.contract import KNOB_NAMES, Message, Sampling
from wrappers.detect import Detection

_INTEGERS = ("integer", "long")
_FLOATS = ("float", "double")

_CHAT_PARAMS_TEMPERATURE = 1.0
"""What MLflow's ``ChatParams`` gives to a ChatModel where nobody set a temperature."""


class Knob(Struct, frozen=True):
    """One knob of `Sampling` under the name and type that a model declares for it."""

    name: str
    kind: str
    default: Any = None


class Inputs(Struct, frozen=True):
    """What a model takes besides the messages or the string."""

    columns: dict[str, Knob] = {}
    """Knobs that are columns of the input, by column."""
    params: dict[str, Knob] = {}
    """Knobs that go into ``params``, by param."""
    required: dict[str, Any] = {}
    """Columns that must be given, each with the value that the model's input example has for it;
    ``None`` where it has none."""

    @property
    def knobs(self) -> tuple[str, ...]:
        """The names of `Sampling`'s fields that the model takes."""
        taken = {knob.name for knob in (*self.columns.values(), *self.params.values())}
        return tuple(name for name in Sampling.__struct_fields__ if name in taken)


def inputs_of(
    detection: Detection,
    columns: Mapping[str, dict[str, Any]],
    params: Mapping[str, dict[str, Any]],
    example: Mapping[str, Any],
) -> Inputs:
    """What a model takes by the schemas of its `columns` and `params`, and by its input example."""
    others = {name: one for name, one in columns.items() if name != detection.input_name}
    return Inputs(
        columns=_knobs(others, lambda name, _: example.get(name)),
        params=_knobs(params, lambda _, schema: schema.get("default")),
        required={
            name: example.get(name)
            for name, column in others.items()
            if column.get("required", True) is not False
        },
    )


def defaults_of(detection: Detection, inputs: Inputs) -> Sampling:
    """What the model does where a knob is left alone, as far as its schema tells."""
    known: dict[str, Any] = {}
    if detection.payload == "chat_model":
        known["temperature"] = _CHAT_PARAMS_TEMPERATURE
    for name, knob in inputs.columns.items():
        if name in inputs.required:
            known[knob.name] = knob.default
    for knob in inputs.params.values():
        known[knob.name] = knob.default
    defaults = Sampling()
    for name, value in known.items():
        if value is None:
            continue
        try:
            changed = msgspec.convert({name: value}, Sampling)
        except msgspec.ValidationError:
            continue  # the schema's default is of another type than the knob
        defaults = msgspec.structs.replace(defaults, **{name: getattr(changed, name)})
    return defaults


def build_request(
    detection: Detection,
    inputs: Inputs,
    sampling: Sampling,
    content: tuple[Message, ...] | str,
) -> tuple[Any, dict[str, Any] | None]:
    """What to give to ``predict``: its input, and its ``params``, ``None`` where there are none.

    Raises `WrapperError` where a column must be given and nobody knows a value for it.
    """
    given: dict[str, Any] = {**inputs.required, **_values(inputs.columns, sampling)}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise WrapperError(
            "usage",
            f"This model must be given a value for {', '.join(missing)}.",
            "Set it among the parameters, or log the model with an input example that has it.",
        )
    value: Any = content
    if not isinstance(content, str):
        value = [{"role": one.role, "content": one.content} for one in content]
    request = value if detection.input_name is None else {detection.input_name: value, **given}
    if detection.nested or detection.listed:
        request = [request]
    return request, _values(inputs.params, sampling) or None


def bare_text(messages: tuple[Message, ...]) -> str:
    """What a model that takes one string and has no template reads of a conversation: the last
    message, after the system prompt where there is one."""
    system = [one.content for one in messages[:-1] if one.role == "system" and one.content]
    return "\n\n".join([*system[:1], messages[-1].content])


def _knobs(schemas: Mapping[str, dict[str, Any]], default: Any) -> dict[str, Knob]:
    return {
        name: Knob(KNOB_NAMES[name], str(schema.get("type")), default(name, schema))
        for name, schema in schemas.items()
        if name in KNOB_NAMES and _fits(KNOB_NAMES[name], schema)
    }


def _fits(knob: str, schema: Mapping[str, Any]) -> bool:
    """Whether the declared type can carry the knob's value."""
    if knob == "stop":
        listed = schema.get("type") == "array" or isinstance(schema.get("shape"), list)
        return listed or schema.get("type") == "any"
    return schema.get("type") in (*_INTEGERS, *_FLOATS, "any")


def _values(knobs: Mapping[str, Knob], sampling: Sampling) -> dict[str, Any]:
    """The knobs that were turned, as the declared types want them."""
    values = {}
    for name, knob in knobs.items():
        value = getattr(sampling, knob.name)
        if knob.name == "stop":
            value = list(value) or None
        if value is None:
            continue
        if knob.kind in _INTEGERS:
            value = int(value)
        elif knob.kind in _FLOATS:
            value = float(value)
        values[name] = value
    return values
