# ruff: noqa: ARG002 - MLflow gives the arguments
"""A PythonModel whose load fails as ``PARLEY_TEST_FAULT`` says; where that is empty it does not."""

import ctypes
import os
import resource
import signal
from collections.abc import Iterator
from typing import Any

import mlflow


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def load_context(self, context: Any) -> None:
        match os.environ.get("PARLEY_TEST_FAULT", ""):
            case "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "crashes":
                ctypes.string_at(0)
            case "raises":
                raise ValueError("the weights are of another kind")
            case "runs out of memory":
                pages = int(open("/proc/self/statm").read().split()[0])  # noqa: PTH123, SIM115
                limit = pages * resource.getpagesize() + 200_000_000
                resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
                bytearray(1_000_000_000)

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return "all is well"

    def predict_stream(self, context: Any, model_input: Any, params: Any = None) -> Iterator[Any]:
        yield from ("all ", "is ", "well")


mlflow.models.set_model(Model())
