"""Export and "Log to MLflow" as the window shows them, on Qt's own file dialogs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from app.domain.comparison.record import Comparison
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.program import Services
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.compare_pane import ComparePane
from app.ui.panes.set_view import SetView
from app.ui.presenters.compare_export_presenter import CompareExportPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.run_bar import RunBar
from tests.support.comparisons import comparison, prompt_set, running, turn
from tests.support.two_models import TwoModels
from tests.ui.presenters.conftest import until
from wrappers.contract import Failed


@dataclass
class Scene:
    """The pane with its strips, over a registry that is played."""

    folder: Path
    parent: QWidget
    pane: ComparePane
    strip: JobStrip
    bar: RunBar
    models: TwoModels
    services: Services
    presenter: CompareExportPresenter
    shown: Comparison | None
    links: list[QUrl]

    async def choose(self, name: str) -> None:
        def is_there() -> bool:
            return any(one.isVisible() for one in self.parent.findChildren(QFileDialog))

        await until(is_there)
        dialog = next(one for one in self.parent.findChildren(QFileDialog) if one.isVisible())
        dialog.setDirectory(str(self.folder))
        dialog.selectFile(name)
        dialog.accept()

    def text(self, widget: QWidget, name: str) -> str:
        label = widget.findChild(QLabel, name)
        assert label is not None
        return label.text() if widget.isVisible() else ""

    async def until_told(self, beginning: str) -> str:
        await until(lambda: self.text(self.strip, "jobText").startswith(beginning))
        return self.text(self.strip, "jobText")

    def click(self, widget: QWidget, name: str) -> None:
        button = widget.findChild(QPushButton, name)
        assert button is not None
        button.click()


@pytest.fixture
async def scene(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Scene]:
    models = TwoModels()
    services = build_services(
        Settings(home=tmp_path / "home", tracking_uri=None, in_process=True),
        in_process_host=models.serve,
    )
    parent, pane, strip, bar, tasks = QWidget(), ComparePane(), JobStrip(), RunBar(), Tasks()
    column = QVBoxLayout(parent)
    for widget in (strip, bar, pane):
        column.addWidget(widget)
    parent.resize(900, 700)
    parent.show()
    links: list[QUrl] = []
    presenter = CompareExportPresenter(
        services.reports,
        strip,
        bar,
        Dialogs(parent),
        tasks,
        open_link=links.append,
    )
    presenter.serve_comparison(pane, lambda: made.shown)
    made = Scene(
        tmp_path, parent, pane, strip, bar, models, services, presenter, comparison(), links
    )
    yield made
    await tasks.cancel_all()
    await services.close()
    parent.close()
    parent.deleteLater()


@pytest.mark.parametrize(
    ("form", "name", "begins"),
    [
        ("html", "report", "<!DOCTYPE html>"),
        ("markdown", "report", "# phi3"),
        ("html", "a.md", "#"),
    ],
)
async def test_that_a_report_is_written_where_and_as_it_is_wanted(
    scene: Scene, form: str, name: str, begins: str
) -> None:
    scene.pane.export_requested.emit(form)
    await scene.choose(name)
    told = await scene.until_told("The report is in")
    (file,) = [one for one in scene.folder.iterdir() if one.is_file()]
    assert told == f"The report is in {file.name}."
    assert file.read_text("utf-8").startswith(begins)
    scene.click(scene.strip, "dismissJobButton")
    assert not scene.strip.isVisible()


async def test_that_the_name_that_is_offered_is_that_of_the_comparison(scene: Scene) -> None:
    scene.shown = replace(comparison(), title="Spain / twice?")
    scene.pane.export_requested.emit("html")
    await until(lambda: bool(scene.parent.findChildren(QFileDialog)))
    (dialog,) = scene.parent.findChildren(QFileDialog)
    assert Path(dialog.selectedFiles()[0]).name.startswith("Spain")
    dialog.reject()
    await until(lambda: scene.presenter.is_idle)
    assert not scene.strip.isVisible()


async def test_that_what_cannot_be_written_is_told_in_the_strip(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def save_file(*_: object) -> Path:
        return scene.folder / "gone meanwhile" / "report.html"

    monkeypatch.setattr(scene.presenter._dialogs, "save_file", save_file)
    scene.pane.export_requested.emit("html")
    await scene.until_told("Nothing was exported: there is no folder")


async def test_that_it_is_told_where_a_run_is_and_its_id_can_be_copied(scene: Scene) -> None:
    scene.pane.log_requested.emit()
    await until(scene.bar.isVisible)
    assert not scene.strip.isVisible()
    told = scene.text(scene.bar, "runText")
    assert told.startswith(
        "Logged as the run “phi3-mini/3 and phi3-onnx/1” in the experiment parley"
    )
    scene.click(scene.bar, "copyRunButton")
    assert QGuiApplication.clipboard().text() == "run-1"
    opening = scene.bar.findChild(QPushButton, "openRunButton")
    assert opening is not None
    assert opening.isHidden()
    scene.click(scene.bar, "dismissRunButton")
    assert not scene.bar.isVisible()


async def test_that_the_page_of_a_run_on_a_server_can_be_opened(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.services.catalog.open("http://me:secret@host:5000")
    scene.pane.log_requested.emit()
    await until(scene.bar.isVisible)
    assert "secret" not in scene.text(scene.bar, "runText")
    scene.click(scene.bar, "openRunButton")
    assert scene.links == [QUrl("http://host:5000/#/experiments/1/runs/run-1")]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (running, "The comparison is still running."),
        (
            lambda: replace(comparison(), turns=(replace(turn(), is_blind=True),)),
            "A blind turn is not voted on yet",
        ),
    ],
)
async def test_that_it_is_told_why_a_run_cannot_be_made(
    scene: Scene, record: Callable[[], Comparison], said: str
) -> None:
    scene.shown = record()
    scene.pane.log_requested.emit()
    await scene.until_told(said)
    assert scene.models.runs == []
    assert not scene.bar.isVisible()


async def test_that_a_registry_that_refuses_is_told_with_what_to_do(scene: Scene) -> None:
    scene.models.run_failure = Failed(kind="disk", message="It is full.", advice="Make room.")
    scene.pane.log_requested.emit()
    await scene.until_told("It is full.")
    assert scene.strip.accessibleDescription() == "It is full."


async def test_that_nothing_happens_without_a_comparison(scene: Scene) -> None:
    scene.shown = None
    scene.pane.log_requested.emit()
    scene.pane.export_requested.emit("html")
    await asyncio.sleep(0)
    assert scene.presenter.is_idle
    assert not scene.strip.isVisible()


async def test_that_a_prompt_set_is_exported_and_logged_likewise(scene: Scene) -> None:
    view = SetView(scene.parent)
    scene.presenter.serve_set(view, prompt_set)
    view.report_requested.emit("html")
    await scene.choose("set")
    await scene.until_told("The report is in set.html.")
    assert "capitals.jsonl" in (scene.folder / "set.html").read_text("utf-8")
    view.log_requested.emit()
    await until(scene.bar.isVisible)
    (run,) = scene.models.runs
    assert run.tags["parley.kind"] == "prompt_set"
