"""The one-folder program that ``build.spec`` makes, run as somebody would who has no Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.demo_models import ONNX, DemoModels, copy_home

pytestmark = [pytest.mark.slow, pytest.mark.demo]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built anew; takes some minutes."""
    folder = tmp_path_factory.mktemp("frozen")
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "build.spec", "--noconfirm"),
            *("--distpath", folder / "dist", "--workpath", folder / "build"),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder / "dist" / "parley" / "parley"


def run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """In an environment that leads to no Python."""
    environment = {"HOME": os.environ["HOME"], "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(
        [program, *arguments],
        env=environment,
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_that_doctor_and_models_run_from_the_folder(
    program: Path, demo: DemoModels, tmp_path: Path
) -> None:
    assert not list(program.parent.rglob("libtorch*")), "it is built without PyTorch"
    doctor = run(program, "doctor", "--home", tmp_path / "new")
    assert doctor.returncode == 0, doctor.stderr
    assert "onnxruntime-genai" in doctor.stdout
    home = copy_home(demo, tmp_path / "home")
    models = run(program, "models", "--json", "--home", home)
    assert models.returncode == 0, models.stderr
    listed = [json.loads(line) for line in models.stdout.splitlines()]
    assert {one["name"]: one["mode"] for one in listed}[ONNX] == "template"


def test_that_an_onnx_model_answers_from_the_folder(
    program: Path, demo: DemoModels, tmp_path: Path
) -> None:
    home = copy_home(demo, tmp_path / "home")
    answer = run(program, "ask", ONNX, "What is the capital of Spain?", "--home", home)
    assert answer.returncode == 0, answer.stderr
    assert "Madrid" in answer.stdout
