"""The Chat pane in a window's surroundings, on a real store and a scripted model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPlainTextEdit, QPushButton

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
from app.ui.widgets.undo_bar import UndoBar
from tests.support.scripted_host import ScriptedHost, version
from tests.support.waiting import until
from wrappers.contract import AnyEvent, AnyRequest, Failed, Generate

Script = Callable[[AnyRequest], Iterable[AnyEvent] | None]


@dataclass
class ChatWindow:
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


def open_chat_window(home: Path, script: Script | None = None) -> ChatWindow:
    """On the same folder each time it may be another one; whoever opens it closes it."""
    host = ScriptedHost(script)
    services = build_services(Settings(home=home, in_process=True), in_process_host=host.serve)
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
    drafts = DraftsPresenter(store, chat, pane.composer)
    conversations = ConversationsPresenter(
        store, chat, sidebar, drafts, tasks, tell=told.append, offer_undo=undo.offer
    )
    one = ChatWindow(
        home, host, services, tasks, pane, sidebar, bar, undo, chat, conversations, told
    )
    return one
