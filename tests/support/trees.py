"""Conversations for property-based tests: every field of them, also those that come later."""

import enum
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from app.domain.conversation import Conversation, Node
from app.domain.export.record import settled

_texts = st.text(max_size=12)
_ids = st.text("abcdef0123456789é-", min_size=1, max_size=12)


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that a conversation is made of."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is str:
        return _texts
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.integers(0, 2**40)
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if hint is type(None) or hint is Any:
        return st.none()
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*(values(one) for one in arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if origin in (dict, Mapping):
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    if is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
        make: Any = hint
        return st.fixed_dictionaries(_members(make)).map(lambda found: make(**found))
    alias = getattr(hint, "__value__", None)
    if alias is not None:
        return values(alias)
    raise TypeError(hint)


@cache
def _members(kind: Any) -> dict[str, st.SearchStrategy[Any]]:
    hints = get_type_hints(kind)
    if is_dataclass(kind):
        return {one.name: values(hints[one.name]) for one in fields(kind) if one.init}
    return {one.name: values(hints[one.name]) for one in msgspec.structs.fields(kind)}


@st.composite
def trees(draw: st.DrawFn, *, least: int = 0) -> Conversation:
    """Any conversation that is over: questions, answers, versions and several roots."""
    ids = draw(st.lists(_ids, min_size=least, max_size=6, unique=True))
    nodes: dict[str, Node] = {}
    hints = get_type_hints(Node)
    for key in ids:
        members = _members(Node)
        parents = [None, *nodes]
        role = draw(st.sampled_from(("user", "assistant")))
        found = draw(st.fixed_dictionaries({**members, "answer": values(hints["answer"])}))
        found |= {"id": key, "parent": draw(st.sampled_from(parents)), "role": role}
        if role == "user":
            found["answer"] = None
        nodes[key] = Node(**found)
    others = _members(Conversation)
    found = draw(st.fixed_dictionaries({k: v for k, v in others.items() if k != "nodes"}))
    found |= {"id": draw(_ids), "leaf": draw(st.sampled_from([None, *ids])), "nodes": nodes}
    if least:
        found["leaf"] = draw(st.sampled_from(ids))
    return settled(Conversation(**found))
