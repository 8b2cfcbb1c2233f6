"""Prompt sets in the Compare pane, on real services whose models follow a script."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableView,
    QToolButton,
    QWidget,
)

from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.program import Services
from app.ui.dialogs.files import SaveDialog
from app.ui.dialogs.opener import Dialogs
from app.ui.item_models.set_model import Column, SetRole
from app.ui.panes.compare_pane import ComparePane
from app.ui.presenters.compare_presenter import ComparePresenter
from app.ui.presenters.load_asking import LoadAsking
from app.ui.presenters.sets_presenter import SetsPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.band import Band
from tests.support.paired_host import SLOTS, VERSIONS, PairedHost, question_of
from tests.support.waiting import LONGEST_S, until
from tests.ui.presenters.conftest import dialog_named
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Dataset,
    DatasetRead,
    DatasetRecord,
    DatasetsListed,
    Failed,
    Generate,
    ListDatasets,
    ListModels,
    ModelPage,
    ReadDataset,
)

MENUS = pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing)", extend=True)
"""The offscreen platform says so of a menu over the active window."""


def _registry(request: AnyRequest) -> Iterable[AnyEvent] | None:
    match request:
        case ListModels():
            return [ModelPage(versions=VERSIONS, last=True)]
        case ListDatasets():
            return [DatasetsListed(datasets=(Dataset(id="d-1", name="qa & co", records=1),))]
        case ReadDataset(name="d-1"):
            record = DatasetRecord(id="r", inputs={"question": "say set"})
            return [DatasetRead(records=(record,))]
        case _:
            return None


@dataclass
class Desk:
    """The pane in a window's surroundings."""

    home: Path
    window: QWidget
    host: PairedHost
    services: Services
    tasks: Tasks
    pane: ComparePane
    compare: ComparePresenter
    sets: SetsPresenter
    told: list[Failed] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    def button(self, name: str) -> QPushButton:
        found = self.sets.view.findChild(QPushButton, name)
        assert found is not None, name
        return found

    def press(self, name: str) -> None:
        button = self.button(name)
        assert button.isVisible(), name
        button.click()

    def shows(self, name: str) -> bool:
        return self.button(name).isVisible()

    def line(self, name: str) -> str:
        label = self.sets.view.findChild(QLabel, name)
        assert label is not None
        return label.text() if label.isVisible() else ""

    def band(self) -> str:
        band = self.sets.view.findChild(Band)
        assert band is not None
        return band.accessibleName() if band.isVisible() else ""

    def results(self) -> list[str]:
        model = self.sets.view.table.model
        places = (model.place_of(index) for index in range(len(model.rows)))
        return [
            "-" if place is None else model.index(place, Column.RESULT).data() for place in places
        ]

    async def open(self, *rows: object) -> None:
        """A file with these rows, as a set."""
        file = self.home / "asked.jsonl"
        file.write_text("\n".join(json.dumps(row) for row in rows))
        await self.sets.sources.read(file.name, source=file)

    async def run(self, name: str = "setRun") -> None:
        self.press(name)
        await until(lambda: not self.sets.is_running)

    async def menu(self, name: str) -> QMenu:
        found: list[QMenu] = []

        def shown() -> bool:
            found[:] = [one for one in self.window.findChildren(QMenu, name) if one.isVisible()]
            return bool(found)

        await until(shown)
        return found[0]


@pytest.fixture
async def desk(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Desk]:
    host = PairedHost()
    host.other = _registry
    services = build_services(Settings(home=tmp_path, in_process=True), in_process_host=host.serve)
    await services.catalog.open()
    await services.catalog.refresh()
    window = QWidget()
    pane = ComparePane()
    pane.setParent(window)
    pane.header.setParent(window)
    pane.resize(1000, 700)
    window.resize(1000, 700)
    window.show()
    window.activateWindow()
    tasks, told, logs = Tasks(), list[Failed](), list[str]()
    dialogs = Dialogs(window)
    asking = LoadAsking(services.sessions, services.pool, dialogs)

    def show_log(title: str, _path: Path | None, text: str) -> None:
        logs.append(f"{title}: {text}")

    compare = ComparePresenter(
        services,
        pane,
        tasks,
        asking,
        show_log=show_log,
        offer_undo=lambda _text, _back: None,
        tell=told.append,
    )
    sets = SetsPresenter(services, pane, compare, tasks, dialogs, asking, show_log=show_log)
    await until(lambda: compare.comparison is not None)
    compare.set_version(0, VERSIONS[0])
    compare.set_version(1, VERSIONS[1])
    pane.header.findChild(QPushButton, "compareSets").click()  # type: ignore[union-attr]
    yield Desk(tmp_path, window, host, services, tasks, pane, compare, sets, told, logs)
    sets.close()
    compare.close()
    await tasks.cancel_all()
    await services.close()
    window.hide()
    window.deleteLater()


def questions(*texts: str) -> list[dict[str, str]]:
    return [{"question": text} for text in texts]


async def test_that_a_set_offers_nothing_that_would_be_done_with_the_comparison(
    desk: Desk,
) -> None:
    names = ("comparePlan", "compareBlind", "compareExport", "compareLog")
    buttons = [desk.pane.header.findChild(QPushButton, name) for name in names]
    assert all(button is not None and button.isHidden() for button in buttons)
    desk.sets.show(False)
    assert all(button is not None and not button.isHidden() for button in buttons)


async def test_that_a_file_becomes_rows_and_says_what_is_left_out(desk: Desk) -> None:
    assert desk.pane.shown_view is desk.sets.view
    await desk.open({"question": "say a", "id": "q", "answer": "A."}, {"question": " "})
    assert desk.results() == ["waiting"]
    assert desk.line("setTitle") == "asked.jsonl"
    assert "1 row is left out. Line 2: it asks nothing." in desk.line("setNote")
    assert desk.line("setProgress") == "1 prompt · first/1 and second/1"
    assert desk.host.asked == []
    assert not desk.button("setExport").isEnabled()


async def test_that_a_set_is_run_and_its_rows_say_what_came_of_them(desk: Desk) -> None:
    await desk.open(*questions("say a", "differ b", "too long"))
    await desk.run()
    assert desk.results() == ["same", "differ", "failed"]
    line = desk.line("setProgress")
    assert line == "3 of 3 prompts done · 1 the same on both sides · 1 failed"
    assert not desk.shows("setRun")
    assert desk.button("setRetry").text() == "Run the failed ones again"
    desk.host.script = lambda name, _request: desk.host._answer(name, "say c")
    desk.host.asked.clear()
    await desk.run("setRetry")
    assert {question for _, question in desk.host.asked} == {"too long"}
    assert desk.results() == ["same", "differ", "same"]
    assert not desk.shows("setRetry")


async def test_that_a_stop_keeps_what_is_done_and_the_rest_is_run_later(desk: Desk) -> None:
    await desk.open(*questions("say a", "endless", "say c"))
    desk.press("setRun")
    await until(lambda: desk.line("setProgress").startswith("Row 2 of 3 · 1 done · "))
    assert desk.results() == ["same", "running", "waiting"]
    assert desk.shows("setPause")
    desk.press("setStop")
    await until(lambda: not desk.sets.is_running)
    assert desk.results() == ["same", "waiting", "waiting"]
    assert desk.button("setRun").text() == "Run the other 2"
    desk.host.script = lambda name, _request: desk.host._answer(name, "say b")
    desk.host.asked.clear()
    await desk.run()
    assert desk.results() == ["same", "same", "same"]
    assert "say a" not in {question for _, question in desk.host.asked}


async def test_that_a_pause_is_told_and_ended(desk: Desk) -> None:
    held = threading.Event()

    def wait_in_the_third(_name: str, request: Generate) -> None:
        if question_of(request) == "say 2":
            assert held.wait(2 * LONGEST_S)

    desk.host.script = wait_in_the_third
    await desk.open(*questions(*(f"say {number}" for number in range(6))))
    desk.press("setRun")
    await until(lambda: desk.line("setProgress").startswith("Row 3 of 6 · 2 done · "))
    desk.button("setPause").setFocus()
    desk.press("setPause")
    held.set()
    await until(lambda: desk.line("setProgress").startswith("Paused · "))
    assert desk.shows("setGoOn")
    assert desk.button("setGoOn").hasFocus()
    assert not desk.shows("setPause")
    assert desk.results() == ["same"] * 3 + ["waiting"] * 3
    assert " · 3 done · " in desk.line("setProgress")
    desk.press("setGoOn")
    await until(lambda: not desk.sets.is_running)
    assert desk.results() == ["same"] * 6


async def test_that_a_row_opens_in_the_two_cards_and_back(desk: Desk) -> None:
    await desk.open({"question": "say a", "answer": "A."}, {"question": "say b"})
    await desk.run()
    view, table = desk.sets.view, desk.sets.view.table
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    table.focus_row(0)
    QTest.keyClick(table.view, Qt.Key.Key_Return)
    shown = [view.row]
    assert [card.blocks()[0].answer_text() for card in view.cards.cards] == ["a.", "a."]
    assert view.cards.cards[0].facts.value("usage").endswith(": 5 + 2 = 7")
    assert desk.line("setExpected") == "Row 1 of 2\nExpected: A."
    assert desk.button("setNext").hasFocus()
    assert not desk.button("setPrevious").isEnabled()
    desk.press("setNext")
    shown.append(view.row)
    assert [card.blocks()[0].answer_text() for card in view.cards.cards] == ["b.", "b."]
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert [*shown, view.row] == [0, 1, None]
    assert table.view.hasFocus()
    assert table.view.currentIndex().data(SetRole.ROW) == 1


async def test_that_a_row_that_is_running_is_seen_as_it_is_written(desk: Desk) -> None:
    await desk.open(*questions("endless"))
    desk.sets.open_row(0)
    told = [one.text() for one in desk.sets.view.cards.cards[0].findChildren(QLabel)]
    assert "This row has not been run yet." in told
    desk.press("setRun")

    def first() -> str:
        return desk.sets.view.cards.cards[0].blocks()[0].answer_text()

    await until(lambda: first() == "endless")
    desk.press("setStop")
    await until(lambda: not desk.sets.is_running)
    assert desk.results() == ["waiting"]


@MENUS
async def test_that_kept_sets_are_listed_opened_and_deleted(desk: Desk) -> None:
    await desk.open(*questions("say a", "say b"))
    await desk.run()
    desk.press("setBack")
    await until(lambda: desk.shows("setOpenKept"))
    assert desk.button("setOpenKept").accessibleName() == "Open asked.jsonl"
    desk.press("setOpenKept")
    await until(lambda: desk.sets.prompt_set is not None)
    assert desk.results() == ["same", "same"]
    desk.press("setBack")
    await until(lambda: desk.shows("setDeleteKept"))
    desk.press("setDeleteKept")
    menu = await desk.menu("setDeleteMenu")
    menu.actions()[0].trigger()
    menu.close()
    await until(lambda: desk.sets.view.findChild(QPushButton, "setOpenKept") is None)
    assert await desk.services.sets.kept() == ()
    desk.press("setBack")
    assert desk.pane.shown_view is None


async def test_that_a_set_that_runs_is_not_deleted(desk: Desk) -> None:
    await desk.open(*questions("endless"))
    desk.press("setRun")
    await until(lambda: desk.services.sets.running_id is not None)
    desk.sets.sources.delete(desk.services.sets.running_id or "")
    assert desk.band() == "This set is being run."
    assert len(await desk.services.sets.kept()) == 1
    desk.sets.stop()
    await until(lambda: not desk.sets.is_running)


@MENUS
async def test_that_a_dataset_is_chosen_by_its_name(desk: Desk) -> None:
    desk.press("setChooseDataset")
    menu = await desk.menu("setDatasetMenu")
    assert [one.text() for one in menu.actions()] == ["qa && co (1 prompt)"]
    menu.actions()[0].trigger()
    menu.close()
    await until(lambda: desk.sets.prompt_set is not None)
    assert desk.line("setTitle") == "qa & co"
    assert desk.results() == ["waiting"]


async def test_that_a_file_that_cannot_be_read_is_told_in_its_place(desk: Desk) -> None:
    await desk.sets.sources.read("nowhere.csv", source=desk.home / "nowhere.csv")
    assert "nowhere.csv cannot be read" in desk.band()
    await desk.open(*questions("say a"))
    assert desk.band() == ""


async def test_that_a_model_that_is_gone_is_told_and_the_results_stay(desk: Desk) -> None:
    await desk.open(*questions("say a"))
    desk.host.gone.add("second")
    desk.host.replaced.add("second")
    desk.press("setRun")
    await until(lambda: not desk.sets.is_running)
    assert desk.results() == ["waiting"]
    assert desk.band() != ""


async def test_that_a_set_does_not_run_beside_a_comparison(desk: Desk) -> None:
    await desk.open(*questions("say a"))
    desk.compare.ask("endless")
    desk.press("setRun")
    assert desk.band() == "The models are still answering something else."
    assert not desk.sets.is_running
    await until(lambda: desk.compare.comparison is not None and desk.compare.comparison.is_running)
    desk.compare.stop()
    await until(lambda: not desk.compare.is_running)


async def test_that_nothing_is_asked_beside_a_set(desk: Desk) -> None:
    await desk.open(*questions("endless"))
    desk.press("setRun")
    await until(lambda: desk.services.sets.running_id is not None)
    desk.pane.composer.set_draft("Hello")
    desk.compare.send()
    assert not desk.compare.is_running
    assert desk.pane.composer.draft() == "Hello"
    desk.sets.stop()
    await until(lambda: not desk.sets.is_running)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
async def test_that_results_are_exported(desk: Desk, form: str) -> None:
    await desk.open(*questions("say a"))
    await desk.run()
    desk.sets.export(form)
    dialog = await dialog_named(desk.window, SaveDialog, "saveDialog")
    target = desk.home / f"out.{form}"
    dialog.selectFile(str(target))
    dialog.accept()
    await until(target.exists)
    await until(lambda: f"The results are in out.{form}." in desk.line("setNote"))
    assert "say a" in target.read_text("utf-8-sig")


async def test_that_words_and_results_narrow_the_rows(desk: Desk) -> None:
    await desk.open(*questions("say apple", "say pear"))
    await desk.run()
    table = desk.sets.view.table
    QTest.keyClicks(table._search, "pear")
    assert desk.results() == ["-", "same"]
    assert table._found.text() == "1 of 2"
    table._search.clear()
    combo = table.findChild(QComboBox, "setShow")
    assert combo is not None
    combo.setCurrentIndex(3)
    assert desk.results() == ["-", "-"]


async def test_that_distributions_are_drawn_and_told_in_words(desk: Desk) -> None:
    await desk.open(*questions("say a", "say b"))
    await desk.run()
    desk.press("setDistributions")
    figures = desk.sets.view.figures
    await until(lambda: len(_plots(figures)) == 3)
    told = [one.accessibleName() for one in _plots(figures)]
    assert told[0] == (
        "Time to the first token, in seconds. first/1: median 200 ms, from 200 ms to 200 ms, "
        "in 2 rows.\nsecond/1: median 100 ms, from 100 ms to 100 ms, in 2 rows."
    )
    assert "second/1: median 40.0 tok/s" in told[1]
    desk.press("setRows")
    assert desk.sets.view.table.isVisible()
    desk.press("setDistributions")
    desk.press("setBack")
    await desk.open(*questions("say c"))
    assert desk.sets.view.table.isVisible()


def _plots(figures: QWidget) -> list[QWidget]:
    return [one for one in figures.findChildren(QWidget, "setPlot") if one.isVisible()]


async def test_that_the_slots_of_the_comparison_are_those_of_the_set(desk: Desk) -> None:
    await desk.open(*questions("say a"))
    made = desk.sets.prompt_set
    assert made is not None
    assert [slot.name for slot in made.slots] == [slot.name for slot in SLOTS]
    is_seeded: Callable[[int], bool] = lambda at: made.slots[at].sampling.seed is not None  # noqa: E731
    assert is_seeded(0) == is_seeded(1)


async def test_that_every_control_has_a_name_to_be_heard_and_found_by(desk: Desk) -> None:
    await desk.open(*questions("say a", "too long"))
    await desk.run()
    desk.press("setBack")
    await until(lambda: desk.shows("setOpenKept"))
    kinds = (QPushButton, QToolButton, QLineEdit, QComboBox, QTableView)
    controls = [one for one in desk.sets.view.findChildren(QWidget) if isinstance(one, kinds)]
    own = [one for one in controls if not desk.sets.view.cards.isAncestorOf(one)]
    assert len(own) > 15
    assert [one for one in own if not one.objectName()] == []
    empty = {"setRun"}  # says what it does where it is shown
    silent = [one.objectName() for one in own if not one.accessibleName()]
    assert set(silent) <= empty


async def test_that_a_set_that_runs_when_the_window_closes_leaves_nothing_behind(
    desk: Desk,
) -> None:
    await desk.open(*questions("say a", "endless"))
    desk.press("setRun")
    await until(lambda: desk.results() == ["same", "running"])
    made = desk.sets.prompt_set
    assert made is not None
    desk.sets.close()
    await desk.tasks.cancel_all()
    found = await desk.services.sets.load(made.id)
    assert found is not None
    assert list(found.results) == [0]
    assert desk.services.sets.running_id is None
