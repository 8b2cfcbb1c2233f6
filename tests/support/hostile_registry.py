"""A registry whose every field is meant to do harm where it is shown.

It is made in a process of its own, so that the tests' process stays free of MLflow.
"""

import subprocess
import sys
from pathlib import Path

from tests.support.demo_models import ROOT, offline_environment

RED, BELL, OVERRIDE, ISOLATE = "\x1b[31m", "\x07", "\u202e", "\u2067"
HIDDEN = "\x1b\x07\u202e\u2067\u200b"
"""None of these may reach a terminal or a label."""

MARKUP = "<b>bold</b><img src='file.png'>&amp;&quit"
NAME = f"{MARKUP}{OVERRIDE}exe.txt{BELL}"[:200].replace("/", "|")
LONG_NAME = "long-" + "n" * 240
COLUMNS = 10_000


def make_hostile_registry(home: Path) -> Path:
    """Two models in the registry of a new `home`: `NAME` and `LONG_NAME`; returns `home`."""
    home.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile_registry", str(home)],
        cwd=ROOT,
        env=offline_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the registry could not be made:\n{done.stderr[-4000:]}")
    return home


def _make_here(home: Path) -> None:
    import mlflow
    import yaml
    from mlflow.utils.file_utils import local_file_uri_to_path

    uri = f"sqlite:///{(home / 'mlflow.db').as_posix()}"
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment(f"{MARKUP}{RED}", (home / "artifacts").as_uri())
    run = client.create_run(experiment, run_name=f"{OVERRIDE}{MARKUP}{RED}{BELL}")
    client.set_tag(run.info.run_id, "mlflow.user", f"{ISOLATE}<b>root</b>{RED}")
    for name in (NAME, LONG_NAME):
        model = client.create_logged_model(experiment, name="model", source_run_id=run.info.run_id)
        folder = Path(local_file_uri_to_path(model.artifact_location))
        _write_model(folder, yaml)
        client.create_registered_model(name, description=f"{MARKUP}{RED}\n" * 5_000)
        client.create_model_version(
            name,
            f"models:/{model.model_id}",
            run_id=run.info.run_id,
            description=f"{OVERRIDE}{MARKUP}{RED}" * 1_000,
            tags={"parley.registered_by": f"<i>you</i>{OVERRIDE}{RED}", "note": MARKUP},
        )


def _write_model(folder: Path, yaml: object) -> None:
    import json

    folder.mkdir(parents=True)
    columns = [
        {"type": "string", "name": f"{MARKUP}{OVERRIDE}{number}", "required": number == 0}
        for number in range(COLUMNS)
    ]
    mlmodel = {
        "flavors": {
            "python_function": {
                "loader_module": f"mlflow.pyfunc.model{RED}<b>",
                "python_model": "python_model.pkl",
                "code": "code",
            },
            f"{MARKUP}{RED}": {},
        },
        "signature": {
            "inputs": json.dumps(columns),
            "outputs": json.dumps([{"type": f"{RED}<b>string</b>"}]),
            "params": json.dumps([{"name": f"{MARKUP}{RED}", "type": "string", "default": MARKUP}]),
        },
        "mlflow_version": f"3{RED}",
    }
    (folder / "MLmodel").write_text(yaml.safe_dump(mlmodel), encoding="utf-8")  # type: ignore[attr-defined]
    (folder / "python_model.pkl").write_bytes(b"never read")
    (folder / "code").mkdir()
    for number in range(300):
        (folder / "code" / f"<b>{OVERRIDE}{number}{RED}.py").write_text("")
    requirements = "".join(f"{RED}<b>{OVERRIDE}package{number}==1\n" for number in range(5_000))
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")


if __name__ == "__main__":
    _make_here(Path(sys.argv[1]))
