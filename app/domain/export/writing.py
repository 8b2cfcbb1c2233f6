"""How a file of many conversations is put together, one at a time."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from app.domain.export import json_format, jsonl_format, markdown_format
from app.domain.export.formats import Format
from app.domain.export.record import Record


class Layout(Struct, frozen=True):
    """What stands before, between and after the conversations."""

    head: bytes
    separator: bytes
    tail: bytes
    encode: Callable[[Record], bytes]
    """Empty for one that has nothing to say in this format: it is left out."""


LAYOUTS: Final = {
    Format.MARKDOWN: Layout(
        markdown_format.HEAD,
        markdown_format.SEPARATOR,
        markdown_format.TAIL,
        markdown_format.encode,
    ),
    Format.JSON: Layout(
        json_format.HEAD, json_format.SEPARATOR, json_format.TAIL, json_format.encode
    ),
    Format.JSONL: Layout(
        jsonl_format.HEAD, jsonl_format.SEPARATOR, jsonl_format.TAIL, jsonl_format.encode
    ),
}
