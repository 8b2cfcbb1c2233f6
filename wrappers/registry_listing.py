"""All versions in a registry, page by page, with what each MLmodel file says.

No model's code is run and no weights are read. What an MLmodel file said is remembered on disk, so
that only what is new is read at the next listing.
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from wrappers.base import ShouldStop, WrapperError
from wrappers.contract import ModelVersion
from wrappers.registry_artifacts import Artifacts, local_folder
from wrappers.registry_connect import Registry
from wrappers.registry_versions import (
    Detected,
    aliases_of,
    detected,
    is_shown,
    model_id_of,
    row,
    with_detected,
)

FIRST_PAGE = 200
"""Versions that are told by name alone, at once, before a long registry is read."""
_LOCAL_PAGE = 500
_REMOTE_PAGE = 40
_REMOTE_READERS = 8
"""As many at once as one MLflow client was seen to serve without errors."""
_FORMAT = 1
"""Raised when what is remembered would be read differently."""


class _Remembered(Struct):
    """What earlier listings of one registry have found."""

    format: int = _FORMAT
    locations: dict[str, str] = {}
    """Model id to artifact location, which never changes."""
    found: dict[str, tuple[tuple[int, int], Detected]] = {}
    """Location to the MLmodel's time of change (ns) and size, and what it said; both are 0 for a
    file behind a server, where a logged model never changes."""


class Listing:
    """Lists one registry; kept as long as it is open."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        name = hashlib.sha256(registry.tracking_uri.encode()).hexdigest()[:16]
        self._file = registry.cache_dir / "listings" / f"{name}.json"
        self._memory = _recall(self._file)
        self._was_listed = False

    def pages(self, should_stop: ShouldStop) -> Iterator[tuple[ModelVersion, ...]]:
        """Pages of versions; a later one may repeat a version, with more known of it. The first
        listing begins with names alone where the whole takes its time."""
        client = self._registry.client
        is_slow = not self._registry.is_local and not self._was_listed
        first = client.search_model_versions(max_results=FIRST_PAGE)
        if is_slow or (first.token and not self._was_listed):
            yield tuple(self._as_known(row(one, {})) for one in first if is_shown(one))
        models = _all(client.search_registered_models, 1000, should_stop)
        versions = _all(client.search_model_versions, 10_000, should_stop) if first.token else first
        aliases = aliases_of(models)
        shown = [row(one, aliases) for one in versions if is_shown(one)]
        if is_slow:
            yield tuple(map(self._as_known, shown))
        size = _LOCAL_PAGE if self._registry.is_local else _REMOTE_PAGE
        before = msgspec.json.encode(self._memory)
        for page in batched(shown, size):
            _go_on(should_stop)
            yield tuple(self._read(page))
        self._was_listed = True
        self._forget_all_but(shown)
        if msgspec.json.encode(self._memory) != before:
            _remember(self._file, self._memory)

    def read(self, version: ModelVersion) -> ModelVersion:
        """`version` with what its MLmodel file says."""
        return next(iter(self._read((version,))))

    def location(self, version: ModelVersion) -> str:
        """Where the artifacts of `version` are: a path or URI. Raises `WrapperError`."""
        self._locate((version,))
        location = self._location(version)
        if location is None:
            raise WrapperError(
                "artifacts_missing",
                f"The registry does not tell where the artifacts of {version.uri} are.",
                "Register the model again.",
            )
        return location

    # -- reading MLmodel files

    def _as_known(self, version: ModelVersion) -> ModelVersion:
        """`version` with what is remembered of it, and nothing read."""
        known = self._memory.found.get(self._location(version) or "")
        return with_detected(version, known[1]) if known else version

    def _read(self, versions: tuple[ModelVersion, ...]) -> Iterator[ModelVersion]:
        self._locate(versions)
        places = [self._location(version) for version in versions]
        unread = [
            place
            for place in dict.fromkeys(places)
            if place and place not in self._memory.found and not local_folder(place)
        ]
        if unread:
            with ThreadPoolExecutor(_REMOTE_READERS) as readers:
                for remote, found in zip(unread, readers.map(self._fetch, unread), strict=True):
                    if found is not None:
                        self._memory.found[remote] = ((0, 0), found)
        for version, place in zip(versions, places, strict=True):
            yield with_detected(version, self._detected(place))

    def _detected(self, place: str | None) -> Detected:
        if place is None:
            return Detected(reason="The registry does not tell where its artifacts are.")
        folder = local_folder(place)
        if folder is None:
            known = self._memory.found.get(place)
            missing = Detected(reason=f"Its MLmodel file cannot be had from {place}.")
            return known[1] if known else missing
        path = folder / "MLmodel"
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._memory.found.get(place)
            if known is None or known[0] != stamp:
                known = (stamp, detected(path.read_text(encoding="utf-8", errors="replace")))
                self._memory.found[place] = known
        except OSError:
            return Detected(reason=f"Its artifacts are missing: there is no MLmodel in {folder}.")
        return known[1]

    def _fetch(self, place: str) -> Detected | None:
        try:
            return detected(Artifacts(place, self._registry.tracking_uri).text("MLmodel"))
        except WrapperError:
            return None

    # -- finding artifacts

    def _location(self, version: ModelVersion) -> str | None:
        if version.source.startswith(("runs:", "models:")):
            return self._memory.locations.get(model_id_of(version.source) or version.uri)
        return version.source or None

    def _locate(self, versions: tuple[ModelVersion, ...]) -> None:
        """Learn the locations that are not known yet, with as few questions as can be."""
        unknown = [one for one in versions if self._location(one) is None and one.source]
        ids = {model_id for one in unknown if (model_id := model_id_of(one.source))}
        self._memory.locations.update(_logged_locations(self._registry.client, ids))
        for version in unknown:
            key = model_id_of(version.source) or version.uri
            if key not in self._memory.locations:  # old, or its logged model has been deleted
                self._memory.locations[key] = self._registry.client.get_model_version_download_uri(
                    version.name, version.version
                )

    def _forget_all_but(self, versions: list[ModelVersion]) -> None:
        keys = {model_id_of(one.source) or one.uri for one in versions}
        places = {self._location(one) for one in versions}
        memory = self._memory
        memory.locations = {key: one for key, one in memory.locations.items() if key in keys}
        memory.found = {place: one for place, one in memory.found.items() if place in places}


def _logged_locations(client: Any, model_ids: set[str]) -> dict[str, str]:
    """Artifact locations of logged models; one that is gone is left out."""
    if not model_ids:
        return {}
    experiments = [one.experiment_id for one in client.search_experiments()]
    found = {}
    for some in batched(sorted(model_ids), 200):
        names = ", ".join(f"'{model_id}'" for model_id in some)
        models = client.search_logged_models(
            experiments, filter_string=f"model_id IN ({names})", max_results=len(some)
        )
        found.update({one.model_id: one.artifact_location for one in models})
    return found


def _all(search: Callable[..., Any], size: int, should_stop: ShouldStop) -> list[Any]:
    """Everything that an MLflow search finds, however many pages it takes."""
    found: list[Any] = []
    token = None
    while True:
        page = search(max_results=size, page_token=token)
        found.extend(page)
        token = page.token
        if not token:
            return found
        _go_on(should_stop)


def _go_on(should_stop: ShouldStop) -> None:
    if should_stop():
        raise WrapperError("cancelled", "The list was not read to its end.", "Refresh it.")


def _recall(file: Path) -> _Remembered:
    try:
        remembered = msgspec.json.decode(file.read_bytes(), type=_Remembered)
    except (OSError, msgspec.DecodeError):
        return _Remembered()
    return remembered if remembered.format == _FORMAT else _Remembered()


def _remember(file: Path, memory: _Remembered) -> None:
    """Without it the next listing is slower, and nothing else: a full disk is no reason to fail."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(memory))
        part.replace(file)
    except OSError:
        return
