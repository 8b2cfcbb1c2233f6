"""A log that does not grow without end, and the pipe that fills it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.infra.child_log import CappedLog, LogPipe, open_log


def written(tmp_path: Path, *pieces: bytes) -> bytes:
    path = tmp_path / "child.log"
    with open_log(path) as file:
        log = CappedLog(file, head_bytes=100, tail_bytes=50)
        for piece in pieces:
            log.write(piece)
    return path.read_bytes()


def test_that_what_fits_is_kept_as_it_is(tmp_path: Path) -> None:
    text = bytes(range(200))
    assert written(tmp_path, text[:7], text[7:150], text[150:]) == text


def test_that_of_too_much_the_beginning_and_the_end_are_kept_and_the_gap_is_told(
    tmp_path: Path,
) -> None:
    lines = [f"line {number:04}\n".encode() for number in range(1000)]
    kept = written(tmp_path, *lines)
    assert kept.startswith(b"".join(lines)[:100])
    head, _, rest = kept.partition(b"\n[Parley left out ")
    told, _, tail = rest.partition(b"]\n")
    left_out = int(told.split()[0].replace(b",", b""))
    assert b"".join(lines).endswith(tail)
    assert 50 <= len(tail) <= 100
    assert len(head) + left_out + len(tail) == 10_000


def test_that_one_huge_piece_is_cut_like_many(tmp_path: Path) -> None:
    kept = written(tmp_path, b"a" * 100_000 + b"the end")
    assert len(kept) < 400
    assert kept.endswith(b"athe end")


def test_that_all_that_a_process_has_printed_is_there_once_the_pipe_is_closed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "child.log"
    program = "import sys; sys.stderr.write('x' * 999_999 + '\\n')"
    with open_log(path) as file, LogPipe(CappedLog(file)) as log:
        subprocess.run([sys.executable, "-c", program], stderr=log.descriptor, check=True)
    assert path.read_bytes() == b"x" * 999_999 + b"\n"


def test_that_nobody_waits_for_a_process_that_outlives_the_child(tmp_path: Path) -> None:
    path = tmp_path / "child.log"
    program = "import sys; print('there', file=sys.stderr, flush=True); sys.stdin.read()"
    with open_log(path) as file:
        with LogPipe(CappedLog(file)) as log:
            left = subprocess.Popen(
                [sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=log.descriptor
            )
            while not path.read_bytes().endswith(b"\n"):
                assert left.poll() is None
        left.communicate()
    assert path.read_bytes() == b"there\n"


def test_that_the_last_byte_is_there_where_the_thread_sees_the_end_before_it_is_woken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "child.log"
    real_write = os.write

    def late_write(descriptor: int, data: bytes) -> int:
        if data == b"\n":
            real_write(descriptor, b"the last line\n")
            time.sleep(0.1)  # the thread has read that, and has seen that it is to end
        return real_write(descriptor, data)

    monkeypatch.setattr(os, "write", late_write)
    with open_log(path) as file, LogPipe(CappedLog(file)):
        pass
    assert path.read_bytes() == b"the last line\n"
