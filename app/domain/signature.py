"""A model's signature as a tree: MLflow's JSON of a schema, read for showing.

The JSON comes from a file that anybody may have written, so nothing here trusts it: what is not
understood is shown as ``unknown``, what is too deep or too much is cut, and names lose the
characters that could disturb the line they stand in.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from wrappers.contract import ModelCard

MAX_DEPTH: Final = 24
"""Levels of nesting; MLflow's own schemas have 8."""
MAX_NODES: Final = 50_000
MAX_NAME: Final = 200
"""Characters of a name or of a type."""
UNKNOWN: Final = "unknown"
CUT: Final = "…"

_UNSEEN: Final = re.compile(
    "[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


class SignatureNode(Struct, frozen=True):
    """A column, a param, or a field of an object within one."""

    name: str
    """Empty for a column without a name."""
    type: str
    """Such as ``string``, ``Array({…})``, ``Map(double)``, ``Any``."""
    required: bool | None = None
    """``None`` where the schema does not say: a param."""
    default: str | None = None
    """A param's default, as JSON."""
    children: tuple["SignatureNode", ...] = ()
    """The fields of the object that the type holds, however deep in arrays and maps."""


class Signature(Struct, frozen=True):
    """The three schemas; ``None`` where the model has none."""

    inputs: tuple[SignatureNode, ...] | None = None
    outputs: tuple[SignatureNode, ...] | None = None
    params: tuple[SignatureNode, ...] | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.inputs or self.outputs or self.params)


def signature_of(card: ModelCard) -> Signature:
    """The signature of a model card."""
    return signature_of_schemas(
        card.signature_inputs, card.signature_outputs, card.signature_params
    )


def signature_of_schemas(
    inputs: list[dict[str, Any]] | None,
    outputs: list[dict[str, Any]] | None,
    params: list[dict[str, Any]] | None,
) -> Signature:
    """The signature whose three schemas, as MLflow's JSON, are these."""
    return Signature(
        inputs=_schema(inputs), outputs=_schema(outputs), params=_schema(params, params=True)
    )


def as_json(card: ModelCard) -> str:
    """MLflow's own JSON of the signature, indented; empty where there is none."""
    schemas = {
        "inputs": card.signature_inputs,
        "outputs": card.signature_outputs,
        "params": card.signature_params,
    }
    told = {name: schema for name, schema in schemas.items() if schema is not None}
    text = json.dumps(told, indent=2, ensure_ascii=False) if told else ""
    # As JSON writes them: the same value, and nothing that turns the line around.
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# --------------------------------------------------------------------------------------------


class _Budget:
    """Counts down the nodes that may still be made."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _schema(
    columns: list[dict[str, Any]] | None, *, params: bool = False
) -> tuple[SignatureNode, ...] | None:
    if columns is None:
        return None
    named = ((_mapping(column).get("name"), column) for column in columns)
    return _nodes(named, _Budget(MAX_NODES), depth=0, params=params)


def _nodes(
    named: Iterable[tuple[object, object]], budget: _Budget, *, depth: int, params: bool = False
) -> tuple[SignatureNode, ...]:
    """One node for each pair of a name and a spec."""
    made: list[SignatureNode] = []
    for name, spec in named:
        if not budget.take():
            made.append(SignatureNode(CUT, CUT))
            break
        made.append(_node(name, spec, budget, depth=depth, param=params))
    return tuple(made)


def _node(
    name: object, spec: object, budget: _Budget, *, depth: int, param: bool = False
) -> SignatureNode:
    fields = _mapping(spec)
    kind = type_text(spec)
    if param and fields.get("shape") is not None:
        kind = f"Array({kind})"
    return SignatureNode(
        name=plain(name) if isinstance(name, str) else "",
        type=kind,
        required=None if param else fields.get("required", True) is not False,
        default=_default(fields.get("default")) if param else None,
        children=_nodes(_properties(spec), budget, depth=depth + 1) if depth < MAX_DEPTH else (),
    )


def type_text(spec: object, depth: int = 0) -> str:
    """The type that `spec` (a column, a property, the items of an array) names, in short."""
    fields = _mapping(spec)
    if depth >= MAX_DEPTH:
        return CUT
    for union in ("anyOf", "oneOf"):
        options = fields.get(union)
        if isinstance(options, list) and options:
            return _cut(" | ".join(type_text(option, depth + 1) for option in options[:8]))
    match fields.get("type"):
        case "object":
            return "{…}" if fields.get("properties") else "{}"
        case "array":
            return _cut(f"Array({type_text(fields.get('items'), depth + 1)})")
        case "map":
            return _cut(f"Map({type_text(fields.get('values'), depth + 1)})")
        case "any":
            return "Any"
        case "tensor":
            return _tensor(_mapping(fields.get("tensor-spec")))
        case str(simple) if simple:
            return plain(simple)
        case list(options):
            return _cut(" | ".join(plain(str(option)) for option in options[:8])) or UNKNOWN
        case _:
            return UNKNOWN


def _properties(spec: object) -> Iterator[tuple[object, object]]:
    """The fields of the object in `spec`, through the arrays and maps around it."""
    fields = _mapping(spec)
    for _ in range(MAX_DEPTH):
        properties = fields.get("properties")
        if isinstance(properties, dict):
            yield from properties.items()
            return
        inner = fields.get("items") if fields.get("type") == "array" else fields.get("values")
        if not isinstance(inner, dict):
            return
        fields = inner


def _tensor(spec: dict[str, Any]) -> str:
    shape = spec.get("shape")
    sizes = " × ".join(str(size) for size in shape[:8]) if isinstance(shape, list) else ""
    dtype = spec.get("dtype")
    named = plain(dtype) if isinstance(dtype, str) else UNKNOWN
    return _cut(f"Tensor({named}, {sizes})") if sizes else f"Tensor({named})"


def _default(value: object) -> str | None:
    if value is None:
        return None
    return plain(json.dumps(value, ensure_ascii=False, default=str))


def plain(text: str) -> str:
    """`text` fit for one line: cut to length, and free of line breaks and of the characters that
    turn the direction of what follows."""
    if len(text) <= MAX_NAME and text.isprintable():
        return text
    return _cut("".join(one if one.isprintable() else "�" for one in text[: MAX_NAME + 1]))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_NAME else text[: MAX_NAME - 1] + CUT


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
