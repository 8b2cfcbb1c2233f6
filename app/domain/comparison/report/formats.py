"""What a report can be written as."""

from enum import StrEnum
from pathlib import PurePath


class ReportFormat(StrEnum):
    """Of a report's file."""

    HTML = "html"
    MARKDOWN = "markdown"

    @property
    def suffix(self) -> str:
        return ".md" if self is ReportFormat.MARKDOWN else ".html"


def format_of(name: str) -> ReportFormat | None:
    """By the ending of a file's name."""
    match PurePath(name).suffix.lower():
        case ".html" | ".htm":
            return ReportFormat.HTML
        case ".md" | ".markdown":
            return ReportFormat.MARKDOWN
    return None
