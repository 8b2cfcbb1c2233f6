"""What is printed, and where: results on standard output, the rest on standard error."""

import os
import re
import sys
from typing import Any

import msgspec

from app.domain.plain_text import lines
from wrappers.contract import Event, Failed

_MAX_LINE = 100_000

_UNSEEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""What JSON leaves as it is: C1 controls, marks of direction, what takes no place."""


class Output:
    """For people, or with ``--json`` for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._mid_line = False

    def text(self, piece: str) -> None:
        """A piece of an answer, at once. On a terminal it can do nothing but be read; a pipe gets
        it as it is."""
        if piece:
            sys.stdout.write(lines(piece, len(piece) * 10) if sys.stdout.isatty() else piece)
            sys.stdout.flush()
            self._mid_line = not piece.endswith("\n")

    def line(self, text: str = "") -> None:
        """A line of a result. What a registry holds can do nothing to the terminal."""
        sys.stdout.write(lines(text, _MAX_LINE) + "\n")

    def end_line(self) -> None:
        """Begin a new line if one has been begun."""
        if self._mid_line:
            self.text("\n")

    def object(self, value: dict[str, Any]) -> None:
        """One JSON object, on a line of its own. On a terminal, with escapes for what would do
        something to it: to JSON that is the same."""
        line = msgspec.json.encode(value)
        if sys.stdout.isatty():
            line = _UNSEEN.sub(_escape, line.decode()).encode()
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()

    def event(self, event: Event) -> None:
        """An event as JSON, but for its ``id``, which means nothing outside."""
        value = msgspec.to_builtins(event)
        value.pop("id", None)
        self.object(value)

    def note(self, text: str) -> None:
        """Something beside the result."""
        self.end_line()
        sys.stdout.flush()
        sys.stderr.write(lines(text, _MAX_LINE) + "\n")
        sys.stderr.flush()

    def error(self, failed: Failed) -> None:
        """What went wrong, and what to do."""
        if self.as_json:
            self.event(failed)
        self.note(f"parley: {failed.message} {failed.advice}".rstrip())


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def allow_any_text() -> None:
    """Let answers be printed on a terminal that lacks some of their characters."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def give_up_stdout() -> None:
    """After its reader has left: point it nowhere, so that the exit does not fail on it."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
