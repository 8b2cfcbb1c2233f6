"""What MLflow, its database and its server raise, as the user reads it."""

import contextlib
import errno
from collections.abc import Iterator

from wrappers.base import WrapperError

_DISK_ERRORS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EIO,
}


@contextlib.contextmanager
def told_plainly(tracking_uri: str) -> Iterator[None]:
    """Turn what a call to the registry at `tracking_uri` raises into a `WrapperError`.

    What is not recognised is raised as it is, for it may be a fault of Parley's own.
    """
    try:
        yield
    except WrapperError:
        raise
    except Exception as error:
        plain = plainly(error, tracking_uri)
        if plain is None:
            raise
        raise plain from error


def plainly(error: Exception, tracking_uri: str) -> WrapperError | None:
    """`error` in a sentence for the user, or ``None`` where it is not one of the registry's."""
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    for cause in _chain(error):
        if isinstance(cause, sqlalchemy.exc.OperationalError):
            return _of_database(cause, tracking_uri)
        if isinstance(cause, OSError) and cause.errno in _DISK_ERRORS:
            return WrapperError(
                "disk",
                f"A file could not be written ({cause.strerror}: {cause.filename}).",
                "Make room, or choose a folder that you may write to.",
            )
    if isinstance(error, MlflowException):
        return _of_mlflow(error, tracking_uri)
    return None


def unreachable(tracking_uri: str, why: str) -> WrapperError:
    return WrapperError(
        "unreachable",
        f"The tracking server at {tracking_uri} does not answer ({why}).",
        "Check that it runs and that the address is right, then try again.",
    )


def _of_mlflow(error: Exception, tracking_uri: str) -> WrapperError | None:
    whole = next(iter(str(error).splitlines()), "")
    text = whole[:200]
    code = getattr(error, "error_code", None)
    status = getattr(error, "get_http_status_code", lambda: None)()
    if text.startswith("API request to ") and " failed " in text:
        if "error code 401" in text or "error code 403" in text:
            return _not_admitted(tracking_uri)
        if "error responses" in whole or "error code 5" in whole:
            return _failing(tracking_uri)
        return unreachable(tracking_uri, "its connection failed")
    if text.startswith("API request to ") and "valid JSON" in text:
        return WrapperError(
            "unreachable",
            f"What answers at {tracking_uri} is no tracking server.",
            "Check that the address is right, and that no page of a proxy stands before it.",
        )
    if status is not None and status >= 500 and _is_of_server(tracking_uri, code):
        return _failing(tracking_uri)
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED") or status in (401, 403):
        return _not_admitted(tracking_uri)
    if code == "RESOURCE_DOES_NOT_EXIST":
        return WrapperError(
            "not_found",
            f"The registry does not have it: {text}",
            "Refresh the list; somebody else may have removed it.",
        )
    return None


def _failing(tracking_uri: str) -> WrapperError:
    return WrapperError(
        "unreachable",
        f"The tracking server at {tracking_uri} answers with an error of its own.",
        "Look at the server's log, then try again.",
    )


def _is_of_server(tracking_uri: str, code: object) -> bool:
    """Whether an error is one that a server has answered with, not MLflow's own here."""
    return tracking_uri.startswith("http") and code in ("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE")


def _not_admitted(tracking_uri: str) -> WrapperError:
    return WrapperError(
        "unreachable",
        f"The tracking server at {tracking_uri} does not let you in.",
        "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN.",
    )


def _of_database(error: Exception, tracking_uri: str) -> WrapperError:
    text = str(getattr(error, "orig", error))
    if "locked" in text or "busy" in text:
        return WrapperError(
            "unreachable",
            "Another program keeps the registry's database locked.",
            "Wait until it is done, then try again.",
        )
    return WrapperError(
        "disk",
        f"The registry's database {tracking_uri} cannot be used ({text}).",
        "Check that the file is there, that you may write to it, and that the disk is not full.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """`error` and what led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
