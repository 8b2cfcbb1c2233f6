"""What the wrappers' tests share: the tiny models' folders, built once a session."""

from pathlib import Path

import pytest

from tests.support.tiny_model import build_tiny_phi3
from tests.support.tiny_onnx import SPOKEN, build_tiny_onnx
from wrappers.onnx_genai import log_model


@pytest.fixture(scope="session")
def tiny_phi3(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder whose answers vary with the prompt."""
    return build_tiny_phi3(tmp_path_factory.mktemp("checkpoints") / "tiny-phi3")


@pytest.fixture(scope="session")
def tiny_onnx(tiny_phi3: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same checkpoint as an ONNX folder, its weights in int4 as the cookbook has them."""
    return build_tiny_onnx(tiny_phi3, tmp_path_factory.mktemp("onnx") / "tiny", precision="int4")


@pytest.fixture(scope="session")
def tiny_onnx_speaker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ONNX folder that answers `SPOKEN` after a line feed, and ends its turn."""
    folder = tmp_path_factory.mktemp("speaker")
    checkpoint = build_tiny_phi3(folder / "checkpoint", says=SPOKEN)
    return build_tiny_onnx(checkpoint, folder / "onnx", precision="fp32")


@pytest.fixture(scope="session")
def onnx_models(
    tiny_onnx: Path, tiny_onnx_speaker: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Both ONNX folders as wrapper 2 logs them: name to the local folder of the MLflow model."""
    import mlflow

    home = tmp_path_factory.mktemp("registry")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    try:
        experiment = mlflow.create_experiment("onnx", artifact_location=str(home / "artifacts"))
        with mlflow.start_run(experiment_id=experiment):
            return {
                name: Path(mlflow.artifacts.download_artifacts(log_model(folder).model_uri))
                for name, folder in (("tiny", tiny_onnx), ("speaker", tiny_onnx_speaker))
            }
    finally:
        mlflow.set_tracking_uri(before)
