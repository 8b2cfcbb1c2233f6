"""Windows on the conversations of one folder: a real store, and a scripted model."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.conversation import Conversation
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.program import Services
from app.ui.item_models.conversation_model import ConversationRole
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.conversation_search_presenter import ConversationSearchPresenter
from app.ui.presenters.conversations_presenter import ConversationsPresenter
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.tasks import Tasks
from tests.support.scripted_host import ScriptedHost, version
from tests.support.sidebars import listed
from tests.support.waiting import until
from wrappers.contract import Failed


@dataclass
class Window:
    """What concerns conversations of a window."""

    services: Services
    tasks: Tasks
    pane: ChatPane
    sidebar: Sidebar
    chat: ChatPresenter
    presenter: ConversationsPresenter
    search: ConversationSearchPresenter
    told: list[Failed]
    offers: list[tuple[str, Callable[[], None]]]
    """To undo a deletion."""
    today: list[date]
    is_closed: bool = False

    @property
    def rows(self) -> list[str]:
        """All, headings too."""
        model = self.sidebar.conversations.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    @property
    def listed(self) -> list[str]:
        return listed(self.sidebar)

    @property
    def marked(self) -> str | None:
        title: str | None = self.sidebar.conversations.currentIndex().data()
        return title

    @property
    def said(self) -> list[str]:
        """The visible messages."""
        return [node.content for node in self.chat.conversation.branch()]

    @property
    def draft(self) -> str:
        return self.pane.composer.draft()

    def write(self, text: str) -> None:
        self.pane.composer.set_draft(text)

    async def ask(self, text: str) -> Conversation:
        self.write(text)
        self.chat.send()
        await until(lambda: not self.chat.is_answering)
        return self.chat.conversation

    async def choose(self, title: str) -> None:
        view = self.sidebar.conversations
        index = view.model().index(self.rows.index(title), 0)
        wanted = index.data(ConversationRole.ID)
        view.scrollTo(index)
        QTest.mouseClick(
            view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center()
        )
        await until(lambda: self.chat.conversation.id == wanted)

    async def close(self) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        self.chat.close()
        self.search.close()
        self.presenter.close()
        await self.tasks.cancel_all()
        await self.services.close()
        for widget in (self.pane, self.sidebar):
            widget.close()
            widget.deleteLater()


Open = Callable[..., Window]


@pytest.fixture
async def open_window(qapp: QApplication, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a window on the same folder each time; all are closed at the end. (`qtbot` would take
    the widgets away before that.)"""
    opened: list[Window] = []
    day = date.today()  # noqa: DTZ011 - of this machine; one for all, though midnight passes

    def open_another(*, loads: bool = True) -> Window:
        services = build_services(
            Settings(home=tmp_path, in_process=True), in_process_host=ScriptedHost().serve
        )
        tasks, pane, sidebar = Tasks(), ChatPane(), Sidebar()
        sidebar.resize(284, 800)
        sidebar.show()
        services.sessions.select(version())

        async def ensure_ready() -> Engine | None:
            if loads:
                await services.sessions.load()
            return services.sessions.current if loads else None

        chat = ChatPresenter(
            services, pane, tasks, ensure_ready=ensure_ready, show_log=lambda *_: None
        )
        told: list[Failed] = []
        offers: list[tuple[str, Callable[[], None]]] = []
        today = [day]
        store = services.conversations
        presenter = ConversationsPresenter(
            store,
            chat,
            sidebar,
            DraftsPresenter(store, chat, pane.composer),
            tasks,
            tell=told.append,
            offer_undo=lambda text, undo: offers.append((text, undo)),
            today=lambda: today[0],
        )
        search = ConversationSearchPresenter(
            store, sidebar, tasks, open_at=presenter.open_at, tell=told.append
        )
        opened.append(
            Window(
                services,
                tasks,
                pane,
                sidebar,
                chat,
                presenter,
                search,
                told,
                offers,
                today,
            )
        )
        return opened[-1]

    yield open_another
    for one in opened:
        await one.close()


async def restored(window: Window) -> None:
    """Wait for what the window does at its start."""
    await window.services.conversations.summaries()
    await until(lambda: not window.tasks._running)
