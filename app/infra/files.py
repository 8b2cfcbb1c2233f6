"""Small files that are written whole or not at all."""

import logging
import os
import tempfile
import time
from pathlib import Path

_log = logging.getLogger(__name__)


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` with `text`; a crash leaves the former content. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def set_aside(path: Path, reason: Exception) -> None:
    """Rename a file that cannot be understood, so that nothing in it is lost."""
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        path.replace(aside)
    except OSError as error:
        _log.warning("%s cannot be read (%s) nor set aside (%s)", path, reason, error)
    else:
        _log.warning("%s cannot be read (%s); it is kept as %s", path, reason, aside.name)
