"""The demo models for tests: made once per machine, shared by every run on it.

The weights' folders and a home with both models registered are kept in a cache folder, which
``PARLEY_TEST_CACHE`` moves. Making them takes minutes and happens in a process of its own, so that
the tests' process stays free of torch and MLflow; a lock lets two runs at once make them once.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]

TRANSFORMERS = "demo-transformers"
ONNX = "demo-onnx"

_MAKERS = (
    "demo.py",
    "registry_demo.py",
    "registry_register.py",
    "transformers_log.py",
    "onnx_log.py",
    "onnx_genai_model.py",
)
"""Whoever changes one of these gets newly registered models."""


@dataclass(frozen=True)
class DemoModels:
    """Shared by all tests, so to be read only; `copy_home` gives one to write to."""

    checkpoint: Path
    """What wrapper 1 was logged from: a transformers checkpoint."""
    onnx: Path
    """What wrapper 2 was logged from: a folder in ONNX Runtime GenAI's format."""
    home: Path
    """A home, as ``--home`` takes it, with both models registered."""

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{(self.home / 'mlflow.db').as_posix()}"


def demo_models() -> DemoModels:
    """The demo models, made now if they are missing (some minutes the first time)."""
    cache = Path(os.environ.get("PARLEY_TEST_CACHE") or platformdirs.user_cache_dir("parley-tests"))
    home = cache / "homes" / _fingerprint()
    models = DemoModels(
        checkpoint=cache / "demo" / "transformers" / "smollm2-135m-phi3",
        onnx=cache / "demo" / "onnx" / "smollm2-135m-phi3-int4",
        home=home,
    )
    ready = home / "ready"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "demo-models.lock"):
        if not (ready.exists() and models.checkpoint.is_dir() and models.onnx.is_dir()):
            (cache / "demo").mkdir(exist_ok=True)
            (home / "cache").mkdir(parents=True, exist_ok=True)
            shared = home / "cache" / "demo"
            if not shared.is_symlink():
                shared.symlink_to(cache / "demo", target_is_directory=True)
            _make(home)
            ready.touch()
            _remove_old(home.parent, but=home)
        os.utime(home)  # in use today, whenever it was made
    return models


def copy_home(models: DemoModels, target: Path) -> Path:
    """A home of the test's own in `target`, with both models registered; returns `target`.

    Their artifacts are the shared ones; what is registered there from now on goes to `target`.
    """
    (target / "cache").mkdir(parents=True)
    artifacts = target / "artifacts"
    artifacts.mkdir()
    shutil.copy2(models.home / "mlflow.db", target)
    shutil.copy2(models.home / "cache" / "machine.key", target / "cache")
    with sqlite3.connect(target / "mlflow.db") as database:
        database.execute(
            "UPDATE experiments SET artifact_location = ? WHERE name = 'parley'",
            [(artifacts / "parley").as_uri()],
        )
    database.close()
    return target


def _remove_old(homes: Path, *, but: Path, age_s: float = 24 * 3600) -> None:
    """Homes of earlier states of the wrappers, unless a run of today may still read them."""
    for home in homes.iterdir():
        if home != but and time.time() - home.stat().st_mtime > age_s:
            shutil.rmtree(home, ignore_errors=True)


def _fingerprint() -> str:
    content = b"".join((ROOT / "wrappers" / name).read_bytes() for name in _MAKERS)
    return hashlib.sha256(content).hexdigest()[:12]


def offline_environment() -> dict[str, str]:
    """Of a process that logs models: no hub, no telemetry, and no file of this project in them."""
    offline = {"HF_HUB_OFFLINE": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return os.environ | offline | {"MLFLOW_UV_AUTO_DETECT": "false"}


def _make(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.demo_models", str(home)],
        cwd=ROOT,
        env=offline_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        shutil.rmtree(home, ignore_errors=True)
        raise RuntimeError(f"the demo could not be made:\n{done.stderr[-4000:]}")


def _make_here(home: Path) -> None:
    """Make and register what is missing in `home`, as the registry's process does it."""
    from wrappers.contract import Connect, MakeDemo
    from wrappers.registry import RegistryServer

    server = RegistryServer()
    connect = Connect(
        id=1,
        tracking_uri=f"sqlite:///{(home / 'mlflow.db').as_posix()}",
        artifact_root=str(home / "artifacts"),
        cache_dir=str(home / "cache"),
    )
    for request in (connect, MakeDemo(id=2)):
        for event in server.handle(request, lambda: False):
            sys.stderr.write(f"{event}\n")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        _make_here(Path(sys.argv[1]))
    else:
        sys.stdout.write(f"{demo_models().home}\n")
