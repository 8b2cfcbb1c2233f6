"""The list of what the window can do, and the keys of it."""

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.actions import Actions
from app.ui.shortcuts import KEYS
from app.ui.text_undo import TextUndo


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[QWidget]:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for kind, name in ((QPlainTextEdit, "text"), (QLineEdit, "line")):
        field = kind(window)
        field.setObjectName(name)
        column.addWidget(field)
    window.show()
    window.activateWindow()
    yield window
    window.hide()


@pytest.fixture
def actions(window: QWidget) -> Actions:
    return Actions(window)


def test_that_no_key_does_two_things() -> None:
    every = [QKeySequence(one).toString() for keys in KEYS.values() for one in keys]
    assert "" not in every
    assert [one for one, count in Counter(every).items() if count > 1] == []


@pytest.mark.parametrize("place", ["text", "line"])
@pytest.mark.parametrize("key", [key for key in KEYS if key != "undo"])
def test_that_a_text_with_the_focus_swallows_no_key(
    window: QWidget, actions: Actions, key: str, place: str
) -> None:
    done: list[str] = []
    actions.add(key, "program", "Do it", lambda: done.append(key))
    field = window.findChild(QWidget, place)
    assert field is not None
    field.setFocus()
    QApplication.processEvents()
    for one in KEYS[key]:
        combination = QKeySequence(one)[0]  # type: ignore[index]
        QTest.keyClick(field, combination.key(), combination.keyboardModifiers())
    assert done == [key] * len(KEYS[key])


def test_that_a_text_keeps_its_own_undo(window: QWidget, actions: Actions) -> None:
    done: list[str] = []
    actions.add("undo", "messages", "Undo", lambda: done.append("undo"))
    field = window.findChild(QPlainTextEdit, "text")
    assert field is not None
    field.setFocus()
    QTest.keyClicks(field, "word")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (field.toPlainText(), done) == ("", [])


@pytest.mark.parametrize("place", ["text", "line"])
def test_that_a_text_with_nothing_to_undo_leaves_the_key_to_the_window(
    window: QWidget, actions: Actions, place: str
) -> None:
    done: list[str] = []
    actions.add("undo", "messages", "Undo", lambda: done.append("undo"))
    field = window.findChild(QWidget, place)
    assert isinstance(field, QPlainTextEdit | QLineEdit)
    TextUndo(window)
    field.setFocus()
    QApplication.processEvents()
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert done == ["undo"]
    QTest.keyClicks(field, "word")
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert done == ["undo"]
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert done == ["undo", "undo"]


def test_that_undo_is_the_window_s_while_it_offers_one_and_nothing_is_written(
    window: QWidget, actions: Actions
) -> None:
    done: list[str] = []
    actions.add("undo", "messages", "Undo", lambda: done.append("deletion"))
    field = window.findChild(QPlainTextEdit, "text")
    assert field is not None
    offers = [True]
    TextUndo(window, lambda: bool(offers))
    field.setFocus()
    QApplication.processEvents()
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClicks(field, "mine")
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert (field.toPlainText(), done) == ("", ["deletion"])
    offers.clear()
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert field.toPlainText() == "mine"
    offers.append(True)
    QTest.keyClick(field, Qt.Key.Key_Z, control)
    assert done == ["deletion"], "what is written comes first"


def test_that_what_is_not_possible_does_nothing(actions: Actions) -> None:
    done: list[str] = []
    action = actions.add("quit", "program", "Quit", lambda: done.append(""), is_possible=bool)
    action.trigger()
    actions.run("quit")
    actions.run("never heard of")
    assert done == []


def test_that_what_was_done_last_is_known(actions: Actions) -> None:
    for key in ("quit", "chat", "about"):
        actions.add(key, "program", key, lambda: None)
    for key in ("quit", "chat", "quit"):
        actions.run(key)
    assert actions.recent == ("quit", "chat")


def test_that_an_entry_of_a_menu_gets_its_key(window: QWidget, actions: Actions) -> None:
    done: list[str] = []
    action = QAction("Refresh…", window)
    action.triggered.connect(lambda: done.append("refresh"))
    actions.adopt("refresh", "models", action)
    QTest.keyClick(window, Qt.Key.Key_F5)
    assert done == ["refresh"]
    (entry,) = actions.entries
    assert (entry.text, entry.keys) == ("Refresh", ("F5",))
    action.setEnabled(False)
    assert not entry.is_possible()


def test_that_the_dialogs_sections_hold_actions_and_the_keys_of_widgets(actions: Actions) -> None:
    actions.note("messages", "Send the message", "Return")
    actions.add("quit", "program", "Quit", lambda: None)
    actions.add("continue", "messages", "Continue", lambda: None)
    actions.add("without_a_key", "view", "Odd", lambda: None)
    assert [(one.title, one.rows) for one in actions.sections()] == [
        (
            "Messages",
            (("Continue", ("Ctrl+Shift+Enter",)), ("Send the message", ("Enter",))),
        ),
        ("Parley", (("Quit", ("Ctrl+Q",)),)),
    ]
