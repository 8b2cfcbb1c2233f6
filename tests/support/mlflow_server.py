"""A real ``mlflow server`` on this machine."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.support.asking import connected, own_home
from wrappers.contract import Connect
from wrappers.registry import RegistryServer

_START_S = 120.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def mlflow_server(home: Path) -> Iterator[str]:
    """A tracking server that keeps everything in `home`; ended with all of its processes."""
    port = _free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{home / 'server.db'}"]
    command += ["--artifacts-destination", str(home / "artifacts")]
    uri = f"http://127.0.0.1:{port}"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with (
        (home / "server.log").open("wb") as log,
        subprocess.Popen(
            command,
            cwd=home,
            # Its job runners are five more processes, which import MLflow again and again.
            env=os.environ | {"PATH": path, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            _wait_until_it_answers(uri, process, home / "server.log")
            yield uri
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_until_it_answers(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        # It may take a connection long before it answers, or end one half-way.
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(f"{uri}/health", timeout=5).close()  # noqa: S310 - our own
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
            break
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def registry_of(kind: str, home: Path) -> Iterator[RegistryServer]:
    """A new registry in `home`: a file of its own (``sqlite``), or one behind a ``server``."""
    if kind == "sqlite":
        yield connected(own_home(home))
        return
    with mlflow_server(home) as uri:
        yield connected(Connect(id=1, tracking_uri=uri, cache_dir=str(home / "cache")))
