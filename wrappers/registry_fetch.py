"""A model as a local folder: where it is, or downloaded once into the cache."""

import contextlib
import hashlib
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from wrappers.base import WrapperError
from wrappers.contract import Event, Fetched
from wrappers.registry_artifacts import Artifacts
from wrappers.registry_card import card
from wrappers.registry_connect import Registry
from wrappers.registry_errors import told_plainly
from wrappers.registry_jobs import Job
from wrappers.registry_resolve import Found

_WATCH_S = 0.5


def fetch(registry: Registry, found: Found, job: Job) -> Event:
    """Make `found` a local folder. Raises `WrapperError`."""
    folder = found.artifacts.folder
    if folder is None:
        folder = _cached(registry, found, job)
    elif not (folder / "MLmodel").is_file():
        raise found.artifacts.missing("MLmodel")
    return Fetched(id=job.request_id, card=card(registry, found), model_dir=str(folder))


def _cached(registry: Registry, found: Found, job: Job) -> Path:
    """The folder in the cache; a logged model never changes, so its id is all that matters."""
    location = found.artifacts.location
    key = found.version.model_id or hashlib.sha256(location.encode()).hexdigest()[:32]
    models = registry.cache_dir / "models"
    target = models / key
    if target.is_dir():
        return target
    _need_room(registry.cache_dir, found.version.size_bytes)
    part = models / f".{key}.{uuid.uuid4().hex}.part"
    try:
        part.mkdir(parents=True)
        with told_plainly(registry.tracking_uri), _watched(part, found.version.size_bytes, job):
            _download(found.artifacts, part)
        if not (part / "MLmodel").is_file():
            raise found.artifacts.missing("MLmodel")
        with contextlib.suppress(OSError):  # another process has it by now
            part.replace(target)
        if not target.is_dir():
            raise WrapperError(
                "disk", f"The model could not be kept in {models}.", "Check the folder, then retry."
            )
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _download(artifacts: Artifacts, folder: Path) -> None:
    try:
        artifacts.download(folder)
    except OSError as error:
        if isinstance(error, ConnectionError):
            raise artifacts.missing("answer from the server") from error
        raise


@contextlib.contextmanager
def _watched(folder: Path, size: int | None, job: Job) -> Iterator[None]:
    """Tell how much has arrived, from what lies in `folder`: MLflow's download does not.

    A download cannot be ended in between; it ends with the process.
    """
    job.progress("Downloading the model", fraction=0.0 if size else None)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_WATCH_S):
            arrived = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            fraction = min(arrived / size, 1.0) if size else None
            with contextlib.suppress(WrapperError, OSError):
                job.progress("Downloading the model", fraction=fraction)

    thread = threading.Thread(target=watch, name="parley-download-watch")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _need_room(cache_dir: Path, size: int | None) -> None:
    cache_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache_dir).free
    if size is not None and free < size:
        raise WrapperError(
            "disk",
            f"The model takes {size / 1e9:.1f} GB and {free / 1e9:.1f} GB of disk are free.",
            "Free some space, then load it again.",
        )
