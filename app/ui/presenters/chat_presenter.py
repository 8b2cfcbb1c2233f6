"""What happens in the Chat pane: questions go to the current model, answers come back."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.signal import Signal
from app.services.traces import Place
from app.ui.coalesce import Coalescer
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.chat_drawing import EXAMPLE, ChatDrawing, Scene, is_unfit
from app.ui.presenters.chat_run import Ask, Run
from app.ui.presenters.chat_views import Pace, message_view
from app.ui.presenters.continuing import Continuing
from app.ui.presenters.draft_counter import DraftCounter
from app.ui.presenters.message_menu import MessageMenu
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed, Message, Sampling

EnsureReady = Callable[[], Awaitable[Engine | None]]
"""Loads the current model, asking what has to be asked; ``None`` where it was not loaded."""

ShowLog = Callable[[str, Path | None, str], None]
"""Shows a log: its title, its file, and lines to show where there is no file."""


class ChatPresenter:
    """Keeps a conversation, and the pane up to date with it.

    Signals: `context_changed` tells tokens in use and context length, ``None`` where not known;
    `model_wanted` says that the user is to choose a model first; `changed` tells of a later state
    of the conversation, once it is shown, or of another one.
    """

    def __init__(
        self,
        services: Services,
        pane: ChatPane,
        tasks: Tasks,
        *,
        ensure_ready: EnsureReady,
        show_log: ShowLog,
        sampling: Callable[[], Sampling] = Sampling,
        through_predict: Callable[[], bool] = lambda: False,
    ) -> None:
        self.model_wanted: Signal[()] = Signal()
        self.changed: Signal[()] = Signal()
        self._services = services
        self._sessions = services.sessions
        self._pane = pane
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._show_log = show_log
        self._sampling = sampling
        self._through_predict = through_predict
        self._conversation = Conversation(id=_new_id())
        self._run: Run | None = None
        self._load_failure: Failed | None = None
        self._logs: dict[str, Path | None] = {}
        """By message: the log of the process that failed to answer."""
        self._was_loaded: tuple[Engine | None, bool] = (None, False)
        self._continuing = Continuing(services.prompt)
        self.actions = MessageMenu()
        """What can be done with a message, for others to add to."""
        self.actions.add("continue", self.continue_answer, applies=lambda _: False)
        self.actions.add("regenerate", self.regenerate, applies=lambda _: False)
        self._drawing = ChatDrawing(pane, self._continuing, self.actions)
        self._frames = Coalescer(self._draw_frame)
        self._counter = DraftCounter(
            self._sessions,
            pane.composer,
            tasks,
            last_answer=self._last_answer,
            messages=self.messages,
        )
        self.context_changed = self._counter.context_changed
        self._unfollow = self._sessions.changed.connect(self._session_changed)

        pane.stop_requested.connect(self.stop)
        pane.composer.send_requested.connect(self.send)
        pane.composer.draft_changed.connect(self._counter.request)
        pane.composer.system_changed.connect(self._system_edited)
        pane.transcript.action_requested.connect(self.actions.run)
        pane.transcript.log_requested.connect(self._open_log)
        pane.transcript.reload_requested.connect(lambda _message: self.load())
        pane.empty.step_requested.connect(self._take_first_step)
        self._draw()

    @property
    def conversation(self) -> Conversation:
        return self._conversation

    @property
    def is_answering(self) -> bool:
        return self._run is not None

    def close(self) -> None:
        """Listen no more, and withdraw an answer that is on its way."""
        self._unfollow()
        self._counter.close()
        self._frames.stop()
        self._withdraw()

    # -- what the user does

    def send(self) -> None:
        """Ask the current model what the composer holds."""
        composer = self._pane.composer
        composer.setFocus()
        text = composer.draft()
        engine = self._sessions.current
        if self._run is not None:
            composer.show_hint(tr("One answer at a time: stop this one, or wait for its end."))
        elif engine is None:
            composer.show_hint(tr("Choose a model in the registry first."))
            self.model_wanted.emit()
        elif not text.strip():
            composer.show_hint(tr("The message is empty. Write something first."))
        else:
            before = self._conversation
            question = Node(_new_id(), before.leaf, "user", text, created_ms=_now_ms())
            self._conversation = before.with_node(question)
            composer.set_draft("")
            self._answer(question.id, engine, before, draft=text)

    def stop(self) -> None:
        """End the running answer, or the load that goes on; what was written stays."""
        run = self._run
        if run is None:
            self._sessions.cancel_load()
            return
        state = self._answer_of(run).state
        if run.engine is not None and state is not AnswerState.QUEUED:
            run.engine.stop()
        elif state is AnswerState.LOADING:
            self._sessions.cancel_load()
        elif run.task is not None:
            # It waits for its turn: what the engine does now is for somebody else.
            run.task.cancel()

    def load(self) -> None:
        """Load the current model, for no message yet."""
        if self._run is None:
            self._tasks.start(self._load(), "load the model")

    def regenerate(self, node_id: str) -> None:
        """Answer the same question anew, beside the answer there is."""
        engine = self._sessions.current
        question = self._conversation.nodes[node_id].parent
        if self._run is None and engine is not None and question is not None:
            self._answer(question, engine, self._conversation)

    def continue_answer(self, node_id: str) -> None:
        """Let the model go on where its answer was cut."""
        node = self._conversation.nodes[node_id]
        cut = node.answer
        if self._run is not None or cut is None:
            return
        if not self._continuing.can_continue(cut, self._sessions.current):
            return
        messages = self._conversation.messages_to(node.parent)
        sampling = self._sampling()
        before = self._conversation
        place = Place("chat", before.id, node_id)
        waiting = replace(cut, state=AnswerState.QUEUED, tokens_so_far=None, failure=None)
        self._conversation = before.with_answer(node_id, waiting)
        self._start(
            Run(
                node_id,
                lambda engine: self._continuing.go_on(
                    engine, node_id, cut, messages, sampling, place
                ),
                Pace(time.monotonic()),
                before,
            )
        )

    def new_conversation(self) -> None:
        """Begin with nothing said."""
        self.show(Conversation(id=_new_id()))
        self._pane.composer.setFocus()

    def show(self, conversation: Conversation) -> None:
        """Go on with `conversation`. An answer that runs in the one before is stopped; what it
        has written stays there."""
        if conversation.id == self._conversation.id:
            return
        self._withdraw()
        self._conversation = conversation
        self._load_failure = None
        self._logs.clear()
        self._pane.composer.set_system(conversation.system)
        self._draw()
        self._counter.request()

    def amend_answer(self, node_id: str, change: Callable[[Answer], Answer]) -> Answer | None:
        """Have `change` say something more of an answer that is whole, and show it."""
        node = self._conversation.nodes.get(node_id)
        answer = None if node is None else node.answer
        if answer is None or not answer.state.is_final:
            return None
        amended = change(answer)
        self._conversation = self._conversation.with_answer(node_id, amended)
        self._draw()
        return amended

    def _withdraw(self) -> None:
        """Stop the running answer; what it has written stays in its conversation."""
        run = self._run
        if run is None:
            return
        stopped = replace(self._answer_of(run), state=AnswerState.STOPPED)
        self._conversation = self._conversation.with_answer(run.node_id, stopped)
        self._run = None
        self.changed.emit()
        if run.task is not None:
            run.task.cancel()

    def _take_first_step(self) -> None:
        engine = self._sessions.current
        if engine is None or is_unfit(engine):
            self.model_wanted.emit()
        elif engine.is_loaded:
            self._pane.composer.set_draft(EXAMPLE)
            self._pane.composer.setFocus()
        else:
            self.load()

    def _system_edited(self) -> None:
        self._conversation = replace(self._conversation, system=self._pane.composer.system())
        self._counter.request()
        self.changed.emit()

    def _open_log(self, node_id: str) -> None:
        engine = self._sessions.current
        node = self._conversation.nodes.get(node_id)
        if node is not None and node.answer is not None:
            failure, model, path = node.answer.failure, node.answer.model, self._logs.get(node_id)
        elif engine is not None:
            failure, model, path = (
                engine.failure or self._load_failure,
                engine.name,
                engine.log_path,
            )
        else:
            return
        self._show_log(model, path, "" if failure is None else failure.detail)

    # -- an answer on its way

    def _answer(
        self, question: str, engine: Engine, before: Conversation, *, draft: str = ""
    ) -> None:
        messages = self._conversation.messages_to(question)
        sampling, through_predict = self._sampling(), self._through_predict()
        answer = Answer(model=engine.name, through_predict=through_predict)
        node = Node(_new_id(), question, "assistant", "", answer, _now_ms())
        self._conversation = self._conversation.with_node(node)
        place = Place("chat", before.id, node.id)
        self._start(
            Run(
                node.id,
                lambda ready: self._services.chat.answer(
                    ready, messages, sampling, through_predict=through_predict, place=place
                ),
                Pace(time.monotonic()),
                before,
                draft,
            )
        )

    def _start(self, run: Run) -> None:
        self._run = run
        self._load_failure = None
        self._draw()
        self._pane.transcript.scroll_to_bottom()
        run.task = self._tasks.start(self._carry_out(run), "answer")
        # A task that is cancelled before its first step never comes to its `finally`.
        run.task.add_done_callback(lambda _: self._end(run))

    async def _carry_out(self, run: Run) -> None:
        asked = self._sessions.current
        try:
            engine = await self._ensure_ready()
            if engine is None:
                self._was_not_loaded(run, asked)
                return
            run.engine = engine
            await self._follow(run, run.ask, engine)
        except ServiceError as error:
            self._fail(run, error.failed)
        except Exception as error:
            self._fail(
                run,
                Failed(
                    kind="internal",
                    message=tr("Parley made a mistake."),
                    advice=tr("Ask again."),
                    detail=repr(error),
                ),
            )
            raise

    async def _follow(self, run: Run, ask: Ask, engine: Engine) -> None:
        async with aclosing(ask(engine)) as states:
            async for answer in states:
                if self._run is run:
                    run.pace.follow(answer, time.monotonic())
                    self._conversation = self._conversation.with_answer(run.node_id, answer)
                    self._frames.request()

    def _fail(self, run: Run, failure: Failed) -> None:
        if self._run is run:
            state = AnswerState.STOPPED if failure.kind == "cancelled" else AnswerState.FAILED
            failed = replace(self._answer_of(run), state=state, failure=failure)
            self._conversation = self._conversation.with_answer(run.node_id, failed)

    def _was_not_loaded(self, run: Run, engine: Engine | None) -> None:
        """The load of `engine` failed, or the user thought better of it: nothing was sent."""
        if self._run is not run:
            return
        if engine is not None and engine.state is EngineState.FAILED and engine.failure is not None:
            self._fail(run, engine.failure)
        else:
            self._take_back(run, tr("The model was not loaded, so nothing was sent."))

    def _take_back(self, run: Run, why: str) -> None:
        """Put the question back into the composer, as if it had not been sent.

        With something new in the composer, the old question stays where it was asked.
        """
        composer = self._pane.composer
        if run.draft and composer.draft():
            return
        self._conversation = replace(run.before, system=composer.system())
        if run.draft:
            composer.set_draft(run.draft)
        composer.show_hint(why)

    def _end(self, run: Run) -> None:
        if self._run is not run:
            return
        self._frames.flush()
        self._run = None
        node = self._conversation.nodes.get(run.node_id)
        failure = None if node is None or node.answer is None else node.answer.failure
        if failure is not None and failure.kind == "context_too_long" and run.draft:
            # It would make every later prompt too long as well; here it can be shortened.
            self._take_back(run, f"{failure.message} {failure.advice}")
        elif node is not None and node.answer is not None:
            if not node.answer.state.is_final:
                stopped = replace(node.answer, state=AnswerState.STOPPED)
                self._conversation = self._conversation.with_answer(run.node_id, stopped)
            engine = run.engine or self._sessions.current
            self._logs[run.node_id] = None if engine is None else engine.log_path
        self._draw()
        self._counter.request()

    async def _load(self) -> None:
        self._load_failure = None
        try:
            await self._ensure_ready()
        except ServiceError as error:
            self._load_failure = error.failed
        self._drawing.draw_last(self._scene())

    # -- drawing

    def _scene(self) -> Scene:
        return Scene(self._conversation, self._run, self._sessions.current, self._load_failure)

    def _draw(self) -> None:
        self._drawing.draw(self._scene())
        self.changed.emit()

    def _draw_frame(self) -> None:
        """The answer on its way, many times a second."""
        run = self._run
        if run is None:
            return
        node = self._conversation.nodes[run.node_id]
        self._pane.transcript.update_message(run.node_id, message_view(node))
        self._drawing.draw_surroundings(self._scene())
        self._counter.show_running(self._answer_of(run))
        self.changed.emit()

    def _session_changed(self) -> None:
        engine, run = self._sessions.current, self._run
        if run is not None:
            if run.engine is None and engine is not None and engine.state is EngineState.LOADING:
                waiting = replace(
                    self._answer_of(run), state=AnswerState.LOADING, stage=engine.stage
                )
                self._conversation = self._conversation.with_answer(run.node_id, waiting)
            self._frames.request()
        else:
            self._drawing.draw_last(self._scene())
        now = (engine, engine is not None and engine.is_loaded)
        if now != self._was_loaded:
            self._was_loaded = now
            self._counter.request()

    # -- what is asked about the conversation

    def _answer_of(self, run: Run) -> Answer:
        answer = self._conversation.nodes[run.node_id].answer
        if answer is None:
            raise KeyError(run.node_id)
        return answer

    def _last_answer(self) -> Answer | None:
        branch = self._conversation.branch()
        return branch[-1].answer if branch else None

    def last_question(self) -> tuple[Message, ...]:
        """What the last visible question sends, or sent, to a model; empty for none."""
        for node in reversed(self._conversation.branch()):
            if node.role == "user":
                return self._conversation.messages_to(node.id)
        return ()

    def messages(self) -> tuple[Message, ...]:
        return self._conversation.messages_to(self._conversation.leaf)


def _new_id() -> str:
    return uuid4().hex


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
