"""Presentation mode: on stage and back, with everything as it was."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from app.infra.preferences import TomlPreferences
from app.ui import theme
from app.ui.main_window import MainWindow
from app.ui.presenters.appearance_presenter import STAGE_STEPS, AppearancePresenter, stage_zoom
from app.ui.presenters.stage_presenter import StagePresenter
from app.ui.widgets.settings_button import SettingsButton


@dataclass
class Bench:
    window: MainWindow
    columns: dict[str, QWidget]
    store: TomlPreferences
    settings: SettingsButton
    appearance: AppearancePresenter
    hints: list[str] = field(default_factory=list)
    stopped: list[bool] = field(default_factory=list)
    is_running: bool = False

    def shown(self) -> set[str]:
        return {name for name, widget in self.columns.items() if widget.isVisible()}


@pytest.fixture
def bench(tmp_path: Path, qtbot: QtBot) -> Iterator[Bench]:
    names = ("sidebar", "header", "start", "inspector")
    widgets: dict[str, QWidget] = {name: QLabel(name) for name in names}
    strip = QLabel("strip")
    header = widgets.pop("header")
    window = MainWindow(**widgets)
    window.add_head(header, (strip,))
    widgets["header"] = header
    later = {name: QLabel(name) for name in ("chat", "prompt", "compare", "compare_header")}
    window.add_page("chat", later["chat"])
    window.add_page("prompt", later["prompt"])
    window.add_page("compare", later["compare"], header=later["compare_header"])
    widgets |= later
    tabs = window.findChild(QTabBar, "modeTabs")
    assert tabs is not None
    widgets["tabs"] = tabs
    window.show_start(False)
    window.resize(1380, 800)
    window.show()
    store = TomlPreferences(tmp_path / "settings.toml")
    settings = SettingsButton()
    qtbot.addWidget(settings)
    appearance = AppearancePresenter(window, settings, store)
    yield Bench(window, widgets, store, settings, appearance)
    window.deleteLater()


@pytest.fixture
def stage(bench: Bench) -> StagePresenter:
    return StagePresenter(
        bench.window,
        bench.appearance,
        is_running=lambda: bench.is_running,
        stop=lambda: bench.stopped.append(True),
        hint=bench.hints.append,
    )


def escape(bench: Bench) -> None:
    bench.window.activateWindow()
    QApplication.processEvents()
    QTest.keyClick(bench.window, Qt.Key.Key_Escape)


@pytest.mark.parametrize("page", ["chat", "prompt", "compare"])
def test_that_on_stage_the_pane_is_alone_on_the_screen(
    bench: Bench, stage: StagePresenter, page: str
) -> None:
    bench.window.show_page(page)  # type: ignore[arg-type]
    before = bench.shown()
    stage.toggle()
    assert stage.is_on
    assert bench.window.isFullScreen()
    assert bench.shown() == {page}
    bench.window.resize(900, 700)
    bench.window.toggle_column("sidebar")
    assert bench.shown() == {page}
    bench.window.resize(1380, 800)
    stage.toggle()
    assert not bench.window.isFullScreen()
    assert bench.shown() == before
    assert "Esc" in bench.hints[0]


def test_that_another_pane_can_be_shown_on_stage(bench: Bench, stage: StagePresenter) -> None:
    stage.toggle()
    bench.window.show_page("compare")
    assert bench.shown() == {"compare"}
    stage.leave()
    assert {"compare", "compare_header", "sidebar", "tabs"} == bench.shown()


def test_that_columns_are_as_wide_as_before(bench: Bench, stage: StagePresenter) -> None:
    bench.window._splitter.setSizes([320, 700, 360])
    before = bench.window._splitter.sizes()
    stage.toggle()
    stage.toggle()
    QApplication.processEvents()
    assert bench.window._splitter.sizes() == before


def test_that_text_is_large_on_stage_and_the_users_own_again_after_it(
    bench: Bench, stage: StagePresenter
) -> None:
    bench.appearance.zoom(1)
    own = theme.zoom()
    stage.toggle()
    assert theme.zoom() >= 1.5 * own
    large = theme.zoom()
    bench.appearance.zoom(1)
    assert theme.zoom() > large
    bench.appearance.zoom(0)
    assert theme.zoom() == large
    assert bench.store.load().zoom == own
    stage.leave()
    assert theme.zoom() == own


def test_that_the_theme_can_be_changed_on_stage(bench: Bench, stage: StagePresenter) -> None:
    stage.toggle()
    large = theme.zoom()
    bench.appearance.choose_theme("dark")
    assert theme.tokens().dark
    assert theme.zoom() == large
    stage.leave()
    assert theme.tokens().dark
    assert bench.store.load().theme == "dark"


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.5, 2.0])
def test_that_the_stage_begins_beyond_every_size_there_is(zoom: float) -> None:
    assert zoom < stage_zoom(zoom) <= STAGE_STEPS[-1]


def test_that_escape_leaves_the_stage_and_does_nothing_elsewhere(
    bench: Bench, stage: StagePresenter
) -> None:
    escape(bench)
    assert not stage.is_on
    stage.toggle()
    escape(bench)
    assert not stage.is_on
    assert bench.stopped == []


def test_that_escape_stops_what_runs_before_it_leaves(bench: Bench, stage: StagePresenter) -> None:
    stage.toggle()
    bench.is_running = True
    escape(bench)
    assert stage.is_on
    assert bench.stopped == [True]
    bench.is_running = False
    escape(bench)
    assert not stage.is_on


def test_that_a_window_closed_on_stage_opens_as_it_was(bench: Bench, stage: StagePresenter) -> None:
    bench.store.save(replace(bench.store.load(), zoom=1.25))
    stage.toggle()
    stage.leave()
    bench.appearance.keep_layout()
    assert bench.store.load().zoom == 1.25
    bench.window.restore_layout(bench.window.layout_state())
    assert not bench.window.isFullScreen()
