"""How registries are named."""

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_SQLITE = "sqlite:///"
_DATABASE_SUFFIXES = {".db", ".sqlite", ".sqlite3"}


def sqlite_uri(database: Path) -> str:
    """The tracking URI of a SQLite file, whose path must be absolute."""
    return _SQLITE + database.as_posix()


def absolute_tracking_uri(uri: str, cwd: Path) -> str:
    """`uri` with a relative path in it resolved against `cwd`, which the children do not share.

    The bare path of a database file is taken as well.
    """
    uri = uri.strip()
    if uri.startswith(_SQLITE):
        path = uri.removeprefix(_SQLITE)
        return _SQLITE + (cwd / path).as_posix() if path else uri
    if "://" in uri or uri.startswith(("file:", "databricks")):
        return uri
    path_given = cwd / Path(uri).expanduser()
    if path_given.suffix in _DATABASE_SUFFIXES:
        return sqlite_uri(path_given)
    return str(path_given)


def without_credentials(uri: str) -> str:
    """`uri` without the name and password that it may carry: fit to be kept and shown."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def is_local(uri: str) -> bool:
    """Whether the registry is on this machine, so that its models are folders already."""
    return "://" not in uri or uri.startswith((_SQLITE, "file:"))
