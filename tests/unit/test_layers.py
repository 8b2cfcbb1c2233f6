"""What each side of the pipe keeps out of its process, seen in ``sys.modules``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ML_LIBRARIES = {"mlflow", "torch", "transformers", "onnxruntime", "onnxruntime_genai", "pandas"}
QT = {"PySide6", "shiboken6", "qasync"}


def modules_of(package: str) -> list[str]:
    """Every module of `package`, as its dotted name."""
    files = sorted((ROOT / package).rglob("*.py"))
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
    ]


def loaded_after_importing(*modules: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after importing `modules`."""
    code = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(modules)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_that_the_window_process_can_import_all_of_app_without_an_ml_library() -> None:
    assert not loaded_after_importing(*modules_of("app")) & ML_LIBRARIES


def test_that_the_wrappers_need_no_qt() -> None:
    # The logged model's file imports MLflow by design; all others are light until they are used.
    modules = [name for name in modules_of("wrappers") if name != "wrappers.onnx_genai_model"]
    loaded = loaded_after_importing(*modules)
    assert not loaded & QT
    assert "app" not in loaded


@pytest.mark.parametrize("package", ["app.domain", "app.services", "app.infra", "app.cli"])
def test_that_everything_below_the_window_runs_without_qt(package: str) -> None:
    below = [name for name in modules_of("app") if name.startswith(package)]
    assert below
    assert not loaded_after_importing(*below) & QT


def test_that_the_contract_is_light() -> None:
    loaded = loaded_after_importing("wrappers.contract", "wrappers.base")
    assert not loaded & (ML_LIBRARIES | QT | {"numpy", "psutil", "yaml"})
