"""The user's preferences in ``settings.toml``, which may be edited by hand as well."""

import logging
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from app.domain.look import Look
from app.infra.files import set_aside, write_atomically

if TYPE_CHECKING:
    from app.domain.preferences import Preferences

_log = logging.getLogger(__name__)

_FAULTS = OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError

_Stamp = tuple[int, int, int] | None
"""Tells one state of a file from another; ``None`` where there is no file."""


class TomlPreferences:
    """Implements `app.services.ports.PreferenceStore`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[_Stamp, Preferences] | None = None
        """What was read last, and of which state of the file: reading it takes a frame's time."""

    def look(self) -> Look:
        try:
            return msgspec.convert(tomllib.loads(self._text()), Look, strict=False)
        except _FAULTS:
            return self.load()

    def load(self) -> "Preferences":
        from app.domain.preferences import Preferences  # with all that models can be told

        try:
            stamp = _stamp(self._path)
            if self._read is None or self._read[0] != stamp:
                values = tomllib.loads(self._text())
                self._read = stamp, msgspec.convert(values, Preferences, strict=False)
            return self._read[1]
        except _FAULTS as error:
            set_aside(self._path, error)
            return Preferences()

    def save(self, preferences: "Preferences") -> None:
        """Comments and keys that are not ours stay. What cannot be written is logged, no more."""
        # Keeps what it does not know, and takes a frame's time to import: not for reading alone.
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            document = tomlkit.parse(self._text())
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            set_aside(self._path, error)
            document = tomlkit.document()
        values: dict[str, Any] = msgspec.to_builtins(preferences)
        for key, value in values.items():
            if value is None:
                document.pop(key, None)
            elif document.get(key) != value:
                document[key] = value
        try:
            write_atomically(self._path, tomlkit.dumps(document))
        except OSError as error:
            _log.warning("The settings could not be kept in %s (%s)", self._path, error)

    def _text(self) -> str:
        """Of the file; empty where there is none."""
        return self._path.read_text(encoding="utf-8") if self._path.exists() else ""


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
