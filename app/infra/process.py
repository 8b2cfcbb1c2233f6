"""A host in a process of its own."""

import atexit
import contextlib
import itertools
import os
import queue
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from app.infra.child_log import CappedLog, LogPipe
from app.infra.endings import CLOSED_ITS_PIPE
from app.infra.logs import create_child_log

_LEAVE_GRACE_S = 2.0
"""How long a process may live on after the end of its output."""

_EXIT_GRACE_S = 1.0
"""How long this program waits at its own end for a process that it has killed."""

_numbers = itertools.count(1)

_RUN = secrets.token_hex(4)
"""Tells this run of the program from earlier ones."""


class ProcessTransport:
    """Implements `app.infra.child.Transport` with a `subprocess.Popen` and two pipes.

    The process is started by the thread that then reads it: on Linux the host asks to be killed
    when the *thread* that forked it ends, so a thread of a pool would take it along.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Callable[[Path], dict[str, str]],
        *,
        label: str,
        logs: Path,
        temporary_root: Path,
    ) -> None:
        """`environment` is given the folder for the process's temporary files, which is made in
        `temporary_root` and removed at its end."""
        self.log_path = logs
        self._command = list(command)
        self._environment = environment
        self._label = label
        self._logs = logs
        self._temporary_root = temporary_root
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def send(self, line: bytes) -> None:
        self._outbox.put(line)

    def hang_up(self) -> None:
        self._outbox.put(None)

    def kill(self) -> None:
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.returncode is None:
                _end_group(self._process)

    def run(self, started: Callable[[], None], received: Callable[[bytes], None]) -> int | None:
        self.log_path, file = create_child_log(self._logs, self._label)
        with file, LogPipe(CappedLog(file)) as log:
            temporary = _make_temporary(self._temporary_root)
            try:
                process = self._start(log.descriptor, temporary)
                _living[process] = temporary
                try:
                    return self._attend(process, started, received)
                finally:
                    del _living[process]
            finally:
                remove_tree(temporary)

    def _start(self, log: int, temporary: Path) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=self._environment(temporary),
            # What a model writes to "here" goes with the other temporary files.
            cwd=temporary,
            start_new_session=True,
            creationflags=_creation_flags(),
        )
        with self._lock:
            self._process = process
            if self._killed:
                _end_group(process)
        return process

    def _attend(
        self,
        process: subprocess.Popen[bytes],
        started: Callable[[], None],
        received: Callable[[bytes], None],
    ) -> int:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        writer = threading.Thread(
            target=self._write, args=(process.stdin,), name="parley-writer", daemon=True
        )
        writer.start()
        started()
        try:
            with process.stdout as lines:
                for line in lines:
                    if line.endswith(b"\n"):  # one cut short by the end tells nothing
                        received(line)
        finally:
            returncode = self._reap(process)
            self._outbox.put(None)
            writer.join()
        return returncode

    def _write(self, pipe: IO[bytes]) -> None:
        """Off every other thread, since a pipe that nobody empties blocks."""
        with contextlib.suppress(OSError):
            while (line := self._outbox.get()) is not None:
                pipe.write(line)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _reap(self, process: subprocess.Popen[bytes]) -> int:
        """The exit code of a process that has closed its output, its group ended with it."""
        try:
            process.wait(_LEAVE_GRACE_S)
        except subprocess.TimeoutExpired:
            _end_group(process)
            process.wait()
            return CLOSED_ITS_PIPE
        _end_group(process)
        return process.returncode


_living: dict[subprocess.Popen[bytes], Path] = {}
"""With their temporary folders; a program that ends in a hurry ends them too."""


@atexit.register
def _end_all() -> None:
    for process, temporary in tuple(_living.items()):
        _end_group(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_EXIT_GRACE_S)
        remove_tree(temporary)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process with all that it has started."""
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error, OSError):
            for descendant in psutil.Process(process.pid).children(recursive=True):
                descendant.kill()
        with contextlib.suppress(OSError):
            process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _creation_flags() -> int:
    if sys.platform == "win32":
        return (
            subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
            | subprocess.CREATE_NO_WINDOW
        )
    return 0


def _make_temporary(root: Path) -> Path:
    """A new folder that names its owner, so that what a killed Parley left can be told."""
    root.mkdir(parents=True, exist_ok=True)
    for folder in root.iterdir():
        owner, _, rest = folder.name.partition("-")
        if owner.isdecimal() and not _may_be_in_use(int(owner), rest):
            remove_tree(folder)
    folder = root / f"{os.getpid()}-{_RUN}-{next(_numbers)}"
    folder.mkdir(mode=0o700)
    return folder


def _may_be_in_use(owner: int, rest: str) -> bool:
    """Whether the program that made a folder may still run. Its process's number alone does not
    say so of this one's: in a container each start has the same."""
    if owner == os.getpid():
        return rest.startswith(f"{_RUN}-")
    import psutil  # which takes ten milliseconds of a window's start

    return psutil.pid_exists(owner)


def remove_tree(folder: Path) -> None:
    """Remove it with all that is in it, what its maker took its own rights to away from too."""

    def allow_and_retry(remove: Callable[[str], object], path: str, _: BaseException) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            if not Path(path).is_symlink():
                Path(path).chmod(0o700)
            if Path(path).is_dir() and not Path(path).is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                remove(path)

    shutil.rmtree(folder, onexc=allow_and_retry)
