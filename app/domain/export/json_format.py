"""JSON: everything that is known of each conversation.

The file is one object, laid out with one conversation a line::

    {"format": "parley.conversations", "version": 1, "conversations": [
    {"title": …, "pinned": …, "created_ms": …, "updated_ms": …,
     "id": …, "system": …, "leaf": …, "nodes": [{"id": …, "parent": …, "role": …, …}, …]},
    …
    ]}

``leaf`` is the last message of the visible branch; a node without a ``parent`` is a first message;
siblings stand in the order they came in. The fields of a conversation, of a node and of its
``answer`` are those of `Conversation`, `Node` and `Answer`, with times in milliseconds since 1970.

Fields that this program does not know are passed over, and those that it misses get their defaults:
a later Parley may add some without counting the version up. It counts up where an older one would
misunderstand the file, and such a file is refused. Nothing else is forgiven: no number for a
string, no reference that leads nowhere.
"""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Final, get_type_hints

import msgspec

from app.domain.conversation import Conversation, Node
from app.domain.export.broken import (
    BrokenFileError,
    NotConversationsError,
    decode,
    line_at,
    not_fitting,
)
from app.domain.export.found import Found
from app.domain.export.record import Record, settled

FORMAT: Final = "parley.conversations"
VERSION: Final = 1

HEAD: Final = f'{{"format":"{FORMAT}","version":{VERSION},"conversations":[\n'.encode()
SEPARATOR: Final = b",\n"
TAIL: Final = b"\n]}\n"

_LONGEST_ID: Final = 200
_MOST_MS: Final = 1 << 53

_FIELDS: Final = tuple(one for one in fields(Conversation) if one.init)


class _File(msgspec.Struct):
    format: str = ""
    version: int = 0
    conversations: list[msgspec.Raw] = []


def _tree_fields() -> list[Any]:
    """Those of `Conversation`, with its nodes still to be decoded, each by itself."""
    hints = get_type_hints(Conversation)
    told: list[Any] = []
    for one in _FIELDS:
        if one.name == "nodes":
            told.append((one.name, list[msgspec.Raw]))
        elif one.default is not MISSING:
            told.append((one.name, hints[one.name], one.default))
        elif one.default_factory is not MISSING:
            factory = msgspec.field(default_factory=one.default_factory)
            told.append((one.name, hints[one.name], factory))
        else:
            told.append((one.name, hints[one.name]))
    return told


_Entry: Any = msgspec.defstruct(
    "Entry",
    [
        ("title", str | None, None),
        ("pinned", bool, False),
        ("created_ms", int, 0),
        ("updated_ms", int, 0),
        *_tree_fields(),
    ],
    kw_only=True,
)
_encoder = msgspec.json.Encoder()
_file = msgspec.json.Decoder(_File)
_entry = msgspec.json.Decoder(_Entry)
_node = msgspec.json.Decoder(Node)


def encode(record: Record) -> bytes:
    """One conversation, on a line."""
    conversation = settled(record.conversation)
    tree = {one.name: getattr(conversation, one.name) for one in _FIELDS}
    value = {
        "title": record.title,
        "pinned": record.is_pinned,
        "created_ms": record.created_ms,
        "updated_ms": record.updated_ms,
        **tree,
        "nodes": list(conversation.nodes.values()),
    }
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        return _encoder.encode(_sound(msgspec.to_builtins(value)))


def read(data: bytes) -> Iterator[Found]:
    """What stands in a file, one conversation after the other; each is checked by itself.

    Raises `BrokenFileError` where the file breaks, and `NotConversationsError` for another's.
    """
    try:
        file = decode(data, 0, data, _file)
    except msgspec.ValidationError as error:
        raise NotConversationsError(
            f"This is not a file of conversations ({not_fitting(error).rstrip('.')}). "
            "Choose a JSON or JSONL file that was exported."
        ) from None
    if file.format != FORMAT:
        raise NotConversationsError(
            "This JSON file holds no conversations. Choose one that Parley has exported, or an "
            "OpenAI-style JSONL file."
        )
    if file.version > VERSION:
        raise NotConversationsError(
            f"This file was exported by a newer Parley (its version is {file.version}). "
            "Import it with that one."
        )
    if file.version < 1:
        raise NotConversationsError("This file does not say its version. Export it once more.")
    end = 0
    for number, raw in enumerate(file.conversations, start=1):
        piece = bytes(raw)
        begin = data.index(piece, end)
        end = begin + len(piece)
        yield Found(_record(data, begin, piece, number), begin, end, has_own_id=True)


def _record(data: bytes, begin: int, piece: bytes, number: int) -> Record:
    where = f"conversation {number}"
    try:
        entry = decode(data, begin, piece, _entry)
    except msgspec.ValidationError as error:
        raise BrokenFileError(f"{where}: {not_fitting(error)}", line_at(data, begin)) from None
    nodes = _nodes(data, begin, entry.nodes, where)
    tree = {one.name: getattr(entry, one.name) for one in _FIELDS}
    conversation = Conversation(**{**tree, "nodes": nodes})
    why = _against_entry(entry) or _against_tree(conversation)
    if why:
        raise BrokenFileError(f"{where}: {why}", line_at(data, begin))
    return Record(
        settled(conversation),
        title=entry.title or None,
        is_pinned=entry.pinned,
        created_ms=entry.created_ms,
        updated_ms=entry.updated_ms,
    )


def _nodes(data: bytes, begin: int, raws: list[msgspec.Raw], where: str) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    end = begin
    for number, raw in enumerate(raws, start=1):
        piece = bytes(raw)
        begin = data.index(piece, end)
        end = begin + len(piece)
        try:
            node = decode(data, begin, piece, _node)
            why = _against_node(node)
        except msgspec.ValidationError as error:
            why = not_fitting(error)
        else:
            if node.id in nodes:
                why = f"its id {_shown(node.id)} is there twice."
            nodes[node.id] = node
        if why:
            raise BrokenFileError(f"{where}, message {number}: {why}", line_at(data, begin))
    return nodes


def _against_entry(entry: Any) -> str:
    if not _is_id(entry.id):
        return f"its id {_shown(entry.id)} cannot be one."
    if not (0 <= entry.created_ms < _MOST_MS and 0 <= entry.updated_ms < _MOST_MS):
        return "its times are not milliseconds since 1970."
    return ""


def _against_node(node: Node) -> str:
    if not _is_id(node.id):
        return f"its id {_shown(node.id)} cannot be one."
    if not 0 <= node.created_ms < _MOST_MS:
        return "`created_ms` is not milliseconds since 1970."
    if node.role == "user" and node.answer is not None:
        return "a message of the user has an answer's numbers."
    return ""


def _against_tree(conversation: Conversation) -> str:
    """Why the nodes are no tree; empty where they are one."""
    nodes = conversation.nodes
    if conversation.leaf is not None and conversation.leaf not in nodes:
        return f"its last message {_shown(conversation.leaf)} is not there."
    rooted: set[str] = set()
    for number, node in enumerate(nodes.values(), start=1):
        path: dict[str, None] = {}
        current: Node | None = node
        while current is not None and current.id not in rooted:
            if current.id in path:
                return f"message {number} follows on itself."
            path[current.id] = None
            if current.parent is None:
                break
            parent = nodes.get(current.parent)
            if parent is None:
                return f"message {number} follows on {_shown(current.parent)}, which is not there."
            current = parent
        rooted.update(path)
    return ""


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def _shown(text: str) -> str:
    return f"“{text[:40]}”"


def _sound(value: Any) -> Any:
    """Each lone half of a UTF-16 pair, which no file can hold, as U+FFFD."""
    match value:
        case str():
            return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        case dict():
            return {_sound(key): _sound(one) for key, one in value.items()}
        case list() | tuple():
            return [_sound(one) for one in value]
        case _:
            return value
