"""The only module that wires everything together: services, presenters, widgets, window."""

import asyncio
import logging
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app import __version__
from app.domain.call_code import Call
from app.domain.context_use import ContextUse
from app.infra.logs import log_to, stop_logging
from app.infra.preferences import TomlPreferences
from app.infra.program import build_services
from app.infra.settings import Settings
from app.later import Later
from app.services.catalog import CatalogState
from app.services.ports import PreferenceStore
from app.services.program import Services
from app.ui.actions import Actions
from app.ui.dialogs.opener import Dialogs
from app.ui.frame import Frame
from app.ui.garbage import GarbageCollector
from app.ui.main_window import MainWindow
from app.ui.panes.chat_pane import ChatPane
from app.ui.panes.inspector import Inspector
from app.ui.presenters.answer_actions import AnswerActions
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.compare_actions import add_compare_actions
from app.ui.presenters.conversation_search_presenter import ConversationSearchPresenter
from app.ui.presenters.conversations_presenter import ConversationsPresenter
from app.ui.presenters.drafts_presenter import DraftsPresenter
from app.ui.presenters.feedback_presenter import FeedbackPresenter
from app.ui.presenters.inspector_presenter import InspectorPresenter
from app.ui.presenters.jobs_presenter import JobsPresenter
from app.ui.presenters.palette_presenter import PalettePresenter
from app.ui.presenters.presets_presenter import PresetsPresenter
from app.ui.presenters.registry_presenter import RegistryPresenter
from app.ui.presenters.send_to_prompt import SendToPrompt
from app.ui.presenters.session_presenter import SessionPresenter
from app.ui.presenters.sets_actions import add_sets_actions
from app.ui.presenters.stage_actions import add_stage_actions
from app.ui.presenters.stage_presenter import StagePresenter
from app.ui.presenters.start_presenter import StartPresenter
from app.ui.presenters.traces_presenter import TracesPresenter
from app.ui.presenters.transfers_presenter import TransfersPresenter
from app.ui.presenters.trust_presenter import TrustPresenter
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.presenters.versions_presenter import VersionsPresenter
from app.ui.presenters.window_actions import Parts, add_window_actions
from app.ui.tasks import Tasks

if TYPE_CHECKING:
    from app.ui.presenters.compare_parts import CompareParts
    from app.ui.presenters.compare_presenter import ComparePresenter
    from app.ui.presenters.compare_replay import CompareReplay
    from app.ui.presenters.compare_votes import CompareVotes
    from app.ui.presenters.prompt_parts import PromptParts
    from app.ui.presenters.prompt_presenter import PromptPresenter
    from app.ui.presenters.sets_presenter import SetsPresenter

_log = logging.getLogger(__name__)


class Program:
    """The window, everything behind it, and its end. Make it inside a running qasync loop.

    `window`, `services`, `actions`, `chat`, `prompt` and `compare` are for scripts that drive the
    real thing.
    """

    def __init__(
        self,
        settings: Settings,
        frame: Frame | None = None,
        services: Services | None = None,
        *,
        demo: bool = False,
        at_once: bool = True,
    ) -> None:
        """`frame` is a window that is there already; where it is to answer meanwhile, it is not
        made `at_once`, and `complete` has to be awaited before anything else."""
        frame = frame or Frame(TomlPreferences(settings.resolve().settings_toml))
        self._to_come = self._steps(settings, frame, services, demo=demo)
        if at_once:
            for _ in self._to_come:
                pass

    async def complete(self) -> None:
        """Make what is still to be made, a step in each turn of the loop."""
        for _ in self._to_come:
            await asyncio.sleep(0)

    def _steps(
        self, settings: Settings, frame: Frame, services: Services | None, *, demo: bool
    ) -> Iterator[None]:
        """Each takes about a frame's time."""
        paths = settings.resolve()
        paths.logs.mkdir(parents=True, exist_ok=True)
        self._log_handler = log_to(paths.app_log)
        self._app_log = paths.app_log
        self._frame, self.window, store = frame, frame.window, frame.store
        self._tasks = tasks = Tasks(self._tell_fault)
        self._garbage = GarbageCollector()
        self._garbage.start()
        self._dialogs = dialogs = Dialogs(frame.window)
        self.services = services = services or _services(settings, store)
        self.window.on_shutdown(self._shut_down)
        yield

        yield from frame.complete()
        sidebar = frame.sidebar
        self._undo = UndoPresenter(frame.undo_bar)
        self._session = SessionPresenter(
            services.sessions, services.pool, frame.header, dialogs, tasks
        )
        self._jobs = JobsPresenter(
            services.jobs, dialogs, tasks, models_changed=self._models_changed
        )
        yield

        self._chat_pane = chat_pane = ChatPane()
        self.window.add_page("chat", chat_pane)
        yield

        inspector = Inspector()
        frame.put_inspector(inspector)
        self._inspector = InspectorPresenter(
            services, inspector, tasks, store, last_call=self._last_call
        )
        yield

        self._make_chat(chat_pane)
        yield

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
            start=frame.start,
            strip=frame.strip,
            sidebar=sidebar,
            refresh=self._registry.refresh,
            show_start=self.window.show_start,
            remember=self._remember_registry,
            own_registry=own_registry,
            is_reading=lambda: self.chat.conversation.leaf is not None,
        )
        self.chat.changed.connect(self._start.look_at_conversation)
        services.catalog.changed.connect(self._registry_answers)
        named = None if paths.is_own_registry else paths.tracking_uri
        self._start.open(named or store.load().tracking_uri)
        yield

        self._make_around_chat(chat_pane)
        self._prompt_parts = Later(self._make_prompt)
        self._compare_parts = Later(self._make_compare)
        self.window.add_later("prompt", self._prompt_parts)
        self.window.add_later("compare", self._compare_parts)
        self.stage = StagePresenter(
            self.window,
            frame.appearance,
            is_running=self._is_shown_running,
            stop=lambda: self.actions.run("stop"),
            hint=self._hint,
        )
        self._connect_contexts()
        self._connect_menu()
        yield

        self.actions = self._bind_keys(chat_pane, inspector)
        if demo:
            self._jobs.make_demo()

    def _make_chat(self, pane: ChatPane) -> None:
        services, tasks = self.services, self._tasks
        self.chat = ChatPresenter(
            services,
            pane,
            tasks,
            ensure_ready=self._session.ensure_ready,
            show_log=self._show_log,
            sampling=self._inspector.sampling,
            through_predict=self._inspector.through_predict,
            offer_undo=self._undo.offer,
        )
        self._conversations = ConversationsPresenter(
            services.conversations,
            self.chat,
            self._frame.sidebar,
            DraftsPresenter(services.conversations, self.chat, pane.composer),
            tasks,
            tell=self._jobs.tell,
            offer_undo=self._undo.offer,
        )
        self._conversation_search = ConversationSearchPresenter(
            services.conversations,
            self._frame.sidebar,
            tasks,
            open_at=self._open_at,
            tell=self._jobs.tell,
        )

    def _make_around_chat(self, pane: ChatPane) -> None:
        """What can be done with messages, and what is told of them."""
        services, dialogs, tasks = self.services, self._dialogs, self._tasks
        sidebar = self._frame.sidebar
        self._answers = AnswerActions(services, self.chat, pane.composer, dialogs, tasks)
        SendToPrompt(
            self.chat,
            lambda: self._prompt_parts().sheets,
            show_page=lambda: self.window.show_page("prompt"),
        )
        self._traces = TracesPresenter(services.traces, services.catalog, sidebar, self._jobs)
        self._trust = TrustPresenter(
            services.trust,
            services.sessions,
            sidebar.settings,
            dialogs,
            tasks,
            tell=self._jobs.tell,
            say=pane.composer.show_done,
        )
        self._feedback = FeedbackPresenter(
            self.chat, services.traces, dialogs, tasks, hint=pane.composer.show_hint
        )
        self._presets = PresetsPresenter(
            services.presets,
            services.catalog,
            pane.composer,
            self.chat,
            self._inspector,
            dialogs,
            self._undo,
            tasks,
            tell=self._jobs.tell,
        )
        self._versions = VersionsPresenter(
            self.chat,
            pane,
            services.conversations,
            self._undo,
            tasks,
            tell=self._jobs.tell,
        )
        self._transfers = TransfersPresenter(
            services.transfers,
            self._frame.transfer_strip,
            dialogs,
            tasks,
            conversation=lambda: self.chat.conversation,
            name_of=self._conversations.name_of,
            refresh=self._conversations.refresh,
        )

    # -- what is made when it is first shown, or asked for

    def _make_prompt(self) -> "PromptParts":
        from app.ui.presenters.prompt_parts import PromptParts

        parts = PromptParts(
            self.services,
            self._undo,
            self._tasks,
            ensure_ready=self._session.ensure_ready,
            show_log=self._show_log,
            sampling=self._inspector.sampling,
            through_predict=self._inspector.through_predict,
            conversation=self.chat.messages,
        )
        self.window.add_page("prompt", parts.pane)
        parts.prompt.context_changed.connect(lambda use: self._note_context("prompt", use))
        parts.prompt.model_wanted.connect(self._frame.sidebar.registry.focus_first)
        parts.sheets.compare_requested.connect(self._compare_prompt)
        return parts

    def _make_compare(self) -> "CompareParts":
        from app.ui.presenters.compare_parts import CompareParts

        parts = CompareParts(
            self.services,
            self._frame.report_strip,
            self._frame.run_bar,
            self._dialogs,
            self._undo,
            self._tasks,
            window=self.window,
            show_log=self._show_log,
            tell=self._jobs.tell,
            is_busy=self._is_any_running,
        )
        self.window.add_page("compare", parts.pane, header=parts.pane.header)
        return parts

    @property
    def prompt(self) -> "PromptPresenter":
        return self._prompt_parts().prompt

    @property
    def compare(self) -> "ComparePresenter":
        return self._compare_parts().compare

    @property
    def sets(self) -> "SetsPresenter":
        return self._compare_parts().sets

    @property
    def votes(self) -> "CompareVotes":
        return self._compare_parts().votes

    @property
    def replay(self) -> "CompareReplay":
        return self._compare_parts().replay

    # -- between the panes

    def _connect_contexts(self) -> None:
        """The meter shows the pane that is shown."""
        self._contexts = {"chat": ContextUse(), "prompt": ContextUse()}
        self.chat.context_changed.connect(lambda use: self._note_context("chat", use))
        self.window.page_chosen.connect(self._show_context)
        self.chat.model_wanted.connect(self._frame.sidebar.registry.focus_first)

    def _show_context(self, page: str) -> None:
        if page in self._contexts:
            self._inspector.show_context(self._contexts[page])

    def _note_context(self, page: str, use: ContextUse) -> None:
        self._contexts[page] = use
        if self.window.page == page:
            self._show_context(page)

    def _compare_prompt(self, prompt: str) -> None:
        self.window.show_page("compare")
        self.compare.compare_prompt(prompt)

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

    def _is_any_running(self) -> bool:
        prompt, comparison = self._prompt_parts.made, self.services.comparison.made
        return (
            self.chat.is_answering
            or (prompt is not None and prompt.prompt.is_generating)
            or (comparison is not None and comparison.comparing.is_running)
        )

    def _is_shown_running(self) -> bool:
        """Whether the pane that is shown has something to stop."""
        match self.window.page:
            case "chat":
                return self.chat.is_answering
            case "prompt":
                return self.prompt.is_generating
            case "compare":
                return self.compare.is_running or self.compare.slots.is_loading
        return False

    def _hint(self, text: str) -> None:
        match self.window.page:
            case "chat":
                self._chat_pane.composer.show_done(text)
            case "compare":
                self._compare_parts().pane.composer.show_done(text)

    # -- menu and keys

    def _connect_menu(self) -> None:
        menu = self._frame.sidebar.settings
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
            sidebar=self._frame.sidebar,
            chat_pane=chat_pane,
            inspector_pane=inspector,
            sessions=services.sessions,
            session=self._session,
            chat=self.chat,
            prompt=self._prompt_parts,
            compare=self._compare_parts,
            conversations=self._conversations,
            inspector=self._inspector,
            transfers=self._transfers,
            appearance=self._frame.appearance,
            undo=self._undo,
            load_or_cancel=self._load_or_cancel,
            switch_hub=self._trust.switch_hub,
        )
        add_window_actions(actions, parts, open_palette=palette.open)
        add_compare_actions(actions, self.window, self._compare_parts, services.sessions)
        add_sets_actions(actions, self.window, self._compare_parts)
        add_stage_actions(actions, self.window, self._compare_parts, self.stage)
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
        self.stage.leave()
        self._frame.appearance.keep_layout()
        for parts in (self._prompt_parts.made, self._compare_parts.made):
            if parts is not None:
                parts.close()
        for presenter in (
            self.chat,
            self._conversation_search,
            # After what may still be said there.
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


def _services(settings: Settings, preferences: PreferenceStore) -> Services:
    if settings.in_process:
        from wrappers.host import serve

        return build_services(settings, preferences, in_process_host=serve)
    return build_services(settings, preferences)


def create_window(settings: Settings, *, demo: bool = False) -> MainWindow:
    """The whole program inside a running qasync loop; ``await window.shutdown()`` ends it."""
    return Program(settings, demo=demo).window
