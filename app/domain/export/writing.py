"""How a file of many conversations is put together, one at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.domain.export import json_format, jsonl_format, markdown_format
from app.domain.export.record import Format, Record


@dataclass(frozen=True, slots=True)
class Layout:
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
