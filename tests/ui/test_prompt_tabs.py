"""The tabs of the Prompt pane: what the mouse and the keys tell."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.widgets.prompt_tabs import PromptTabs, TabView

THREE = [TabView("a", "first"), TabView("b", "A & B", is_running=True), TabView("c", "third")]


@pytest.fixture
def tabs(qtbot: QtBot) -> PromptTabs:
    tabs = PromptTabs()
    qtbot.addWidget(tabs)
    tabs.resize(500, 40)
    tabs.show_tabs(THREE, "b")
    return tabs


def field(tabs: PromptTabs) -> QLineEdit:
    found = [one for one in tabs.findChildren(QLineEdit) if one.isVisible()]
    assert len(found) == 1
    return found[0]


def test_that_a_single_prompt_needs_no_tabs(tabs: PromptTabs) -> None:
    assert tabs.isVisible()
    tabs.show_tabs(THREE[:1], "a")
    assert not tabs.isVisible()


def test_that_a_tab_shows_its_title_and_that_a_model_writes_in_it(tabs: PromptTabs) -> None:
    assert [tabs.tabText(at) for at in range(3)] == ["first", "● A && B", "third"]
    assert tabs.currentIndex() == 1


def test_that_showing_tells_nothing_and_choosing_does(qtbot: QtBot, tabs: PromptTabs) -> None:
    with qtbot.assertNotEmitted(tabs.chosen):
        tabs.show_tabs(THREE[::-1], "c")
    with qtbot.waitSignal(tabs.chosen) as chosen:
        tabs.setCurrentIndex(2)
    assert chosen.args == ["a"]


def test_that_dragging_tells_the_new_order(qtbot: QtBot, tabs: PromptTabs) -> None:
    with qtbot.waitSignal(tabs.reordered) as moved:
        tabs.moveTab(0, 2)
    assert moved.args == [["b", "c", "a"]]


def test_that_f2_renames_in_place(qtbot: QtBot, tabs: PromptTabs) -> None:
    QTest.keyClick(tabs, Qt.Key.Key_F2)
    assert field(tabs).text() == "A & B"
    field(tabs).setText("  new \n name ")
    with qtbot.waitSignal(tabs.renamed) as renamed:
        QTest.keyClick(field(tabs), Qt.Key.Key_Return)
    assert renamed.args == ["b", "new name"]


def test_that_escape_leaves_the_title(qtbot: QtBot, tabs: PromptTabs) -> None:
    tabs.rename(0)
    field(tabs).setText("other")
    with qtbot.assertNotEmitted(tabs.renamed):
        QTest.keyClick(field(tabs), Qt.Key.Key_Escape)
    assert [one for one in tabs.findChildren(QLineEdit) if one.isVisible()] == []


def test_that_the_keys_go_back_to_where_a_title_was_begun(qtbot: QtBot, tabs: PromptTabs) -> None:
    tabs.setFocus()
    with qtbot.assertNotEmitted(tabs.left):
        QTest.keyClick(tabs, Qt.Key.Key_F2)
        QTest.keyClick(field(tabs), Qt.Key.Key_Return)
    assert tabs.hasFocus()
    tabs.clearFocus()
    tabs.rename(1)
    with qtbot.waitSignal(tabs.left):
        QTest.keyClick(field(tabs), Qt.Key.Key_Return)


def test_that_the_keys_do_not_stay_where_no_tabs_are_left(qtbot: QtBot, tabs: PromptTabs) -> None:
    tabs.setFocus()
    with qtbot.assertNotEmitted(tabs.left):
        tabs.show_tabs(THREE[:2], "a")
    with qtbot.waitSignal(tabs.left):
        tabs.show_tabs(THREE[:1], "a")


def test_that_delete_and_the_button_close_a_tab(qtbot: QtBot, tabs: PromptTabs) -> None:
    with qtbot.waitSignal(tabs.close_requested) as closed:
        QTest.keyClick(tabs, Qt.Key.Key_Delete)
    assert closed.args == ["b"]
    button = tabs.tabButton(2, PromptTabs.ButtonPosition.RightSide)
    assert isinstance(button, QPushButton)
    assert button.accessibleName() == "Close the prompt third"
    with qtbot.waitSignal(tabs.close_requested) as closed:
        button.click()
    assert closed.args == ["c"]


def test_that_the_buttons_grow_with_the_text(qapp: QApplication, tabs: PromptTabs) -> None:
    button = tabs.tabButton(0, PromptTabs.ButtonPosition.RightSide)
    before = button.height()
    theme.apply_theme(qapp, "light", 2.0)
    assert button.isVisible()
    assert button.height() > 1.5 * before


def test_that_the_button_closes_its_own_tab_once_that_was_moved(
    qtbot: QtBot, tabs: PromptTabs
) -> None:
    button = tabs.tabButton(0, PromptTabs.ButtonPosition.RightSide)
    assert isinstance(button, QPushButton)
    tabs.moveTab(0, 2)
    with qtbot.waitSignal(tabs.close_requested) as closed:
        button.click()
    assert closed.args == ["a"]
