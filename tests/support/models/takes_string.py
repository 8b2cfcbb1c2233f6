# ruff: noqa: ARG002 - MLflow gives the arguments
"""A PythonModel of one string that streams, with params; told to, it misbehaves."""

import sys
from collections.abc import Iterator
from typing import Any

import mlflow
import pandas as pd


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Says the prompt back in capitals, a word at a time.

    ``closed`` tells how often a stream was closed before its end.
    """

    closed = 0

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        prompt = model_input["prompt"].iloc[0]
        match prompt:
            case "frame":
                return pd.DataFrame({"generated": ["from a frame"]})
            case "series":
                return pd.Series(["from a series"])
            case "array":
                return pd.Series(["from an array"]).to_numpy()
            case "bytes":
                return "from bytes: ü".encode()
            case "number":
                return 42
            case "nothing":
                return None
            case "raise":
                raise ValueError("the tokenizer has no such word\n\nlong tail")
            case "exit":
                sys.exit(3)
        return f"{prompt.upper()} {params}"

    def predict_stream(self, context: Any, model_input: Any, params: Any = None) -> Iterator[Any]:
        prompt = model_input["prompt"]
        if prompt == "bytes":
            # A character of two bytes, cut between them.
            yield from (b"from bytes: \xc3", b"\xbc")
            return
        try:
            for index, word in enumerate(prompt.upper().split()):
                if word == "RAISE":
                    raise ValueError("the tokenizer has no such word")
                yield word if index == 0 else f" {word}"
        except GeneratorExit:
            type(self).closed += 1
            raise


mlflow.models.set_model(Model())
