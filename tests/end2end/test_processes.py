"""The window as a process of its own, on a display: what it holds, and what is left of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.demo_models import DemoModels, copy_home
from tests.support.leaks import outlived

pytestmark = [
    pytest.mark.demo,
    pytest.mark.skipif(sys.platform != "linux", reason="the display is Xvfb"),
]

ROOT = Path(__file__).resolve().parents[2]
ML_LIBRARIES = {"mlflow", "torch", "transformers", "onnxruntime", "onnxruntime_genai"}


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual screen of its own."""
    xvfb = shutil.which("Xvfb")
    assert xvfb is not None, "install xvfb: .ci/run does"
    reading, writing = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


def start_window(display: str, home: Path, scene: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.drive_window", str(home), scene],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_that_both_models_answer_on_a_display_and_the_window_imports_no_ml_library(
    demo: DemoModels, display: str, tmp_path: Path
) -> None:
    home = copy_home(demo, tmp_path / "home")
    with start_window(display, home, "both_answer") as window:
        out, _ = window.communicate(timeout=300)
    assert window.returncode == 0
    onnx, transformers, process = (json.loads(line) for line in out.splitlines())
    for answer in (onnx, transformers):
        assert answer["state"] == "done"
        assert "Madrid" in answer["text"]
    assert process["platform"] == "xcb"
    imported = {name.partition(".")[0] for name in process["modules"]}
    assert "PySide6" in imported, "this is the window's process"
    assert not imported & ML_LIBRARIES


def test_that_a_window_killed_while_both_models_run_leaves_no_process(
    demo: DemoModels, display: str, tmp_path: Path
) -> None:
    home = copy_home(demo, tmp_path / "home")
    with start_window(display, home, "both_run") as window:
        assert window.stdout is not None
        told = json.loads(window.stdout.readline())
        family = psutil.Process(window.pid).children(recursive=True)
        assert set(told["engines"]) <= {one.pid for one in family}
        os.kill(window.pid, signal.SIGKILL)
        window.wait()
        assert outlived(family) == []
