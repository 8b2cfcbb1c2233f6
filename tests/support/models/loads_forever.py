# ruff: noqa: ARG002 - MLflow gives the arguments
"""A PythonModel whose load never ends."""

import threading
from typing import Any

import mlflow


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def load_context(self, context: Any) -> None:
        threading.Event().wait()

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        return ""


mlflow.models.set_model(Model())
