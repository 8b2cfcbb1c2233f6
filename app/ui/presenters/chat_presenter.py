"""What happens in the Chat pane: questions go to the current model, answers come back."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QTimer

from app.domain.answer import Answer, AnswerState
from app.domain.context_room import without_oldest
from app.domain.conversation import Conversation, Node
from app.services.engines import Engine
from app.services.errors import ServiceError
from app.services.program import Services
from app.services.room import ContextFull
from app.services.signal import Signal
from app.services.traces import Place
from app.ui.coalesce import Coalescer
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.answering import Answering, EnsureReady
from app.ui.presenters.chat_drawing import EXAMPLE, ChatDrawing, Scene, is_unfit
from app.ui.presenters.chat_run import Run
from app.ui.presenters.chat_views import Pace
from app.ui.presenters.continuing import Continuing
from app.ui.presenters.draft_counter import DraftCounter
from app.ui.presenters.full_context import FullContext
from app.ui.presenters.message_editing import MessageEditing, OfferUndo
from app.ui.presenters.message_menu import MessageMenu
from app.ui.presenters.talk import Talk, new_id
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed, Message, Sampling

ShowLog = Callable[[str, Path | None, str], None]
"""Shows a log: its title, its file, and lines to show where there is no file."""


_FRAME_MS = 66
"""Words of an answer come this often. Each time takes a core from the model for some milliseconds,
whose threads wait for one another."""

_AROUND_MS = 500
"""What stands around an answer is drawn this often while it is written, in a turn of the loop that
is its own: no word waits for numbers to be laid out."""


class ChatPresenter:
    """Keeps a conversation, and the pane up to date with it.

    Signals: `context_changed` tells the context's use;
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
        offer_undo: OfferUndo = lambda _text, _undo: None,
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
        self._talk = Talk()
        self._load_failure: Failed | None = None
        self._logs: dict[str, Path | None] = {}
        """By message: the log of the process that failed to answer."""
        self._was_loaded: tuple[Engine | None, bool] = (None, False)
        self._continuing = Continuing(services.prompt)
        self.actions = MessageMenu()
        """What can be done with a message, for others to add to."""
        self.actions.add("continue", self.continue_answer, applies=lambda _: False)
        self.editing = MessageEditing(
            self._talk,
            pane,
            may_change=self.may_change,
            revise=self.revise,
            redraw=lambda node_id: self._drawing.draw_message(self._scene(), node_id),
            offer_undo=offer_undo,
        )
        self.actions.add("edit", self.editing.begin, applies=lambda _: True, quick=True)
        self.actions.add("regenerate", self.regenerate, applies=_is_answer, quick=True)
        self.actions.add("answer", self.regenerate, applies=lambda _: False)
        self._full = FullContext(
            services, pane.context_choice, answer=self._answer_again, send=self.send
        )
        self._drawing = ChatDrawing(pane, self._continuing, self.actions, self._full.above)
        self._frames = Coalescer(self._draw_frame, _FRAME_MS)
        self._around = QTimer(singleShot=True, interval=_AROUND_MS)
        self._around.timeout.connect(self._draw_around)
        self._answering = Answering(
            self._talk,
            self._sessions,
            tasks,
            ensure_ready,
            progressed=self._frames.request,
            declined=self._take_back,
            was_full=self._was_full,
            ended=self._ended,
        )
        self._counter = DraftCounter(
            self._sessions,
            pane.composer,
            tasks,
            last_answer=self._talk.last_answer,
            messages=lambda draft: self._full.messages(self.conversation, draft),
            excess_line=lambda excess: self._full.excess_line(self.conversation, excess),
        )
        self.context_changed = self._counter.context_changed
        self._unfollow = self._sessions.changed.connect(self._session_changed)

        pane.stop_requested.connect(self._answering.stop)
        pane.composer.send_requested.connect(self.send)
        pane.composer.draft_changed.connect(self._counter.request)
        pane.composer.system_changed.connect(self._system_edited)
        pane.transcript.action_requested.connect(self.actions.run)
        pane.transcript.log_requested.connect(self._open_log)
        pane.transcript.reload_requested.connect(lambda _message: self.load())
        pane.empty.step_requested.connect(self._take_first_step)
        pane.composer.take_up_system(self.conversation.id, "")
        self._draw()

    @property
    def conversation(self) -> Conversation:
        return self._talk.conversation

    @property
    def is_answering(self) -> bool:
        return self._talk.run is not None

    def close(self) -> None:
        """Listen no more, and withdraw an answer that is on its way."""
        self._unfollow()
        self._counter.close()
        self._frames.stop()
        self._around.stop()
        self._withdraw()

    # -- what the user does

    def send(self) -> None:
        """Ask the current model what the composer holds."""
        composer = self._pane.composer
        composer.setFocus()
        text = composer.draft()
        if self.is_answering:
            composer.show_hint(tr("One answer at a time: stop this one, or wait for its end."))
            return
        engine = self._engine_for(text)
        if engine is not None:
            before = self._talk.conversation
            question = self._talk.ask(text)
            composer.set_draft("")
            self._answer(question, engine, before, draft=text)

    def stop(self) -> None:
        """End the running answer, or the load that goes on; what was written stays."""
        self._answering.stop()

    def load(self) -> None:
        """Load the current model, for no message yet."""
        if not self.is_answering:
            self._tasks.start(self._load(), "load the model")

    def regenerate(self, node_id: str) -> None:
        """Answer the same question, or this one, anew, beside the answers there are."""
        node = self._talk.conversation.nodes[node_id]
        question = node.id if node.role == "user" else node.parent
        if question is None or not self.may_change():
            return
        engine = self._engine_for(self._talk.conversation.nodes[question].content)
        if engine is not None:
            self._answer(question, engine, self._talk.conversation)

    def continue_answer(self, node_id: str) -> None:
        """Let the model go on where its answer was cut."""
        before = self._talk.conversation
        node = before.nodes[node_id]
        cut = node.answer
        if self.is_answering or cut is None:
            return
        if not self._continuing.can_continue(cut, self._sessions.current):
            return
        messages = before.messages_to(node.parent)
        sampling = self._sampling()
        place = Place("chat", before.id, node_id)
        waiting = replace(cut, state=AnswerState.QUEUED, tokens_so_far=None, failure=None)
        self._talk.conversation = before.with_answer(node_id, waiting)
        self._start(
            Run(
                node_id,
                lambda engine: self._continuing.go_on(engine, cut, messages, sampling, place),
                Pace(time.monotonic()),
                before,
            )
        )

    def revise(self, node_id: str, text: str) -> bool:
        """Put another version, with `text`, beside a message, and have it answered where it is a
        question. False where that can't be done now; the user is told why."""
        if not self.may_change():
            return False
        before = self._talk.conversation
        node = before.nodes[node_id]
        if node.role == "assistant":
            if not text.strip():
                self._pane.composer.show_hint(_empty())
                return False
            if text != node.content:
                self._talk.add_version(node_id, text)
            self.change(self._talk.conversation)
            return True
        engine = self._engine_for(text)
        if engine is None:
            return False
        if text == node.text:
            self._answer(node_id, engine, before)
        else:
            question = self._talk.add_version(node_id, text)
            self._answer(question, engine, before, draft=text, edit_of=node_id)
        return True

    # -- for others that change the conversation

    def may_change(self) -> bool:
        """Whether the conversation may change now; where not, the user is told why."""
        if self.is_answering:
            self._pane.composer.show_hint(
                tr("An answer is being written: stop it, or wait for its end.")
            )
        return not self.is_answering

    def change(self, conversation: Conversation) -> None:
        """Show another state of the same conversation; not while an answer is on its way."""
        self._talk.conversation = conversation
        self._draw()
        self._counter.request()

    def new_conversation(self) -> None:
        """Begin with nothing said."""
        self.show(Conversation(id=new_id()))
        self._pane.composer.setFocus()

    def show(self, conversation: Conversation) -> None:
        """Go on with `conversation`. An answer that runs in the one before is stopped; what it
        has written stays there."""
        if conversation.id == self._talk.conversation.id:
            return
        self._withdraw()
        self._talk.conversation = conversation
        self._load_failure = None
        self._logs.clear()
        self._pane.composer.take_up_system(conversation.id, conversation.system)
        self._draw()
        self._counter.request()

    def amend_answer(self, node_id: str, change: Callable[[Answer], Answer]) -> Answer | None:
        """Have `change` say something more of an answer that is whole, and show it."""
        node = self._talk.conversation.nodes.get(node_id)
        answer = None if node is None else node.answer
        if answer is None or not answer.state.is_final:
            return None
        amended = change(answer)
        self._talk.conversation = self._talk.conversation.with_answer(node_id, amended)
        self._draw()
        return amended

    def reveal(self, message_id: str) -> None:
        """Bring a message of this conversation into sight, and the branch that it is on with it.

        While an answer is written, no other branch takes its place.
        """
        conversation = self.conversation
        if message_id not in conversation.nodes or conversation.is_hidden(message_id):
            return
        if all(node.id != message_id for node in conversation.branch()):
            if self.is_answering:
                self._pane.composer.show_hint(
                    tr("That message is in another version. Stop the answer to see it.")
                )
                return
            self.change(conversation.showing(message_id))
        self._pane.transcript.reveal(message_id)

    def _withdraw(self) -> None:
        if self._answering.withdraw():
            self.changed.emit()

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
        system = self._pane.composer.system()
        self._talk.conversation = dataclasses.replace(self._talk.conversation, system=system)
        self._counter.request()
        self.changed.emit()

    def _open_log(self, node_id: str) -> None:
        engine = self._sessions.current
        node = self._talk.conversation.nodes.get(node_id)
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

    def _engine_for(self, text: str) -> Engine | None:
        """What is to answer `text`; ``None`` where that can't be, and the user is told why."""
        engine = self._sessions.current
        if engine is None:
            self._pane.composer.show_hint(tr("Choose a model in the registry first."))
            self.model_wanted.emit()
        elif not text.strip():
            self._pane.composer.show_hint(_empty())
            return None
        return engine

    def _answer(
        self,
        question: str,
        engine: Engine,
        before: Conversation,
        *,
        draft: str = "",
        edit_of: str | None = None,
    ) -> None:
        asked = self.conversation
        sampling, through_predict = self._sampling(), self._through_predict()
        answer = Answer(model=engine.name, options=engine.options, through_predict=through_predict)
        node_id = self._talk.add_answer(question, answer)
        place = Place("chat", before.id, node_id)
        self._start(
            Run(
                node_id,
                lambda ready: self._full.ask(
                    ready,
                    asked,
                    question,
                    sampling,
                    through_predict=through_predict,
                    place=place,
                ),
                Pace(time.monotonic()),
                before,
                draft,
                edit_of,
            )
        )

    def _start(self, run: Run) -> None:
        self._talk.run = run
        self._load_failure = None
        self._draw()
        self._pane.composer.forget_hint()
        self._pane.transcript.scroll_to_bottom()
        self._answering.start(run)

    def _was_full(self, run: Run, full: ContextFull) -> None:
        """It does not fit into the model's context: nothing is sent until the user has chosen."""
        question = self.conversation.nodes[run.node_id].parent
        told = full.refusal
        why = tr("Nothing was sent yet.")
        self._take_back(run, why if told is None else f"{told.message} {told.advice}".strip())
        self._full.was_full(self.conversation, full, question or "")

    def _answer_again(self, question: str) -> None:
        """Once the user has chosen what to leave out."""
        engine = self._sessions.current
        if not self.is_answering and engine is not None:
            self._answer(question, engine, self.conversation)

    def _take_back(self, run: Run, why: str) -> None:
        """Put the question back where it was typed, as if it had not been sent.

        With something new in the composer, the old question stays where it was asked.
        """
        composer = self._pane.composer
        if run.draft and run.edit_of is None and composer.draft():
            return
        self._talk.take_back(run)
        if run.edit_of is not None:
            self.editing.put(run.edit_of, run.draft)
        elif run.draft:
            composer.set_draft(run.draft)
        composer.show_hint(why)

    def _ended(self, run: Run) -> None:
        self._frames.stop()  # what has come since the last one is drawn with all the rest
        self._talk.run = None
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
        talk = self._talk
        return Scene(
            talk.conversation,
            talk.run,
            self._sessions.current,
            self._load_failure,
            self.editing.texts,
        )

    def _draw(self) -> None:
        self._full.show(self.conversation)
        self._drawing.draw(self._scene())
        self.changed.emit()

    def _draw_frame(self) -> None:
        """The answer on its way, many times a second."""
        run = self._run_in_view()
        if run is None:
            return
        self._drawing.draw_message(self._scene(), run.node_id)
        if not self._around.isActive():
            self._around.start()
        self.changed.emit()

    def _run_in_view(self) -> Run | None:
        """The answer on its way, where it ends the branch that is visible."""
        run = self._talk.run
        return run if run is not None and run.node_id == self._talk.conversation.leaf else None

    def _draw_around(self) -> None:
        """What is told of the answer on its way, beside its text."""
        run = self._run_in_view()
        if run is None:
            return
        self._drawing.draw_surroundings(self._scene())
        self._full.show(self.conversation)
        self._counter.show_running(self._talk.answer_of(run))

    def _session_changed(self) -> None:
        engine, run = self._sessions.current, self._talk.run
        if run is not None:
            self._answering.follow_load(run)
            self._frames.request()
        else:
            self._drawing.draw_last(self._scene())
        now = (engine, engine is not None and engine.is_loaded)
        if now != self._was_loaded:
            self._was_loaded = now
            self._counter.request()

    # -- what is asked about the conversation

    def last_question(self) -> tuple[Message, ...]:
        """What the last visible question sends, or sent, to a model; empty for none."""
        asked = self.conversation.last_question()
        if asked is None:
            return ()
        dropped = self._full.dropped(self.conversation)
        return without_oldest(self.conversation.messages_to(asked.id), dropped)

    def messages(self) -> tuple[Message, ...]:
        """Those of the visible branch that a model is sent."""
        return self._full.messages(self.conversation)


def _is_answer(node: Node) -> bool:
    """Whether there is a question that it answers."""
    return node.role == "assistant" and node.parent is not None


def _empty() -> str:
    return tr("The message is empty. Write something first.")
