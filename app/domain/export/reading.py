"""Which format a file has, by what stands in it and not by its name."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from app.domain.export import json_format, jsonl_format
from app.domain.export.broken import NotConversationsError, check_text, decode
from app.domain.export.found import Found


class _Kind(msgspec.Struct):
    """What tells the formats apart."""

    format: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()


_NO_SPACE: Final = re.compile(rb"\S")
_kind = msgspec.json.Decoder(_Kind)


def read(data: bytes) -> Iterator[Found]:
    """The conversations of a file that is exported or OpenAI's JSONL, each checked by itself.

    `data` has no byte order mark (`without_bom`). Raises `BrokenFileError` and
    `NotConversationsError`.
    """
    check_text(data)
    # Without a copy: a file may be large.
    start = _NO_SPACE.search(data)
    if start is None:
        raise NotConversationsError("The file is empty. Choose another.")
    begin = start.start()
    first = data[begin : data.find(b"\n", begin) + 1 or len(data)].strip()
    if not first.startswith(b"{"):
        raise NotConversationsError(
            "This is neither JSON nor JSONL with conversations. Markdown files cannot be imported: "
            "export as JSON instead."
        )
    try:
        by_line = bytes(_kind.decode(first).messages) != b""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # It goes on in the next line, or breaks in this one.
        by_line = first.startswith((b'{"messages"', b'{ "messages"')) and first.endswith(b"}")
    if by_line:
        yield from jsonl_format.read(data)
        return
    try:
        kind = decode(data, 0, data, _kind)
    except msgspec.ValidationError:
        kind = _Kind()
    if bytes(kind.messages) and not bytes(kind.format):
        yield from jsonl_format.read_one(data)
    else:
        yield from json_format.read(data)
