"""What a list says of a conversation without its messages."""

from typing import Final

from msgspec import Struct

from app.domain.conversation import Conversation

OPENING_LENGTH: Final = 200
"""Characters kept of the first question."""


class ConversationSummary(Struct, frozen=True):
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
            return opening_words(node.text)
    return ""


def opening_words(text: str) -> str:
    """How `text` begins, on one line."""
    # What is far beyond the opening need not be split into words.
    return " ".join(text.strip()[: 4 * OPENING_LENGTH].split())[:OPENING_LENGTH]
