"""The parameter form as data: which knobs a model has, and what is typed into them."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from app.domain.stop_strings import parse_stops, show_stops
from wrappers.contract import KNOB_NAMES, Capabilities, ModelCard, Sampling

KnobValue = float | int | tuple[str, ...]


class KnobKind(StrEnum):
    FLOAT = "float"
    INT = "int"
    STRINGS = "strings"


class Knob(Struct, frozen=True):
    """One field of the parameter form."""

    name: str
    """Of `Sampling`'s field."""
    kind: KnobKind
    description: str
    minimum: float = 0
    maximum: float | None = None
    """``None``: no upper bound."""
    excludes_minimum: bool = False
    step: float = 1
    """What an arrow key adds."""
    default: KnobValue | None = None
    """What the model does where the field is left blank; ``None``: not known."""


class KnobError(ValueError):
    """What was typed is no value for the knob; its text is one sentence for the user."""


_KNOBS: Final = (
    Knob(
        "temperature",
        KnobKind.FLOAT,
        "How freely tokens are picked: 0 always takes the likeliest one.",
        maximum=10,
        step=0.1,
    ),
    Knob(
        "max_tokens",
        KnobKind.INT,
        "New tokens at most, the end token included.",
        minimum=1,
        step=16,
    ),
    Knob(
        "top_p",
        KnobKind.FLOAT,
        "Only the likeliest tokens that together have this probability are picked from.",
        maximum=1,
        excludes_minimum=True,
        step=0.05,
    ),
    Knob("top_k", KnobKind.INT, "Only so many of the likeliest tokens are picked from; 0 is off."),
    Knob(
        "stop",
        KnobKind.STRINGS,
        "The answer ends before the first of these texts, separated by commas. "
        "\\n is a line break, \\, a comma.",
    ),
    Knob(
        "seed",
        KnobKind.INT,
        "The same seed gives the same answer again.",
        maximum=2**31 - 1,
    ),
)


def knobs(card: ModelCard | None, capabilities: Capabilities | None) -> tuple[Knob, ...]:
    """The knobs that the model honours, in the order of the form.

    A loaded model says so itself (`Capabilities.parameters`); one that is not loaded has those
    that its signature names, as params or as optional input columns.
    """
    told = _signature_defaults(card) if card is not None else {}
    honoured = frozenset(capabilities.parameters if capabilities is not None else told)
    return tuple(_with_facts(knob, told, capabilities) for knob in _KNOBS if knob.name in honoured)


def _with_facts(knob: Knob, told: Mapping[str, object], capabilities: Capabilities | None) -> Knob:
    default: object = None
    maximum = knob.maximum
    if capabilities is not None:
        default = getattr(capabilities.defaults, knob.name) or None
        if knob.name in ("temperature", "top_k"):  # 0 means something
            default = getattr(capabilities.defaults, knob.name)
        if knob.name == "max_tokens":
            maximum = capabilities.context_length
    if default is None:
        default = told.get(knob.name)
    return Knob(
        name=knob.name,
        kind=knob.kind,
        description=knob.description,
        minimum=knob.minimum,
        maximum=maximum,
        excludes_minimum=knob.excludes_minimum,
        step=knob.step,
        default=_coerced(knob, default),
    )


def _signature_defaults(card: ModelCard) -> dict[str, object]:
    """The knobs that the signature names, and their defaults (``None`` where it has none)."""
    found: dict[str, object] = {}
    for column in card.signature_inputs or ():
        name = KNOB_NAMES.get(str(column.get("name")))
        if name is not None and column.get("required") is False:
            found.setdefault(name, None)
    for param in card.signature_params or ():
        name = KNOB_NAMES.get(str(param.get("name")))
        if name is not None:
            found[name] = param.get("default")
    return found


def _coerced(knob: Knob, value: object) -> KnobValue | None:
    """`value` as the knob's kind; ``None`` for one that is not of it, or out of its range."""
    match knob.kind:
        case KnobKind.STRINGS:
            if isinstance(value, str):
                return (value,) if value else None
            if isinstance(value, list | tuple):
                return tuple(one for one in value if isinstance(one, str) and one) or None
            return None
        case _:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return None
            if not math.isfinite(value):
                return None
            number = float(value) if knob.kind is KnobKind.FLOAT else int(value)
            return number if _complaint(knob, number) is None else None


# --------------------------------------------------------------------------------------------
# What is typed


def parse(knob: Knob, text: str) -> KnobValue | None:
    """The value that `text` stands for; ``None`` for a blank, which leaves it to the model.

    A decimal comma and blanks between thousands are understood. Raises `KnobError`.
    """
    if knob.kind is KnobKind.STRINGS:
        return parse_stops(text) or None
    bare = "".join(text.split())
    if not bare:
        return None
    try:
        number = float(bare.replace(",", ".")) if knob.kind is KnobKind.FLOAT else int(bare)
    except ValueError:
        kind = "a number" if knob.kind is KnobKind.FLOAT else "a whole number"
        raise KnobError(f"Give {kind}, or leave it blank.") from None
    if (complaint := _complaint(knob, number)) is not None:
        raise KnobError(complaint)
    return number


def shown(knob: Knob, value: KnobValue | None) -> str:
    """`value` as it is typed; `parse` gives it back."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return show_stops(value)
    return f"{value:.12g}" if knob.kind is KnobKind.FLOAT else str(value)


def stepped(knob: Knob, value: KnobValue | None, steps: int) -> KnobValue | None:
    """`value`, or the default where there is none, moved by so many steps within the range."""
    start = knob.default if value is None else value
    if knob.kind is KnobKind.STRINGS or isinstance(start, tuple):
        return value
    moved = (knob.minimum if start is None else start) + steps * knob.step
    lowest = knob.step if knob.excludes_minimum else knob.minimum
    moved = max(lowest, moved if knob.maximum is None else min(knob.maximum, moved))
    return round(moved, 6) if knob.kind is KnobKind.FLOAT else int(moved)


def _complaint(knob: Knob, number: float) -> str | None:
    """What is wrong with `number`, in a sentence."""
    if not math.isfinite(number):
        return "Give a number, or leave it blank."
    too_low = number < knob.minimum or (knob.excludes_minimum and number == knob.minimum)
    too_high = knob.maximum is not None and number > knob.maximum
    if not (too_low or too_high):
        return None
    least = f"above {knob.minimum:g}" if knob.excludes_minimum else f"{knob.minimum:g} or more"
    if knob.maximum is None:
        return f"Give {least}."
    if knob.excludes_minimum:
        return f"Give a number {least}, {knob.maximum:.12g} at most."
    return f"Give a number from {knob.minimum:g} to {knob.maximum:.12g}."


# --------------------------------------------------------------------------------------------


def sampling_of(values: Mapping[str, Any], only: tuple[Knob, ...] | None = None) -> Sampling:
    """The request's sampling from a form's values (or from what was kept of them).

    A value that a knob cannot have is left to the model, and so is, where `only` is given, that of
    a knob not in it.
    """
    offered = _KNOBS if only is None else only
    good = {
        knob.name: value
        for knob in offered
        if (value := _coerced(knob, values.get(knob.name))) is not None
    }
    return msgspec.convert(good, Sampling)


def effective(sampling: Sampling, defaults: Sampling) -> Sampling:
    """`sampling` with the model's own defaults where it says nothing."""
    return Sampling(
        **{
            name: getattr(defaults, name) if not given and given != 0 else given
            for name in Sampling.__struct_fields__
            for given in (getattr(sampling, name),)
        }
    )
