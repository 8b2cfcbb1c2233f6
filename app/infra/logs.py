"""Log files: one for the program, one for each child."""

import itertools
import logging
import logging.handlers
import re
import time
from pathlib import Path
from typing import BinaryIO

from app.infra.child_log import open_log

_KEPT_CHILD_LOGS = 40
_KEPT_CHILD_BYTES = 200 << 20
"""Of all of them; each may have grown as large as `app.infra.child_log` lets it."""
_APP_LOG_BYTES = 1_000_000
_LOGGERS = ("app", "asyncio", "qasync")


def log_to(file: Path) -> logging.Handler:
    """Write the program's log to `file` from now on; `stop_logging` ends it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        file, maxBytes=_APP_LOG_BYTES, backupCount=2, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    logging.getLogger("app").setLevel(logging.INFO)
    return handler


def stop_logging(handler: logging.Handler) -> None:
    for name in _LOGGERS:
        logging.getLogger(name).removeHandler(handler)
    handler.close()


def create_child_log(folder: Path, label: str) -> tuple[Path, BinaryIO]:
    """A new file ``<label>-<time>-<n>.log`` in `folder`, whose oldest logs are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    _prune(folder)
    plain = re.sub(r"[^\w.-]+", "-", label).strip("-.")[:60] or "child"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for n in itertools.count(1):
        path = folder / f"{plain}-{stamp}-{n}.log"
        try:
            return path, open_log(path)
        except FileExistsError:
            continue
    raise AssertionError("there is always a next number")


def _prune(folder: Path) -> None:
    """Leave the logs that were written last."""
    logs: list[tuple[float, Path, int]] = []
    for path in folder.glob("*-[0-9]*-[0-9]*.log"):
        try:
            about = path.stat()
            logs.append((about.st_mtime, path, about.st_size))
        except OSError:
            continue  # another Parley has just removed it
    size = 0
    for number, (_, path, length) in enumerate(sorted(logs, reverse=True)):
        size += length
        if number >= _KEPT_CHILD_LOGS or size > _KEPT_CHILD_BYTES:
            path.unlink(missing_ok=True)
