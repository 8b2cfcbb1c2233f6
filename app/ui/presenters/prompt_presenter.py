"""What happens in the Prompt pane: the text goes to the current model, which writes on in it."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from app.domain.answer import Answer, AnswerState
from app.domain.call_code import Call
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.signal import Signal
from app.services.traces import Place
from app.ui import wording
from app.ui.coalesce import Coalescer
from app.ui.panes.prompt_pane import PromptPane, TemplateEntry
from app.ui.presenters import chat_views
from app.ui.presenters.answering import EnsureReady
from app.ui.presenters.chat_presenter import ShowLog
from app.ui.presenters.chat_views import Pace
from app.ui.presenters.prompt_counter import PromptCounter
from app.ui.prompt_presets import outlines, presets
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.views import BandView
from wrappers.contract import Failed, Message, Sampling


@dataclass(slots=True)
class _Run:
    """A generation on its way."""

    prompt: str
    answer: Answer
    pace: Pace
    task: asyncio.Task[None] | None = None
    engine: Engine | None = None
    """Known once it is asked."""


class PromptPresenter:
    """Keeps the pane up to date with the current model and with what it writes.

    Signals: `context_changed` tells the context's use;
    `model_wanted` says that the user is to choose a model first.
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
        self.model_wanted: Signal[()] = Signal()
        self._services = services
        self._pane = pane
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._show_log = show_log
        self._sampling = sampling
        self._through_predict = through_predict
        self._conversation = conversation
        self._run: _Run | None = None
        self._last: Answer | None = None
        """The last generation, while its numbers hold."""
        self._asked = ""
        """The prompt that it completed."""
        self._failure: Failed | None = None
        self._log_path: Path | None = None
        self._outlines = {outline.key: outline for outline in outlines()}
        self._presets = {preset.key: preset for preset in presets()}
        self._frames = Coalescer(self._draw_run)
        self._counter = PromptCounter(services.sessions, pane, tasks)
        self.context_changed = self._counter.context_changed
        self._unfollow = services.sessions.changed.connect(self._session_changed)

        pane.generate_requested.connect(self.generate)
        pane.continue_requested.connect(self.generate)
        pane.regenerate_requested.connect(self.regenerate)
        pane.undo_requested.connect(self.undo)
        pane.stop_requested.connect(self.stop)
        pane.template_chosen.connect(self.insert_template)
        pane.from_conversation_requested.connect(self.insert_conversation)
        pane.log_requested.connect(self._open_log)
        pane.reload_requested.connect(self._reload)
        pane.editor.prompt_changed.connect(self._prompt_changed)
        self._draw()

    @property
    def is_generating(self) -> bool:
        return self._run is not None

    @property
    def is_streaming(self) -> bool:
        """Whether the model is writing right now."""
        return self._run is not None and self._run.answer.state is AnswerState.STREAMING

    def call(self) -> Call | None:
        """What was asked last, or would be asked now; ``None`` where there is no prompt."""
        prompt = self._pane.editor.prompt() if self._last is None else self._asked
        return Call(prompt=prompt) if prompt else None

    def close(self) -> None:
        """Listen no more. Tasks are ended by whoever owns `Tasks`."""
        self._unfollow()
        self._counter.close()
        self._frames.flush()

    # -- what the user does

    def generate(self) -> None:
        """Let the current model write on from the end of the text."""
        if self._run is not None or not self._may_ask():
            return
        prompt = self._pane.editor.prompt()
        if not prompt.strip():
            self._pane.show_hint(tr("The prompt is empty. Write something, or insert a template."))
            return
        engine = self._services.sessions.current
        name = "" if engine is None else engine.name
        through_predict = self._through_predict()
        answer = Answer(model=name, through_predict=through_predict)
        run = _Run(prompt, answer, Pace(started=time.monotonic()))
        self._run = run
        self._last, self._failure = None, None
        self._pane.editor.begin_generation()
        self._draw()
        run.task = self._tasks.start(
            self._carry_out(run, self._sampling(), through_predict=through_predict),
            "complete the prompt",
        )
        # Not in the task itself: one that is cancelled before its first step runs nothing.
        run.task.add_done_callback(lambda _: self._end(run))

    def regenerate(self) -> None:
        """Take the last generation back and ask again."""
        if self._run is None and self._may_ask() and self._pane.editor.take_back():
            self.generate()

    def undo(self) -> None:
        """Take the last generation back."""
        if self._run is None:
            self._pane.editor.take_back()

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

    def insert_template(self, key: str) -> None:
        """Insert a preset, or an outline as the model's own template renders it."""
        if (preset := self._presets.get(key)) is not None:
            self._insert(preset.text)
        elif (outline := self._outlines.get(key)) is not None:
            self._tasks.start(
                self._render(outline.messages, outline.placeholder), "render the template"
            )

    def insert_conversation(self) -> None:
        """Put the conversation in the text's place, as the model would read it."""
        messages = self._conversation()
        if not messages:
            self._pane.show_hint(tr("There is no conversation yet. Begin one in Chat."))
        else:
            self._tasks.start(self._render(messages, whole=True), "render the conversation")

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
        self._frames.flush()
        self._pane.editor.show_completion(run.answer.text)
        self._pane.editor.end_generation()
        self._run = None
        answer = run.answer
        if not answer.state.is_final:
            answer = replace(answer, state=AnswerState.STOPPED)
        if answer.state is AnswerState.FAILED:
            self._failure = answer.failure
        if run.engine is not None:
            self._log_path = run.engine.log_path
            if answer.text or answer.stop_reason is not None:
                self._last, self._asked = answer, run.prompt
        self._draw()
        self._counter.request()

    # -- templates

    async def _render(
        self, messages: tuple[Message, ...], select: str = "", *, whole: bool = False
    ) -> None:
        try:
            engine = await self._ensure_ready()
            if engine is None:
                return
            prompt = await engine.render(messages)
        except ServiceError as error:
            if error.failed.kind != "cancelled":
                self._failure = error.failed
                self._draw()
            return
        if self._run is None:
            self._failure = None
            if whole:
                self._pane.editor.set_prompt(prompt)
            else:
                self._insert(prompt, select)
            self._draw()

    def _insert(self, text: str, select: str = "") -> None:
        self._pane.editor.insert_prompt(text, select)

    # -- drawing

    def _session_changed(self) -> None:
        engine = self._services.sessions.current
        if self._run is None and engine is not None and engine.state is EngineState.LOADING:
            self._failure = None
        self._draw()
        self._counter.request()

    def _prompt_changed(self) -> None:
        if self._run is not None:
            return
        if self._last is not None and not self._pane.editor.can_take_back:
            self._last = None
        self._draw_usage()

    def _draw(self) -> None:
        engine = self._services.sessions.current
        capabilities = None if engine is None else engine.capabilities
        self._pane.editor.set_special_tokens(capabilities.special_tokens if capabilities else ())
        self._pane.set_templates(self._entries(engine))
        reason = _refusal(engine)
        self._pane.set_can_generate(not reason, reason)
        self._pane.set_running(self._run is not None)
        self._pane.show_band(self._band(engine))
        self._draw_usage()
        if self._run is not None:
            self._draw_run()
        else:
            self._pane.show_activity(None if engine is None else chat_views.load_activity(engine))

    def _draw_run(self) -> None:
        """What changes many times a second."""
        run = self._run
        if run is None:
            return
        self._pane.editor.show_completion(run.answer.text)
        engine = run.engine or self._services.sessions.current
        loading = None
        if run.engine is None and engine is not None:
            loading = chat_views.load_activity(engine)
        self._pane.show_activity(
            loading or chat_views.answer_activity(run.answer, run.pace, engine)
        )
        self._counter.show_running(run.answer)

    def _draw_usage(self) -> None:
        answer = self._last
        if answer is None:
            reason = _refusal(self._services.sessions.current)
            self._pane.show_usage(reason)
            return
        line = wording.usage_line(answer)
        engine = self._services.sessions.current
        if engine is None or engine.name != answer.model:
            line = wording.SEPARATOR.join([wording.version_label(answer.model), line])
        self._pane.show_usage(line)

    def _band(self, engine: Engine | None) -> BandView | None:
        if self._failure is None:
            return None
        can_reload = engine is not None and not engine.is_loaded
        kept = self._last is not None and bool(self._last.text)
        return chat_views.band_view(self._failure, kept=kept, can_reload=can_reload)

    def _entries(self, engine: Engine | None) -> list[TemplateEntry]:
        """The model's own template first, which can be asked once it is loaded or loadable."""
        capabilities = None if engine is None else engine.capabilities
        has_template = engine is not None and (
            capabilities is None or capabilities.template == "model"
        )
        entries = [
            TemplateEntry(
                one.key, tr("This model's template: {title}").format(title=one.title), has_template
            )
            for one in self._outlines.values()
        ]
        entries += [
            TemplateEntry(one.key, one.title, begins_group=at == 0)
            for at, one in enumerate(self._presets.values())
        ]
        return entries

    # -- the rest

    def _may_ask(self) -> bool:
        engine = self._services.sessions.current
        if engine is None:
            self._pane.show_hint(tr("Choose a model in the registry first."))
            self.model_wanted.emit()
            return False
        if reason := _refusal(engine):
            self._pane.show_hint(reason)
            return False
        return True

    def _open_log(self) -> None:
        failure = self._failure
        self._show_log(
            tr("Log of the model"), self._log_path, "" if failure is None else failure.detail
        )

    def _reload(self) -> None:
        self._failure = None
        self._tasks.start(self._load(), "reload the model")

    async def _load(self) -> None:
        try:
            await self._ensure_ready()
        except ServiceError as error:
            if error.failed.kind != "cancelled":
                self._failure = error.failed
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
