"""A model's files, wherever the registry keeps them: on this machine or behind a server."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from wrappers.base import WrapperError
from wrappers.fingerprint import bytes_to_hash, combined, file_hash, files_of, fingerprint


def local_folder(location: str) -> Path | None:
    """The folder that an artifact location means, or ``None`` where it is not on this machine."""
    from mlflow.utils.file_utils import local_file_uri_to_path
    from mlflow.utils.uri import is_local_uri

    try:
        if not is_local_uri(location):
            return None
    except Exception:  # noqa: BLE001 - MLflow raises its own for a malformed URI
        return None
    return Path(local_file_uri_to_path(location))


def without_credentials(uri: str) -> str:
    """`uri` as it may be shown: no user and password before the host, no query."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    if "@" not in parts.netloc and not parts.query:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


@dataclass(frozen=True)
class Artifacts:
    """The files of one model."""

    location: str
    """A path or URI, as the registry has it."""
    tracking_uri: str

    @property
    def folder(self) -> Path | None:
        """``None`` where the files are not on this machine."""
        return local_folder(self.location)

    def text(self, path: str) -> str:
        """The text of the small file `path`. Raises `WrapperError` where there is none."""
        if (folder := self.folder) is not None:
            try:
                return (folder / path).read_text(encoding="utf-8", errors="replace")
            except OSError as error:
                raise self.missing(path) from error
        with tempfile.TemporaryDirectory() as scratch:
            try:
                file = self._repository().download_artifacts(path, scratch)
                return Path(file).read_text(encoding="utf-8", errors="replace")
            except Exception as error:
                # Whatever the storage behind the server raises, the file cannot be had.
                raise self.missing(path) from error

    def names(self) -> list[str]:
        """The paths of all files, relative, with slashes. Raises `WrapperError`."""
        if (folder := self.folder) is not None:
            return sorted(files_of(folder))
        return sorted(self._remote_files())

    def fingerprint(self, hold_on: Callable[[], None] = lambda: None) -> str:
        """The hash of what can run; what counts for it is fetched where it is behind a server.

        Raises `WrapperError`.
        """
        if (folder := self.folder) is not None:
            return fingerprint(folder, hold_on)

        def content(path: str) -> str:
            with tempfile.TemporaryDirectory() as scratch:
                try:
                    file = self._repository().download_artifacts(path, scratch)
                    return file_hash(Path(file), hold_on)
                except Exception as error:
                    raise self.missing(path) from error

        return combined(self._remote_files(), content)

    def bytes_to_hash(self) -> int:
        """How much `fingerprint` would read, as the registry tells. Raises `WrapperError`."""
        if (folder := self.folder) is not None:
            return bytes_to_hash(files_of(folder), lambda path: (folder / path).stat().st_size)
        sizes = self._remote_files()
        return bytes_to_hash(sizes, sizes.__getitem__)

    def _remote_files(self) -> dict[str, int]:
        """Their sizes by their paths."""
        found: dict[str, int] = {}
        folders: list[str | None] = [None]
        repository = self._repository()
        while folders:
            for info in self._listed(repository, folders.pop()):
                if info.is_dir:
                    folders.append(info.path)
                else:
                    found[info.path] = info.file_size or 0
        return found

    def delete(self) -> None:
        """Remove all of the files, those of an upload that was cut short as well."""
        self._repository().delete_artifacts()

    def download(self, folder: Path) -> None:
        """Copy all of the files into `folder`."""
        self._repository().download_artifacts("", str(folder))

    def missing(self, path: str) -> WrapperError:
        return WrapperError(
            "artifacts_missing",
            f"The model's artifacts are missing: there is no {path} in {self.location}.",
            "Restore the artifacts, or register the model again.",
        )

    def _listed(self, repository: Any, path: str | None) -> list[Any]:
        try:
            return list(repository.list_artifacts(path))
        except Exception as error:
            raise self.missing(path or "folder") from error

    def _repository(self) -> Any:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        return get_artifact_repository(self.location, tracking_uri=self.tracking_uri)
