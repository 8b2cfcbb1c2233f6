"""Rows of a prompt set, from a file or a dataset: what each asks, and what is wrong with it.

A row is a dictionary. It has ``messages`` in OpenAI's form, or one text under ``prompt``, ``text``,
``question`` or ``input``; and may have ``id``, and ``expected`` under one of several names. A text
is asked as a user's message, but for a ``prompt`` in which special tokens are written out: that is
all that a model reads, and the set is then one of prompts.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from app.domain.comparison.record import Kind, SetPrompt
from app.domain.special_tokens import special_spans

MESSAGES: Final = "messages"
TEXTS: Final = ("prompt", "text", "question", "input")
"""The names that a text goes by, the first one there is taken."""
EXPECTED: Final = (
    "expected",
    "answer",
    "expectations",
    "expected_response",
    "expected_answer",
    "ideal",
)
LONGEST: Final = 1_000_000
"""Characters of one row: more than any model of today reads."""
MOST_ROWS: Final = 10_000
_NAMED: Final = 3
"""Of rows with the same fault, how many are named."""


class PromptFileError(Exception):
    """Nothing of it can be asked: a sentence what is wrong, and one what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class BadRowError(Exception):
    """One row cannot be asked. Its text goes on after "Line 7: "."""


class Row(Struct, frozen=True):
    """As it was found."""

    where: str
    """``line 7``"""
    values: dict[str, Any] | BadRowError
    """What is wrong with a row that could not be read at all."""


class PromptsRead(Struct, frozen=True):
    """What can be asked of a file or a dataset."""

    kind: Kind
    prompts: tuple[SetPrompt, ...]
    notes: tuple[str, ...] = ()
    """What the user has to know: rows that are left out, and why. A sentence or two each."""


class _Asked(Struct, frozen=True):
    """One row, understood."""

    where: str
    id: str
    text: str
    messages: tuple[tuple[str, str], ...]
    expected: str | None
    kind: Kind | None
    """``None`` where it can be either."""


def assemble(
    rows: Iterable[Row], *, kind: Kind | None = None, of: str = "file", notes: Sequence[str] = ()
) -> PromptsRead:
    """The prompts of all `rows` that can be asked.

    `kind` decides where a row can be asked as a message and as a prompt. Raises
    `PromptFileError` where no row is left, or there are too many.
    """
    bad: list[tuple[str, str]] = []
    asked: list[_Asked] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise PromptFileError(
                f"This {of} has more than {MOST_ROWS:,} prompts.",
                "Run a part of them at a time.",
            )
        try:
            if isinstance(row.values, BadRowError):
                raise row.values
            asked.append(_understood(row.where, row.values))
        except BadRowError as error:
            bad.append((row.where, str(error)))
    told: list[Kind] = [one.kind for one in asked if one.kind is not None]
    whole: Kind = kind or (told[0] if told else "messages")
    prompts, renamed = _prompts(asked, whole, kind is not None, bad)
    if not prompts:
        first = f" {_capital(bad[0][0])}: {bad[0][1]}" if bad else ""
        raise PromptFileError(
            f"This {of} has no prompt that can be asked.{first}",
            "Give each row a “prompt”, a “question” or “messages”.",
        )
    return PromptsRead(whole, prompts, (*notes, *_left_out(bad), *_renamed(renamed)))


def rows_of_records(records: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> Iterator[Row]:
    """Rows of an MLflow dataset: the inputs and the expectations of each of its records."""
    for number, (inputs, expectations) in enumerate(records, 1):
        values = dict(inputs)
        texts = [name for name, value in inputs.items() if isinstance(value, str)]
        names = {name.strip().casefold() for name in inputs}
        if len(texts) == 1 and not names & {MESSAGES, *TEXTS}:
            values["text"] = values.pop(texts[0])
        if expectations:
            values["expected"] = expectations
        yield Row(f"record {number}", values)


def _prompts(
    asked: list[_Asked], kind: Kind, is_chosen: bool, bad: list[tuple[str, str]]
) -> tuple[tuple[SetPrompt, ...], list[str]]:
    """Those of `kind`, each with an id of its own; and where an id had to be made up."""
    fitting = []
    for one in asked:
        if kind == "prompt" and one.messages:
            bad.append((one.where, "it is a conversation, and this set is one of prompts."))
        elif not is_chosen and one.kind not in (None, kind):
            what = "a prompt with special tokens" if one.kind == "prompt" else "a message"
            others = "prompts" if kind == "prompt" else "messages"
            bad.append((one.where, f"it is {what}, and this set is one of {others}."))
        else:
            fitting.append(one)
    given = {one.id for one in fitting}
    taken: set[str] = set()
    prompts, renamed = [], []
    for number, one in enumerate(fitting, 1):
        name = one.id
        if not name or name in taken:
            if name:
                renamed.append(one.where)
            name = str(number)
            while name in taken or name in given:
                name = f"row {name}"
        taken.add(name)
        prompts.append(SetPrompt(name, one.text, one.messages, one.expected))
    return tuple(prompts), renamed


def _understood(where: str, values: dict[str, Any]) -> _Asked:
    """Raises `BadRowError`."""
    by_name = {key.strip().casefold(): value for key, value in values.items()}
    name = MESSAGES if MESSAGES in by_name else _first(by_name, TEXTS)
    if name is None:
        raise BadRowError(_nothing_asked(values))
    value = by_name[name]
    kind: Kind | None = "messages"
    before: tuple[tuple[str, str], ...] = ()
    if isinstance(value, list):
        before, text = _conversation(value)
    elif isinstance(value, str) and name != MESSAGES:
        text = value
        if name == "prompt":
            kind = "prompt" if special_spans(text) else None
    else:
        wanted = "a list" if name == MESSAGES else "a text"
        raise BadRowError(f"its “{name}” is not {wanted}.")
    if not text.strip():
        raise BadRowError("it asks nothing.")
    if len(text) + sum(len(content) for _, content in before) > LONGEST:
        raise BadRowError(f"it is longer than {LONGEST:,} characters.")
    expected = _first(by_name, EXPECTED)
    return _Asked(
        where,
        _id(by_name.get("id")),
        text,
        before,
        None if expected is None else expected_text(by_name[expected]),
        kind,
    )


def _first(values: dict[str, Any], names: Iterable[str]) -> str | None:
    """The first of `names` that has something in `values`."""
    return next((name for name in names if values.get(name) is not None), None)


def _nothing_asked(values: dict[str, Any]) -> str:
    there = ", ".join(f"“{name[:40]}”" for name in list(values)[:4])
    return f"it has {there} and no prompt." if there else "it is empty."


def _id(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


def expected_text(value: Any) -> str | None:
    """What a good answer is, to be shown: the text itself where there is one, else its JSON."""
    if isinstance(value, dict):
        known = _first(value, EXPECTED)
        if known is not None:
            return expected_text(value[known])
        if len(value) == 1:
            return expected_text(next(iter(value.values())))
        return _json(value) if value else None
    if value is None or isinstance(value, str):
        return value or None
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _conversation(messages: list[Any]) -> tuple[tuple[tuple[str, str], ...], str]:
    """What comes before the last message, and that; it must be the user's."""
    found: list[tuple[str, str]] = []
    for number, message in enumerate(messages, 1):
        try:
            found.append(_message(message, is_first=number == 1))
        except ValueError as error:
            raise BadRowError(f"message {number}: {error}") from None
    if not found:
        raise BadRowError("its conversation has no messages.")
    if found[-1][0] != "user":
        raise BadRowError("its last message is not the user's, so there is nothing to answer.")
    return tuple(found[:-1]), found[-1][1]


def _message(message: Any, *, is_first: bool) -> tuple[str, str]:
    """Raises `ValueError` for what is no text of one of the two, or a system prompt."""
    if not isinstance(message, dict):
        raise ValueError("it is not an object.")
    role = message.get("role")
    if role == "developer":
        role = "system"
    if role not in ("system", "user", "assistant"):
        raise ValueError(f"a role “{str(role)[:40]}” is not known here.")
    if role == "system" and not is_first:
        raise ValueError("a system message stands first or nowhere.")
    if message.get("tool_calls") or message.get("function_call"):
        raise ValueError("calls of tools cannot be asked.")
    content = message.get("content")
    if isinstance(content, list):
        content = _of_parts(content)
    if not isinstance(content, str):
        raise ValueError("its content is not text.")
    return role, content


def _of_parts(parts: list[Any]) -> str | None:
    """``None`` where one of them is no text."""
    texts = [
        part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
        for part in parts
    ]
    whole = [text for text in texts if isinstance(text, str)]
    return "".join(whole) if len(whole) == len(texts) else None


def _left_out(bad: list[tuple[str, str]]) -> tuple[str, ...]:
    if not bad:
        return ()
    count = "1 row is left out" if len(bad) == 1 else f"{len(bad):,} rows are left out"
    first = " ".join(f"{_capital(where)}: {why}" for where, why in bad[:_NAMED])
    more = f" And {len(bad) - _NAMED:,} more." if len(bad) > _NAMED else ""
    return (f"{count}. {first}{more}",)


def _renamed(where: list[str]) -> tuple[str, ...]:
    if not where:
        return ()
    if len(where) == 1:
        return (f"The row at {where[0]} has the id of another, and goes by its number.",)
    places = ", ".join(where[:_NAMED]) + (" and more" if len(where) > _NAMED else "")
    return (f"{len(where):,} rows have the id of another, and go by their numbers ({places}).",)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
