"""The tiny Phi-3 as an ONNX Runtime GenAI folder, made by the engine's own model builder."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

SPOKEN = "go 🙂ב"
"""What `build_tiny_phi3` can be taught to say: its emoji and its Hebrew letter are several tokens
each."""


def build_tiny_onnx(
    hf_folder: Path, out: Path, *, precision: Literal["fp32", "int4"] = "fp32"
) -> Path:
    """Export the checkpoint in `hf_folder` for the CPU into `out`, and return `out`.

    The builder runs in a process of its own: it imports torch and changes global state.
    """
    cache = out.with_name(out.name + "-cache")
    command = [sys.executable, "-m", "onnxruntime_genai.models.builder"]
    command += ["-i", str(hf_folder), "-o", str(out), "-c", str(cache)]
    command += ["-p", precision, "-e", "cpu"]
    done = subprocess.run(
        command,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "ORT_DISABLE_TELEMETRY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the model builder failed:\n{done.stdout}\n{done.stderr}")
    return out
