"""The program as ``parley`` starts it: a window first, and the rest behind it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

_START = """
import sys
from PySide6.QtCore import QEvent, QTimer
from app import opening
from app.__main__ import main
from app.ui.frame import Frame

LATER = ("asyncio", "app.bootstrap", "app.cli.arguments", "wrappers.contract",
    "app.ui.widgets.registry_view", "app.ui.panes.header")

class WatchedFrame(Frame):
    def __init__(self, store):
        super().__init__(store)
        paint, window = self.window.paintEvent, self.window
        self.is_seen = False

        def painted(event):
            paint(event)
            if not self.is_seen:
                self.is_seen = True
                print("seen", [one for one in LATER if one in sys.modules])
                {when_seen}

        window.paintEvent = painted

opening.Frame = WatchedFrame
sys.argv = ["parley", "--home", sys.argv[1]]
code = main()
print("over", code, "app.bootstrap" in sys.modules)
"""


def started(home: Path, when_seen: str) -> list[str]:
    """What the program tells of itself from its start to its end."""
    done = subprocess.run(
        [sys.executable, "-c", _START.replace("{when_seen}", when_seen), str(home)],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "when_seen",
    [
        pytest.param("window.close()", id="at once"),
        pytest.param("QTimer.singleShot(0, window.close)", id="in the next turn"),
        pytest.param("QTimer.singleShot(60, window.close)", id="while the rest is made"),
        pytest.param("QTimer.singleShot(1500, window.close)", id="while the registry opens"),
    ],
)
def test_that_the_window_is_seen_before_the_rest_is_imported_and_can_be_closed_then(
    tmp_path: Path, when_seen: str
) -> None:
    assert started(tmp_path / "home", when_seen) == ["seen []", "over 0 True"]
    log = tmp_path / "home" / "logs" / "parley.log"
    assert "Traceback" not in (log.read_text() if log.exists() else "")


_STYLE = """
from app.ui.theme import apply_theme, start_application
app = start_application(["parley"])
print(app.style().name())
apply_theme(app, "light", with_sheet=False)
print(app.style().name(), app.arguments())
"""


def test_that_the_window_has_its_own_style_whatever_the_desktops_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STYLE],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_STYLE_OVERRIDE": "Windows"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == ["fusion", "fusion", "['parley']"]
