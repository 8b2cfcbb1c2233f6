"""One hash of all in a model's folder that can run when the model is loaded.

Hashed are the names and the content of all files but weights in formats that hold nothing but
numbers (`is_inert`): of those the names alone, so that seven gigabytes of safetensors cost nothing.
What cannot be known to be numbers is hashed, for a model's own code may unpickle any file: pickles
(``pytorch_model.bin`` too), ``code/``, MLmodel, the environment's files, configs, tokenizers.

Left out are the compiled files that Python leaves in ``__pycache__`` (the host reads none of them
from a model's folder, see `wrappers.compiled`) and the note that MLflow leaves beside MLmodel.
"""

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from wrappers.base import WrapperError

_INERT = (".safetensors", ".gguf", ".onnx", ".onnx.data", ".onnx_data")

_LEFT_BY_MLFLOW = "registered_model_meta"
"""Written beside MLmodel when a model is downloaded by its registered name; names and a version."""

_CHUNK_BYTES = 1 << 20
_LARGE_BYTES = 16 << 20
"""Files from here on are not read again in one process while their times and size stay."""


def is_inert(path: str) -> bool:
    """Whether the file holds weights and nothing that any reader of its format would run."""
    return path.lower().endswith(_INERT)


def is_covered(path: str) -> bool:
    """Whether a file counts at all; `path` is relative to the model's folder, with slashes."""
    pure = PurePosixPath(path)
    is_compiled = pure.parent.name == "__pycache__" and pure.suffix == ".pyc"
    return not is_compiled and path != _LEFT_BY_MLFLOW


def fingerprint(folder: Path, hold_on: Callable[[], None] = lambda: None) -> str:
    """The hash of the model in `folder`; `hold_on` is called between two pieces of large files.

    Raises `WrapperError` where a file cannot be read: what is not known cannot be vouched for.
    """

    def content(path: str) -> str:
        try:
            return file_hash(folder / path, hold_on)
        except OSError as error:
            raise WrapperError(
                "artifacts_missing",
                f"{folder / path} cannot be read ({error.strerror or error}).",
                "Check the rights of the model's files.",
            ) from error

    return combined(files_of(folder), content)


def combined(paths: Iterable[str], content: Callable[[str], str]) -> str:
    """The hash of a model whose files are `paths`; `content` gives the SHA-256 of one of them."""
    whole = hashlib.sha256()
    for path in sorted(filter(is_covered, paths)):
        told = "" if is_inert(path) else content(path)
        # A length before each part: no two lists of files can run together to the same bytes.
        for part in (path.encode("utf-8", "surrogateescape"), told.encode()):
            whole.update(len(part).to_bytes(8, "big"))
            whole.update(part)
    return whole.hexdigest()


def files_of(folder: Path) -> list[str]:
    """All files in `folder`, those behind links to folders as well: Python imports from there."""
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        about = Path(place).stat()
        if (about.st_dev, about.st_ino) in seen:  # a link back to a folder above
            folders.clear()
            continue
        seen.add((about.st_dev, about.st_ino))
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in files]
    return found


def bytes_to_hash(paths: Iterable[str], size: Callable[[str], int]) -> int:
    """How much is read for the hash of a model whose files are `paths`. Raises `OSError` where
    `size` does."""
    return sum(size(path) for path in paths if is_covered(path) and not is_inert(path))


_known: dict[tuple[str | int, ...], str] = {}
_lock = threading.Lock()


def file_hash(path: Path, hold_on: Callable[[], None]) -> str:
    """The SHA-256 of one file's content. Raises `OSError`."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    key = (
        str(path),
        about.st_dev,
        about.st_ino,
        about.st_size,
        about.st_mtime_ns,
        about.st_ctime_ns,
    )
    with _lock:
        if (known := _known.get(key)) is not None:
            return known
    hashed = hashlib.sha256()
    for piece in _pieces(path):
        hashed.update(piece)
        hold_on()
    if about.st_size >= _LARGE_BYTES:
        with _lock:
            _known[key] = hashed.hexdigest()
    return hashed.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            yield piece
