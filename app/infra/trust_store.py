"""What the user has allowed which model to do, in a JSON file of the home folder.

The first versions of Parley kept a bare list of model ids there, which says nothing of the content
that was agreed to. It is read as no agreement at all: the user is asked once more.
"""

import errno
import threading
from pathlib import Path

import msgspec

from app.domain.grants import Grant
from app.infra.files import set_aside, write_atomically
from app.services.errors import ServiceError


class _Kept(msgspec.Struct, kw_only=True):
    version: int = 2
    grants: tuple[Grant, ...] = ()


class FileTrustStore:
    """Implements `app.services.ports.TrustStore`. Read anew each time: another Parley may write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()

    def grants(self) -> tuple[Grant, ...]:
        """Oldest first. A file that is none of ours is set aside: nothing is granted then."""
        try:
            content = self._path.read_bytes()
            if content.lstrip().startswith(b"["):
                msgspec.json.decode(content, type=list[str])
                return ()
            return msgspec.json.decode(content, type=_Kept).grants
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.DecodeError) as error:
            set_aside(self._path, error)
            return ()

    def put(self, grant: Grant) -> None:
        """Raises `ServiceError` where it cannot be kept: then it does not hold."""
        with self._writing:
            others = [
                one
                for one in self.grants()
                if (one.model, one.fingerprint) != (grant.model, grant.fingerprint)
            ]
            kept = _Kept(grants=(*others, *(() if grant.is_empty else (grant,))))
            text = msgspec.json.format(msgspec.json.encode(kept)).decode()
            try:
                write_atomically(self._path, text + "\n")
            except OSError as error:
                raise _not_kept(error, self._path) from error


def _not_kept(error: OSError, path: Path) -> ServiceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why, advice = f"the disk of {path.parent} is full", "Make room there, then try again."
    else:
        why = f"{path} cannot be written ({error.strerror or error})"
        advice = "Check the rights of that folder, then try again."
    return ServiceError.of(
        "disk", f"What a model is allowed to do was not changed, for {why}.", advice
    )
