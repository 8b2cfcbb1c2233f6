"""Files that are written whole or not at all."""

import errno
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from app.services.errors import ServiceError

_log = logging.getLogger(__name__)


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` with `text`; a crash leaves the former content. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` once the block is through; whatever ends it
    earlier leaves what there was, and nothing beside it. Raises `OSError`.

    A file that is new is its user's alone, another keeps its rights.
    """
    path = path.resolve()
    import tempfile  # a window that opens only reads

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:80]}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def not_written(error: OSError, target: Path) -> "ServiceError":
    """Why a file that the user wants is not there, and what to do."""
    from app.services.errors import ServiceError

    match error:
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            message = f"Nothing was exported: the disk of {target.parent} is full."
            advice = "Make room on it, or choose another folder."
        case OSError(errno=errno.EACCES | errno.EPERM | errno.EROFS):
            message = f"Nothing was exported: {target} may not be written to."
            advice = "Choose another folder."
        case FileNotFoundError() | NotADirectoryError():
            message = f"Nothing was exported: there is no folder {target.parent}."
            advice = "Choose another folder."
        case _:
            message = f"Nothing was exported: {target} cannot be written ({error.strerror})."
            advice = "Choose another name or folder."
    return ServiceError.of("disk", message, advice)


def set_aside(path: Path, reason: Exception) -> None:
    """Rename a file that cannot be understood, so that nothing in it is lost."""
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        path.replace(aside)
    except OSError as error:
        _log.warning("%s cannot be read (%s) nor set aside (%s)", path, reason, error)
    else:
        _log.warning("%s cannot be read (%s); it is kept as %s", path, reason, aside.name)
