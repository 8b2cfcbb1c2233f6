"""The registry's tree, driven by hand and by key."""

from collections.abc import Iterable

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.ui.item_models.registry_model import Key, LoadMark, RegistryRole
from app.ui.widgets.registry_view import RegistryView
from wrappers.contract import ModelVersion

VERSIONS = (
    ModelVersion(name="phi3", version="3", aliases=("champion",), mode="messages"),
    ModelVersion(name="phi3", version="2", mode="messages"),
    ModelVersion(name="onnx", version="2", reason="It has no chat template."),
    ModelVersion(name="onnx", version="1", mode="template"),
)


@pytest.fixture
def view(qtbot: QtBot) -> RegistryView:
    view = RegistryView()
    qtbot.addWidget(view)
    view.show_versions(VERSIONS)
    view.resize(284, view.maximumHeight())
    view.show()
    view.setFocus()
    return view


def _chosen(view: RegistryView) -> list[Key]:
    chosen: list[Key] = []
    view.version_chosen.connect(lambda name, version: chosen.append((name, version)))
    return chosen


def _activated(view: RegistryView) -> list[Key]:
    activated: list[Key] = []
    view.version_activated.connect(lambda name, version: activated.append((name, version)))
    return activated


def _row(view: RegistryView, name: str, version: str | None = None) -> QModelIndex:
    model = view.model()
    for row in range(model.rowCount()):
        parent = model.index(row, 0)
        if parent.data(RegistryRole.NAME) == name:
            for child in range(model.rowCount(parent)):
                if version == model.index(child, 0, parent).data(RegistryRole.VERSION):
                    return model.index(child, 0, parent)
            if version is None:
                return parent
    return QModelIndex()


def _middle(view: RegistryView, index: QModelIndex) -> QPoint:
    return view.visualRect(index).center()


def _click(view: RegistryView, index: QModelIndex, at: QPoint | None = None) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at or _middle(view, index))


def test_that_a_click_chooses_a_version_and_loads_nothing(view: RegistryView) -> None:
    chosen, activated = _chosen(view), _activated(view)
    _click(view, _row(view, "phi3", "2"))
    assert chosen == [("phi3", "2")]
    assert view.chosen == ("phi3", "2")
    assert not activated


def test_that_a_double_click_loads(view: RegistryView) -> None:
    activated = _activated(view)
    index = _row(view, "phi3", "2")
    _click(view, index)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=_middle(view, index))
    assert activated == [("phi3", "2")]


def test_that_enter_loads_what_the_keys_have_reached(view: RegistryView) -> None:
    chosen, activated = _chosen(view), _activated(view)
    view.setCurrentIndex(_row(view, "phi3", "3"))
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen == [("phi3", "3"), ("phi3", "2")]
    assert activated == [("phi3", "2")]


def test_that_a_models_name_means_its_newest_version_that_chats(view: RegistryView) -> None:
    chosen = _chosen(view)
    _click(view, _row(view, "onnx"))
    assert chosen == [("onnx", "1")]


def test_that_typing_jumps_to_a_model(view: RegistryView) -> None:
    chosen = _chosen(view)
    QTest.keyClicks(view, "phi")
    assert view.currentIndex() == _row(view, "phi3")
    assert chosen == [("phi3", "3")]


def test_that_a_search_that_hides_the_chosen_version_chooses_no_other(view: RegistryView) -> None:
    _click(view, _row(view, "phi3", "2"))
    chosen = _chosen(view)
    view.set_query("onnx")
    assert chosen == []
    assert view.chosen == ("phi3", "2")
    view.set_query("")
    assert view.currentIndex() == _row(view, "phi3", "2")
    assert chosen == []


def test_that_a_refresh_keeps_what_is_chosen_though_rows_move(view: RegistryView) -> None:
    _click(view, _row(view, "phi3", "2"))
    chosen = _chosen(view)
    view.show_versions([ModelVersion(name="a", version="1", mode="messages"), *VERSIONS])
    assert view.currentIndex() == _row(view, "phi3", "2")
    assert chosen == []


def test_that_a_version_that_is_gone_leaves_no_neighbour_chosen(view: RegistryView) -> None:
    _click(view, _row(view, "phi3", "2"))
    chosen = _chosen(view)
    view.show_versions(VERSIONS[:1])
    assert chosen == []
    assert not view.currentIndex().isValid()


def test_that_the_session_marks_its_version_without_an_echo(view: RegistryView) -> None:
    chosen = _chosen(view)
    view.set_chosen(("onnx", "1"))
    assert view.currentIndex() == _row(view, "onnx", "1")
    assert chosen == []


def test_that_models_are_unfolded_also_those_that_come_later(view: RegistryView) -> None:
    view.show_versions([*VERSIONS, ModelVersion(name="new", version="1", mode="messages")])
    assert all(view.isExpanded(_row(view, name)) for name in ("phi3", "onnx", "new"))


def test_that_the_mark_at_a_names_end_folds_it_and_a_search_unfolds_for_its_time(
    view: RegistryView,
) -> None:
    chosen = _chosen(view)
    at = QPoint(view.viewport().width() - 20, _middle(view, _row(view, "phi3")).y())
    _click(view, _row(view, "phi3"), at)
    assert not view.isExpanded(_row(view, "phi3"))
    assert chosen == []
    view.set_query("phi3")
    assert view.isExpanded(_row(view, "phi3"))
    view.set_query("")
    assert not view.isExpanded(_row(view, "phi3"))
    assert view.isExpanded(_row(view, "onnx"))


def test_that_the_left_key_folds_and_the_fold_outlives_a_refresh(view: RegistryView) -> None:
    view.setCurrentIndex(_row(view, "phi3"))
    QTest.keyClick(view, Qt.Key.Key_Left)
    view.show_versions(VERSIONS[::-1])
    assert not view.isExpanded(_row(view, "phi3"))


def test_that_it_tells_how_many_a_search_found(view: RegistryView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.found) as told:
        view.set_query("messages")
    assert told.args == [2, 2]


def test_that_it_is_no_higher_than_its_rows_need(view: RegistryView) -> None:
    height = view.sizeHintForRow(0)
    assert view.maximumHeight() == 6 * height
    view.set_query("template")
    assert view.maximumHeight() == 2 * height


@pytest.mark.parametrize("width", [220, 284, 320])
@pytest.mark.parametrize(
    "direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft]
)
def test_that_nothing_scrolls_sideways_however_long_the_names(
    view: RegistryView, width: int, direction: Qt.LayoutDirection
) -> None:
    long = "a-very-long-model-name-that-goes-on-" * 3
    view.setLayoutDirection(direction)
    view.resize(width, 300)
    view.show_versions(_many(long))
    view.show_loads({(long, "1"): LoadMark.LOADED, (long, "2"): LoadMark.LOADING})
    view.grab()
    assert view.horizontalScrollBar().maximum() == 0
    assert view.columnWidth(0) == view.viewport().width()


def _many(name: str) -> Iterable[ModelVersion]:
    aliases = tuple(f"alias-{number}-of-many" for number in range(5))
    yield ModelVersion(name=name, version="1", aliases=aliases, mode="messages")
    yield ModelVersion(name=name, version="2", mode="template", aliases=aliases[:1])
    yield ModelVersion(name=name, version="3", reason="It says no " * 20)
    yield ModelVersion(name=name, version="4", detected=False)
