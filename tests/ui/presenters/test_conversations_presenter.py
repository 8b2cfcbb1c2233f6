"""The list of conversations and the drafts, on a real store and a scripted model."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from app.domain.answer import AnswerState
from app.domain.conversation import Conversation
from app.infra.conversation_schema import MIGRATIONS, open_database
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.engines import Engine
from app.services.program import Services
from app.ui.item_models.conversation_model import ConversationRole, RowKind
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.sidebar import Sidebar
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.conversation_search_presenter import ConversationSearchPresenter
from app.ui.presenters.conversations_presenter import ConversationsPresenter
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.tasks import Tasks
from app.ui.widgets.prompt_editor import PromptEditor
from tests.support.scripted_host import ScriptedHost, version
from tests.ui.presenters.conftest import until
from wrappers.contract import Failed


@dataclass
class Window:
    """What concerns conversations of a window."""

    services: Services
    tasks: Tasks
    pane: ChatPane
    editor: PromptEditor
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
        model = self.sidebar.conversations.model()
        indices = [model.index(row, 0) for row in range(model.rowCount())]
        heading = RowKind.HEADING
        return [one.data() for one in indices if one.data(ConversationRole.KIND) != heading]

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
        for widget in (self.pane, self.editor, self.sidebar):
            widget.close()
            widget.deleteLater()


Open = Callable[..., Window]


@pytest.fixture
async def open_window(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Open]:
    """Opens a window on the same folder each time; all are closed at the end. (`qtbot` would take
    the widgets away before that.)"""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    opened: list[Window] = []

    def open_another(*, loads: bool = True) -> Window:
        services = build_services(
            Settings(home=tmp_path, in_process=True), in_process_host=ScriptedHost().serve
        )
        tasks, pane, editor, sidebar = Tasks(), ChatPane(), PromptEditor(), Sidebar()
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
        today = [date.today()]  # noqa: DTZ011 - of this machine
        store = services.conversations
        presenter = ConversationsPresenter(
            store,
            chat,
            sidebar,
            DraftsPresenter(store, chat, pane.composer, editor),
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
                editor,
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


# -- the list


async def test_that_a_new_window_lists_what_was_said_and_begins_anew(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.presenter.new()
    await first.ask("two")
    await first.close()
    second = open_window()
    await restored(second)
    assert second.listed == ["two", "one"]
    assert second.marked is None
    assert second.said == []
    assert second.draft == ""


async def test_that_a_click_opens_a_conversation_with_all_that_was_said(open_window: Open) -> None:
    first = open_window()
    asked = await first.ask("one")
    asked = await first.ask("two")
    await first.close()
    second = open_window()
    await restored(second)
    await second.choose("one")
    assert second.chat.conversation == asked
    assert second.marked == "one"
    assert len(second.pane.transcript.message_ids()) == 4


async def test_that_a_conversation_that_goes_on_comes_to_the_top(open_window: Open) -> None:
    window = open_window()
    await window.ask("one")
    window.presenter.new()
    await window.ask("two")
    assert window.listed == ["two", "one"]
    await window.choose("one")
    assert window.listed == ["two", "one"], "to look at it is not to go on"
    await window.ask("three")
    assert window.listed == ["one", "two"]
    await window.close()
    again = open_window()
    await restored(again)
    assert again.listed == ["one", "two"]


async def test_that_leaving_an_answer_on_its_way_keeps_its_text_as_stopped(
    open_window: Open,
) -> None:
    window = open_window()
    window.write("endless words")
    window.chat.send()
    await until(lambda: window.said[-1:] == ["endless words "])
    window.presenter.new()
    assert window.said == []
    await window.choose("endless words")
    answer = window.chat.conversation.branch()[-1].answer
    assert answer is not None
    assert answer.state is AnswerState.STOPPED
    assert answer.text == "endless words "


async def test_that_closing_while_a_model_answers_keeps_all_that_was_shown(
    open_window: Open,
) -> None:
    first = open_window()
    first.write("endless words")
    first.chat.send()
    await until(lambda: first.said[-1:] == ["endless words "])
    await first.close()
    second = open_window()
    await restored(second)
    await second.choose("endless words")
    assert second.said == ["endless words", "endless words "]
    answer = second.chat.conversation.branch()[-1].answer
    assert answer is not None
    assert answer.state is AnswerState.STOPPED


async def test_that_a_question_whose_model_is_not_loaded_is_a_draft_again(
    open_window: Open,
) -> None:
    first = open_window(loads=False)
    await first.ask("one")
    assert first.listed == []
    assert first.draft == "one"
    await first.close()
    second = open_window()
    await restored(second)
    assert second.listed == []
    assert second.draft == "one"


async def test_that_a_system_prompt_comes_back_with_its_conversation(open_window: Open) -> None:
    first = open_window()
    first.pane.composer.set_system("Be brief.")
    await first.ask("one")
    first.pane.composer.set_system("Be very brief.")
    first.presenter.new()
    assert first.pane.composer.system() == ""
    await first.close()
    second = open_window()
    await restored(second)
    await second.choose("one")
    assert second.pane.composer.system() == "Be very brief."
    assert second.chat.conversation.system == "Be very brief."


# -- drafts


async def test_that_what_was_begun_is_there_again_after_a_restart(open_window: Open) -> None:
    first = open_window()
    first.pane.composer.set_system("Be brief.")
    first.write("What is")
    first.editor.set_prompt("Once upon")
    await first.close()
    second = open_window()
    await restored(second)
    assert second.draft == "What is"
    assert second.chat.conversation.system == "Be brief."
    assert second.editor.prompt() == "Once upon"
    await second.ask("What is it?")
    await second.close()
    third = open_window()
    await restored(third)
    assert third.draft == ""
    assert third.listed == ["What is it?"]
    assert third.editor.prompt() == "Once upon"


async def test_that_the_window_begins_where_something_was_left_unsent(open_window: Open) -> None:
    first = open_window()
    await first.ask("one")
    first.write("and then")
    await first.close()
    second = open_window()
    await restored(second)
    assert second.said == ["one", "one "]
    assert second.draft == "and then"
    assert second.marked == "one"


async def test_that_every_conversation_has_its_own_draft(open_window: Open) -> None:
    window = open_window()
    await window.ask("one")
    window.write("for one")
    window.presenter.new()
    assert window.draft == ""
    window.pane.composer.set_system("Be brief.")
    window.write("for a new one")
    await window.choose("one")
    assert window.draft == "for one"
    window.presenter.new()
    assert window.draft == "for a new one"
    assert window.pane.composer.system() == "Be brief."


async def test_that_typing_is_kept_while_the_window_stays_open(open_window: Open) -> None:
    window = open_window()
    await restored(window)
    composer = window.pane.findChild(QPlainTextEdit, "chatComposer")
    assert composer is not None
    QTest.keyClicks(composer, "hello")
    other = open_window()
    store = other.services.conversations

    async def is_kept() -> bool:
        return "hello" in (await store.drafts()).values()

    await until_asked(is_kept)


async def test_that_new_keeps_what_was_begun_in_a_conversation_without_a_message(
    open_window: Open,
) -> None:
    window = open_window()
    window.write("What is")
    window.presenter.new()
    assert window.draft == "What is"


# -- what cannot be kept


@pytest.mark.expects_log("The conversations in|could not be kept")
async def test_that_a_store_of_a_newer_parley_is_told_and_the_window_works_without(
    open_window: Open, tmp_path: Path
) -> None:
    open_database(tmp_path / "conversations.db", (*MIGRATIONS, lambda _: None)).close()
    window = open_window()
    await until(lambda: window.told)
    assert {one.kind for one in window.told} == {"database_newer"}
    await window.ask("one")
    window.presenter.new()
    await window.ask("two")
    await window.choose("one")
    assert window.said == ["one", "one "]


async def until_asked(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it holds; fails after 20 seconds."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - another window's file tells of nothing
            await asyncio.sleep(0)
