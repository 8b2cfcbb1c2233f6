"""Models that Parley did not register, in a home of their own.

They are logged in a process of its own, so that the tests' process stays free of MLflow.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.demo_models import ROOT, offline_environment

MODELS = Path(__file__).with_name("models")
TAKES_A_PROMPT = {"faulty", "loads_forever", "dies_loading"}
"""Those whose code does not tell MLflow that they take one string."""


def log_foreign_models(home: Path, *names: str) -> Path:
    """Log each file `names` of `MODELS` to the registry of a new `home`, as anybody would with
    plain MLflow, and register it under its name; returns `home`."""
    home.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.foreign_models", str(home), *names],
        cwd=ROOT,
        env=offline_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the models could not be logged:\n{done.stderr[-4000:]}")
    return home


def _log_here(home: Path, names: list[str]) -> None:
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    prompt = ModelSignature(
        Schema([ColSpec(DataType.string, "prompt")]), Schema([ColSpec(DataType.string)])
    )
    mlflow.set_tracking_uri(f"sqlite:///{(home / 'mlflow.db').as_posix()}")
    experiment = mlflow.create_experiment("foreign", (home / "artifacts").as_uri())
    with mlflow.start_run(experiment_id=experiment):
        for name in names:
            mlflow.pyfunc.log_model(
                name="model",
                python_model=str(MODELS / f"{name}.py"),
                registered_model_name=name,
                signature=prompt if name in TAKES_A_PROMPT else None,
                pip_requirements=["mlflow"],
            )


if __name__ == "__main__":
    _log_here(Path(sys.argv[1]), sys.argv[2:])
