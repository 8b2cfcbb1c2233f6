"""How a child ended, in words for the user. Pure but for reading the log's tail."""

import signal
import sys
from pathlib import Path
from typing import Final

from app.services.ports import Role
from wrappers.contract import AnyRequest, Failed, Generate, Load

LOG_LINES = 30
CLOSED_ITS_PIPE: Final = -256
"""In place of an exit code: it lived on where nobody could hear it any more, and was ended."""
_LINE_LENGTH = 400
_TAIL_BYTES = 32_768
_CRASH = "Fatal Python error"
_LAST_WORDS = "  what():"
"""What C++ says before it, of an exception that nobody has caught."""

_SUBJECTS: dict[Role, str] = {"model": "The model's process", "registry": "The registry's process"}

_ADVICE: dict[Role, str] = {
    "model": "Your next message loads it again.",
    "registry": "The next request starts it again.",
}

_SIGNALS = {
    "SIGKILL": "killed, signal 9: it may have run out of memory",
    "SIGSEGV": "it crashed, signal 11: a fault in a native library",
    "SIGBUS": "it crashed, signal 7: a file it had mapped may have been cut short",
    "SIGILL": "it crashed, signal 4: its engine needs a newer processor",
    "SIGABRT": "it gave up, signal 6: its own check failed",
    "SIGTERM": "another program asked it to end, signal 15",
    "SIGINT": "interrupted, signal 2",
}

_OUT_OF_MEMORY = ("std::bad_alloc", "Cannot allocate memory", "out of memory")
"""What native code says before it gives up (signal 6) where there is no more memory."""

_WINDOWS_STATUS = {
    0xC0000005: "it crashed: a fault in a native library",
    0xC000001D: "it crashed: its engine needs a newer processor",
    0xC0000017: "it ran out of memory",
    0xC0000135: "a library that it needs is missing",
}


def how(returncode: int | None, tail: str = "") -> str:
    """What an exit code means, such as ``killed, signal 9: it may have run out of memory``; `tail`
    is the end of the log."""
    if returncode is None:
        return "its thread ended"
    if returncode == CLOSED_ITS_PIPE:
        return "it closed its pipe to the window, and could not be heard any more"
    if returncode < 0:
        try:
            name = signal.Signals(-returncode).name
        except ValueError:
            return f"signal {-returncode}"
        if name == "SIGABRT" and any(words in tail for words in _OUT_OF_MEMORY):
            return "it ran out of memory, signal 6"
        return _SIGNALS.get(name, f"{name}, signal {-returncode}")
    if sys.platform == "win32" and returncode & 0xFFFFFFFF in _WINDOWS_STATUS:
        return _WINDOWS_STATUS[returncode & 0xFFFFFFFF]
    return f"exit code {returncode}"


def cancelled(role: Role) -> Failed:
    """The end of a host that was asked for, and so is no fault."""
    return Failed(kind="cancelled", message=f"{_SUBJECTS[role]} was ended.")


def died(role: Role, returncode: int | None, request: AnyRequest | None, tail: str) -> Failed:
    """The end of a host as whoever awaits `request` is told it; ``None`` for an idle host.

    `returncode` is as `subprocess` gives it, ``None`` for a thread; `tail` the end of its log.
    """
    return Failed(
        kind="died",
        message=f"{_SUBJECTS[role]} ended{_while(request)} ({how(returncode, tail)}).",
        advice="Try again; its log tells more." if isinstance(request, Load) else _ADVICE[role],
        detail=tail,
    )


def _while(request: AnyRequest | None) -> str:
    match request:
        case None:
            return ""
        case Load():
            return " while it loaded"
        case Generate():
            return " while it answered"
        case _:
            return " before it answered"


def log_tail(log: Path) -> str:
    """The last lines of a log, or the beginning of the crash report that it ends with; empty
    where it cannot be read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line[:_LINE_LENGTH] for line in text.splitlines()]
    for number, line in enumerate(lines):
        if line.startswith(_CRASH):  # what counts is its top: where it crashed
            last_words = [one for one in lines[max(0, number - 2) : number] if _LAST_WORDS in one]
            return "\n".join([*last_words, *lines[number : number + LOG_LINES]][:LOG_LINES])
    return "\n".join(lines[-LOG_LINES:])
