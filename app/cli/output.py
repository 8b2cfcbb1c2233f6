"""What is printed, and where: results on standard output, the rest on standard error."""

import os
import sys
from typing import Any

import msgspec

from wrappers.contract import Event, Failed


class Output:
    """For people, or with ``--json`` for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._mid_line = False

    def text(self, piece: str) -> None:
        """A piece of an answer, at once."""
        if piece:
            sys.stdout.write(piece)
            sys.stdout.flush()
            self._mid_line = not piece.endswith("\n")

    def line(self, text: str = "") -> None:
        """A line of a result."""
        sys.stdout.write(text + "\n")

    def end_line(self) -> None:
        """Begin a new line if one has been begun."""
        if self._mid_line:
            self.text("\n")

    def object(self, value: dict[str, Any]) -> None:
        """One JSON object, on a line of its own."""
        sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
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
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def error(self, failed: Failed) -> None:
        """What went wrong, and what to do."""
        if self.as_json:
            self.event(failed)
        self.note(f"parley: {failed.message} {failed.advice}".rstrip())


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
