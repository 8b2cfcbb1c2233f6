"""The line over the panes."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.panes.header import HeaderView, ModelHeader
from app.ui.widgets.band import Band
from app.ui.widgets.chips import Chip
from app.ui.widgets.views import BandView

LOADED = HeaderView(
    title="phi3-mini · version 3",
    chips=(("@champion", "alias"), ("messages", "messages"), ("streams", "plain")),
    fact="loaded in 4.1 s · 512 MB",
    action="unload",
)


@pytest.fixture
def frame(qtbot: QtBot) -> QWidget:
    """A column as wide as the test says, with a header in it."""
    frame = QWidget()
    qtbot.addWidget(frame)
    layout = QHBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(ModelHeader())
    frame.resize(820, 60)
    frame.show()
    return frame


@pytest.fixture
def header(frame: QWidget) -> ModelHeader:
    header = frame.findChild(ModelHeader, "modelHeader")
    assert header is not None
    return header


def _button(header: ModelHeader, name: str) -> QPushButton:
    button = header.findChild(QPushButton, name)
    assert button is not None
    return button


def _chips(header: ModelHeader) -> list[str]:
    return [chip.text() for chip in header.findChildren(Chip) if chip.isVisible()]


def _text(header: ModelHeader, name: str) -> str:
    label = header.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisible() else ""


def test_that_it_shows_the_model_and_offers_to_unload_it(header: ModelHeader) -> None:
    header.show_view(LOADED)
    assert _text(header, "modelTitle") == "phi3-mini · version 3"
    assert _text(header, "modelFact") == "loaded in 4.1 s · 512 MB"
    assert _chips(header) == ["@champion", "messages", "streams"]
    assert _button(header, "unloadButton").isVisible()
    assert not _button(header, "loadButton").isVisible()


def test_that_nothing_of_the_last_model_stays(header: ModelHeader) -> None:
    header.show_view(LOADED)
    header.show_view(HeaderView(title="iris · version 1", fact="It takes numbers."))
    assert _chips(header) == []
    assert not any(button.isVisible() for button in header.findChildren(QPushButton))


def test_that_a_shorter_name_leaves_no_gap_before_the_chips(header: ModelHeader) -> None:
    def gap() -> int:
        QApplication.processEvents()
        title = header.findChild(QLabel, "modelTitle")
        assert title is not None
        advance = title.fontMetrics().horizontalAdvance(title.text())
        return header.findChildren(Chip)[0].x() - title.x() - advance

    header.show_view(LOADED)
    before = gap()
    header.show_view(replace(LOADED, title="a · version 1"))
    assert abs(gap() - before) <= 2


@pytest.mark.parametrize(
    ("action", "name", "signal"),
    [
        ("load", "loadButton", "load_requested"),
        ("unload", "unloadButton", "unload_requested"),
        ("cancel", "cancelLoadButton", "cancel_requested"),
    ],
)
def test_that_each_button_asks_for_what_it_says(
    header: ModelHeader, qtbot: QtBot, action: str, name: str, signal: str
) -> None:
    header.show_view(HeaderView(title="phi3 · version 1", action=action))  # type: ignore[arg-type]
    with qtbot.waitSignal(getattr(header, signal)):
        _button(header, name).click()


def test_that_the_focus_passes_from_a_button_to_the_one_in_its_place(header: ModelHeader) -> None:
    header.show_view(HeaderView(title="phi3 · version 1", action="load"))
    _button(header, "loadButton").setFocus()
    header.show_view(HeaderView(title="phi3 · version 1", action="cancel"))
    assert header.focusWidget() is _button(header, "cancelLoadButton")


def test_that_a_failure_stands_in_a_band_with_its_log_one_click_away(
    header: ModelHeader, qtbot: QtBot
) -> None:
    band = BandView("Its files are missing.", "Register it again.", has_log=True, can_reload=True)
    header.show_view(HeaderView(title="phi3 · version 1", action="load", band=band))
    shown = header.findChild(Band)
    assert shown is not None
    assert shown.isVisible()
    with qtbot.waitSignal(header.log_requested):
        shown.log_requested.emit()
    with qtbot.waitSignal(header.load_requested):
        shown.reload_requested.emit()
    header.show_view(LOADED)
    assert not shown.isVisible()


def test_that_chips_give_way_to_the_name_and_the_mode_stays_longest(
    frame: QWidget, header: ModelHeader, qtbot: QtBot
) -> None:
    header.show_view(LOADED)
    left: list[list[str]] = []
    for width in range(820, 300, -10):
        frame.resize(width, 60)
        qtbot.waitUntil(lambda: header.width() == frame.width())
        if not left or left[-1] != _chips(header):
            left.append(_chips(header))
    assert left == [
        ["@champion", "messages", "streams"],
        ["@champion", "messages"],
        ["messages"],
        [],
    ]


def test_that_the_whole_of_a_cut_title_can_be_read(
    frame: QWidget, header: ModelHeader, qtbot: QtBot
) -> None:
    header.show_view(HeaderView(title="a-very-long-name-" * 6, action="load"))
    title = header.findChild(QLabel, "modelTitle")
    assert title is not None
    qtbot.waitUntil(lambda: title.toolTip() == "a-very-long-name-" * 6)
    assert title.geometry().right() < _button(header, "loadButton").geometry().left()


def test_that_it_mirrors_where_one_reads_from_right_to_left(
    frame: QWidget, header: ModelHeader, qtbot: QtBot
) -> None:
    frame.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    header.show_view(LOADED)
    title = header.findChild(QLabel, "modelTitle")
    assert title is not None
    qtbot.waitUntil(lambda: title.x() > _button(header, "unloadButton").x())
