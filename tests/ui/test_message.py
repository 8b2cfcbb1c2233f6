"""One message: how its text is shown, what it keeps from the model's words, what it offers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QEnterEvent, QGuiApplication, QTextCursor, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.widgets.message import Message
from app.ui.widgets.views import BandView, MessageView

CODE = "Ask so:\n\n```python\nimport mlflow\nprint('a' * 9)\n```\n\nThat is all."
USER = MessageView("1", "user", "You", "What is the *capital*?")


def _answer(text: str, **known: object) -> MessageView:
    return MessageView("2", "model", "demo-onnx · version 1", text, **known)  # type: ignore[arg-type]


Show = Callable[..., Message]


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    """Shows a view in a window of a certain width."""
    windows: list[QWidget] = []

    def show_view(view: MessageView, width: int = 520) -> Message:
        window = QWidget()
        column = QVBoxLayout(window)
        message = Message(view)
        column.addWidget(message)
        column.addStretch(1)
        qtbot.addWidget(window)
        windows.append(window)
        window.resize(width, 600)
        window.show()
        QApplication.processEvents()
        return message

    yield show_view
    windows.clear()


def _button(message: Message, name: str) -> QPushButton:
    button = message.findChild(QPushButton, name)
    assert button is not None
    return button


def test_that_a_question_is_shown_as_typed(show: Show) -> None:
    message = show(USER)
    assert message.text_view.toPlainText() == "What is the *capital*?"


def test_that_streamed_text_is_shown_as_markdown_as_far_as_it_can_be_read(show: Show) -> None:
    message = show(_answer("Ma", is_live=True))
    message.show_view(_answer("Ma**dr", is_live=True))
    assert message.text_view.toPlainText() == "Ma**dr"
    message.show_view(_answer("Ma**drid**", is_live=True))
    assert message.text_view.toPlainText() == "Madrid"
    message.show_view(_answer("Ma**drid**", facts="3 tokens"))
    assert message.text_view.toPlainText() == "Madrid"
    assert message.text_view.text() == "Ma**drid**"


def test_that_growing_text_keeps_what_the_reader_has_selected(show: Show) -> None:
    message = show(_answer("The capital is", is_live=True))
    cursor = message.text_view.textCursor()
    cursor.setPosition(4)
    cursor.setPosition(11, QTextCursor.MoveMode.KeepAnchor)
    message.text_view.setTextCursor(cursor)
    message.show_view(_answer("The capital is Madrid.", is_live=True))
    assert message.text_view.textCursor().selectedText() == "capital"


@pytest.mark.parametrize("width", [260, 520, 820])
def test_that_a_text_is_as_tall_as_it_needs_and_never_wider_than_its_view(
    show: Show, width: int
) -> None:
    long_word = "Donaudampfschifffahrtsgesellschaft" * 6
    text = f"{long_word}\n\n```\n{long_word}\n```\n\n| a | b |\n|---|---|\n| {long_word} | c |\n"
    view = show(_answer(text), width).text_view
    assert view.viewport().height() >= view.document().size().height()
    assert view.document().size().width() <= view.viewport().width()
    assert view.verticalScrollBar().maximum() == 0


def test_that_a_narrower_window_makes_the_text_taller(show: Show) -> None:
    message = show(_answer("many words " * 60), 820)
    wide = message.text_view.height()
    message.window().resize(360, 600)
    QApplication.processEvents()
    assert message.text_view.height() > wide


def test_that_html_in_an_answer_is_text(show: Show) -> None:
    message = show(_answer("a <b>bold</b> <img src='file:///etc/passwd'> claim"))
    assert "<b>bold</b>" in message.text_view.toPlainText()


def test_that_an_image_that_an_answer_names_is_not_read(show: Show, tmp_path: Path) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg' width='99' height='77'/>")
    view = show(_answer(f"![x]({secret.as_uri()})")).text_view
    kind = int(QTextDocument.ResourceType.ImageResource.value)
    image = view.loadResource(kind, QUrl(secret.as_uri()))
    assert (image.width(), image.height()) == (16, 16)  # type: ignore[attr-defined]
    assert view.loadResource(kind, QUrl("x")) is image


@pytest.mark.parametrize("address", ["https://example.org/a", "http://a.b", "mailto:a@b.c"])
def test_that_a_link_is_asked_for_and_not_opened(qtbot: QtBot, show: Show, address: str) -> None:
    message = show(_answer(f"[here]({address})"))
    with qtbot.waitSignal(message.link_requested) as asked:
        message.text_view.anchorClicked.emit(QUrl(address))
    assert asked.args == [QUrl(address)]
    assert message.text_view.toPlainText() == "here"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "x-app://a", "a"])
def test_that_a_link_of_another_scheme_does_nothing(qtbot: QtBot, show: Show, address: str) -> None:
    message = show(_answer(f"[here]({address})"))
    with qtbot.assertNotEmitted(message.link_requested):
        message.text_view.anchorClicked.emit(QUrl(address))


def test_that_code_keeps_its_lines_and_its_colours(show: Show) -> None:
    view = show(_answer(CODE)).text_view
    assert "import mlflow\nprint('a' * 9)" in view.toPlainText()
    found = view.document().find("import")
    assert found.charFormat().foreground().color().name().upper() == theme.tokens().template.upper()


def test_that_colours_follow_a_change_of_theme(show: Show, qapp: QApplication) -> None:
    view = show(_answer(CODE)).text_view
    theme.apply_theme(qapp, "dark")
    found = view.document().find("import")
    assert found.charFormat().foreground().color().name().upper() == theme.DARK.template.upper()


def test_that_copy_gives_the_text_as_the_model_wrote_it(show: Show) -> None:
    message = show(_answer("Ma**drid** 😀"))
    message.copy()
    assert QGuiApplication.clipboard().text() == "Ma**drid** 😀"


@pytest.mark.qt_log_ignore("This plugin does not support")  # raising the menu, offscreen
def test_that_the_menu_copies_the_text_without_its_markup(show: Show) -> None:
    message = show(_answer("Ma**drid** is $x^2$.\n\n- a\n"))
    _button(message, "moreButton").click()
    menu = message.findChild(QMenu)
    assert menu is not None
    entry = next(one for one in menu.actions() if one.objectName() == "copyAsTextButton")
    entry.trigger()
    menu.close()
    assert QGuiApplication.clipboard().text() == "Madrid is $x^2$.\n\n- a"


def test_that_actions_appear_under_the_pointer_and_move_nothing(show: Show) -> None:
    message = show(_answer("Madrid.", facts="3 tokens"))
    message.text_view.clearFocus()
    QApplication.sendEvent(message, QEvent(QEvent.Type.Leave))
    height = message.height()
    assert not _button(message, "copyButton").isVisible()
    at = QPointF(5, 5)
    QApplication.sendEvent(message, QEnterEvent(at, at, at))
    assert _button(message, "copyButton").isVisible()
    QApplication.processEvents()
    assert message.height() == height
    QApplication.sendEvent(message, QEvent(QEvent.Type.Leave))
    assert not _button(message, "copyButton").isVisible()


def test_that_actions_appear_with_the_keyboard_s_focus_and_can_be_reached(show: Show) -> None:
    message = show(_answer("Madrid.", facts="3 tokens"))
    message.window().activateWindow()
    message.text_view.setFocus()
    copy = _button(message, "copyButton")
    assert copy.isVisible()
    QTest.keyClick(message.text_view, Qt.Key.Key_Tab)
    assert copy.hasFocus()
    assert copy.isVisible()


def test_that_a_cut_answer_offers_the_ways_on_at_all_times(qtbot: QtBot, show: Show) -> None:
    message = show(_answer("Mad", facts="cut", offers=("continue", "regenerate")))
    for name, action in (
        ("continueAnswerButton", "continue"),
        ("regenerateAnswerButton", "regenerate"),
    ):
        assert _button(message, name).isVisible()
        with qtbot.waitSignal(message.action_requested) as asked:
            _button(message, name).click()
        assert asked.args == [action]


def test_that_a_whole_answer_offers_neither(show: Show) -> None:
    message = show(_answer("Mad", offers=("continue", "regenerate")))
    message.show_view(_answer("Madrid."))
    assert not _button(message, "continueAnswerButton").isVisible()
    assert not _button(message, "regenerateAnswerButton").isVisible()


def test_that_a_failure_is_told_under_the_text_with_its_log_one_click_away(
    qtbot: QtBot, show: Show
) -> None:
    band = BandView("Its process ended.", "It is loaded again.", has_log=True, can_reload=True)
    message = show(_answer("Mad", band=band))
    shown = [label.text() for label in message.findChildren(QLabel) if label.isVisible()]
    assert "Its process ended." in shown
    assert "It is loaded again." in shown
    with qtbot.waitSignal(message.log_requested):
        _button(message, "showLogButton").click()
    with qtbot.waitSignal(message.reload_requested):
        _button(message, "reloadButton").click()
    message.show_view(_answer("Mad"))
    assert not _button(message, "showLogButton").isVisible()
    assert message.text_view.text() == "Mad"


def test_that_the_numbers_stand_in_the_usage_line(show: Show) -> None:
    message = show(_answer("Madrid.", facts="11 prompt + 3 completion = 14 tokens"))
    line = message.findChild(QLabel, "usageLine")
    assert line is not None
    assert line.text() == "11 prompt + 3 completion = 14 tokens"


# -- versions


def test_that_versions_are_shown_where_there_are_several(qtbot: QtBot, show: Show) -> None:
    message = show(_answer("Madrid.", version=(2, 3)))
    label = message.findChild(QLabel, "versionLabel")
    assert label is not None
    assert label.text() == "2/3"
    for name, step in (("previousVersionButton", -1), ("nextVersionButton", 1)):
        with qtbot.waitSignal(message.version_requested) as asked:
            QTest.mouseClick(_button(message, name), Qt.MouseButton.LeftButton)
        assert asked.args == [step]
    message.show_view(_answer("Madrid.", version=(1, 1)))
    assert not label.isVisible()
    message.show_view(_answer("Madrid.", version=(1, 2)))
    assert not _button(message, "previousVersionButton").isEnabled()
    assert _button(message, "nextVersionButton").isEnabled()


@pytest.mark.parametrize("view", [USER, _answer("Madrid.")])
def test_that_versions_come_last_among_the_actions(show: Show, view: MessageView) -> None:
    message = show(replace(view, version=(1, 2)))
    message.show_view(replace(view, version=(1, 2), quick=("edit",), menu=("delete",)))
    message.text_view.setFocus()
    QApplication.processEvents()
    names = ("copyButton", "editMessageButton", "moreButton", "previousVersionButton")
    places = [_button(message, name).mapTo(message, QPoint()).x() for name in names]
    assert places == sorted(set(places))
    stops = [one.objectName() for one in message.tab_stops()]
    assert [name for name in stops if name in names] == list(names)


# -- being edited


def _edit(message: Message) -> QPlainTextEdit:
    edit = message.findChild(QPlainTextEdit, "messageEdit")
    assert edit is not None
    return edit


def test_that_an_editor_stands_in_the_text_s_place_and_goes_when_it_is_over(show: Show) -> None:
    message = show(USER)
    message.show_view(replace(USER, edit="What is it?"))
    assert _edit(message).isVisible()
    assert _edit(message).toPlainText() == "What is it?"
    assert not message.text_view.isVisible()
    message.show_view(USER)
    assert message.editor is None
    assert not _edit(message).isVisible()
    assert message.text_view.isVisible()


def test_that_what_is_typed_is_told_and_kept_when_the_message_is_shown_anew(
    qtbot: QtBot, show: Show
) -> None:
    told: list[str] = []
    message = show(replace(USER, edit=""))
    message.edited.connect(told.append)
    QTest.keyClicks(_edit(message), "ab")
    assert told == ["a", "ab"]
    message.show_view(replace(USER, text="other", edit="a"))
    assert _edit(message).toPlainText() == "ab"


@pytest.mark.parametrize("view", [USER, _answer("Madrid.")])
def test_that_keys_and_buttons_accept_or_cancel(
    qtbot: QtBot, show: Show, view: MessageView
) -> None:
    message = show(replace(view, edit="a\u00a0b"))
    accept, cancel = (_button(message, f"{name}EditButton") for name in ("accept", "cancel"))
    assert accept.accessibleName() == ("Send" if view.speaker == "user" else "Save")
    accepting: tuple[Callable[[], object], ...] = (
        lambda: QTest.mouseClick(accept, Qt.MouseButton.LeftButton),
        lambda: QTest.keyClick(
            _edit(message), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier
        ),
    )
    for act in accepting:
        with qtbot.waitSignal(message.edit_accepted) as accepted:
            act()
        assert accepted.args == ["a\u00a0b"]
    cancelling: tuple[Callable[[], object], ...] = (
        lambda: QTest.mouseClick(cancel, Qt.MouseButton.LeftButton),
        lambda: QTest.keyClick(_edit(message), Qt.Key.Key_Escape),
    )
    for act in cancelling:
        with qtbot.waitSignal(message.edit_cancelled):
            act()


def test_that_a_second_edit_begins_anew(show: Show) -> None:
    message = show(replace(USER, edit="one"))
    QTest.keyClicks(_edit(message), " more")
    message.show_view(USER)
    message.show_view(replace(USER, edit="two"))
    assert _edit(message).toPlainText() == "two"
    _edit(message).undo()
    assert _edit(message).toPlainText() == "two"


@pytest.mark.parametrize("width", [260, 520])
def test_that_an_editor_needs_no_more_width_than_there_is(show: Show, width: int) -> None:
    message = show(replace(USER, edit="many words " * 60), width)
    QApplication.processEvents()
    assert message.window().width() == width
    accept = _button(message, "acceptEditButton")
    assert accept.mapTo(message, QPoint(accept.width(), 0)).x() <= message.width()
