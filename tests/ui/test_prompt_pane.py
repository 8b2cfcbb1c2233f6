"""The Prompt pane without a presenter: what its keys and buttons tell."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.panes.prompt_pane import PromptPane, TemplateEntry
from app.ui.shortcuts import KEYS
from app.ui.widgets.prompt_views import ASK_KEYS


@pytest.fixture
def pane(qtbot: QtBot) -> PromptPane:
    pane = PromptPane()
    qtbot.addWidget(pane)
    pane.resize(640, 480)
    pane.show()
    pane.activateWindow()
    qtbot.waitActive(pane)
    pane.editor.setFocus()
    return pane


def button(pane: PromptPane, name: str) -> QPushButton:
    found = pane.findChild(QPushButton, name)
    assert found is not None
    return found


def test_that_ctrl_enter_generates_and_writes_no_line(qtbot: QtBot, pane: PromptPane) -> None:
    pane.editor.set_prompt("one")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        with qtbot.waitSignal(pane.generate_requested):
            QTest.keyClick(pane.editor, key, Qt.KeyboardModifier.ControlModifier)
    assert pane.editor.prompt() == "one"


def test_that_an_empty_line_of_numbers_takes_no_room(pane: PromptPane) -> None:
    usage = pane.findChild(QLabel, "usageLine")
    assert usage is not None
    assert not usage.isVisible()
    pane.show_usage("37 prompt + 42 completion = 79 tokens")
    assert usage.isVisible()
    pane.set_running(True)
    pane.show_usage("more")
    assert not usage.isVisible()
    pane.set_running(False)
    assert usage.isVisible()


def test_that_ctrl_enter_does_nothing_while_the_model_writes(
    qtbot: QtBot, pane: PromptPane
) -> None:
    pane.set_running(True)
    with qtbot.assertNotEmitted(pane.generate_requested):
        QTest.keyClick(pane.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_that_escape_stops(qtbot: QtBot, pane: PromptPane) -> None:
    with qtbot.waitSignal(pane.stop_requested):
        QTest.keyClick(pane.editor, Qt.Key.Key_Escape)


def test_that_a_template_is_chosen_by_its_key(qtbot: QtBot, pane: PromptPane) -> None:
    pane.set_templates(
        [TemplateEntry("a", "Q & A"), TemplateEntry("b", "Greyed", is_enabled=False)]
    )
    menu = button(pane, "insertTemplateButton").menu()
    assert isinstance(menu, QMenu)
    assert [action.isEnabled() for action in menu.actions()] == [True, False]
    with qtbot.waitSignal(pane.template_chosen) as chosen:
        menu.actions()[0].trigger()
    assert chosen.args == ["a"]


def test_that_every_button_has_an_accessible_name(pane: PromptPane) -> None:
    nameless = [
        one.objectName() for one in pane.findChildren(QPushButton) if not one.accessibleName()
    ]
    assert nameless == []


@pytest.mark.parametrize("width", [360, 520, 900])
def test_that_nothing_is_cut_at_any_width(qtbot: QtBot, pane: PromptPane, width: int) -> None:
    pane.resize(width, 480)
    pane.show_usage("37 prompt + 42 completion = 79 tokens · 96 ms to first token · 58.2 tok/s")
    qtbot.waitUntil(lambda: pane.width() == width)
    cut: list[QWidget] = [
        one
        for one in pane.findChildren(QPushButton)
        if one.isVisible()
        and (one.width() < one.sizeHint().width() or one.geometry().right() >= pane.width())
    ]
    assert cut == []


def test_that_a_view_is_shown_and_folded_away_by_its_button(qtbot: QtBot, pane: PromptPane) -> None:
    views = pane.views
    assert not views.next_tokens.isVisible()
    with qtbot.waitSignal(views.shown_changed) as shown:
        button(pane, "probabilitiesButton").click()
    assert shown.args == ["chances"]
    assert views.next_tokens.isVisible()
    button(pane, "tokensButton").click()
    assert views.tokens.isVisible()
    assert not views.next_tokens.isVisible()
    assert not button(pane, "probabilitiesButton").isChecked()
    button(pane, "tokensButton").click()
    assert not views.tokens.isVisible()


def test_that_a_low_pane_has_room_for_the_text_alone(pane: PromptPane) -> None:
    button(pane, "tokensButton").click()
    pane.resize(640, 300)
    assert not pane.views.tokens.isVisible()
    assert pane.editor.height() > 40
    pane.resize(640, 480)
    assert pane.views.tokens.isVisible()


def test_that_another_editor_is_shown_with_the_focus_and_the_name(
    qtbot: QtBot, pane: PromptPane
) -> None:
    first, other = pane.editor, pane.add_editor()
    with qtbot.waitSignal(pane.prompt_changed):
        pane.show_editor(other)
    assert pane.findChild(QWidget, "promptEditor") is other
    assert other.hasFocus()
    QTest.keyClick(other, Qt.Key.Key_Backtab)
    assert button(pane, "newPromptButton").hasFocus()
    QTest.keyClick(button(pane, "newPromptButton"), Qt.Key.Key_Tab)
    assert other.hasFocus()
    pane.setFocus()
    assert other.hasFocus()
    with qtbot.assertNotEmitted(pane.prompt_changed):
        first.set_prompt("unseen")
    with qtbot.waitSignals([pane.prompt_changed, pane.cursor_moved]):
        other.set_prompt("seen")
    pane.remove_editor(first)
    assert pane.editor is other


def test_that_the_key_written_on_a_button_is_the_one_that_asks(pane: PromptPane) -> None:
    assert KEYS["next_tokens"] == (ASK_KEYS,)
    assert button(pane, "nextTokensButton").text().endswith(ASK_KEYS)
