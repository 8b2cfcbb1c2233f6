"""A process that registers a model, or logs a run, and is killed at one exact moment of it.

    python -m tests.support.dying_registration HOME FOLDER NAME MOMENT
    python -m tests.support.dying_registration HOME demo demo MOMENT
    python -m tests.support.dying_registration HOME run MODEL_ID MOMENT

A moment is ``before:`` or ``after:`` a call that the registration makes, such as
``after:MlflowClient.create_run``. The process kills itself with SIGKILL there, as the window might.
"""

import functools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.asking import ask, connected, own_home
from wrappers.contract import LogRun, MakeDemo, RegisterModel


def die_at(owner: type, name: str, when: str) -> None:
    real: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(real)
    def deadly(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, deadly)


def main(home: str, folder: str, name: str, moment: str) -> None:
    import mlflow
    from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

    server = connected(own_home(Path(home)))
    when, _, call = moment.partition(":")
    owner, _, method = call.partition(".")
    owners = {
        "MlflowClient": mlflow.MlflowClient,
        "LocalArtifactRepository": LocalArtifactRepository,
    }
    die_at(owners[owner], method, when)
    if folder == "demo":
        ask(server, MakeDemo(id=2))
    elif folder == "run":
        tables = {"answers.json": {"answer": ["Madrid."]}}
        files = {"report.html": "<!doctype html>"}
        request = LogRun(id=2, name="killed", tables=tables, files=files, models=(name,))
        ask(server, request)
    else:
        ask(server, RegisterModel(id=2, wrapper="onnx", source=folder, name=name))


if __name__ == "__main__":
    main(*sys.argv[1:])
