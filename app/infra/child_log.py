"""What a child prints, on its way into a file that does not grow without end.

A child that wrote into the file itself could fill the disk before anybody looked; and on a full
disk its own ``print`` would fail. So it writes into a pipe, which a thread of this program empties
whatever becomes of the file.
"""

import contextlib
import os
import threading
from pathlib import Path
from typing import BinaryIO, Final, Self

HEAD_BYTES: Final = 8 << 20
"""Of the beginning; where a load went wrong stands there."""
TAIL_BYTES: Final = 4 << 20
"""Of the end at least, and at most twice as much: so all is written twice at the most."""

_PIECE_BYTES: Final = 1 << 16
_PIPE_PIECES: Final = 16
"""What a pipe holds at most."""
_WAKING_S: Final = 0.01


class CappedLog:
    """A file with the first and the last of all that is written to it. Never raises."""

    def __init__(
        self, file: BinaryIO, *, head_bytes: int = HEAD_BYTES, tail_bytes: int = TAIL_BYTES
    ) -> None:
        """`file` is empty, and unbuffered or flushed by nobody else."""
        self._file = file
        self._head = head_bytes
        self._tail = tail_bytes
        self._size = 0
        self._body = head_bytes
        """Where the end begins, after the note."""
        self._left_out = 0

    def write(self, data: bytes) -> None:
        for at in range(0, len(data), self._tail):
            piece = data[at : at + self._tail]
            try:
                if self._size + len(piece) > self._body + 2 * self._tail:
                    self._cut()
                self._append(piece)
            except OSError:
                self._left_out += len(piece)  # the disk is full: the child goes on all the same

    def _append(self, data: bytes) -> None:
        self._file.seek(self._size)
        view = memoryview(data)
        while view:
            written = self._file.write(view)
            self._size += written
            view = view[written:]

    def _cut(self) -> None:
        """Keep the beginning and the last `_tail` bytes, and say so between them."""
        self._file.seek(self._size - self._tail)
        last = self._file.read(self._tail)
        self._left_out += self._size - len(last) - self._body
        note = (
            f"\n[Parley left out {self._left_out:,} bytes here: a log keeps its first "
            f"{_megabytes(self._head)} and its last {_megabytes(self._tail)}.]\n"
        ).encode()
        self._size = self._head
        self._file.truncate(self._size)
        self._append(note)
        self._body = self._size
        self._append(last)


class LogPipe:
    """Carries what is written to `descriptor` into a log, by a thread, until it is closed."""

    def __init__(self, log: CappedLog) -> None:
        self._log = log
        self._is_ending = False
        self._is_woken = threading.Event()
        self._source, self.descriptor = os.pipe()
        self._thread = threading.Thread(target=self._carry, name="parley-log", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """All that was written until now is in the log. Somebody may hold the other end still, a
        process that a child has let go of: nobody waits for that."""
        self._is_ending = True
        with contextlib.suppress(OSError):
            os.write(self.descriptor, b"\n")  # wakes the thread
        self._is_woken.set()
        os.close(self.descriptor)
        self._thread.join()

    def _carry(self) -> None:
        try:
            piece = os.read(self._source, _PIECE_BYTES)
            while piece and not self._is_ending:
                self._log.write(piece)
                piece = os.read(self._source, _PIECE_BYTES)
            os.set_blocking(self._source, False)
            while not self._is_woken.wait(_WAKING_S):
                piece += self._rest()  # a full pipe has no room for what wakes
            self._log.write((piece + self._rest()).removesuffix(b"\n"))
        finally:
            os.close(self._source)

    def _rest(self) -> bytes:
        """What is in the pipe now."""
        pieces: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while len(pieces) < _PIPE_PIECES:
                pieces.append(os.read(self._source, _PIECE_BYTES))
                if not pieces[-1]:
                    break
        return b"".join(pieces)


def open_log(path: Path) -> BinaryIO:
    """A new file for a `CappedLog`. Raises `FileExistsError`, and `OSError` for other reasons."""
    return path.open("x+b", buffering=0)


def _megabytes(count: int) -> str:
    return f"{count / (1 << 20):g} MB"
