"""Markdown: the visible branch, to be read by people.

Every text stands as it was written, but for what would be more than text where it is read (see
`app.domain.export.harmless`). Where one leaves a fence of code open, the fence is closed after it,
or else all that follows would be code.
"""

import re
from typing import Final

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Node
from app.domain.export.record import Record

HEAD: Final = b""
SEPARATOR: Final = b"\n---\n\n"
TAIL: Final = b""

_ENDS: Final = {
    "length": "cut: as long as allowed",
    "context_full": "cut: the context is full",
    "stop_string": "stop string",
    "end_of_turn": "end of turn",
    "cancelled": "stopped",
}


def encode(record: Record) -> bytes:
    """One conversation; empty where nothing was said."""
    branch = record.conversation.branch()
    if not branch:
        return b""
    title = " ".join(record.name.split()) or "Conversation"
    parts = [f"# {_literal(title)}"]
    if record.conversation.system.strip():
        parts += ["## System prompt", _harmless(record.conversation.system)]
    for node in branch:
        parts += _message(node)
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _message(node: Node) -> list[str]:
    answer = node.answer
    if answer is None:
        who = "You" if node.role == "user" else "Assistant"
        return [f"## {who}", _harmless(node.text)]
    parts = [f"## {_literal(answer.called) or 'Assistant'}"]
    if answer.text:
        parts.append(_harmless(answer.text))
    if answer.failure is not None and answer.state is AnswerState.FAILED:
        parts.append(f"*{_literal(answer.failure.message)}*")
    numbers = numbers_line(answer)
    if numbers:
        parts.append(f"<sub>{numbers}</sub>")
    return parts


def numbers_line(answer: Answer) -> str:
    """Such as ``12 prompt + 8 completion = 20 tokens · 0.21 s to first token``; what is not known
    is left out."""
    usage, timings = answer.usage, answer.timings
    facts = []
    if usage.prompt_tokens is not None and usage.completion_tokens is not None:
        total = usage.prompt_tokens + usage.completion_tokens
        facts.append(
            f"{usage.prompt_tokens} prompt + {usage.completion_tokens} completion = {total} tokens"
        )
    elif usage.completion_tokens is not None:
        facts.append(f"{usage.completion_tokens} completion tokens")
    if timings.time_to_first_token_s is not None:
        facts.append(f"{timings.time_to_first_token_s:.2f} s to first token")
    if timings.decode_tokens_per_s is not None:
        facts.append(f"{timings.decode_tokens_per_s:.1f} tokens/s")
    if answer.stop_reason is not None:
        facts.append(_ENDS[answer.stop_reason])
    elif answer.state is AnswerState.STOPPED:
        facts.append("stopped")
    return " · ".join(facts)


# What only an export needs takes four milliseconds of a start.


def _harmless(text: str) -> str:
    from app.domain.export.harmless import harmless

    return harmless(text)


def _literal(text: str) -> str:
    """One line in which no character means anything."""
    from app.domain.characters import visible

    return re.sub(r"([\\`*_\[\]<>#~|])", r"\\\1", " ".join(visible(text).split()))
