"""What happens in the Prompt pane: the text goes to the current model, which writes on in it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing

from msgspec import Struct, field
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.call_code import Call
from app.domain.prompt_page import Completion
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.signal import Signal
from app.services.traces import Place
from app.ui import wording
from app.ui.coalesce import Coalescer
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters import chat_views
from app.ui.presenters.answering import EnsureReady
from app.ui.presenters.chat_presenter import ShowLog
from app.ui.presenters.chat_views import Pace
from app.ui.presenters.prompt_counter import PromptCounter
from app.ui.presenters.prompt_sheet import Sheet
from app.ui.presenters.prompt_templates import PromptTemplates
from app.ui.presenters.talk import new_id, now_ms
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.views import BandView
from wrappers.contract import Failed, Message, Sampling


class _Run(Struct):
    """A generation on its way."""

    sheet: Sheet
    """What it writes on in, whichever is shown."""
    id: str
    prompt: str
    answer: Answer
    pace: Pace
    created_ms: int = field(default_factory=now_ms)
    task: asyncio.Task[None] | None = None
    engine: Engine | None = None
    """Known once it is asked."""

    @property
    def completion(self) -> Completion:
        """As far as it has come."""
        return Completion(self.id, self.prompt, self.answer, self.created_ms)


class PromptPresenter:
    """Keeps the pane up to date with the current model and with what it writes.

    One prompt is shown, its `sheet`, and a model may write in another one.

    Signals: `context_changed` tells the context's use;
    `model_wanted` says that the user is to choose a model first;
    `changed` says that a generation began or ended, or another sheet is shown.
    """

    def __init__(
        self,
        services: Services,
        pane: PromptPane,
        tasks: Tasks,
        *,
        ensure_ready: EnsureReady,
        show_log: ShowLog,
        sampling: Callable[[], Sampling] = Sampling,
        through_predict: Callable[[], bool] = lambda: False,
        conversation: Callable[[], tuple[Message, ...]] = tuple,
    ) -> None:
        """`conversation` gives the messages that "From conversation" renders."""
        self.changed: Signal[()] = Signal()
        self.model_wanted: Signal[()] = Signal()
        self._services = services
        self._pane = pane
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._show_log = show_log
        self._sampling = sampling
        self._through_predict = through_predict
        self._run: _Run | None = None
        self._sheet = Sheet(pane.editor)
        self._templates = PromptTemplates(
            pane,
            tasks,
            ensure_ready=ensure_ready,
            conversation=conversation,
            tell=self._tell,
        )
        self._frames = Coalescer(self._draw_run)
        self._counter = PromptCounter(services.sessions, pane, tasks)
        self.context_changed = self._counter.context_changed
        self._unfollow = services.sessions.changed.connect(self._session_changed)

        pane.generate_requested.connect(self.generate)
        pane.continue_requested.connect(self.generate)
        pane.regenerate_requested.connect(self.regenerate)
        pane.undo_requested.connect(self.undo)
        pane.stop_requested.connect(self.stop)
        pane.log_requested.connect(self._open_log)
        pane.reload_requested.connect(self._reload)
        pane.prompt_changed.connect(self._prompt_changed)
        self._draw()

    @property
    def sheet(self) -> Sheet:
        """The one that is shown."""
        return self._sheet

    @property
    def running(self) -> tuple[Sheet, Completion] | None:
        """What a model writes now, as far as it has come, and where."""
        run = self._run
        return None if run is None else (run.sheet, run.completion)

    @property
    def is_generating(self) -> bool:
        return self._run is not None

    @property
    def _is_here(self) -> bool:
        """Whether a model writes in the sheet that is shown."""
        return self._run is not None and self._run.sheet is self._sheet

    @property
    def is_streaming(self) -> bool:
        """Whether the model is writing right now."""
        return self._run is not None and self._run.answer.state is AnswerState.STREAMING

    def call(self) -> Call | None:
        """What was asked last, or would be asked now; ``None`` where there is no prompt."""
        sheet = self._sheet
        prompt = sheet.editor.prompt() if sheet.last is None else sheet.asked
        return Call(prompt=prompt) if prompt else None

    def close(self) -> None:
        """Listen no more. Tasks are ended by whoever owns `Tasks`."""
        self._unfollow()
        self._counter.close()
        self._frames.flush()

    def show(self, sheet: Sheet) -> None:
        """Show another one; a generation goes on in its own."""
        self._sheet = sheet
        self._pane.show_editor(sheet.editor)
        self._draw()
        self.changed.emit()

    # -- what the user does

    def generate(self) -> None:
        """Let the current model write on from the end of the text."""
        if self._run is not None or not self._may_ask():
            return
        sheet = self._sheet
        prompt = sheet.editor.prompt()
        if not prompt.strip():
            self._pane.show_hint(tr("The prompt is empty. Write something, or insert a template."))
            return
        engine = self._services.sessions.current
        through_predict = self._through_predict()
        answer = Answer(model="", through_predict=through_predict)
        if engine is not None:
            answer = replace(answer, model=engine.name, options=engine.options)
        run = _Run(sheet, new_id(), prompt, answer, Pace(started=time.monotonic()))
        self._run = run
        sheet.last, sheet.failure = None, None
        sheet.editor.begin_generation()
        self._draw()
        self.changed.emit()
        run.task = self._tasks.start(
            self._carry_out(run, self._sampling(), through_predict=through_predict),
            "complete the prompt",
        )
        # Not in the task itself: one that is cancelled before its first step runs nothing.
        run.task.add_done_callback(lambda _: self._end(run))

    def regenerate(self) -> None:
        """Take the last generation back and ask again; it stays a version of what comes."""
        if self._run is None and self._may_ask() and self._sheet.editor.take_back():
            self.generate()

    def undo(self) -> None:
        """Take the last generation back."""
        if not self._is_here:
            self._sheet.editor.take_back()

    def stop(self) -> None:
        """End the running generation, or the load that goes on; what was written stays."""
        run = self._run
        if run is None or run.engine is None:
            self._services.sessions.cancel_load()
        if run is None or run.task is None:
            return
        if run.engine is not None and run.answer.state is not AnswerState.QUEUED:
            run.engine.stop()
        else:
            # It waits for a load, or for its turn: what runs there is somebody else's.
            run.task.cancel()

    # -- a generation on its way

    async def _carry_out(self, run: _Run, sampling: Sampling, *, through_predict: bool) -> None:
        wanted = self._services.sessions.current  # another may be chosen while it loads
        try:
            engine = await self._ensure_ready()
            if engine is None:
                self._was_not_loaded(run, wanted)
                return
            run.engine = engine
            states = self._services.prompt.complete(
                engine,
                run.prompt,
                sampling,
                through_predict=through_predict,
                place=Place("prompt"),
            )
            async with aclosing(states):
                async for answer in states:
                    run.answer = answer
                    run.pace.follow(answer, time.monotonic())
                    self._frames.request()
        except ServiceError as error:
            self._fail(run, error.failed)

    def _was_not_loaded(self, run: _Run, engine: Engine | None) -> None:
        if engine is not None and engine.state is EngineState.FAILED and engine.failure is not None:
            self._fail(run, engine.failure)

    def _fail(self, run: _Run, failure: Failed) -> None:
        state = AnswerState.STOPPED if failure.kind == "cancelled" else AnswerState.FAILED
        run.answer = replace(run.answer, state=state, failure=failure)

    def _end(self, run: _Run) -> None:
        self._frames.stop()
        sheet = run.sheet
        sheet.editor.show_completion(run.answer.text)
        sheet.editor.end_generation()
        self._run = None
        answer = run.answer
        if not answer.state.is_final:
            answer = replace(answer, state=AnswerState.STOPPED)
        if answer.state is AnswerState.FAILED:
            sheet.failure = answer.failure
        if answer.text:
            sheet.completions.append(replace(run.completion, answer=answer))
            sheet.chosen = run.id
        if run.engine is not None:
            sheet.log_path = run.engine.log_path
            if answer.text or answer.stop_reason is not None:
                sheet.last, sheet.asked = answer, run.prompt
        self._draw()
        self.changed.emit()
        self._counter.request()

    # -- drawing

    def _session_changed(self) -> None:
        engine = self._services.sessions.current
        if self._run is None and engine is not None and engine.state is EngineState.LOADING:
            self._sheet.failure = None
        self._draw()
        self._counter.request()

    def _prompt_changed(self) -> None:
        if self._is_here:
            return
        sheet = self._sheet
        versions = sheet.versions()
        if versions.shown is not None:
            shown = versions.all[versions.shown]
            sheet.last, sheet.asked = shown.answer, shown.prompt
        elif sheet.last is not None and not sheet.editor.can_take_back:
            sheet.last = None
        self._draw_usage()

    def _draw(self) -> None:
        engine = self._services.sessions.current
        capabilities = None if engine is None else engine.capabilities
        self._pane.editor.set_special_tokens(capabilities.special_tokens if capabilities else ())
        self._pane.set_templates(self._templates.entries(engine))
        reason = self._refusal(engine)
        self._pane.set_can_generate(not reason, reason)
        self._pane.set_running(self._is_here)
        self._pane.show_band(self._band(engine))
        self._draw_usage()
        if self._is_here:
            self._draw_run()
        else:
            self._pane.show_activity(None if engine is None else chat_views.load_activity(engine))

    def _draw_run(self) -> None:
        """What changes many times a second."""
        run = self._run
        if run is None:
            return
        run.sheet.editor.show_completion(run.answer.text)
        if not self._is_here:
            return
        engine = run.engine or self._services.sessions.current
        loading = None
        if run.engine is None and engine is not None:
            loading = chat_views.load_activity(engine)
        self._pane.show_activity(
            loading or chat_views.answer_activity(run.answer, run.pace, engine)
        )
        self._counter.show_running(run.answer)

    def _draw_usage(self) -> None:
        answer = self._sheet.last
        if answer is None:
            reason = self._refusal(self._services.sessions.current)
            self._pane.show_usage(reason)
            return
        line = wording.usage_line(answer)
        engine = self._services.sessions.current
        if engine is None or engine.called != answer.called:
            line = wording.SEPARATOR.join(
                [wording.version_label(answer.model, answer.options), line]
            )
        self._pane.show_usage(line)

    def _band(self, engine: Engine | None) -> BandView | None:
        failure, last = self._sheet.failure, self._sheet.last
        if failure is None:
            return None
        can_reload = engine is not None and not engine.is_loaded
        kept = last is not None and bool(last.text)
        return chat_views.band_view(failure, kept=kept, can_reload=can_reload)

    # -- the rest

    def _may_ask(self) -> bool:
        engine = self._services.sessions.current
        if engine is None:
            self._pane.show_hint(tr("Choose a model in the registry first."))
            self.model_wanted.emit()
            return False
        if reason := self._refusal(engine):
            self._pane.show_hint(reason)
            return False
        return True

    def _refusal(self, engine: Engine | None) -> str:
        """Why nothing can be asked now; empty where it can."""
        if self._run is not None and not self._is_here:
            return tr("A model writes in another prompt. Stop it, or wait for its end.")
        return _refusal(engine)

    def _tell(self, failure: Failed | None) -> None:
        self._sheet.failure = failure
        self._draw()

    def _open_log(self) -> None:
        sheet = self._sheet
        detail = "" if sheet.failure is None else sheet.failure.detail
        self._show_log(tr("Log of the model"), sheet.log_path, detail)

    def _reload(self) -> None:
        self._sheet.failure = None
        self._tasks.start(self._load(), "reload the model")

    async def _load(self) -> None:
        try:
            await self._ensure_ready()
        except ServiceError as error:
            if error.failed.kind != "cancelled":
                self._sheet.failure = error.failed
        self._draw()


def _refusal(engine: Engine | None) -> str:
    """Why the model cannot be sent a prompt; empty where it can, or where it is not known yet."""
    if engine is None:
        return ""
    capabilities = engine.capabilities
    if capabilities is not None:
        takes_prompt = "template" in capabilities.accepts
    else:
        version = engine.version
        takes_prompt = version.mode != "messages" or version.wrapper != "pyfunc"
    return "" if takes_prompt else tr("This model takes messages only. Use it in Chat.")
