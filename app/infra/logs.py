"""Log files: one for the program, one for each child."""

import itertools
import logging
import logging.handlers
import re
import time
from pathlib import Path
from typing import BinaryIO

_KEPT_CHILD_LOGS = 40
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
            return path, path.open("xb")
        except FileExistsError:
            continue
    raise AssertionError("there is always a next number")


def _prune(folder: Path) -> None:
    """Leave the logs that were written last."""
    logs: list[tuple[float, Path]] = []
    for path in folder.glob("*-[0-9]*-[0-9]*.log"):
        try:
            logs.append((path.stat().st_mtime, path))
        except OSError:
            continue  # another Parley has just removed it
    for _, path in sorted(logs, reverse=True)[_KEPT_CHILD_LOGS:]:
        path.unlink(missing_ok=True)
