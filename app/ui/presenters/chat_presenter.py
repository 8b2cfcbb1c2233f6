"""What happens in the Chat pane: questions go to the current model, answers come back."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from PySide6.QtCore import QCoreApplication

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.signal import Signal
from app.ui.coalesce import Coalescer
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters import chat_views
from app.ui.presenters.chat_views import Pace
from app.ui.presenters.continuing import Continuing
from app.ui.presenters.draft_counter import DraftCounter
from app.ui.tasks import Tasks
from app.ui.widgets.views import Action
from wrappers.contract import Failed, Sampling

EnsureReady = Callable[[], Awaitable[Engine | None]]
"""Loads the current model, asking what has to be asked; ``None`` where it was not loaded."""

ShowLog = Callable[[str, Path | None, str], None]
"""Shows a log: a title, its file, and its last lines where the file tells no more."""

Ask = Callable[[Engine], AsyncGenerator[Answer, None]]


@dataclass(slots=True)
class _Run:
    """An answer on its way."""

    node_id: str
    before: Conversation
    """To go back to where it never began."""
    draft: str
    pace: Pace
    task: asyncio.Task[None] | None = None
    engine: Engine | None = None
    """Known once it is asked."""


class ChatPresenter:
    """Keeps a conversation, and the pane up to date with it.

    Signals: `context_changed` tells tokens in use and context length, ``None`` where not known;
    `model_wanted` says that the user is to choose a model first.
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
        self._services = services
        self._pane = pane
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._show_log = show_log
        self._sampling = sampling
        self._through_predict = through_predict
        self._conversation = Conversation(id=_new_id())
        self._run: _Run | None = None
        self._continuing = Continuing(services.prompt)
        self._logs: dict[str, Path | None] = {}
        """Where an answer failed: the log of the process that gave it."""
        self._frames = Coalescer(self._draw_run)
        self._counter = DraftCounter(services.sessions, pane.composer, tasks, self._last_answer)
        self.context_changed = self._counter.context_changed
        self._unfollow = services.sessions.changed.connect(self._session_changed)

        pane.stop_requested.connect(self.stop)
        pane.composer.send_requested.connect(self.send)
        pane.composer.draft_changed.connect(self._recount)
        pane.composer.system_changed.connect(self._system_edited)
        pane.transcript.action_requested.connect(self._act)
        pane.transcript.log_requested.connect(self._open_log)
        pane.transcript.reload_requested.connect(self._reload)
        pane.empty.step_requested.connect(self._take_step)
        self._draw()

    @property
    def conversation(self) -> Conversation:
        return self._conversation

    @property
    def is_answering(self) -> bool:
        return self._run is not None

    def close(self) -> None:
        """Listen no more. Tasks are ended by whoever owns `Tasks`."""
        self._unfollow()
        self._counter.close()
        self._frames.flush()

    # -- what the user does

    def send(self) -> None:
        """Ask the current model what the composer holds."""
        composer = self._pane.composer
        text = composer.draft()
        engine = self._services.sessions.current
        if self._run is not None:
            composer.show_hint(_tr("One answer at a time: stop this one, or wait for its end."))
        elif engine is None:
            composer.show_hint(_tr("Choose a model in the registry first."))
            self.model_wanted.emit()
        elif not text.strip():
            composer.show_hint(_tr("The message is empty. Write something first."))
        else:
            before = self._conversation
            question = Node(
                id=_new_id(), parent=before.leaf, role="user", text=text, created_ms=_now_ms()
            )
            self._conversation = before.with_node(question)
            composer.set_draft("")
            self._answer(question.id, engine, before, draft=text)
        composer.setFocus()

    def stop(self) -> None:
        """End the running answer, or the load that goes on; what was written stays."""
        run = self._run
        if run is None:
            self._services.sessions.cancel_load()
            return
        answer = self._answer_of(run.node_id)
        if run.engine is not None and answer.state is not AnswerState.QUEUED:
            run.engine.stop()
        elif run.engine is None and answer.state is AnswerState.LOADING:
            self._services.sessions.cancel_load()
        elif run.task is not None:
            # It waits for its turn: what runs there is somebody else's.
            run.task.cancel()

    def regenerate(self, node_id: str) -> None:
        """Answer the same question anew, beside the answer there is."""
        engine = self._services.sessions.current
        question = self._conversation.nodes[node_id].parent
        if self._run is None and engine is not None and question is not None:
            self._answer(question, engine, self._conversation)

    def continue_answer(self, node_id: str) -> None:
        """Let the model go on where its answer was cut."""
        engine = self._services.sessions.current
        node = self._conversation.nodes[node_id]
        if self._run is not None or engine is None or node.answer is None:
            return
        if not self._continuing.can_continue(node.answer, engine):
            return
        messages = self._conversation.messages_to(node.parent)
        sampling = self._sampling()
        cut = node.answer
        before = self._conversation
        self._set_answer(node_id, replace(cut, state=AnswerState.QUEUED))
        self._start(
            node_id,
            before,
            lambda ready: self._continuing.go_on(ready, node_id, cut, messages, sampling),
        )

    def new_conversation(self) -> None:
        """Begin with nothing said. A running answer is withdrawn."""
        if self._run is not None and self._run.task is not None:
            self._run.task.cancel()
            self._run = None
        self._conversation = Conversation(id=_new_id())
        self._pane.composer.set_system("")
        self._draw()
        self._recount()
        self._pane.composer.setFocus()

    # -- an answer on its way

    def _answer(
        self, question: str, engine: Engine, before: Conversation, *, draft: str = ""
    ) -> None:
        messages = self._conversation.messages_to(question)
        sampling, through_predict = self._sampling(), self._through_predict()
        node = Node(
            id=_new_id(),
            parent=question,
            role="assistant",
            text="",
            answer=Answer(model=engine.name, through_predict=through_predict),
            created_ms=_now_ms(),
        )
        self._conversation = self._conversation.with_node(node)
        self._start(
            node.id,
            before,
            lambda ready: self._services.chat.answer(
                ready, messages, sampling, through_predict=through_predict
            ),
            draft=draft,
        )

    def _start(self, node_id: str, before: Conversation, ask: Ask, *, draft: str = "") -> None:
        run = _Run(node_id, before, draft, Pace(started=time.monotonic()))
        self._run = run
        self._draw()
        self._pane.transcript.scroll_to_bottom()
        run.task = self._tasks.start(self._carry_out(run, ask), "answer")

    async def _carry_out(self, run: _Run, ask: Ask) -> None:
        try:
            engine = await self._ensure_ready()
            if engine is None:
                self._was_not_loaded(run)
                return
            run.engine = engine
            async with aclosing(ask(engine)) as states:
                async for answer in states:
                    self._advance(run, answer)
        except ServiceError as error:
            self._fail(run, error.failed)
        except Exception as error:
            self._fail(run, Failed(kind="internal", message=_tr("Parley made a mistake: ") + f"{error}"))
            raise
        finally:
            self._end(run)

    def _advance(self, run: _Run, answer: Answer) -> None:
        if self._run is not run:
            return
        run.pace.follow(answer, time.monotonic())
        self._set_answer(run.node_id, answer)
        self._frames.request()

    def _fail(self, run: _Run, failure: Failed) -> None:
        if self._run is run:
            state = AnswerState.STOPPED if failure.kind == "cancelled" else AnswerState.FAILED
            answer = self._answer_of(run.node_id)
            self._set_answer(run.node_id, replace(answer, state=state, failure=failure))

    def _was_not_loaded(self, run: _Run) -> None:
        """The load failed, or the user thought better of it: then nothing was sent."""
        if self._run is not run:
            return
        engine = self._services.sessions.current
        if engine is not None and engine.state is EngineState.FAILED and engine.failure is not None:
            self._fail(run, engine.failure)
        elif not self._pane.composer.draft().strip():
            self._conversation = run.before
            self._pane.composer.set_draft(run.draft)
            self._pane.composer.show_hint(_tr("The model was not loaded, so nothing was sent."))

    def _end(self, run: _Run) -> None:
        if self._run is not run:
            return
        self._run = None
        self._frames.flush()
        node = self._conversation.nodes.get(run.node_id)
        if node is not None and node.answer is not None:
            if not node.answer.state.is_final:
                self._set_answer(run.node_id, replace(node.answer, state=AnswerState.STOPPED))
            engine = run.engine or self._services.sessions.current
            self._logs[run.node_id] = None if engine is None else engine.log_path
        self._draw()
        self._recount()

    # -- drawing

    def _draw(self) -> None:
        """Everything."""
        nodes = self._conversation.branch()
        transcript = self._pane.transcript
        transcript.set_messages([self._view_of(node) for node in nodes])
        self._draw_rest()

    def _draw_run(self) -> None:
        """The answer on its way alone: many times a second."""
        run = self._run
        if run is None:
            return
        node = self._conversation.nodes[run.node_id]
        answer = self._answer_of(run.node_id)
        self._pane.transcript.update_message(run.node_id, self._view_of(node))
        activity = chat_views.answer_activity(answer, run.pace, self._engine_of(run))
        self._pane.transcript.set_activity(None if answer.state.is_final else activity)
        self._counter.show_running(answer)

    def _draw_rest(self) -> None:
        """What stands around the messages."""
        engine = self._services.sessions.current
        has_messages = self._conversation.leaf is not None
        loading = None if engine is None else chat_views.load_activity(engine)
        notice = None if self._run is not None else self._notice(engine)
        self._pane.transcript.set_notice(notice)
        if self._run is None:
            self._pane.transcript.set_activity(loading)
        else:
            self._draw_run()
        if has_messages or loading is not None or notice is not None:
            self._pane.show_transcript()
        else:
            self._pane.show_empty(*empty_state(engine))
        self._pane.composer.set_placeholder(placeholder(engine))
        self._pane.composer.set_can_send(
            self._run is None, "" if self._run is None else _tr("An answer is being written")
        )

    def _view_of(self, node: Node) -> MessageView:
        if node.answer is None or not node.answer.is_cut or self._run is not None:
            return chat_views.message_view(node)
        ...
