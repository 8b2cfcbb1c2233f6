"""A PythonModel that says by a type hint that it takes messages."""

import mlflow
from pydantic import BaseModel


class Turn(BaseModel):
    """One message."""

    role: str
    content: str


class Chat(BaseModel):
    """One request; MLflow hands over a list of them."""

    messages: list[Turn]
    temperature: float | None = None


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Says back what it was given."""

    def predict(self, model_input: list[Chat]) -> list[str]:
        return [f"{one.messages[-1].content} {one.temperature}" for one in model_input]


mlflow.models.set_model(Model())
