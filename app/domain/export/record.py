"""A conversation with what is kept beside its tree, and the names of the file formats."""

import dataclasses
import hashlib
from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.domain.conversation import Conversation
from app.domain.conversation_summary import opening_of
from app.domain.export.formats import Format

_NAME_LENGTH: Final = 60
_UNSAFE: Final = frozenset('<>:"/\\|?*')
_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
"""Names that Windows keeps for devices."""


class Record(Struct, frozen=True):
    """What an export says of one conversation."""

    conversation: Conversation
    title: str | None = None
    """``None`` until the user has given it a name."""
    is_pinned: bool = False
    created_ms: int = 0
    updated_ms: int = 0

    @property
    def name(self) -> str:
        """Its title, or else how it begins."""
        return self.title or opening_of(self.conversation)


class Exported(Struct, frozen=True):
    """What an export came to: numbers of conversations."""

    written: int
    damaged: int = 0
    """Could not be read from where they are kept, and are not in the file."""


class Imported(Struct, frozen=True):
    """What an import came to: numbers of conversations."""

    new: int
    known: int = 0
    """Were there already, equal in all."""
    first: str | None = None
    """The id of the first of the file, whether it is new or not."""


def settled(conversation: Conversation) -> Conversation:
    """`conversation` with each answer that is on its way as one that was stopped: a file knows no
    more of it."""
    nodes = {
        key: replace(node, answer=replace(node.answer, state=AnswerState.STOPPED))
        for key, node in conversation.nodes.items()
        if node.answer is not None and not node.answer.state.is_final
    }
    return (
        dataclasses.replace(conversation, nodes={**conversation.nodes, **nodes})
        if nodes
        else conversation
    )


def id_of(parts: Iterable[bytes]) -> str:
    """An id that the same parts always get, so that the same import is known again."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()[:32]


def format_of(name: str) -> Format | None:
    """What a file's name says, if anything."""
    for one in Format:
        if name.lower().endswith(one.suffix):
            return one
    return Format.MARKDOWN if name.lower().endswith(".markdown") else None


def file_name(title: str, fallback: str = "conversation") -> str:
    """A name that every system takes, without a suffix, after what is said in `title`."""
    kept = "".join(" " if one in _UNSAFE or not one.isprintable() else one for one in title)
    words = " ".join(kept.split())
    if len(words) > _NAME_LENGTH:
        words = words[:_NAME_LENGTH].rpartition(" ")[0] or words[:_NAME_LENGTH]
    # Neither a hidden file, nor one whose end Windows would drop.
    name = words.strip(". ")
    return f"{name}_" if name.lower().partition(".")[0] in _RESERVED else name or fallback
