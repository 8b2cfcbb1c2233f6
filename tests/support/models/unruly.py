# ruff: noqa: ARG002 - MLflow gives the arguments
"""A PythonModel of one string that does what no model should; its prompt says which."""

import json
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import mlflow

HOSTILE_PIECES = ("one \x1b", "[31mred \u202etxt\x07 \x9b", "2J <b>\r\nnext\x08\x00\u200b")
"""Escapes cut in two, a C1 control, an override, a bell: what a terminal would obey."""


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """``predict`` of "forever" never comes back, and no stream of "endless" ever ends."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        if model_input["prompt"].iloc[0] == "forever":
            threading.Event().wait()
        return "done"

    def predict_stream(self, context: Any, model_input: Any, params: Any = None) -> Iterator[Any]:
        prompt = model_input["prompt"]
        if prompt == "environment":
            yield json.dumps(dict(os.environ))
        elif prompt == "print":
            print("this goes to the log")  # noqa: T201 - as wrappers in the wild do
            yield "printed"
        elif prompt == "hostile":
            yield from HOSTILE_PIECES
        elif prompt == "print much":
            os.write(1, b"the first line\n")
            for _ in range(40):
                os.write(1, b"x" * 999_999 + b"\n")
            os.write(1, b"the last line\n")
            yield "printed"
        elif prompt == "crash":
            yield "almost "
            os.abort()
        else:
            yield "once "
            while prompt == "endless":
                time.sleep(0.002)  # as long as a token takes
                yield "more "


mlflow.models.set_model(Model())
