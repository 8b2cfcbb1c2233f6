# ruff: noqa: ARG002 - MLflow gives the arguments
"""The wrapper of Microsoft's Phi-3 cookbook, as it stands there.

Its ``predict`` calls what onnxruntime-genai has since removed.
"""

from typing import Any

import mlflow
import onnxruntime_genai as og


class Phi3Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Loads with today's onnxruntime-genai, and raises when it is asked."""

    def load_context(self, context: Any) -> None:
        model_path = context.artifacts["phi3-mini-onnx"]
        model_options = {"max_length": 300, "temperature": 0.2}
        self.phi3_model = og.Model(model_path)
        self.params = og.GeneratorParams(self.phi3_model)
        self.params.set_search_options(**model_options)
        self.tokenizer = og.Tokenizer(self.phi3_model)

    def predict(self, context: Any, model_input: Any) -> Any:
        prompt = model_input["prompt"][0]
        self.params.input_ids = self.tokenizer.encode(prompt)
        response = self.phi3_model.generate(self.params)
        return self.tokenizer.decode(response[0][len(self.params.input_ids) :])
