"""The way of an answer, from the model's load to its last word."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from msgspec.structs import replace

from app.domain.answer import AnswerState
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.room import ContextFull
from app.services.sessions import Sessions
from app.ui.presenters.chat_run import Run
from app.ui.presenters.talk import Talk
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed

EnsureReady = Callable[[], Awaitable[Engine | None]]
"""Loads the current model, asking what has to be asked; ``None`` where it was not loaded."""


class Answering:
    """Carries out one `Run` at a time, and puts what comes of it into the conversation."""

    def __init__(
        self,
        talk: Talk,
        sessions: Sessions,
        tasks: Tasks,
        ensure_ready: EnsureReady,
        *,
        progressed: Callable[[], None],
        declined: Callable[[Run, str], None],
        was_full: Callable[[Run, ContextFull], None],
        ended: Callable[[Run], None],
    ) -> None:
        """`progressed` is called for every later state; `declined` where nothing was sent, with
        the reason; `was_full` where nothing is sent before the user has chosen what; `ended` last
        of all, unless the answer was withdrawn."""
        self._talk = talk
        self._sessions = sessions
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._progressed = progressed
        self._declined = declined
        self._was_full = was_full
        self._ended = ended

    def start(self, run: Run) -> None:
        """Begin with what is `Talk.run` by now."""
        run.task = self._tasks.start(self._carry_out(run), "answer")
        # A task that is cancelled before its first step never comes to its `finally`.
        run.task.add_done_callback(lambda _: self._end(run))

    def stop(self) -> None:
        """End the running answer, or the load that goes on; what was written stays."""
        run = self._talk.run
        if run is None:
            self._sessions.cancel_load()
            return
        state = self._talk.answer_of(run).state
        if run.engine is not None and state is not AnswerState.QUEUED:
            run.engine.stop()
        elif state is AnswerState.LOADING:
            self._sessions.cancel_load()
        elif run.task is not None:
            # It waits for its turn: what the engine does now is for somebody else.
            run.task.cancel()

    def withdraw(self) -> bool:
        """Stop the running answer, and hear no more of it; what it has written stays in its
        conversation. False where there is none."""
        run = self._talk.run
        if run is None:
            return False
        self._talk.put(run, replace(self._talk.answer_of(run), state=AnswerState.STOPPED))
        self._talk.run = None
        if run.task is not None:
            run.task.cancel()
        return True

    def follow_load(self, run: Run) -> None:
        """What the load that `run` waits for has come to."""
        engine = self._sessions.current
        if run.engine is None and engine is not None and engine.state is EngineState.LOADING:
            answer = self._talk.answer_of(run)
            self._talk.put(run, replace(answer, state=AnswerState.LOADING, stage=engine.stage))

    async def _carry_out(self, run: Run) -> None:
        asked = self._sessions.current
        try:
            engine = await self._ensure_ready()
            if engine is None:
                self._was_not_loaded(run, asked)
                return
            run.engine = engine
            await self._follow(run, engine)
        except ContextFull as full:
            if self._talk.run is run:
                self._was_full(run, full)
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

    async def _follow(self, run: Run, engine: Engine) -> None:
        async with aclosing(run.ask(engine)) as states:
            async for answer in states:
                if self._talk.run is run:
                    run.pace.follow(answer, time.monotonic())
                    self._talk.put(run, answer)
                    self._progressed()

    def _fail(self, run: Run, failure: Failed) -> None:
        if self._talk.run is run:
            state = AnswerState.STOPPED if failure.kind == "cancelled" else AnswerState.FAILED
            self._talk.put(run, replace(self._talk.answer_of(run), state=state, failure=failure))

    def _was_not_loaded(self, run: Run, engine: Engine | None) -> None:
        """The load of `engine` failed, or the user thought better of it: nothing was sent."""
        if self._talk.run is not run:
            return
        if engine is not None and engine.state is EngineState.FAILED and engine.failure is not None:
            self._fail(run, engine.failure)
        else:
            self._declined(run, tr("The model was not loaded, so nothing was sent."))

    def _end(self, run: Run) -> None:
        if self._talk.run is not run:
            return
        answer = self._talk.answer_of(run)
        if not answer.state.is_final:
            self._talk.put(run, replace(answer, state=AnswerState.STOPPED))
        failure = answer.failure
        if failure is not None and failure.kind == "context_too_long" and run.draft:
            # It would make every later prompt too long as well; here it can be shortened.
            self._declined(run, f"{failure.message} {failure.advice}")
        self._ended(run)
