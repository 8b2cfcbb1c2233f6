"""What is allowed, on a disk that is full."""

import contextlib
import shutil
from pathlib import Path

import pytest

from app.domain.grants import Grant
from app.infra.trust_store import FileTrustStore
from app.services.errors import ServiceError
from tests.integration.app.test_cli import parley

GRANT = Grant(model="m-1", fingerprint="f1", name="tiny/1", granted_ms=5, runs_code=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return ballast


def test_that_what_cannot_be_kept_is_told_and_changes_nothing(disk: Path) -> None:
    store = FileTrustStore(disk / "trusted.json")
    store.put(GRANT)
    ballast = fill(disk)
    for model in ("m-1", "m-2"):
        with pytest.raises(ServiceError, match="is full") as caught:
            store.put(Grant(model=model, fingerprint="f1", asks_hub=True))
        assert caught.value.failed.advice
    assert store.grants() == (GRANT,)
    ballast.unlink()
    store.put(Grant(model="m-1", fingerprint="f1"))
    assert store.grants() == ()


@pytest.mark.slow
def test_that_the_command_line_says_so_in_a_sentence(
    disk: Path, model_folders: dict[str, Path], tmp_path: Path
) -> None:
    model = shutil.copytree(model_folders["unruly"], tmp_path / "unruly")
    assert parley(disk, "doctor").returncode == 0
    ballast = fill(disk)
    done = parley(disk, "ask", str(model), "once", "--trust")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "is full" in done.stderr
    ballast.unlink()
    assert parley(disk, "ask", str(model), "once", "--trust").stdout == "once \n"
