"""Editing, regenerating, branching and deleting in the transcript, by clicks and by keys, on a real
store and a scripted model."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPlainTextEdit, QPushButton

from app.domain.conversation import Conversation
from app.infra.conversation_store import SqliteConversationStore
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.program import Services
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.conversations_presenter import ConversationsPresenter
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.presenters.versions_presenter import VersionsPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.message import Message
from app.ui.widgets.prompt_editor import PromptEditor
from app.ui.widgets.undo_bar import UndoBar
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import press, until
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Failed,
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


@dataclass
class Window:
    """The Chat pane and what keeps and changes its conversation."""

    home: Path
    host: ScriptedHost
    services: Services
    tasks: Tasks
    pane: ChatPane
    sidebar: Sidebar
    bar: UndoBar
    undo: UndoPresenter
    chat: ChatPresenter
    conversations: ConversationsPresenter
    told: list[Failed]
    allow_load: bool = True
    is_closed: bool = False

    @property
    def said(self) -> list[str]:
        """The visible messages, as the transcript shows them."""
        transcript = self.pane.transcript
        shown = [transcript.message(one).text_view.text() for one in transcript.message_ids()]
        assert shown == [node.content for node in self.chat.conversation.branch()]
        return shown

    def message(self, at: int) -> Message:
        transcript = self.pane.transcript
        return transcript.message(transcript.message_ids()[at])

    def node_id(self, at: int) -> str:
        return self.pane.transcript.message_ids()[at]

    def version(self, at: int) -> str:
        """What the switcher of a message says; empty where there is none."""
        label = self.message(at).findChild(QLabel, "versionLabel")
        return label.text() if label is not None and label.isVisible() else ""

    def click(self, at: int, name: str) -> None:
        """Point at a message and click a button of it."""
        message = self.message(at)
        message.text_view.setFocus()
        button = message.findChild(QPushButton, name)
        assert button is not None, name
        assert button.isVisible(), name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, at: int, name: str) -> None:
        """An entry of a message's menu, by keys."""
        message = self.message(at)
        more = message.findChild(QPushButton, "moreButton")
        assert more is not None
        more.setFocus()
        QTest.keyClick(more, Qt.Key.Key_Space)
        menu = message.findChild(QMenu)
        assert menu is not None
        names = [action.objectName() for action in menu.actions()]
        for _ in range(names.index(name) + 1):
            QTest.keyClick(menu, Qt.Key.Key_Down)
        QTest.keyClick(menu, Qt.Key.Key_Return)

    def editor(self, at: int) -> QPlainTextEdit:
        edit = self.message(at).findChild(QPlainTextEdit, "messageEdit")
        assert edit is not None
        assert edit.isVisible()
        return edit

    def click_in_editor(self, at: int, name: str) -> None:
        button = self.message(at).findChild(QPushButton, name)
        assert button is not None
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def is_editing(self, at: int) -> bool:
        edit = self.message(at).findChild(QPlainTextEdit, "messageEdit")
        return edit is not None and edit.isVisible()

    def edit(self, at: int, text: str) -> None:
        """Open a message's editor and type over all of it."""
        self.click(at, "editMessageButton")
        self.type_over(at, text)

    def type_over(self, at: int, text: str) -> None:
        edit = self.editor(at)
        edit.selectAll()
        QTest.keyClicks(edit, text)

    def hint(self) -> str:
        line = self.pane.findChild(QLabel, "draftLine")
        assert line is not None
        return line.text()

    def offered(self) -> str:
        """What the bar offers to undo; empty where it isn't there."""
        text = self.bar.findChild(QLabel, "undoText")
        assert text is not None
        return text.text() if self.bar.isVisible() else ""

    def generated(self) -> list[Generate]:
        return [one for one in self.host.requests if isinstance(one, Generate)]

    async def ask(self, text: str) -> None:
        self.pane.composer.set_draft(text)
        self.chat.send()
        await self.answered()

    async def begin_to_ask(self, text: str) -> None:
        """Something that is answered until it is stopped."""
        self.pane.composer.set_draft(text)
        self.chat.send()
        await self.streaming(f"{text} ")

    async def streaming(self, text: str) -> None:
        await until(lambda: self.message(-1).text_view.text() == text)

    async def answered(self) -> None:
        await until(lambda: not self.chat.is_answering)

    async def kept(self) -> Conversation | None:
        """The conversation that is shown, as another window reads it."""
        await self.services.conversations.summaries()
        store = SqliteConversationStore(self.home / "conversations.db")
        found = await store.load(self.chat.conversation.id)
        await store.close()
        return found

    async def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.chat.close()
        self.conversations.close()
        await self.tasks.cancel_all()
        await self.services.close()
        for widget in (self.pane, self.sidebar, self.bar):
            widget.close()
            widget.deleteLater()


Script = Callable[[AnyRequest], Iterable[AnyEvent] | None]
Open = Callable[..., Window]


@pytest.fixture
async def open_window(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Open]:
    """Opens a window on the same folder each time; all are closed at the end."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    opened: list[Window] = []

    def open_another(script: Script | None = None) -> Window:
        host = ScriptedHost(script)
        services = build_services(
            Settings(home=tmp_path, in_process=True), in_process_host=host.serve
        )
        tasks, pane, sidebar, bar = Tasks(), ChatPane(), Sidebar(), UndoBar()
        pane.resize(820, 600)
        pane.show()
        pane.activateWindow()
        services.sessions.select(version())

        async def ensure_ready() -> Engine | None:
            if not one.allow_load:
                return None
            await services.sessions.load()
            return services.sessions.current

        undo = UndoPresenter(bar)
        chat = ChatPresenter(
            services,
            pane,
            tasks,
            ensure_ready=ensure_ready,
            show_log=lambda *_: None,
            offer_undo=undo.offer,
        )
        told: list[Failed] = []
        store = services.conversations
        VersionsPresenter(chat, pane, store, undo, tasks, tell=told.append)
        drafts = DraftsPresenter(store, chat, pane.composer, PromptEditor(pane))
        conversations = ConversationsPresenter(
            store, chat, sidebar, drafts, tasks, tell=told.append, offer_undo=undo.offer
        )
        one = Window(
            tmp_path, host, services, tasks, pane, sidebar, bar, undo, chat, conversations, told
        )
        opened.append(one)
        return one

    yield open_another
    for each in opened:
        await each.close()


@pytest.fixture
async def window(open_window: Open) -> Window:
    return open_window()


# -- editing


async def test_that_an_edited_question_is_asked_anew_and_the_first_stays_behind_its_versions(
    window: Window,
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


async def test_that_every_message_of_a_conversation_can_be_edited(window: Window) -> None:
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


async def test_that_an_edited_answer_is_what_the_model_is_told_it_has_said(window: Window) -> None:
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


async def test_that_an_answer_that_was_edited_can_be_continued(open_window: Open) -> None:
    def script(asked: AnyRequest) -> Iterable[AnyEvent] | None:
        match asked:
            case RenderTemplate():
                return [Rendered(prompt="<P>")]
            case Generate(prompt=str()):
                return [Finished(text=" and more", stop_reason="length", prompt=asked.prompt)]
        return None

    window = open_window(script)
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
    again = open_window(script)
    await until(lambda: again.chat.is_answering or again.sidebar.conversations.model().rowCount())
    again.conversations._choose(window.chat.conversation.id)
    await until(lambda: again.chat.conversation.leaf is not None)
    await again.services.sessions.load()
    again.click(1, "continueAnswerButton")
    await again.answered()
    assert again.generated()[-1].prompt == "<P>mine and more", "the prompt is not in it twice"
    assert again.said == ["one", "mine and more and more"]


async def test_that_a_question_sent_unchanged_is_answered_anew_without_a_copy_of_it(
    window: Window,
) -> None:
    await window.ask("one")
    window.click(0, "editMessageButton")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    await window.answered()
    assert window.version(0) == ""
    assert window.version(1) == "2/2"


async def test_that_an_answer_saved_unchanged_is_the_model_s_still(window: Window) -> None:
    await window.ask("one")
    window.click(1, "editMessageButton")
    QTest.keyClick(window.editor(1), Qt.Key.Key_Return, CONTROL)
    assert not window.is_editing(1)
    assert window.version(1) == ""
    assert "edited" not in window.message(1).view.facts


async def test_that_escape_leaves_the_message_as_it_was_and_what_was_typed_can_be_had_back(
    window: Window,
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


async def test_that_an_edit_that_changed_nothing_is_let_go_without_a_word(window: Window) -> None:
    await window.ask("one")
    window.click(0, "editMessageButton")
    window.click_in_editor(0, "cancelEditButton")
    assert not window.is_editing(0)
    assert window.offered() == ""


async def test_that_the_editor_has_the_focus_and_its_own_undo(window: Window) -> None:
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


async def test_that_enter_breaks_the_line_in_an_editor(window: Window) -> None:
    await window.ask("one")
    window.edit(0, "a")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return)
    QTest.keyClicks(window.editor(0), "b")
    assert window.editor(0).toPlainText() == "a\nb"
    assert len(window.generated()) == 1


async def test_that_what_is_typed_into_a_message_outlives_all_that_is_drawn_meanwhile(
    window: Window,
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
    open_window: Open,
) -> None:
    first = open_window()
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
    second = open_window()
    await until(lambda: second.conversations._rows)
    second.conversations._choose(asked.id)
    await until(lambda: second.said == ["one", "one "])
    assert second.editor(0).toPlainText() == "uno"
    QTest.keyClick(second.editor(0), Qt.Key.Key_Return, CONTROL)
    await second.answered()
    await second.close()
    third = open_window()
    await until(lambda: third.conversations._rows)
    third.conversations._choose(asked.id)
    await until(lambda: third.said == ["uno", "uno "])
    third.click(0, "previousVersionButton")
    assert not third.is_editing(0), "what was sent is no draft any more"


async def test_that_nothing_is_edited_while_an_answer_is_on_its_way(window: Window) -> None:
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
async def test_that_an_emptied_message_is_refused_in_words(window: Window, at: int) -> None:
    await window.ask("one")
    window.click(at, "editMessageButton")
    window.editor(at).selectAll()
    QTest.keyClick(window.editor(at), Qt.Key.Key_Delete)
    QTest.keyClick(window.editor(at), Qt.Key.Key_Return, CONTROL)
    assert window.hint() == "The message is empty. Write something first."
    assert window.is_editing(at)
    assert window.said == ["one", "one "]


async def test_that_an_edit_is_typed_still_where_no_model_was_loaded_for_it(
    window: Window,
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


async def test_that_without_a_model_an_edited_question_waits(window: Window) -> None:
    await window.ask("one")
    wanted: list[bool] = []
    window.chat.model_wanted.connect(lambda: wanted.append(True))
    window.services.sessions.deselect()
    window.edit(0, "uno")
    QTest.keyClick(window.editor(0), Qt.Key.Key_Return, CONTROL)
    assert window.hint() == "Choose a model in the registry first."
    assert wanted == [True]
    assert window.editor(0).toPlainText() == "uno"


# -- versions


async def test_that_every_answer_can_be_regenerated_and_none_is_lost(window: Window) -> None:
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


async def test_that_the_versions_say_where_they_end(window: Window) -> None:
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


async def test_that_the_space_key_goes_through_the_versions_and_back(window: Window) -> None:
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
    window: Window,
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
    window: Window,
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


async def test_that_no_version_is_turned_to_while_an_answer_is_on_its_way(window: Window) -> None:
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


async def test_that_a_version_chosen_is_there_after_a_restart(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.click(1, "regenerateAnswerButton")
    await first.answered()
    first.click(1, "previousVersionButton")
    first.edit(0, "uno")
    QTest.keyClick(first.editor(0), Qt.Key.Key_Return, CONTROL)
    await first.answered()
    key = first.chat.conversation.id
    await first.close()
    second = open_window()
    await until(lambda: second.conversations._rows)
    second.conversations._choose(key)
    await until(lambda: second.said == ["uno", "uno "])
    second.click(0, "previousVersionButton")
    assert second.version(1) == "1/2"


async def test_that_looking_at_another_version_does_not_bring_a_conversation_to_the_top(
    window: Window,
) -> None:
    await window.ask("one")
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    key = window.chat.conversation.id
    window.conversations.new()
    await window.ask("two")
    window.conversations._choose(key)
    await until(lambda: window.said == ["one", "one "])
    model = window.sidebar.conversations.model()
    assert [model.index(row, 0).data() for row in range(2)] == ["two", "one"]
    window.click(1, "previousVersionButton")
    assert [model.index(row, 0).data() for row in range(2)] == ["two", "one"]


# -- branching


async def test_that_a_branch_is_a_conversation_of_its_own_with_all_up_to_there(
    window: Window,
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
    assert window.sidebar.conversations.model().rowCount() == 2


async def test_that_no_branch_begins_while_an_answer_is_on_its_way(window: Window) -> None:
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
    window: Window,
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


async def test_that_a_question_without_an_answer_can_be_answered(window: Window) -> None:
    await window.ask("one")
    window.choose(1, "deleteMessageAction")
    window.click(0, "answerMessageButton")
    await window.answered()
    assert window.said == ["one", "one "]
    assert window.version(1) == "", "the deleted one is no version"


async def test_that_a_deleted_version_leaves_the_others(window: Window) -> None:
    await window.ask("one")
    window.click(1, "regenerateAnswerButton")
    await window.answered()
    window.choose(1, "deleteMessageAction")
    assert window.said == ["one", "one "]
    assert window.version(1) == ""
    window.undo.undo()
    assert window.version(1) == "2/2"


async def test_that_deleting_the_first_message_leaves_an_empty_pane_and_can_be_undone(
    window: Window,
) -> None:
    await window.ask("one")
    window.choose(0, "deleteMessageAction")
    assert window.said == []
    assert window.sidebar.conversations.model().rowCount() == 0
    window.undo.undo()
    assert window.said == ["one", "one "]
    assert window.sidebar.conversations.model().rowCount() == 1


async def test_that_a_deletion_is_undone_in_the_conversation_it_was_made_in(
    window: Window,
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
    window: Window,
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
async def test_that_an_undo_that_cannot_read_its_conversation_says_so(window: Window) -> None:
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
    window: Window,
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
    window: Window,
) -> None:
    await window.ask("one")
    key = window.chat.conversation.id
    rows = window.conversations._rows
    rows[key] = replace(rows[key], title="Numbers", is_pinned=True)
    window.choose(0, "deleteMessageAction")
    assert window.sidebar.conversations.model().rowCount() == 0
    window.undo.undo()
    assert window.sidebar.conversations.model().index(0, 0).data() == "Numbers"
    assert window.conversations._rows[key].is_pinned
