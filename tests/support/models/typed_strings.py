"""A PythonModel with the type hint list[str], for which MLflow breaks `predict_stream`."""

from collections.abc import Iterator

import mlflow


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Says each prompt back."""

    def predict(self, model_input: list[str]) -> list[str]:
        return [f"you said {one}" for one in model_input]

    def predict_stream(self, model_input: list[str]) -> Iterator[str]:
        for one in model_input:
            yield f"you said {one}"


mlflow.models.set_model(Model())
