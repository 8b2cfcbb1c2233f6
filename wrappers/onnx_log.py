"""Logging a folder in ONNX Runtime GenAI's format to MLflow, with the file that answers with it."""

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wrappers.detect import WRAPPER_MARK
from wrappers.onnx_folder import check_folder

MODEL_FILE = Path(__file__).with_name("onnx_genai_model.py")
ARTIFACT = "phi3-mini-onnx"
"""The cookbook's name for it, whatever the model."""
DEFAULT_MAX_TOKENS = 300
"""As both of the cookbook's wrappers have it."""


def log_model(
    folder: Path, *, name: str = "model", metadata: dict[str, Any] | None = None, **extra: Any
) -> Any:
    """Log the model in `folder` to MLflow's active run or experiment; MLflow's ``ModelInfo``.

    `extra` goes to ``mlflow.pyfunc.log_model`` (``registered_model_name``, ``tags`` and so on).
    Raises `WrapperError` where `check_folder` does.
    """
    import mlflow.pyfunc

    check_folder(folder)
    # The project files of whatever folder the program was started in are no part of the model.
    os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")
    return mlflow.pyfunc.log_model(
        name=name,
        python_model=str(MODEL_FILE),
        artifacts={ARTIFACT: str(folder.resolve())},
        signature=signature(),
        model_config={"threads": 0},
        pip_requirements=requirements(),
        metadata={WRAPPER_MARK: "onnx_genai", **(metadata or {})},
        **extra,
    )


def signature() -> Any:
    """One string in, one out. A param that defaults to None is left to the model."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

    return ModelSignature(
        inputs=Schema([ColSpec("string", "prompt")]),
        outputs=Schema([ColSpec("string")]),
        params=ParamSchema(
            [
                ParamSpec("max_tokens", "long", DEFAULT_MAX_TOKENS),
                ParamSpec("temperature", "double", None),
                ParamSpec("top_p", "double", None),
                ParamSpec("top_k", "long", None),
                ParamSpec("stop", "string", [], shape=(-1,)),
                ParamSpec("seed", "long", None),
            ]
        ),
    )


def requirements() -> list[str]:
    """What the logged file imports, as it is installed here."""
    packages = ("mlflow", "onnxruntime-genai", "numpy", "pandas")
    return [f"{package}=={version(package)}" for package in packages]
