"""JSONL as OpenAI's fine-tuning files have it: one conversation a line.

A line is ``{"messages": [{"role": "system", "content": …}, {"role": "user", …}, …]}``. Written is
what a model would be sent: the system prompt and the visible branch, without answers that failed
before their first word. Read are also ``developer`` for ``system``, contents in text parts, and a
single object over several lines; other keys (``weight``, ``name``) are passed over, and what is no
conversation of texts (tools, images) is refused.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node, Role
from app.domain.export.broken import BrokenFileError, decode, line_at, not_fitting
from app.domain.export.found import Found
from app.domain.export.record import Record, id_of

HEAD: Final = b""
SEPARATOR: Final = b"\n"
TAIL: Final = b"\n"


class _Message(msgspec.Struct):
    role: str
    content: str | list[Any] | None = None
    tool_calls: msgspec.Raw = msgspec.Raw()
    function_call: msgspec.Raw = msgspec.Raw()


class _Line(msgspec.Struct):
    messages: list[_Message]


_encoder = msgspec.json.Encoder()
_line = msgspec.json.Decoder(_Line)


def encode(record: Record) -> bytes:
    """One line; empty where nothing was said."""
    conversation = record.conversation
    messages = conversation.messages_to(conversation.leaf)
    if all(message.role == "system" for message in messages):
        return b""
    value = {"messages": [{"role": one.role, "content": one.content} for one in messages]}
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        for message in value["messages"]:
            text = message["content"].encode("utf-16-le", "surrogatepass")
            message["content"] = text.decode("utf-16-le", "replace")
        return _encoder.encode(value)


def read(data: bytes) -> Iterator[Found]:
    """What stands in a file, one conversation after the other. Raises `BrokenFileError`."""
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin) + 1 or len(data)
        piece = data[begin:end].strip()
        if piece:
            yield Found(_record(data, begin, piece), begin, end, has_own_id=False)
        begin = end


def read_one(data: bytes) -> Iterator[Found]:
    """The only conversation of a file that lays it out over several lines."""
    yield Found(_record(data, 0, data), 0, len(data), has_own_id=False)


def _record(data: bytes, begin: int, piece: bytes) -> Record:
    try:
        found = decode(data, data.index(piece, begin), piece, _line)
    except msgspec.ValidationError as error:
        raise BrokenFileError(not_fitting(error), line_at(data, begin)) from None
    texts: list[tuple[Role, str]] = []
    system = ""
    for number, message in enumerate(found.messages, start=1):
        try:
            text = _text(message)
            match message.role:
                case "system" | "developer" if number == 1:
                    system = text
                case "user" | "assistant" as role:
                    texts.append((role, text))
                case "system" | "developer":
                    raise ValueError("a system message stands first or nowhere.")
                case other:
                    raise ValueError(f"a role “{other[:40]}” is not known here.")
        except ValueError as error:
            why = f"message {number}: {error}"
            raise BrokenFileError(why, line_at(data, begin)) from None
    if not texts:
        raise BrokenFileError("this conversation has no messages.", line_at(data, begin))
    return Record(_tree(system, texts))


def _text(message: _Message) -> str:
    """Raises `ValueError` for what is no text."""
    if bytes(message.tool_calls) or bytes(message.function_call):
        raise ValueError("calls of tools cannot be imported.")
    if message.content is None:
        raise ValueError("it has no content.")
    if isinstance(message.content, str):
        return message.content
    parts = []
    for part in message.content:
        text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
        if not isinstance(text, str):
            raise ValueError("a part of its content is not text.")
        parts.append(text)
    return "".join(parts)


def _tree(system: str, texts: list[tuple[Role, str]]) -> Conversation:
    """One branch, with ids that the same conversation always gets."""
    said = [part.encode() for role, text in texts for part in (role, text)]
    key = id_of([system.encode(), *said])
    nodes: dict[str, Node] = {}
    parent: str | None = None
    for number, (role, text) in enumerate(texts):
        own = id_of([key.encode(), str(number).encode()])
        if role == "user":
            nodes[own] = Node(own, parent, role, text)
        else:
            # Who gave it is not told.
            answer = Answer(model="", state=AnswerState.DONE, text=text)
            nodes[own] = Node(own, parent, role, "", answer)
        parent = own
    return Conversation(id=key, system=system, nodes=nodes, leaf=parent)
