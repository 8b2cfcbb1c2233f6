"""What the wrappers' tests share: the tiny models' folders, built once a session."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_model import build_tiny_phi3
from tests.support.tiny_onnx import SPOKEN, build_tiny_onnx
from wrappers import onnx_genai, transformers_chat


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
    with run_of_its_own(tmp_path_factory.mktemp("registry")):
        return {
            name: folder_of(onnx_genai.log_model(folder))
            for name, folder in (("tiny", tiny_onnx), ("speaker", tiny_onnx_speaker))
        }


@pytest.fixture(scope="session")
def logged_transformers(tiny_phi3: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint as wrapper 1 logs it: the local folder of the MLflow model."""
    with run_of_its_own(tmp_path_factory.mktemp("registry")):
        return folder_of(transformers_chat.log_model(str(tiny_phi3)))


@contextlib.contextmanager
def run_of_its_own(home: Path) -> Iterator[None]:
    """An active run in a new registry under `home`; the one set before is set again after."""
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{home / 'mlflow.db'}")
    try:
        experiment = mlflow.create_experiment("tiny", artifact_location=str(home / "artifacts"))
        with mlflow.start_run(experiment_id=experiment):
            yield
    finally:
        mlflow.set_tracking_uri(before)


def folder_of(info: Any) -> Path:
    """The local folder of the model that an MLflow `ModelInfo` tells of."""
    import mlflow

    return Path(mlflow.artifacts.download_artifacts(info.model_uri))
