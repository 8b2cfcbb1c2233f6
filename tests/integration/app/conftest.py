"""A real registry with two models that misbehave, and a small disk."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "support" / "models"


@pytest.fixture(scope="session")
def unruly_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose own registry holds ``unruly`` and ``loads-forever``."""
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    home = tmp_path_factory.mktemp("home")
    signature = ModelSignature(
        Schema([ColSpec(DataType.string, "prompt")]), Schema([ColSpec(DataType.string)])
    )
    with pytest.MonkeyPatch.context() as patch, _tracking(f"sqlite:///{home / 'mlflow.db'}"):
        patch.setenv("MLFLOW_UV_AUTO_DETECT", "false")
        experiment = mlflow.create_experiment("models", (home / "artifacts").as_uri())
        for name in ("unruly", "loads_forever"):
            with mlflow.start_run(experiment_id=experiment):
                mlflow.pyfunc.log_model(
                    name=name,
                    python_model=str(MODELS / f"{name}.py"),
                    signature=signature,
                    pip_requirements=["mlflow"],
                    registered_model_name=name.replace("_", "-"),
                )
    return home


@pytest.fixture(scope="session")
def model_folders(unruly_home: Path) -> dict[str, Path]:
    """The artifacts of each model, by its name."""
    folders = {}
    for mlmodel in (unruly_home / "artifacts").rglob("MLmodel"):
        code = next(mlmodel.parent.glob("*.py"))
        folders[code.stem] = mlmodel.parent
    return folders


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 2 MB."""
    if sys.platform != "linux":
        pytest.skip("a small disk is made on Linux alone")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("this user may mount nothing")
    yield disk
    subprocess.run(["/bin/umount", disk], check=True)


@contextmanager
def _tracking(uri: str) -> Iterator[None]:
    """Point MLflow at a registry for a while."""
    import mlflow

    before = mlflow.get_tracking_uri()
    variable = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        if variable is not None:
            os.environ["MLFLOW_TRACKING_URI"] = variable
