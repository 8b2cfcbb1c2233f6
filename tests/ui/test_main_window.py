"""What the window shows at which width, and its end."""

import asyncio

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QTabBar, QToolButton, QWidget

from app.ui import theme
from app.ui.main_window import MainWindow


class Parts:
    """A window of plain widgets."""

    def __init__(self) -> None:
        self.sidebar, self.header, self.strip = QWidget(), QLabel("header"), QWidget()
        self.start, self.chat, self.prompt = QLabel("start"), QLabel("chat"), QLabel("prompt")
        self.compare, self.compare_header = QLabel("compare"), QLabel("compare header")
        self.inspector = QWidget()
        self.inspector.setMinimumWidth(252)
        self.window = MainWindow(sidebar=self.sidebar, start=self.start, inspector=self.inspector)
        self.window.add_head(self.header, (self.strip,))
        self.window.add_page("chat", self.chat)
        self.window.add_page("prompt", self.prompt)
        self.window.add_page("compare", self.compare, header=self.compare_header)
        self.window.show_start(False)
        self.window.show()

    def shown(self, width: int) -> tuple[bool, bool]:
        """Whether sidebar and inspector are shown at `width`."""
        self.window.resize(width, 600)
        QApplication.processEvents()
        return self.sidebar.isVisible(), self.inspector.isVisible()


@pytest.fixture
def parts(qtbot: object) -> Parts:
    return Parts()


def test_that_the_inspector_folds_away_first_and_then_the_sidebar(parts: Parts) -> None:
    assert parts.shown(1380) == (True, True)
    assert parts.shown(900) == (True, False)
    assert parts.shown(600) == (False, False)
    assert parts.shown(1380) == (True, True)


def test_that_a_folded_inspector_can_be_asked_for_and_takes_the_sidebars_place(
    parts: Parts,
) -> None:
    parts.shown(900)
    parts.window.toggle_column("inspector")
    assert (parts.sidebar.isVisible(), parts.inspector.isVisible()) == (False, True)
    parts.window.toggle_column("sidebar")
    assert (parts.sidebar.isVisible(), parts.inspector.isVisible()) == (True, False)


def test_that_a_column_that_was_put_away_stays_away_at_every_width(parts: Parts) -> None:
    parts.shown(1380)
    parts.window.toggle_column("sidebar")
    assert parts.shown(1380) == (False, True)
    assert parts.shown(1600) == (False, True)


def test_that_large_text_folds_columns_rather_than_clipping_them(
    parts: Parts, qapp: QApplication
) -> None:
    assert parts.shown(1280) == (True, True)
    theme.apply_theme(qapp, "light", 2.0)
    assert parts.shown(1280) == (False, False)
    assert parts.shown(2200) == (True, True)
    assert parts.inspector.width() >= 2 * 252


def test_that_the_start_screen_shows_no_tabs_and_no_inspector(parts: Parts) -> None:
    parts.shown(1380)
    parts.window.show_start(True)
    tabs = parts.window.findChild(QTabBar, "modeTabs")
    assert tabs is not None
    assert parts.start.isVisible()
    assert not tabs.isVisible()
    assert not parts.inspector.isVisible()
    assert parts.sidebar.isVisible()
    parts.window.show_start(False)
    assert parts.chat.isVisible()
    assert tabs.isVisible()


def test_that_the_buttons_over_the_panes_have_their_icons_when_they_are_seen(qtbot: object) -> None:
    window = MainWindow(sidebar=QWidget(), start=QLabel("start"), inspector=QWidget())
    window.add_page("chat", QLabel("chat"))
    window.show()
    window.show_start(False)
    buttons = [one for one in window.findChildren(QToolButton) if one.isVisible()]
    assert len(buttons) == 2
    assert not any(one.icon().isNull() for one in buttons)


def test_that_the_chosen_tab_comes_back_after_the_start_screen(parts: Parts) -> None:
    parts.window.show_page("prompt")
    parts.window.show_start(True)
    assert parts.window.page == "start"
    parts.window.show_start(False)
    assert parts.window.page == "prompt"


def test_that_a_kept_layout_is_taken_up_and_a_broken_one_passed_over(parts: Parts) -> None:
    parts.window.resize(780, 560)
    kept = parts.window.layout_state()
    parts.window.resize(640, 500)
    parts.window.restore_layout(b"\xff\x00 nonsense")
    assert parts.window.size().toTuple() == (640, 500)
    parts.window.restore_layout(kept)
    assert parts.window.size().toTuple() == (780, 560)


async def test_that_closing_hides_at_once_and_shutdown_runs_the_end_once(parts: Parts) -> None:
    ends: list[str] = []
    closing: list[bool] = []

    async def end() -> None:
        await asyncio.sleep(0)
        ends.append("ended")

    parts.window.on_shutdown(end)
    parts.window.closing.connect(lambda: closing.append(True))
    parts.window.close()
    assert closing == [True]
    assert not parts.window.isVisible()
    await asyncio.gather(parts.window.shutdown(), parts.window.shutdown())
    await parts.window.shutdown()
    assert ends == ["ended"]
