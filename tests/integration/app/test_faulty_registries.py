"""Registries on servers that fail, asked by a real child: told in time, and left for another."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.infra.launcher import HostLauncher
from app.infra.settings import Settings
from app.services.catalog import Catalog, CatalogState
from app.services.errors import ServiceError
from wrappers.contract import Connect, Failed

PATIENCE_S = 5
"""How long an answer is waited for, twice. The server runs in this process, which a busy machine
may keep waiting as well: that is no answer that does not come."""


class FailingServer(ThreadingHTTPServer):
    """A tracking server that holds nothing, until it is told to fail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.body = b"{}"
        self.slow_s = 0.0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = threading.Event()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: FailingServer

    def do_GET(self) -> None:
        is_probe = self.path == "/health"
        if not is_probe:
            self.server.asked.set()
            self.server.may_answer.wait()
            threading.Event().wait(self.server.slow_s)
        body = b"OK" if is_probe else self.server.body
        self.send_response(200 if is_probe else self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[FailingServer]:
    with FailingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.may_answer.set()
        server.shutdown()
        thread.join()


@pytest.fixture
async def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Catalog]:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", str(PATIENCE_S))
    paths = Settings(home=tmp_path).resolve()
    home = Connect(
        id=0,
        tracking_uri=paths.tracking_uri,
        artifact_root=str(paths.artifact_root),
        cache_dir=str(tmp_path / "cache"),
    )
    catalog = Catalog(HostLauncher(paths), home)
    yield catalog
    await catalog.close()


async def failure(catalog: Catalog) -> Failed:
    with pytest.raises(ServiceError) as caught:
        await catalog.refresh()
    return caught.value.failed


async def test_that_a_server_that_fails_is_told_and_is_listed_again_once_it_answers(
    catalog: Catalog, server: FailingServer
) -> None:
    await catalog.open(server.uri)
    await catalog.refresh()

    server.slow_s = 0.5
    await catalog.refresh()
    assert catalog.state is CatalogState.READY, "slowly is no fault"
    server.slow_s = 0.0
    server.status = 500
    assert "answers with an error of its own" in (await failure(catalog)).message
    server.status, server.body = 200, b"<html>Sign in</html>"
    assert "no tracking server" in (await failure(catalog)).message
    server.status = 500
    server.body = json.dumps({"error_code": "INTERNAL_ERROR", "message": "a bug"}).encode()
    assert "answers with an error of its own" in (await failure(catalog)).message
    server.status, server.body = 200, b"{}"
    server.may_answer.clear()
    failed = await failure(catalog)
    assert failed.kind == "unreachable"
    assert "does not answer" in failed.message

    server.may_answer.set()
    await catalog.refresh()
    assert catalog.state is CatalogState.READY


async def test_that_a_server_that_never_answers_can_be_left_for_another_registry(
    catalog: Catalog, server: FailingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "100")
    await catalog.open(server.uri)
    server.asked.clear()
    server.may_answer.clear()
    listing = asyncio.create_task(catalog.refresh())
    await asyncio.to_thread(server.asked.wait)

    await catalog.open()
    await catalog.refresh()
    assert catalog.label == "sqlite · local"
    assert listing.done()
    with pytest.raises(asyncio.CancelledError):
        listing.result()
