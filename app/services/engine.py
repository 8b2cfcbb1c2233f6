"""One loaded model: it is loaded, asked, stopped, ended, and loaded again after its death."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from enum import StrEnum
from pathlib import Path

from app.domain.load_choice import name_as_loaded
from app.domain.model_names import title
from app.services.asking import ask, take_note
from app.services.errors import ServiceError
from app.services.fitting import fit, refuse_empty
from app.services.ports import Child, Launcher
from app.services.run import Run
from app.services.signal import Signal
from app.services.turns import Turns
from wrappers.contract import (
    AnyEvent,
    AnyRequest,
    Capabilities,
    Counted,
    CountTokens,
    Decoded,
    DecodeTokens,
    Event,
    Failed,
    Fetched,
    Generate,
    Load,
    Loaded,
    LoadOptions,
    LoadProgress,
    Message,
    ModelCard,
    ModelVersion,
    NextTokens,
    NextTokensFound,
    Rendered,
    RenderTemplate,
    Sampling,
    Token,
    Tokenize,
    Tokenized,
)

Fetch = Callable[[ModelVersion, Callable[[str], None]], Awaitable[Fetched]]
"""Makes a version a local folder, telling each stage of that."""

Admit = Callable[[ModelCard], bool | None]
"""Whether a model's process may ask the hub. Raises `ServiceError` for a model whose code nobody
has agreed to run."""

PROCESS_GRACE_S = 2.0
"""How long an answer that cannot be stopped may go on before its process is ended."""

STEP_GRACE_S = 30.0
"""The same for a model that stops at its next step, which may be a slow one: a prefill chunk."""


class EngineState(StrEnum):
    STOPPED = "stopped"
    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    FAILED = "failed"
    """The last load failed, or its process died; `Engine.failure` says why."""


class Engine:
    """A model version with its load options; owns at most one child. Use it from the loop."""

    def __init__(
        self,
        version: ModelVersion,
        options: LoadOptions,
        *,
        launcher: Launcher,
        fetch: Fetch,
        admit: Admit,
    ) -> None:
        self.version = version
        self.options = options
        self.state = EngineState.STOPPED
        self.stage = ""
        self.loading_since: float | None = None
        """`time.monotonic` at the load's begin, while it loads."""
        self.load_s: float | None = None
        self.capabilities: Capabilities | None = None
        """As its last load told them."""
        self.card: ModelCard | None = None
        self.asks_hub = False
        """Whether its process may ask the Hugging Face hub, as it was loaded last."""
        self.failure: Failed | None = None
        self.log_path: Path | None = None
        """Of the child that runs, or else ran last."""
        self.changed: Signal[()] = Signal()

        self._launcher = launcher
        self._fetch = fetch
        self._admit = admit
        self._child: Child | None = None
        self._load_task: asyncio.Task[Capabilities] | None = None
        self._load_listeners: set[asyncio.Queue[LoadProgress | None]] = set()
        self._turns = Turns(self.changed.emit)
        self._run: Run | None = None
        self._unloads = 0

    @property
    def name(self) -> str:
        """Such as ``demo-onnx/1``."""
        return title(self.version)

    @property
    def called(self) -> str:
        """`name`, and how it is loaded where that is not as it was logged: tells two engines of
        one version apart."""
        return name_as_loaded(self.name, self.options)

    @property
    def is_loaded(self) -> bool:
        return self.state in (EngineState.READY, EngineState.BUSY)

    @property
    def pid(self) -> int | None:
        """Of its process, while it has one."""
        return None if self._child is None else self._child.pid

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return self._turns.waiting

    @property
    def is_stopping(self) -> bool:
        """Whether the running request was asked to end, and has not yet."""
        return self._run is not None and self._run.is_stopping

    def memory_bytes(self) -> int | None:
        """Resident memory of its process now."""
        return None if self._child is None else self._child.memory_bytes()

    # -- loading

    async def load(self) -> Capabilities:
        """Load it, or join the load that runs. Raises `ServiceError`."""
        if self.is_loaded and self.capabilities is not None:
            return self.capabilities
        return await self._join(self._begin_load())

    def cancel_load(self) -> None:
        """End a running load, process and all; who awaits it gets a `ServiceError`."""
        if self._load_task is not None:
            self._load_task.cancel()

    async def unload(self) -> None:
        """End the process. A running answer keeps its text; waiting requests are turned away."""
        self._unloads += 1
        if self._load_task is not None:
            self._load_task.cancel()
            await asyncio.wait([self._load_task])
        child, self._child = self._child, None
        if child is not None:
            await child.close()
        self.failure = None
        self._become(EngineState.STOPPED)

    def _begin_load(self) -> asyncio.Task[Capabilities]:
        if self._load_task is None:
            self._load_task = asyncio.create_task(self._load(), name=f"load {self.name}")
            self._load_task.add_done_callback(self._load_ended)
        return self._load_task

    async def _join(self, task: asyncio.Task[Capabilities]) -> Capabilities:
        """The end of the load, which goes on when the caller is cancelled."""
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise
            raise self._was_cancelled() from None  # before its first step

    def _was_cancelled(self) -> ServiceError:
        return ServiceError.of("cancelled", f"Loading {self.name} was cancelled.")

    def _load_ended(self, task: asyncio.Task[Capabilities]) -> None:
        self._load_task = None
        take_note(task)
        for listener in self._load_listeners:
            listener.put_nowait(None)

    async def _load(self) -> Capabilities:
        self.failure = None
        self.load_s = None
        self.loading_since = time.monotonic()
        child: Child | None = None
        try:
            self._report("Finding its files")
            fetched = await self._fetch(self.version, self._report)
            self.card = fetched.card
            self.asks_hub = bool(self._admit(fetched.card))
            self._report("Starting its process")
            child = await self._launcher.launch("model", self.name, hub=self.asks_hub)
            self.log_path = child.log_path
            trust = fetched.card.trust
            request = Load(
                id=0,
                model_dir=fetched.model_dir,
                options=self.options,
                fingerprint=trust.fingerprint,
                may_run_code=trust.runs_code,
            )
            loaded = await ask(child, request, Loaded, self._relay)
            if not child.alive:
                raise ServiceError.of("died", "The model's process ended right after its load.")
        except BaseException as error:
            if child is not None:
                child.kill()
                await child.close()
            if isinstance(error, ServiceError) and error.failed.kind != "cancelled":
                self.failure = error.failed
                self._become(EngineState.FAILED)
                raise
            self._become(EngineState.STOPPED)
            if isinstance(error, asyncio.CancelledError):
                raise self._was_cancelled() from None
            raise
        self._child = child
        child.ended.connect(self._child_ended)
        self.capabilities = loaded.capabilities
        self.load_s = loaded.load_s
        self._become(EngineState.READY)
        return loaded.capabilities

    def _relay(self, event: AnyEvent) -> None:
        if isinstance(event, LoadProgress):
            self._report(event.stage)

    def _report(self, stage: str) -> None:
        self.stage = stage
        self.state = EngineState.LOADING
        for listener in self._load_listeners:
            listener.put_nowait(self._progress())
        self.changed.emit()

    def _progress(self) -> LoadProgress:
        since = self.loading_since
        elapsed = 0.0 if since is None else time.monotonic() - since
        return LoadProgress(stage=self.stage, elapsed_s=elapsed)

    def _child_ended(self, failed: Failed) -> None:
        """The process is gone and nobody here asked for it, but maybe for its kill."""
        self._child = None
        if failed.kind == "cancelled":
            self._become(EngineState.STOPPED)
        else:
            self.failure = failed
            self._become(EngineState.FAILED)

    def _become(self, state: EngineState) -> None:
        self.state = state
        if state is not EngineState.LOADING:
            self.stage = ""
            self.loading_since = None
        self.changed.emit()

    # -- asking

    async def generate(self, request: Generate) -> AsyncGenerator[list[AnyEvent], None]:
        """The events of an answer, in batches; the last ends with `Finished` or `Failed`.

        One request at a time, in the order they came. Loads the model first where it is not.
        Close the iterator early (`aclosing`) and the engine's work for it is stopped as well.
        """
        unloads = self._unloads
        try:
            refuse_empty(request)
        except ServiceError as error:
            yield [error.failed]
            return
        async with self._turns.next():
            try:
                self._refuse_after_unload(unloads)
                async with aclosing(self._while_loading()) as stages:
                    async for progress in stages:
                        yield [progress]
                child, capabilities = self._loaded()
                fitted = fit(request, capabilities)
            except ServiceError as error:
                yield [error.failed]
                return
            async with aclosing(self._carry_out(fitted, child, capabilities)) as batches:
                async for batch in batches:
                    yield batch

    def stop(self) -> None:
        """End the running request at its next step, and keep its text.

        What has not ended after a grace is ended with its process, which is then loaded again; so
        is what has not ended after a moment, where it is to be stopped once more.
        A load that the running request waits for is cancelled.
        """
        if self._run is not None:
            self._run.stop(PROCESS_GRACE_S)
            self.changed.emit()
        else:
            self.cancel_load()

    async def next_tokens(
        self,
        *,
        messages: tuple[Message, ...] | None = None,
        prompt: str | None = None,
        continuation: tuple[int, ...] = (),
        sampling: Sampling = Sampling(),
        count: int = 20,
        also: tuple[int, ...] = (),
    ) -> NextTokensFound:
        """What could come next; see `NextTokens`. Waits for its turn like an answer, and is
        stopped like one, but loads nothing.

        Raises `ServiceError`, of kind ``cancelled`` where it is stopped.
        """
        request = NextTokens(
            id=0,
            messages=messages,
            prompt=prompt,
            continuation=continuation,
            sampling=sampling,
            count=count,
            also=also,
        )
        refuse_empty(request)
        unloads = self._unloads
        async with self._turns.next():
            self._refuse_after_unload(unloads)
            child, capabilities = self._loaded()
            fitted = fit(request, capabilities)
            async with aclosing(self._carry_out(fitted, child, capabilities)) as batches:
                events = [event async for batch in batches for event in batch]
        match events[-1]:
            case NextTokensFound() as found:
                return found
            case Failed() as failed:
                raise ServiceError(failed)
            case other:
                raise AssertionError(f"{type(other).__name__} closes no question of this kind")

    async def count(
        self, text: str | None = None, messages: tuple[Message, ...] | None = None
    ) -> int | None:
        """Tokens of `text`, or of `messages` once rendered; ``None`` where nobody can tell."""
        counted = await self._told(CountTokens(id=0, text=text, messages=messages), Counted)
        return None if counted is None else counted.tokens

    async def decode(self, token_ids: tuple[int, ...]) -> tuple[str, ...] | None:
        """What each token stands for; ``None`` where nobody can tell."""
        decoded = await self._told(DecodeTokens(id=0, token_ids=token_ids), Decoded)
        return None if decoded is None else decoded.texts

    async def tokenize(self, text: str) -> tuple[Token, ...] | None:
        """The tokens of `text`; ``None`` where nobody can tell."""
        tokenized = await self._told(Tokenize(id=0, text=text), Tokenized)
        return None if tokenized is None else tokenized.tokens

    async def render(self, messages: tuple[Message, ...]) -> str:
        """The prompt that the model's own template makes. Raises `ServiceError`."""
        child, _ = self._loaded()
        return (await ask(child, RenderTemplate(id=0, messages=messages), Rendered)).prompt

    async def _told[E: Event](self, question: AnyRequest, expected: type[E]) -> E | None:
        """The answer to a small question; ``None`` where there is none."""
        if self._child is None:
            return None
        try:
            return await ask(self._child, question, expected)
        except ServiceError:
            return None

    def _refuse_after_unload(self, unloads: int) -> None:
        """Raises `ServiceError` where it was unloaded since `unloads` was read."""
        if unloads != self._unloads:
            raise ServiceError.of("cancelled", f"{self.name} was unloaded meanwhile.")

    def _loaded(self) -> tuple[Child, Capabilities]:
        if self._child is None or self.capabilities is None:
            raise ServiceError.of("usage", f"{self.name} is not loaded.", "Load it first.")
        return self._child, self.capabilities

    async def _while_loading(self) -> AsyncGenerator[LoadProgress, None]:
        """The stages of the load, run or joined. Raises `ServiceError` where it fails."""
        if self.is_loaded:
            return
        stages: asyncio.Queue[LoadProgress | None] = asyncio.Queue()
        self._load_listeners.add(stages)
        try:
            task = self._begin_load()
            if self.state is EngineState.LOADING:
                yield self._progress()
            while (progress := await stages.get()) is not None:
                yield progress
        finally:
            self._load_listeners.discard(stages)
        await self._join(task)

    async def _carry_out(
        self, request: Generate | NextTokens, child: Child, capabilities: Capabilities
    ) -> AsyncGenerator[list[AnyEvent], None]:
        through_predict = isinstance(request, Generate) and request.through_predict
        unstoppable = capabilities.stop == "process" or through_predict
        grace_s = PROCESS_GRACE_S if unstoppable else STEP_GRACE_S
        unloads = self._unloads
        run = self._run = Run(child, request, grace_s=grace_s, load_s=self.load_s)
        self._become(EngineState.BUSY)
        try:
            async for batch in run.batches():
                yield batch
        finally:
            try:
                await run.end()
            finally:
                self._run = None
                if self._child is child:
                    self._become(EngineState.READY)
                elif run.was_killed and unloads == self._unloads:
                    self._begin_load()
