"""Distributions: drawn when they are wanted, in the colours and the size of the moment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.domain.comparison.histogram import histogram
from app.ui import plotting, theme
from app.ui.widgets.set_figures import SetFigures
from app.ui.widgets.set_views import FigureView

ROOT = Path(__file__).parents[2]

VIEWS = (
    FigureView("First", "a: median 1. b: median 2.", histogram([1, 1, 2], [2, 3]), (1.0, 2.5)),
    FigureView("Second", "a: not known. b: median 2.", histogram([], [2, 3]), (None, 2.5)),
    FigureView("Third", "a: not known. b: not known."),
)

_WINDOW = """
import asyncio, sys, tempfile
from pathlib import Path
import qasync
from PySide6.QtWidgets import QApplication
import app.bootstrap
from app.bootstrap import Program
from app.infra.program import build_services
from app.infra.settings import Settings
from app.ui.theme import apply_theme
from tests.support.paired_host import PairedHost

def heavy():
    loaded = {one.partition(".")[0] for one in sys.modules}
    return sorted({"pyqtgraph", "numpy", "cuda", "mlflow"} & loaded)

def services(settings, preferences):
    return build_services(settings, preferences, in_process_host=PairedHost().serve)

async def main():
    apply_theme(application, "light")
    app.bootstrap._services = services
    program = Program(Settings(home=Path(tempfile.mkdtemp()), in_process=True))
    program.window.show()
    program.window.show_page("compare")
    program.sets.show(True)
    await asyncio.sleep(0.2)
    print(heavy())
    await program.sets._draw_plots()
    print(heavy())
    await program.window.shutdown()

application = QApplication([])
with qasync.QEventLoop(application) as loop:
    loop.run_until_complete(main())
"""


def test_that_starting_the_window_brings_no_plotting_and_no_numpy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _WINDOW],
        env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", "['numpy', 'pyqtgraph']"]


@pytest.fixture
async def figures(qtbot: QtBot) -> SetFigures:
    shown = SetFigures()
    qtbot.addWidget(shown)
    shown.resize(500, 700)
    shown.show_figures(VIEWS)
    return shown


def plots(figures: SetFigures) -> list[QWidget]:
    return figures.findChildren(QWidget, "setPlot")


async def test_that_the_words_stand_alone_until_it_can_be_drawn(figures: SetFigures) -> None:
    wanted: list[int] = []
    figures.plots_wanted.connect(lambda: wanted.append(1))
    figures.show()
    figures.hide()
    figures.show()
    assert wanted == [1]
    assert plots(figures) == []
    said = {one.text() for one in figures.findChildren(QLabel) if one.isVisible()}
    assert {"First", VIEWS[0].words, VIEWS[1].words} <= said
    assert "Third" not in said
    await plotting.bring()
    figures.draw()
    assert [one.accessibleName() for one in plots(figures)] == [
        "First. a: median 1. b: median 2.",
        "Second. a: not known. b: median 2.",
    ]


async def test_that_drawings_follow_the_theme_and_the_size_of_text(
    figures: SetFigures, qapp: QApplication
) -> None:
    await plotting.bring()
    figures.draw()
    figures.show()
    plot = plots(figures)[0]
    assert plot.background == QColor(theme.LIGHT.background)  # type: ignore[attr-defined]
    height = plot.sizeHint().height()
    theme.apply_theme(qapp, "dark", 1.5)
    assert plot.background == QColor(theme.DARK.background)  # type: ignore[attr-defined]
    assert plot.sizeHint().height() == round(height * 1.5)
    picture = plot.grab().toImage()
    assert picture.pixelColor(2, 2) == QColor(theme.DARK.background)


async def test_that_the_mouse_means_nothing_to_a_drawing(figures: SetFigures) -> None:
    await plotting.bring()
    from app.ui.widgets.set_plot import SetPlot

    figures.draw()
    figures.show()
    plot = plots(figures)[0]
    assert isinstance(plot, SetPlot)
    at = plot.mapTo(figures.window(), plot.rect().center())
    assert figures.window().childAt(at) is plot
    assert not plot._plot.getPlotItem().getViewBox().menuEnabled()
    assert plot._plot.getPlotItem().getViewBox().mouseEnabled() == [False, False]


@pytest.mark.parametrize(("most", "step"), [(1, 1), (3, 1), (7, 2), (50, 10), (51, 20), (900, 200)])
def test_that_rows_are_counted_in_whole_numbers(most: int, step: int) -> None:
    from app.ui.widgets.set_plot import count_step

    assert count_step(most) == step
