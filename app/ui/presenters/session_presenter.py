"""The current model: what the header shows of it, and the way to have it loaded."""

import asyncio
import time
from collections.abc import Callable

from msgspec.structs import replace

from app.domain.load_choice import LoadChoice
from app.services.engines import Engine, EnginePool, EngineState
from app.services.errors import ServiceError
from app.services.sessions import Sessions
from app.ui.dialogs.opener import Dialogs
from app.ui.panes.header import ModelHeader
from app.ui.presenters.header_views import EngineFacts, header_view, nothing_chosen
from app.ui.presenters.load_asking import LoadAsking
from app.ui.tasks import Tasks
from wrappers.contract import Failed, LoadOptions


class SessionPresenter:
    """Joins `Sessions` to the header, and asks the user what a load needs to know."""

    def __init__(
        self,
        sessions: Sessions,
        pool: EnginePool,
        header: ModelHeader,
        dialogs: Dialogs,
        tasks: Tasks,
    ) -> None:
        self._sessions = sessions
        self._asking = LoadAsking(sessions, pool, dialogs)
        self._header = header
        self._dialogs = dialogs
        self._tasks = tasks
        self._loads: dict[Engine, asyncio.Task[None]] = {}
        self._begun: dict[Engine, float] = {}
        self._problems: dict[Engine, Failed] = {}
        header.load_requested.connect(self.load)
        header.unload_requested.connect(self.unload)
        header.cancel_requested.connect(self.cancel)
        header.log_requested.connect(self.show_log)
        header.options_chosen.connect(self.choose)
        self._disconnect: Callable[[], None] = sessions.changed.connect(self._show)
        self._show()

    def close(self) -> None:
        """Listen no more."""
        self._disconnect()

    # ----------------------------------------------------------------------------------------
    # What the user asks for

    def load(self) -> None:
        """Load the current model, if there is one."""
        self._tasks.start(self._make_ready(), "load the current model")

    def unload(self) -> None:
        self._tasks.start(self._sessions.unload(), "unload the current model")

    def cancel(self) -> None:
        """End the load of the current model, or the questions before it."""
        engine = self._sessions.current
        if engine is None:
            return
        if engine.state is EngineState.LOADING:
            self._sessions.cancel_load()
        elif engine in self._loads:
            self._loads[engine].cancel()

    def choose(self, options: LoadOptions) -> None:
        """Have the current model loaded with `options`: at once where it is loaded, in the place
        of how it was, else when it is loaded next."""
        before = self._sessions.current
        if before is None or before.options == options or not self._can_choose(before):
            return
        self._sessions.choose(options)
        if before.is_loaded:
            self._tasks.start(self._load_instead(before), "load the current model otherwise")

    async def _load_instead(self, before: Engine) -> None:
        await before.unload()  # both at once may not fit
        await self.ensure_ready()

    def _can_choose(self, engine: Engine) -> bool:
        """Not while it is made ready, or writes: that would end what it does."""
        return engine not in self._loads and engine.state not in (
            EngineState.LOADING,
            EngineState.BUSY,
        )

    def show_log(self) -> None:
        """The log of the current model's process."""
        engine = self._sessions.current
        if engine is None:
            return
        problem = self._problems.get(engine) or engine.failure
        work = self._dialogs.show_log(
            engine.name, path=engine.log_path, text="" if problem is None else problem.detail
        )
        self._tasks.start(work, "show a log")

    async def ensure_ready(self) -> Engine | None:
        """The current engine, loaded; the user is asked what has to be asked.

        ``None`` where there is none, the user said no, or the load failed, which the header then
        says. Whoever asks for an engine that is being made ready joins that.
        """
        engine = self._sessions.current
        if engine is None or engine.is_loaded:
            return engine
        if engine not in self._loads:
            task = self._tasks.start(self._load(engine), f"make {engine.name} ready")
            self._loads[engine] = task
            task.add_done_callback(lambda _: self._loads.pop(engine, None))
        await asyncio.wait([self._loads[engine]])
        return engine if engine.is_loaded else None

    async def _make_ready(self) -> None:
        await self.ensure_ready()

    # ----------------------------------------------------------------------------------------
    # Loading

    async def _load(self, engine: Engine) -> None:
        self._problems.pop(engine, None)
        self._begun[engine] = time.monotonic()
        self._show()
        try:
            await self._asking.load(engine, is_wanted=lambda: self._sessions.current is engine)
        except ServiceError as error:
            if error.failed.kind != "cancelled":
                self._problems[engine] = error.failed
        finally:
            self._begun.pop(engine, None)
            self._show()

    # ----------------------------------------------------------------------------------------
    # Showing

    def _show(self) -> None:
        engine = self._sessions.current
        if engine is None:
            self._header.show_view(nothing_chosen())
            return
        if engine.is_loaded:
            self._problems.pop(engine, None)
        problem = self._problems.get(engine)
        if engine.state is EngineState.FAILED:
            problem = None  # the panes tell of what its process did
        self._header.show_view(header_view(self._facts(engine), problem))

    def _facts(self, engine: Engine) -> EngineFacts:
        capabilities = engine.capabilities
        loading = engine.state is EngineState.LOADING
        memory = engine.memory_bytes()
        if memory is None and capabilities is not None:
            memory = capabilities.memory_bytes
        return EngineFacts(
            version=engine.version,
            state=engine.state,
            stage=engine.stage if loading else "",
            since=engine.loading_since if loading else self._begun.get(engine),
            load_s=engine.load_s,
            memory_bytes=memory,
            streams=engine.version.streams if capabilities is None else capabilities.streams,
            waiting=engine.waiting,
            has_log=engine.log_path is not None,
            choice=self._choice(engine),
            asks_hub=engine.is_loaded and engine.asks_hub,
            load_failed=engine.state is EngineState.FAILED and engine.load_s is None,
        )

    def _choice(self, engine: Engine) -> LoadChoice | None:
        choice = self._sessions.choice(engine)
        return replace(choice, can_change=self._can_choose(engine)) if choice.taken else None
