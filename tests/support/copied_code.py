"""Running what the program has put on the clipboard."""

import os
import subprocess
import sys
from pathlib import Path


def run_copied(code: str, folder: Path) -> str:
    """What the program prints, far from this project."""
    program = folder / "copied.py"
    program.write_text(code, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=folder,
        env=environment | {"HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n{done.stderr.decode(errors='replace')[-4000:]}"
    return done.stdout.decode("utf-8").removesuffix("\n")
