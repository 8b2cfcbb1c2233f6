"""Opening a registry: what a tracking URI names, whether this MLflow may use it, its client.

Nothing that exists is changed here. A database is looked at read-only before MLflow touches it,
since MLflow would refuse one of another version with a misleading message, or migrate it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from wrappers.base import WrapperError
from wrappers.contract import Connect
from wrappers.registry_errors import told_plainly, unreachable

EXPERIMENT = "parley"
"""The experiment that holds the runs in which Parley logs models."""

_PROBE_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 30
"""MLflow would wait two minutes for each answer, and for each of its retries."""


@dataclass(frozen=True)
class Registry:
    """An open registry."""

    client: Any
    """An `mlflow.MlflowClient`, pinned to this registry."""
    tracking_uri: str
    label: str
    artifact_root: Path | None
    """Where new models are kept; ``None`` where a server decides."""
    cache_dir: Path

    @property
    def is_local(self) -> bool:
        """Whether it is a database on this machine."""
        return self.tracking_uri.startswith("sqlite:")

    def file(self) -> tuple[int, int] | None:
        """Which file its database is; ``None`` for a server. Raises `WrapperError` where it is
        gone: SQLite would read and write on in a file that has no name any more."""
        if not self.is_local:
            return None
        path = database_path(self.tracking_uri)
        try:
            found = path.stat()
        except OSError as error:
            raise WrapperError(
                "unreachable",
                f"The registry database {path} is not there any more.",
                "Put it back in its place, or open another registry.",
            ) from error
        return found.st_dev, found.st_ino

    def let_go(self) -> None:
        """Close the database; the next question opens it anew."""
        tracking = self.client._tracking_client.store  # noqa: SLF001 - MLflow closes none itself
        registry = self.client._get_registry_client().store  # noqa: SLF001
        tracking.engine.dispose()
        registry.engine.dispose()

    def make_current(self) -> None:
        """Make it MLflow's global registry: logging knows no other, and creating a version asks
        the global one for the artifacts, whichever client is used."""
        import mlflow

        mlflow.set_tracking_uri(self.tracking_uri)
        mlflow.set_registry_uri(self.tracking_uri)

    def experiment_id(self) -> str:
        """The id of Parley's experiment, which is made on first use."""
        found = self.client.get_experiment_by_name(EXPERIMENT)
        if found is not None and found.lifecycle_stage == "active":
            return str(found.experiment_id)
        if found is not None:
            self.client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        location = None
        if self.artifact_root is not None:
            location = (self.artifact_root / EXPERIMENT).as_uri()
        return str(self.client.create_experiment(EXPERIMENT, artifact_location=location))


def open_registry(request: Connect) -> Registry:
    """Open the registry that `request` names. Raises `WrapperError`."""
    uri = request.tracking_uri
    cache_dir = Path(request.cache_dir) if request.cache_dir else _user_cache()
    scheme = urlsplit(uri).scheme
    if scheme in ("http", "https"):
        _probe(uri)
        # The default would try for minutes.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(_ANSWER_TIMEOUT_S))
        label, artifact_root = f"{scheme} · {_host_and_port(uri)}", None
    elif scheme == "sqlite":
        database = database_path(uri)
        uri = f"sqlite:///{database.as_posix()}"
        own_root = Path(request.artifact_root) if request.artifact_root is not None else None
        if own_root is not None and not _holds_something(database):
            _create(database, own_root)
        check_database(database)
        artifact_root = own_root or database.parent / "artifacts"
        label = "sqlite · local" if own_root else f"sqlite · {database.parent.name}/{database.name}"
    else:
        raise _not_a_registry(uri, scheme)
    return Registry(_client(uri), uri, label, artifact_root, cache_dir)


def _client(uri: str) -> Any:
    import mlflow

    with told_plainly(uri):
        client = mlflow.MlflowClient(uri, uri)
        client.search_registered_models(max_results=1)
    return client


def _user_cache() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("parley"))


def _not_a_registry(uri: str, scheme: str) -> WrapperError:
    if scheme in ("", "file") or len(scheme) == 1:  # one letter is a drive
        is_folder = scheme == "file" or Path(uri).name == "mlruns" or Path(uri).is_dir()
        return WrapperError(
            "unsupported",
            f"{uri} is a folder: MLflow has retired registries that are folders (mlruns)."
            if is_folder
            else f"{uri} is neither a database of MLflow nor the address of a server.",
            "Name a SQLite database (sqlite:////path/to/mlflow.db) or a server (http://host:5000).",
        )
    return WrapperError(
        "unsupported",
        f"Parley cannot open a registry at {scheme}:.",
        "Name a SQLite database (sqlite:////path/to/mlflow.db) or a server (http://host:5000).",
    )


# --------------------------------------------------------------------------------------------
# A server


def _probe(uri: str) -> None:
    """Raises `WrapperError` where no MLflow server answers at `uri` within some seconds."""
    import requests

    try:
        answer = requests.get(f"{uri.rstrip('/')}/health", timeout=_PROBE_TIMEOUT_S)
    except requests.Timeout as error:
        raise unreachable(uri, f"no answer within {_PROBE_TIMEOUT_S:.0f} seconds") from error
    except (requests.RequestException, ValueError) as error:
        raise unreachable(uri, "nobody listens there") from error
    if answer.status_code >= 400 and answer.status_code not in (401, 403):
        raise unreachable(uri, f"HTTP status {answer.status_code}, so it may be no MLflow server")


def _host_and_port(uri: str) -> str:
    """Without the name and password that a URI may carry."""
    return urlsplit(uri).netloc.rpartition("@")[2]


# --------------------------------------------------------------------------------------------
# A database


def database_path(uri: str) -> Path:
    """The absolute path of the database that a SQLite URI names."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        database = make_url(uri).database
    except ArgumentError as error:
        raise _no_file(uri) from error
    if not database or database == ":memory:":
        raise _no_file(uri)
    return Path(database).absolute()


def check_database(path: Path) -> None:
    """Raises `WrapperError` unless `path` is a database of exactly the installed MLflow's version.

    Opens it read-only and leaves it as it is.
    """
    if not path.is_file():
        raise WrapperError(
            "not_found",
            f"There is no registry database {path}.",
            "Check the path, or use Parley's own registry.",
        )
    revision = _revision(path)
    head, known = _known_revisions()
    if revision == head:
        return
    if revision not in known:
        raise WrapperError(
            "database_newer",
            f"The registry database {path} was written by a newer MLflow than the one installed "
            "here, and was left as it is.",
            "Update Parley, or open the registry through a server that runs that MLflow.",
        )
    raise WrapperError(
        "unsupported",
        f"The registry database {path} was written by an older MLflow and was left as it is.",
        f"Make a copy of it, then run `mlflow db upgrade sqlite:///{path.as_posix()}`.",
    )


def _revision(path: Path) -> str:
    try:
        row = _revision_row(path)
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise WrapperError(
                "disk",
                f"The registry database {path} cannot be read ({error}).",
                "Check the permissions of the file and of its folder.",
            ) from error
        row = None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
            raise _damaged(path) from error
        raise _not_mlflows(path) from error
    if row is None:
        raise _not_mlflows(path)
    return str(row[0])


def _revision_row(path: Path) -> tuple[str] | None:
    query = "SELECT version_num FROM alembic_version"
    try:
        with _opened(path, "ro") as database:
            row: tuple[str] | None = database.execute(query).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
        # A process was killed while it wrote. Whoever may write takes that back by looking, as
        # the next one of MLflow's would.
        with _opened(path, "rw") as database:
            row = database.execute(query).fetchone()
    return row


def _damaged(path: Path) -> WrapperError:
    return WrapperError(
        "disk",
        f"The registry database {path} is damaged or cut short, and was left as it is.",
        "Put a copy from a backup in its place, or save what is left with `sqlite3 FILE .recover`.",
    )


def _not_mlflows(path: Path) -> WrapperError:
    return WrapperError(
        "unsupported",
        f"The file {path} is not a database of MLflow.",
        "Name the file that MLflow keeps its registry in, often called mlflow.db.",
    )


def _known_revisions() -> tuple[str, frozenset[str]]:
    """The revision of the installed MLflow's databases, and all those that it can migrate from."""
    from importlib.util import find_spec

    from alembic.script import ScriptDirectory

    spec = find_spec("mlflow")
    if spec is None or spec.origin is None:
        raise WrapperError("engine_missing", "MLflow is not installed.", "Install mlflow.")
    scripts = ScriptDirectory(str(Path(spec.origin).parent / "store" / "db_migrations"))
    head = scripts.get_current_head()
    return str(head), frozenset(script.revision for script in scripts.walk_revisions())


class _Closing(sqlite3.Connection):
    """Closes at the end of its ``with`` block, which a plain connection does not."""

    def __exit__(self, *_: object) -> None:  # type: ignore[override]
        self.close()


def _opened(path: Path, mode: Literal["ro", "rw"]) -> _Closing:
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=5, factory=_Closing)


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _create(database: Path, artifact_root: Path) -> None:
    """Make a registry of our own, aside and then moved into place whole: MLflow takes a second or
    more for it, and one that is killed half-way leaves a database that it then refuses."""
    from filelock import FileLock
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        artifact_root.mkdir(parents=True, exist_ok=True)
        with FileLock(database.with_name(f"{database.name}.lock")):
            if _holds_something(database):  # another process was faster
                return
            part = database.with_name(f"{database.name}.part")
            for remains in (part, part.with_name(f"{part.name}-journal")):
                remains.unlink(missing_ok=True)
            with _unsynced(part):
                store = SqlAlchemyStore(f"sqlite:///{part.as_posix()}", artifact_root.as_uri())
                location = (artifact_root / EXPERIMENT).as_uri()
                store.create_experiment(EXPERIMENT, artifact_location=location)
                store.engine.dispose()
            with part.open("rb+") as whole:
                os.fsync(whole.fileno())
            part.replace(database)
    except OSError as error:
        raise WrapperError(
            "disk",
            f"The registry could not be made in {database.parent} ({error.strerror or error}).",
            "Choose a folder that you may write to with --home.",
        ) from error


@contextmanager
def _unsynced(path: Path) -> Iterator[None]:
    """Let SQLite not wait for the disk within, where it writes `path`: MLflow commits each of its
    seventy migrations, and a slow disk takes seconds for that."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    real = os.path.realpath(path)

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        files = connection.execute("PRAGMA database_list").fetchall()
        if any(file and os.path.realpath(file) == real for _, _, file in files):
            connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)


def _no_file(uri: str) -> WrapperError:
    return WrapperError(
        "usage",
        f"{uri} names no database file.",
        "Write it as sqlite:////path/to/mlflow.db, with four slashes before an absolute path.",
    )
