"""The models whose code the user has agreed to run, in a JSON file of the home folder."""

import threading
from pathlib import Path

import msgspec

from app.infra.files import set_aside, write_atomically


class FileTrustStore:
    """Implements `app.services.ports.TrustStore`. Read anew each time: another Parley may write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()

    def is_trusted(self, model_id: str) -> bool:
        return model_id in self.trusted()

    def trust(self, model_id: str) -> None:
        with self._writing:
            known = self.trusted()
            if model_id not in known:
                text = msgspec.json.format(msgspec.json.encode([*known, model_id])).decode()
                write_atomically(self._path, text + "\n")

    def trusted(self) -> tuple[str, ...]:
        """Oldest first. A file that is none of ours is set aside: nothing is trusted then."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=tuple[str, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.DecodeError) as error:
            set_aside(self._path, error)
            return ()
