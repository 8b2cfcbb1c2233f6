# ruff: noqa: ARG002 - MLflow gives the arguments
"""A PythonModel whose signature takes messages; it returns one string for the frame's one row."""

from typing import Any

import mlflow


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Says back the columns and params that it was given."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        row = model_input.iloc[0]
        return f"{row['messages'][-1]['content']} tone={row['tone']} {params}"


mlflow.models.set_model(Model())
