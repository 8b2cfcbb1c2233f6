"""Versions, branches and deletions in the transcript, by clicks and by keys."""

import sqlite3

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton

from tests.support.chat_windows import ChatWindow
from tests.support.sidebars import listed
from tests.ui.presenters.conftest import OpenChat, press, until
from wrappers.contract import Message as Said

# The offscreen platform says so of every menu.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
async def window(open_chat: OpenChat) -> ChatWindow:
    return open_chat()


# -- versions


async def test_that_every_answer_can_be_regenerated_and_none_is_lost(window: ChatWindow) -> None:
    await window.ask("one")
    await window.ask("two")
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    assert window.said == ["one", "one "]
    assert window.version(1) == "2/2"
    assert window.generated()[-1].messages == (Said("user", "one"),)
    window.click(1, "previousVersionButton")
    assert window.said == ["one", "one ", "two", "two "]
    kept = await window.kept()
    assert kept == window.chat.conversation


async def test_that_the_versions_say_where_they_end(window: ChatWindow) -> None:
    await window.ask("one")
    for _ in range(2):
        window.click(1, "regenerateAnswerButton")
        await window.answered()
    window.pane.composer.setFocus()

    def ends() -> tuple[bool, bool]:
        names = ("previousVersionButton", "nextVersionButton")
        back, on = (window.message(1).findChild(QPushButton, name) for name in names)
        assert back is not None
        assert on is not None
        assert back.isVisible(), "at all times, not on hover alone"
        assert (back.accessibleName(), on.accessibleName()) == ("Previous version", "Next version")
        return back.isEnabled(), on.isEnabled()

    assert (window.version(1), ends()) == ("3/3", (True, False))
    window.click(1, "previousVersionButton")
    assert (window.version(1), ends()) == ("2/3", (True, True))
    window.click(1, "previousVersionButton")
    assert (window.version(1), ends()) == ("1/3", (False, True))


async def test_that_the_space_key_goes_through_the_versions_and_back(window: ChatWindow) -> None:
    await window.ask("one")
    for _ in range(2):
        window.click(1, "regenerateAnswerButton")
        await window.answered()
    window.click(1, "previousVersionButton")
    seen = [window.version(1)]
    for _ in range(3):
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Space)
        seen.append(window.version(1))
    assert seen == ["2/3", "1/3", "2/3", "3/3"]


async def test_that_alt_and_the_arrows_go_through_the_versions_of_the_message_with_the_focus(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(0, "uno")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.answered()
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    window.message(0).text_view.setFocus()
    QTest.keyClick(window.message(0).text_view, Qt.Key.Key_Left, ALT)
    assert window.said == ["one", "one "]
    assert window.message(0).text_view.hasFocus()
    QTest.keyClick(window.message(0).text_view, Qt.Key.Key_Left, ALT)
    assert window.said == ["one", "one "]
    QTest.keyClick(window.message(0).text_view, Qt.Key.Key_Right, ALT)
    assert (window.version(0), window.version(1)) == ("2/2", "2/2")


async def test_that_alt_and_the_arrows_in_the_composer_go_through_those_of_the_last_answer(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    window.pane.composer.setFocus()
    composer = window.pane.findChild(QPlainTextEdit, "chatComposer")
    assert composer is not None
    QTest.keyClicks(composer, "draft")
    QTest.keyClick(composer, Qt.Key.Key_Left, ALT)
    assert window.version(1) == "1/2"
    assert composer.hasFocus()
    QTest.keyClick(composer, Qt.Key.Key_Right, ALT)
    assert window.version(1) == "2/2"
    assert composer.toPlainText() == "draft"


async def test_that_no_version_is_turned_to_while_an_answer_is_on_its_way(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.edit(0, "endless uno")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.streaming("endless uno ")
    window.click(0, "previousVersionButton")
    assert "being written" in window.hint()
    assert window.said == ["endless uno", "endless uno "]
    window.chat.stop()
    await window.answered()
    assert window.version(0) == "2/2"


async def test_that_a_version_chosen_is_there_after_a_restart(open_chat: OpenChat) -> None:
    first = open_chat()
    await first.ask("one")
    first.click(1, "regenerateAnswerButton")
    await first.answered()
    first.click(1, "previousVersionButton")
    first.edit(0, "uno")
    QTest.keyClick(first.editor(0), Qt.Key.Key_Return, CONTROL)
    await first.answered()
    key = first.chat.conversation.id
    await first.close()
    second = open_chat()
    await until(lambda: second.conversations._rows)
    second.conversations._choose(key)
    await until(lambda: second.said == ["uno", "uno "])
    second.click(0, "previousVersionButton")
    assert second.version(1) == "1/2"


async def test_that_looking_at_another_version_does_not_bring_a_conversation_to_the_top(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    key = window.chat.conversation.id
    window.conversations.new()
    await window.ask("two")
    window.conversations._choose(key)
    await until(lambda: window.said == ["one", "one "])
    assert listed(window.sidebar) == ["two", "one"]
    window.click(1, "previousVersionButton")
    assert listed(window.sidebar) == ["two", "one"]


# -- branching


async def test_that_a_branch_is_a_conversation_of_its_own_with_all_up_to_there(
    window: ChatWindow,
) -> None:
    window.pane.composer.set_system("Be brief.")
    await window.ask("one")
    await window.ask("two")
    before = window.chat.conversation
    window.choose(1, "branchMessageAction")
    after = window.chat.conversation
    assert after.id != before.id
    assert window.said == ["one", "one "]
    assert after.system == "Be brief."
    assert after.branch()[1].answer == before.branch()[1].answer
    assert not set(after.nodes) & set(before.nodes)
    assert await window.kept() == after
    await window.ask("three")
    assert [message.content for message in window.generated()[-1].messages or ()] == [
        "Be brief.",
        "one",
        "one ",
        "three",
    ]
    window.conversations._choose(before.id)
    await until(lambda: window.chat.conversation.id == before.id)
    assert window.chat.conversation == before
    assert len(listed(window.sidebar)) == 2


async def test_that_no_branch_begins_while_an_answer_is_on_its_way(window: ChatWindow) -> None:
    await window.ask("one")
    await window.begin_to_ask("endless words")
    before = window.chat.conversation.id
    window.choose(1, "branchMessageAction")
    window.choose(1, "deleteMessageAction")
    assert window.chat.conversation.id == before
    assert len(window.said) == 4
    window.chat.stop()
    await window.answered()


# -- deleting


async def test_that_a_deleted_message_goes_with_what_follows_and_comes_back_with_it(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    await window.ask("two")
    before = window.chat.conversation
    window.choose(1, "deleteMessageAction")
    assert window.said == ["one"]
    assert window.offered() == "Message deleted: one"
    kept = await window.kept()
    assert kept is not None
    assert [node.content for node in kept.branch()] == ["one"]
    press(window.bar, "undoDeletionButton")
    assert window.said == ["one", "one ", "two", "two "]
    assert window.chat.conversation == before
    assert await window.kept() == before


async def test_that_a_question_without_an_answer_can_be_answered(window: ChatWindow) -> None:
    await window.ask("one")
    window.choose(1, "deleteMessageAction")
    window.click(0, "answerMessageButton")
    await window.answered()
    assert window.said == ["one", "one "]
    assert window.version(1) == "", "the deleted one is no version"


async def test_that_a_deleted_version_leaves_the_others(window: ChatWindow) -> None:
    await window.ask("one")
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    window.choose(1, "deleteMessageAction")
    assert window.said == ["one", "one "]
    assert window.version(1) == ""
    window.undo.undo()
    assert window.version(1) == "2/2"


async def test_that_deleting_the_first_message_leaves_an_empty_pane_and_can_be_undone(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.choose(0, "deleteMessageAction")
    assert window.said == []
    assert len(listed(window.sidebar)) == 0
    window.undo.undo()
    assert window.said == ["one", "one "]
    assert len(listed(window.sidebar)) == 1


async def test_that_a_deletion_is_undone_in_the_conversation_it_was_made_in(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    await window.ask("two")
    before = window.chat.conversation
    window.choose(2, "deleteMessageAction")
    window.conversations.new()
    await window.ask("three")
    window.undo.undo()
    await until(lambda: window.chat.conversation.id == before.id)
    assert window.chat.conversation == before
    assert window.said == ["one", "one ", "two", "two "]
    assert await window.kept() == before


async def test_that_an_undo_while_an_answer_is_on_its_way_is_offered_again(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.choose(1, "deleteMessageAction")
    await window.begin_to_ask("endless words")
    window.undo.undo()
    assert window.offered() == "Message deleted: one"
    window.chat.stop()
    await window.answered()
    window.undo.undo()
    assert window.said == ["one", "one "]
    assert window.version(1) == "1/2", "and what was asked meanwhile is beside it"


@pytest.mark.expects_log("The conversations in")
async def test_that_an_undo_that_cannot_read_its_conversation_says_so(window: ChatWindow) -> None:
    await window.ask("one")
    window.choose(1, "deleteMessageAction")
    window.conversations.new()
    await window.services.conversations.summaries()
    with sqlite3.connect(window.home / "conversations.db") as database:
        database.execute("""UPDATE nodes SET answer = '{"model": 1}'""")
    database.close()
    window.undo.undo()
    await until(lambda: window.told)
    assert "cannot be read" in window.told[0].message


async def test_that_a_question_that_was_not_sent_is_no_version_after_a_restart(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    window.allow_load = False
    await window.ask("two")
    assert window.said == ["one", "one "]
    window.allow_load = True
    await window.ask("three")
    assert window.version(2) == ""
    kept = await window.kept()
    assert kept is not None
    assert kept.version_of(window.node_id(2)) == (1, 1)


async def test_that_a_conversation_that_was_emptied_comes_back_under_its_name(
    window: ChatWindow,
) -> None:
    await window.ask("one")
    key = window.chat.conversation.id
    rows = window.conversations._rows
    rows[key] = replace(rows[key], title="Numbers", is_pinned=True)
    window.choose(0, "deleteMessageAction")
    assert len(listed(window.sidebar)) == 0
    window.undo.undo()
    assert listed(window.sidebar) == ["Numbers"]
    assert window.conversations._rows[key].is_pinned
