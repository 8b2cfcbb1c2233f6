"""The only module that wires everything together: services, presenters, widgets, window."""

import asyncio
import contextlib
import logging
import platform
import signal
import sys
from dataclasses import replace
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from app import __version__
from app.domain.call_code import Call
from app.domain.context_use import ContextUse
from app.infra.display import obstacle
from app.infra.logs import log_to, stop_logging
from app.infra.program import build_services
from app.infra.settings import Settings
from app.services.catalog import CatalogState
from app.services.program import Services
from app.ui.actions import Actions
from app.ui.dialogs.opener import Dialogs
from app.ui.garbage import GarbageCollector
from app.ui.main_window import MainWindow
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.header import ModelHeader
from app.ui.panes.inspector import Inspector
from app.ui.panes.prompt_pane import PromptPane
from app.ui.panes.sidebar import Sidebar
from app.ui.panes.start_screen import StartScreen
from app.ui.presenters.answer_actions import AnswerActions
from app.ui.presenters.appearance_presenter import AppearancePresenter, dress
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.conversation_search_presenter import ConversationSearchPresenter
from app.ui.presenters.conversations_presenter import ConversationsPresenter
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.presenters.feedback_presenter import FeedbackPresenter
from app.ui.presenters.inspector_presenter import InspectorPresenter
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.presenters.palette_presenter import PalettePresenter
from app.ui.presenters.presets_presenter import PresetsPresenter
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.presenters.registry_presenter import RegistryPresenter
from app.ui.presenters.session_presenter import SessionPresenter
from app.ui.presenters.start_presenter import StartPresenter
from app.ui.presenters.traces_presenter import TracesPresenter
from app.ui.presenters.transfers_presenter import TransfersPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.presenters.versions_presenter import VersionsPresenter
from app.ui.presenters.window_actions import Parts, add_window_actions
from app.ui.tasks import Tasks
from app.ui.translation import install_translation
from app.ui.widgets.job_strip import JobStrip
from app.ui.widgets.undo_bar import UndoBar

_log = logging.getLogger(__name__)


class Program:
    """The window, everything behind it, and its end. Make it inside a running qasync loop.

    `window`, `services`, `actions`, `chat` and `prompt` are for scripts that drive the real thing.
    """

    def __init__(self, settings: Settings, *, demo: bool = False) -> None:
        paths = settings.resolve()
        paths.logs.mkdir(parents=True, exist_ok=True)
        self._log_handler = log_to(paths.app_log)
        self._app_log = paths.app_log
        self.services = _services(settings)
        store = self.services.preferences
        preferences = store.load()
        dress(preferences.theme, preferences.zoom)
        self._tasks = Tasks(self._tell_fault)
        self._garbage = GarbageCollector()

        sidebar, header, strip, start = Sidebar(), ModelHeader(), JobStrip(), StartScreen()
        undo_bar, transfer_strip = UndoBar(), JobStrip()
        transfer_strip.setObjectName("transferStrip")
        chat_pane, prompt_pane, inspector = ChatPane(), PromptPane(), Inspector()
        self.window = MainWindow(
            sidebar=sidebar,
            header=header,
            strips=(strip, transfer_strip, undo_bar),
            start=start,
            chat=chat_pane,
            prompt=prompt_pane,
            inspector=inspector,
        )
        self._dialogs = dialogs = Dialogs(self.window)
        self._sidebar = sidebar
        services, tasks = self.services, self._tasks

        self._undo = UndoPresenter(undo_bar)
        self._appearance = AppearancePresenter(self.window, sidebar.settings, store)
        self._session = SessionPresenter(services.sessions, services.pool, header, dialogs, tasks)
        self._inspector = InspectorPresenter(
            services, inspector, tasks, store, last_call=self._last_call
        )
        self.chat = ChatPresenter(
            services,
            chat_pane,
            tasks,
            ensure_ready=self._session.ensure_ready,
            show_log=self._show_log,
            sampling=self._inspector.sampling,
            through_predict=self._inspector.through_predict,
            offer_undo=self._undo.offer,
        )
        self._answers = AnswerActions(services, self.chat, chat_pane.composer, dialogs, tasks)
        self.prompt = PromptPresenter(
            services,
            prompt_pane,
            tasks,
            ensure_ready=self._session.ensure_ready,
            show_log=self._show_log,
            sampling=self._inspector.sampling,
            through_predict=self._inspector.through_predict,
            conversation=self.chat.messages,
        )
        self._jobs = JobsPresenter(
            services.jobs, dialogs, tasks, models_changed=self._models_changed
        )
        self._traces = TracesPresenter(services.traces, services.catalog, sidebar, self._jobs)
        self._feedback = FeedbackPresenter(
            self.chat, services.traces, dialogs, tasks, hint=chat_pane.composer.show_hint
        )
        self._presets = PresetsPresenter(
            services.presets,
            services.catalog,
            chat_pane.composer,
            self.chat,
            self._inspector,
            dialogs,
            self._undo,
            tasks,
            tell=self._jobs.tell,
        )
        self._conversations = ConversationsPresenter(
            services.conversations,
            self.chat,
            sidebar,
            DraftsPresenter(
                services.conversations, self.chat, chat_pane.composer, prompt_pane.editor
            ),
            tasks,
            tell=self._jobs.tell,
            offer_undo=self._undo.offer,
        )
        self._conversation_search = ConversationSearchPresenter(
            services.conversations,
            sidebar,
            tasks,
            open_at=self._open_at,
            tell=self._jobs.tell,
        )
        self._versions = VersionsPresenter(
            self.chat,
            chat_pane,
            services.conversations,
            self._undo,
            tasks,
            tell=self._jobs.tell,
        )
        self._transfers = TransfersPresenter(
            services.transfers,
            transfer_strip,
            dialogs,
            tasks,
            conversation=lambda: self.chat.conversation,
            name_of=self._conversations.name_of,
            refresh=self._conversations.refresh,
        )
        self._registry = RegistryPresenter(
            services.catalog,
            services.sessions,
            services.pool,
            sidebar,
            tasks,
            load=self._session.load,
            tell=self._jobs.tell,
        )
        own_registry = Settings(home=paths.home).resolve({}).tracking_uri
        self._start = StartPresenter(
            services.catalog,
            services.sessions,
            self._jobs,
            dialogs,
            tasks,
            start=start,
            strip=strip,
            sidebar=sidebar,
            refresh=self._registry.refresh,
            show_start=self.window.show_start,
            remember=self._remember_registry,
            own_registry=own_registry,
            is_reading=lambda: self.chat.conversation.leaf is not None,
        )
        self.chat.changed.connect(self._start.look_at_conversation)
        services.catalog.changed.connect(self._registry_answers)
        self._connect_contexts()
        self._connect_menu()
        self.actions = self._bind_keys(chat_pane, inspector)
        self.window.on_shutdown(self._shut_down)
        self._garbage.start()

        named = None if paths.is_own_registry else paths.tracking_uri
        self._start.open(named or preferences.tracking_uri)
        if demo:
            self._jobs.make_demo()

    # -- between the panes

    def _connect_contexts(self) -> None:
        """The meter shows the pane that is shown."""

        def show(page: str) -> None:
            self._inspector.show_context(self._contexts[page])

        def note(page: str, use: ContextUse) -> None:
            self._contexts[page] = use
            if self.window.page == page:
                show(page)

        self._contexts = {"chat": ContextUse(), "prompt": ContextUse()}
        self.chat.context_changed.connect(lambda use: note("chat", use))
        self.prompt.context_changed.connect(lambda use: note("prompt", use))
        self.window.page_chosen.connect(show)
        self.chat.model_wanted.connect(self._sidebar.registry.focus_first)
        self.prompt.model_wanted.connect(self._sidebar.registry.focus_first)

    def _registry_answers(self) -> None:
        """What was told of a registry that did not answer is over once it does."""
        if self.services.catalog.state is CatalogState.READY:
            self._jobs.forget_told("unreachable")

    def _open_at(self, conversation_id: str, message_id: str = "") -> None:
        self.window.show_page("chat")
        self._conversations.open_at(conversation_id, message_id)

    def _models_changed(self) -> None:
        self._registry.refresh()

    def _last_call(self) -> Call | None:
        """What the shown pane has asked, or would ask."""
        if self.window.page == "prompt":
            return self.prompt.call()
        messages = self.chat.last_question()
        return Call(messages=messages) if messages else None

    def _show_log(self, title: str, path: Path | None, text: str) -> None:
        self._tasks.start(self._dialogs.show_log(title, path=path, text=text), "show a log")

    def _remember_registry(self, tracking_uri: str | None) -> None:
        store = self.services.preferences
        store.save(replace(store.load(), tracking_uri=tracking_uri))

    # -- menu and keys

    def _connect_menu(self) -> None:
        menu = self._sidebar.settings
        menu.about_wanted.connect(self._show_about)
        menu.shortcuts_wanted.connect(self._show_shortcuts)

    def _show_about(self) -> None:
        catalog = self.services.catalog
        facts = [f"Python {platform.python_version()}"]
        if catalog.mlflow_version:
            facts.append(f"MLflow {catalog.mlflow_version}")
        self._tasks.start(self._dialogs.show_about(__version__, facts), "show about")

    def _show_shortcuts(self) -> None:
        sections = self.actions.sections()
        self._tasks.start(self._dialogs.show_shortcuts(sections), "show the shortcuts")

    def _bind_keys(self, chat_pane: ChatPane, inspector: Inspector) -> Actions:
        services, actions = self.services, Actions(self.window)
        palette = PalettePresenter(
            self.window,
            actions,
            services.catalog,
            services.sessions,
            services.pool,
            services.conversations,
            self._tasks,
            open_model=self._registry.open,
            open_conversation=self._open_at,
        )
        parts = Parts(
            window=self.window,
            sidebar=self._sidebar,
            chat_pane=chat_pane,
            inspector_pane=inspector,
            sessions=services.sessions,
            session=self._session,
            chat=self.chat,
            prompt=self.prompt,
            conversations=self._conversations,
            inspector=self._inspector,
            transfers=self._transfers,
            appearance=self._appearance,
            undo=self._undo,
            load_or_cancel=self._load_or_cancel,
        )
        add_window_actions(actions, parts, open_palette=palette.open)
        return actions

    def _load_or_cancel(self) -> None:
        engine = self.services.sessions.current
        if engine is not None and engine.loading_since is not None:
            self._session.cancel()
        else:
            self._session.load()

    # -- faults and the end

    def _tell_fault(self, name: str, error: BaseException) -> None:
        """A task has failed in a way that its own code did not foresee."""
        self._jobs.tell_fault(name, error, self._app_log)

    async def _shut_down(self) -> None:
        self._appearance.keep_layout()
        for presenter in (
            self.chat,
            self.prompt,
            self._conversation_search,
            # After what may still be said in those two.
            self._conversations,
            self._transfers,
            self._inspector,
            self._registry,
            self._traces,
            self._presets,
            self._start,
            self._jobs,
            self._session,
        ):
            presenter.close()
        await self._tasks.cancel_all()
        await self.services.close()
        self._garbage.stop()
        stop_logging(self._log_handler)


def _services(settings: Settings) -> Services:
    if settings.in_process:
        from wrappers.host import serve

        return build_services(settings, in_process_host=serve)
    return build_services(settings)


def create_window(settings: Settings, *, demo: bool = False) -> MainWindow:
    """The whole program inside a running qasync loop; ``await window.shutdown()`` ends it."""
    return Program(settings, demo=demo).window


# --------------------------------------------------------------------------------------------
# As a program


def run(settings: Settings, *, demo: bool = False) -> int:
    """Open the window and stay until it is closed; the exit code."""
    problem = obstacle()
    if problem is not None:
        sys.stderr.write(f"parley: {problem}\n")
        return 1
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Parley")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("parley")
    install_translation(app)
    app.setQuitOnLastWindowClosed(False)  # the end takes a moment: children are told to leave
    with qasync.QEventLoop(app) as loop:
        loop.set_exception_handler(_log_loop_fault)
        loop.run_until_complete(_stay(settings, demo=demo))
    return 0


async def _stay(settings: Settings, *, demo: bool) -> None:
    """From the window's opening to its end."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    window = create_window(settings, demo=demo)
    window.closing.connect(over.set)
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, over.set)
    window.show()
    try:
        await over.wait()
    finally:
        await window.shutdown()


def _log_loop_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    error = context.get("exception")
    _log.error(
        "%s",
        context.get("message", "A callback failed"),
        exc_info=error if isinstance(error, BaseException) else None,
    )
