"""Editing messages in their own place, by clicks and by keys."""

from collections.abc import Iterable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.chat_windows import ChatWindow
from tests.support.scripted_host import version
from tests.ui.presenters.conftest import OpenChat, press, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Finished,
    Generate,
    Rendered,
    RenderTemplate,
)
from wrappers.contract import Message as Said

# The offscreen platform says so of every menu.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
async def window(open_chat: OpenChat) -> ChatWindow:
    return open_chat()


async def test_that_an_edited_question_is_asked_anew_and_the_first_stays_behind_its_versions(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(0, "uno")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.answered()
    assert window.said == ["uno", "uno "]
    assert window.generated()[-1].messages == (Said("user", "uno"),)
    assert window.version(0) == "2/2"
    assert window.version(1) == ""
    window.click(0, "previousVersionButton")
    assert window.said == ["one", "one "]
    assert window.version(0) == "1/2"


async def test_that_every_message_of_a_conversation_can_be_edited(window: ChatWindow) -> None:
    await window.ask("one")
    await window.ask("two")
    for at in (3, 2, 1, 0):
        window.edit(at, f"mine {at}")
        window.click_in_editor(at, "acceptEditButton")
        await window.answered()
        assert window.said[at] == f"mine {at}"
        assert window.version(at) == "2/2"
        window.click(at, "previousVersionButton")
    assert window.said == ["one", "one ", "two", "two "]


async def test_that_an_edited_answer_is_what_the_model_is_told_it_has_said(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(1, "mine")
    QTest.keyClick(window.editor(1), Qt.Key.Key_Return, CONTROL)
    assert window.said == ["one", "mine"]
    assert window.message(1).view.facts == "edited by you"
    assert len(window.generated()) == 1
    await window.ask("two")
    assert window.generated()[-1].messages == (
        Said("user", "one"),
        Said("assistant", "mine"),
        Said("user", "two"),
    )


async def test_that_an_answer_that_was_edited_can_be_continued(open_chat: OpenChat) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        match asked:
            case RenderTemplate():
                return [Rendered(prompt="<P>")]
            case Generate(prompt=str()):
                return [Finished(text=" and more", stop_reason="length", prompt=asked.prompt)]
        return None

    window = open_chat(script)
    await window.ask("one")
    assert window.message(1).view.offers == ()
    window.edit(1, "mine")
    QTest.keyClick(window.editor(1), Qt.Key.Key_Return, CONTROL)
    window.click(1, "continueAnswerButton")
    await window.answered()
    assert window.generated()[-1].prompt == "<P>mine"
    assert window.said == ["one", "mine and more"]
    assert "edited by you" in window.message(1).view.facts
    await window.close()
    again = open_chat(script)
    await until(lambda: again.chat.is_answering or again.sidebar.conversations.model().rowCount())
    again.conversations._choose(window.chat.conversation.id)
    await until(lambda: again.chat.conversation.leaf is not None)
    await again.services.sessions.load()
    again.click(1, "continueAnswerButton")
    await again.answered()
    assert again.generated()[-1].prompt == "<P>mine and more", "the prompt is not in it twice"
    assert again.said == ["one", "mine and more and more"]


async def test_that_a_question_sent_unchanged_is_answered_anew_without_a_copy_of_it(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.click(0, "editMessageButton")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.answered()
    assert window.version(0) == ""
    assert window.version(1) == "2/2"


async def test_that_an_answer_saved_unchanged_is_the_model_s_still(window: ChatWindow) -> None:
    await window.ask("one")
    window.click(1, "editMessageButton")
    QTest.keyClick(window.editor(1), Qt.Key.Key_Return, CONTROL)
    assert not window.is_editing(1)
    assert window.version(1) == ""
    assert "edited" not in window.message(1).view.facts


async def test_that_escape_leaves_the_message_as_it_was_and_what_was_typed_can_be_had_back(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(0, "uno")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Escape)
    assert not window.is_editing(0)
    assert window.said == ["one", "one "]
    assert window.message(0).text_view.hasFocus()
    assert window.offered() == "Edit discarded."
    press(window.bar, "undoDeletionButton")
    assert window.editor(0).toPlainText() == "uno"


async def test_that_an_edit_that_changed_nothing_is_let_go_without_a_word(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.click(0, "editMessageButton")
    window.click_in_editor(0, "cancelEditButton")
    assert not window.is_editing(0)
    assert window.offered() == ""


async def test_that_the_editor_has_the_focus_and_its_own_undo(window: ChatWindow) -> None:
    await window.ask("one")
    window.click(0, "editMessageButton")
    edit = window.editor(0)
    assert edit.hasFocus()
    assert edit.toPlainText() == "one"
    edit.undo()
    assert edit.toPlainText() == "one"
    QTest.keyClicks(edit, " more")
    QTest.keyClick(edit, Qt.Key.Key_Z, CONTROL)
    assert edit.toPlainText() == "one"
    QTest.keyClick(edit, Qt.Key.Key_Y, CONTROL)
    assert edit.toPlainText() == "one more"


async def test_that_enter_breaks_the_line_in_an_editor(window: ChatWindow) -> None:
    await window.ask("one")
    window.edit(0, "a")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return)
    QTest.keyClicks(window.editor(0), "b")
    assert window.editor(0).toPlainText() == "a\nb"
    assert len(window.generated()) == 1


async def test_that_what_is_typed_into_a_message_outlives_all_that_is_drawn_meanwhile(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(0, "un")
    edit = window.editor(0)
    await window.begin_to_ask("endless words")
    QTest.keyClicks(edit, "o")
    window.services.sessions.changed.emit()
    window.chat.stop()
    await window.answered()
    window.services.sessions.select(version(number="2"))
    assert window.editor(0) is edit
    assert edit.toPlainText() == "uno"
    assert len(window.said) == 4


async def test_that_what_is_typed_into_a_message_is_there_after_another_conversation_and_a_restart(
    open_chat: OpenChat,
) -> None:
    first = open_chat()
    await first.ask("one")
    first.edit(0, "uno")
    first.conversations.new()
    await first.ask("two")
    assert first.said == ["two", "two "]
    asked = next(one for one in first.conversations._rows.values() if one.opening == "one")
    first.conversations._choose(asked.id)
    await until(lambda: first.said == ["one", "one "])
    assert first.editor(0).toPlainText() == "uno"
    await first.close()
    second = open_chat()
    await until(lambda: second.conversations._rows)
    second.conversations._choose(asked.id)
    await until(lambda: second.said == ["one", "one "])
    assert second.editor(0).toPlainText() == "uno"
    QTest.keyClick(second.editor(0), Qt.Key.Key_Return, CONTROL)
    await second.answered()
    await second.close()
    third = open_chat()
    await until(lambda: third.conversations._rows)
    third.conversations._choose(asked.id)
    await until(lambda: third.said == ["uno", "uno "])
    third.click(0, "previousVersionButton")
    assert not third.is_editing(0), "what was sent is no draft any more"


async def test_that_nothing_is_edited_while_an_answer_is_on_its_way(window: ChatWindow) -> None:
    await window.ask("one")
    window.edit(0, "uno")
    await window.begin_to_ask("endless words")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    assert "being written" in window.hint()
    assert window.editor(0).toPlainText() == "uno"
    window.click(1, "editMessageButton")
    assert not window.is_editing(1)
    window.click(1, "regenerateAnswerButton")
    window.chat.stop()
    await window.answered()
    assert len(window.said) == 4
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.answered()
    assert window.said == ["uno", "uno "]


@pytest.mark.parametrize("at", [0, 1])
async def test_that_an_emptied_message_is_refused_in_words(window: ChatWindow, at: int) -> None:
    await window.ask("one")
    window.click(at, "editMessageButton")
    window.editor(at).selectAll()
    QTest.keyClick(window.editor(at), Qt.Key.Key_Delete)
    QTest.keyClick(window.editor(at), Qt.Key.Key_Return, CONTROL)
    assert window.hint() == "The message is empty. Write something first."
    assert window.is_editing(at)
    assert window.said == ["one", "one "]


async def test_that_an_edit_is_typed_still_where_no_model_was_loaded_for_it(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(0, "uno")
    window.allow_load = False
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.answered()
    assert window.said == ["one", "one "]
    assert window.editor(0).toPlainText() == "uno"
    assert window.pane.composer.draft() == ""
    assert window.version(0) == ""
    assert "was not loaded" in window.hint()
    kept = await window.kept()
    assert kept is not None
    assert [node.content for node in kept.branch()] == ["one", "one "]
    assert kept.version_of(window.node_id(0)) == (1, 1)


async def test_that_without_a_model_an_edited_question_waits(window: ChatWindow) -> None:
    await window.ask("one")
    wanted: list[bool] = []
    window.chat.model_wanted.connect(lambda: wanted.append(True))
    window.services.sessions.deselect()
    window.edit(0, "uno")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    assert window.hint() == "Choose a model in the registry first."
    assert wanted == [True]
    assert window.editor(0).toPlainText() == "uno"


async def test_that_the_tab_key_leads_to_the_editor_through_it_and_on(window: ChatWindow) -> None:
    await window.ask("one")
    window.message(1).text_view.setFocus()

    def press_and_see(key: Qt.Key) -> str:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        now = QApplication.focusWidget()
        assert now is not None
        return now.objectName()

    tab = Qt.Key.Key_Tab
    assert [press_and_see(tab), press_and_see(tab)] == ["copyButton", "editMessageButton"]
    assert press_and_see(Qt.Key.Key_Space) == "messageEdit"
    assert [press_and_see(tab), press_and_see(tab)] == ["cancelEditButton", "acceptEditButton"]
    assert press_and_see(tab) == "chatComposer"
    assert window.is_editing(1)
