"""What a list says of a conversation without its messages."""

from dataclasses import dataclass
from typing import Final

from app.domain.conversation import Conversation

OPENING_LENGTH: Final = 200
"""Characters kept of the first question."""


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One row."""

    id: str
    opening: str
    """How its visible branch begins, on one line: see `opening_of`."""
    updated_ms: int
    """When something was last said in it."""
    title: str | None = None
    """``None`` until the user has given it a name."""
    is_pinned: bool = False


def opening_of(conversation: Conversation) -> str:
    """The first words that were asked, on one line; empty where there are none yet."""
    for node in conversation.branch():
        if node.role == "user" and node.text.strip():
            # What is far beyond the opening need not be split into words.
            return " ".join(node.text.strip()[: 4 * OPENING_LENGTH].split())[:OPENING_LENGTH]
    return ""
