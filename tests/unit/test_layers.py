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


def modules_after_importing(*modules: str) -> set[str]:
    """What a fresh interpreter holds after importing `modules`, as dotted names."""
    code = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(modules)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def loaded_after_importing(*modules: str) -> set[str]:
    """The top-level packages of `modules_after_importing`."""
    return {name.partition(".")[0] for name in modules_after_importing(*modules)}


def test_that_a_window_that_opens_waits_for_nothing_that_is_shown_later() -> None:
    loaded = modules_after_importing("app.bootstrap")
    later = {"psutil", "tomlkit", "rapidfuzz", "pyqtgraph", "platformdirs", "statistics"}
    assert loaded & later == set()
    own = (
        "app.domain.comparison",
        "app.ui.panes.compare_pane",
        "app.ui.panes.prompt_pane",
        "app.ui.dialogs",
    )
    light = {"app.ui.dialogs", "app.ui.dialogs.opener", "app.ui.dialogs.values"}
    assert {name for name in loaded if name.startswith(own)} == light


def test_that_a_first_frame_waits_for_nothing_that_it_does_not_show() -> None:
    loaded = modules_after_importing("app.__main__", "app.opening")
    later = {"asyncio", "tomlkit", "PySide6.QtSvg", "importlib.resources", "hashlib"}
    assert loaded & later == set()
    own = (
        "app.cli.arguments",
        "app.services.",
        "app.ui.item_models",
        "app.ui.panes.header",
        "app.ui.widgets.conversation_list",
        "app.ui.widgets.job_",
        "app.ui.widgets.registry_view",
        "app.ui.widgets.start_cards",
        "app.ui.widgets.themed_icon",
        "wrappers.",
    )
    assert not [name for name in loaded if name.startswith(own)]


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
