"""A model as a local folder: where it is, or downloaded once into the cache."""

import contextlib
import hashlib
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

from wrappers.base import WrapperError
from wrappers.contract import Described, Event, Fetched
from wrappers.registry_artifacts import Artifacts
from wrappers.registry_card import card
from wrappers.registry_connect import Registry
from wrappers.registry_errors import told_plainly
from wrappers.registry_jobs import Job
from wrappers.registry_resolve import Found

_WATCH_S = 0.5

_FETCH_WHOLE_BYTES = 64_000_000
"""A model with more than this to hash is fetched before its fingerprint is told, and not twice."""


def fetch(registry: Registry, found: Found, job: Job) -> Event:
    """Make `found` a local folder. Raises `WrapperError`."""
    folder = found.artifacts.folder
    if folder is None:
        folder = _cached(registry, found, job)
    elif not (folder / "MLmodel").is_file():
        raise found.artifacts.missing("MLmodel")
    told = card(registry, found, folder=folder, fingerprint=True, hold_on=job.hold_on)
    return Fetched(id=job.request_id, card=told, model_dir=str(folder))


def describe(registry: Registry, found: Found, job: Job) -> Event:
    """The card of `found` with its fingerprint, of the copy in the cache where there is one: that
    is what would be loaded. Nothing is run. Raises `WrapperError`."""
    folder: Path | None = None
    if found.artifacts.folder is None and not is_unread(found):
        if _place(registry, found).is_dir():
            folder = _place(registry, found)
        elif found.artifacts.bytes_to_hash() > _FETCH_WHOLE_BYTES:
            folder = _cached(registry, found, job)
    told = card(registry, found, folder=folder, fingerprint=True, hold_on=job.hold_on)
    return Described(id=job.request_id, card=told)


def is_unread(found: Found) -> bool:
    """Whether its MLmodel is missing or does not parse: the card then says so by itself."""
    return found.version.detected and not found.version.flavors


def _place(registry: Registry, found: Found) -> Path:
    """Its folder in the cache, there or not. A logged model never changes, so its id is all that
    matters."""
    location = found.artifacts.location
    key = found.version.model_id or hashlib.sha256(location.encode()).hexdigest()[:32]
    return registry.cache_dir / "models" / key


def _cached(registry: Registry, found: Found, job: Job) -> Path:
    """The folder in the cache."""
    target = _place(registry, found)
    models, key = target.parent, target.name
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
