"""A page opened in a real browser without a screen: what becomes of it, and what it asks for."""

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_TIMEOUT_S = 90
_ITS_OWN = (".google.com", ".googleapis.com", ".gvt1.com")
"""Where the browser itself asks for the time and for updates, whatever it shows."""

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--hide-scrollbars",
)


def browser() -> str:
    """The program; skips the test where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


def dom_of(page: Path, *, profile: Path, proxy: int | None = None) -> str:
    """The page's own HTML once it has been read, laid out and whatever it runs has run."""
    flags = [*_FLAGS, f"--user-data-dir={profile}"]
    if proxy is not None:
        flags += [f"--proxy-server=http://127.0.0.1:{proxy}", "--proxy-bypass-list=<-loopback>"]
    done = subprocess.run(
        [browser(), *flags, "--dump-dom", page.as_uri()],
        capture_output=True,
        check=False,
        timeout=_TIMEOUT_S,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    return done.stdout.decode()


def requests_of(page: Path, *, profile: Path) -> list[str]:
    """The addresses that a browser asks the network for while it shows the page, as a proxy sees
    them."""
    with _proxy() as (port, asked):
        dom_of(page, profile=profile, proxy=port)
        return [one for one in asked if not _host(one).endswith(_ITS_OWN)]


def _host(request_line: str) -> str:
    """Of ``GET http://host/path HTTP/1.1`` and of ``CONNECT host:443 HTTP/1.1``."""
    address = request_line.split(" ")[1] if " " in request_line else ""
    return urlsplit(address if "//" in address else f"//{address}").hostname or ""


@contextlib.contextmanager
def _proxy() -> Iterator[tuple[int, list[str]]]:
    """Answers everybody that there is nothing, and keeps what was asked for."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client, contextlib.suppress(OSError):
                    client.settimeout(5)
                    line = client.recv(65536).split(b"\r\n", 1)[0].decode("latin-1")
                    if not line:  # a connection made ahead, and ended before anything was asked
                        continue
                    asked.append(line)
                    client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, name="proxy", daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], asked
        finally:
            server.shutdown(socket.SHUT_RDWR)
    thread.join()
