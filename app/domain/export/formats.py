"""What conversations can be written as."""

from enum import StrEnum


class Format(StrEnum):
    """Of a file of conversations."""

    MARKDOWN = "markdown"
    """The visible branch, to be read."""
    JSON = "json"
    """Every version and number; imports back to an equal tree."""
    JSONL = "jsonl"
    """The visible branch as OpenAI's fine-tuning files have it."""

    @property
    def suffix(self) -> str:
        return ".md" if self is Format.MARKDOWN else f".{self}"
