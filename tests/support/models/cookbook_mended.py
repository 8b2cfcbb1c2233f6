# ruff: noqa: ARG002 - MLflow gives the arguments
"""The cookbook's wrapper with the loop that onnxruntime-genai wants since 0.6."""

from typing import Any

import mlflow
import onnxruntime_genai as og


class Phi3Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers greedily, with eight tokens at most."""

    def load_context(self, context: Any) -> None:
        self.model = og.Model(context.artifacts["phi3-mini-onnx"])
        self.tokenizer = og.Tokenizer(self.model)

    def predict(self, context: Any, model_input: Any) -> Any:
        ids = self.tokenizer.encode(model_input["prompt"][0])
        params = og.GeneratorParams(self.model)
        params.set_search_options(do_sample=False, max_length=len(ids) + 8)
        generator = og.Generator(self.model, params)
        generator.append_tokens(ids)
        while not generator.is_done():
            generator.generate_next_token()
        return self.tokenizer.decode(generator.get_sequence(0)[len(ids) :])
