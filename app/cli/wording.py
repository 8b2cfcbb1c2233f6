"""Numbers as people read them. Pure."""

from typing import Final

from app.domain.model_names import title
from app.domain.plain_text import one_line
from app.domain.quantities import size_text
from wrappers.contract import Finished, ModelVersion, StopReason

_REASONS: Final[dict[StopReason, str]] = {
    "end_of_turn": "end of turn",
    "stop_string": "stop string",
    "length": "cut: as long as allowed",
    "cancelled": "stopped",
    "context_full": "cut: the context is full",
}


def numbers(finished: Finished) -> str:
    """The line below an answer, such as ``12 + 8 = 20 tokens · first token 0.21 s``."""
    usage, timings = finished.usage, finished.timings
    facts: list[str] = []
    if usage.prompt_tokens is not None and usage.completion_tokens is not None:
        total = usage.prompt_tokens + usage.completion_tokens
        facts.append(f"{usage.prompt_tokens} + {usage.completion_tokens} = {total} tokens")
    elif usage.completion_tokens is not None:
        facts.append(f"{usage.completion_tokens} tokens")
    if timings.time_to_first_token_s is not None:
        facts.append(f"first token {timings.time_to_first_token_s:.2f} s")
    if timings.decode_tokens_per_s is not None:
        facts.append(f"{timings.decode_tokens_per_s:.1f} tokens/s")
    if timings.load_s is not None:
        facts.append(f"loaded in {timings.load_s:.1f} s")
    if finished.stop_reason is not None:
        facts.append(reason(finished.stop_reason))
    return " · ".join(facts) or "The model tells no numbers."


def reason(stop_reason: StopReason | None) -> str:
    """Why an answer ended; a dash where it is not known."""
    return "–" if stop_reason is None else _REASONS[stop_reason]


def size(n_bytes: int | None) -> str:
    """Such as ``112 MB``; a dash where it is not known."""
    return "–" if n_bytes is None else size_text(n_bytes)


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """`rows` in columns as wide as their widest cell, each of which is one line."""
    rows = [tuple(one_line(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def model_row(version: ModelVersion) -> tuple[str, ...]:
    """One line of ``parley models``."""
    streams = {True: "streams", False: "whole answers", None: ""}[version.streams]
    aliases = " ".join(f"@{alias}" for alias in version.aliases)
    return (title(version), aliases, _kind(version), streams, size(version.size_bytes))


def _kind(version: ModelVersion) -> str:
    if version.mode is not None or not version.detected:
        return version.mode or "?"
    return "not a chat model" if version.flavors else "unreadable"
