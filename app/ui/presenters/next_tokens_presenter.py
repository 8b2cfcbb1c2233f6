"""Asks the current model what could come next at the cursor, and puts it there where wanted."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct
from PySide6.QtCore import QTimer

from app.domain.token_text import visible
from app.services.engines import Engine, EngineState
from app.services.errors import ServiceError
from app.services.sessions import Sessions
from app.ui import wording
from app.ui.item_models.chance_model import can_insert
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.answering import EnsureReady
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.next_token_view import ChancesView
from wrappers.contract import LoadOptions, Sampling, TokenChance

COUNT: Final = 20
"""Tokens that are told of."""
_PAUSE_MS: Final = 300
"""After the cursor's last move, before the model is asked by itself."""
_TAIL: Final = 24
"""Characters of the text before the cursor that tell which place it is."""


class _Asked(Struct, frozen=True):
    """One answer, and what it is an answer to."""

    model: str
    options: LoadOptions
    """How `model` was loaded: another dtype has other probabilities."""
    prompt: str
    sampling: Sampling
    in_effect: Sampling
    """With the model's own settings where the user leaves them alone."""
    chances: tuple[TokenChance, ...]


class NextTokensPresenter:
    """The latest question wins; none is asked while a model writes."""

    def __init__(
        self,
        sessions: Sessions,
        prompt: PromptPresenter,
        pane: PromptPane,
        tasks: Tasks,
        *,
        ensure_ready: EnsureReady,
        sampling: Callable[[], Sampling],
    ) -> None:
        self._sessions = sessions
        self._prompt = prompt
        self._pane = pane
        self._view = pane.views.next_tokens
        self._tasks = tasks
        self._ensure_ready = ensure_ready
        self._sampling = sampling
        self._is_closed = False
        self._asking: asyncio.Task[None] | None = None
        self._now: _Asked | None = None
        self._before: _Asked | None = None
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._follow)
        views = pane.views
        views.ask_requested.connect(self.ask)
        views.follow_changed.connect(self._moved)
        views.shown_changed.connect(self._moved)
        self._view.chosen.connect(self.choose)
        pane.stop_requested.connect(self.stop)
        pane.cursor_moved.connect(self._moved)
        pane.prompt_changed.connect(self._moved)
        self._unfollow = (
            prompt.changed.connect(self._prompt_runs),
            sessions.changed.connect(self._model_changed),
        )
        self._draw_tables()
        self._model_changed()

    def close(self) -> None:
        """Listen no more. Tasks are ended by whoever owns `Tasks`."""
        self._is_closed = True
        self._timer.stop()
        for disconnect in self._unfollow:
            disconnect()

    @property
    def is_asking(self) -> bool:
        return self._asking is not None

    # -- what the user does

    def ask(self) -> None:
        """Ask what could come next at the cursor; a model that is not loaded is loaded first."""
        self._pane.views.show_view("chances")
        if reason := self._refusal():
            self._view.show_sentence(reason, is_error=True)
            return
        if self._sessions.current is None:
            self._prompt.model_wanted.emit()
            self._view.show_sentence(tr("Choose a model in the registry first."), is_error=True)
            return
        self._start(self._pane.editor.text_before_cursor())

    def stop(self) -> None:
        """Give up what is being asked."""
        self._timer.stop()
        if self._asking is not None:
            self._asking.cancel()

    def choose(self, text: str) -> None:
        """Put a token at the cursor, as something that the model wrote, and ask on from there."""
        editor, now = self._pane.editor, self._now
        if now is None or self._asking is not None or self._prompt.is_generating:
            return
        if not can_insert(text):
            self._view.show_sentence(
                tr("This token is a part of a character and cannot be inserted by itself."),
                is_error=True,
            )
        elif editor.text_before_cursor() != now.prompt:
            self._view.show_sentence(
                tr("The cursor has moved since. Ask again, then choose."), is_error=True
            )
        else:
            editor.insert_token(text)
            self.ask()

    # -- asking

    def _start(self, text: str) -> None:
        self.stop()
        if not text:
            self._view.show_sentence(
                tr("Nothing stands before the cursor. Write something first."), is_error=True
            )
            return
        task = self._tasks.start(self._ask(text, self._sampling()), "ask for the next tokens")
        self._asking = task
        task.add_done_callback(self._ended)
        self._view.show_sentence(tr("Asking what could come next"))
        self._view.show_busy(True)

    async def _ask(self, text: str, sampling: Sampling) -> None:
        try:
            engine = await self._ensure_ready()
            if engine is None:
                self._tell(tr("The model was not loaded. Ask again to load it."))
                return
            if reason := _cannot_tell(engine):
                self._tell(reason)
                return
            found = await engine.next_tokens(prompt=text, sampling=sampling, count=COUNT)
        except ServiceError as error:
            failed = error.failed
            if failed.kind == "cancelled":
                self._tell(tr("Stopped. Ask again when you like."))
            else:
                self._tell(f"{failed.message} {failed.advice}".strip())
            return
        if self._asking is not asyncio.current_task():
            return
        if self._now is not None:
            self._before = self._now
        in_effect = _in_effect(sampling, engine)
        self._now = _Asked(engine.name, engine.options, text, sampling, in_effect, found.chances)
        self._view.show_sentence("" if found.chances else tr("The model tells of no token."))
        self._draw_tables()

    def _tell(self, text: str) -> None:
        """Unless a later question has taken the place."""
        if self._asking is asyncio.current_task():
            self._view.show_sentence(text, is_error=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task is not self._asking:
            return
        self._asking = None
        self._view.show_busy(False)
        if task.cancelled():
            self._view.show_sentence("")
            self._draw_stale()

    # -- following

    def _moved(self) -> None:
        if self._is_closed or self._pane.views.shown != "chances":
            self._timer.stop()
            return
        self._draw_stale()
        if self._pane.views.follows:
            self._timer.start()

    def _follow(self) -> None:
        """Never loads a model, and never gets into the way of an answer."""
        engine = self._sessions.current
        views = self._pane.views
        if views.shown != "chances" or not views.follows or self._refusal():
            return
        if engine is None or not engine.is_loaded:
            self._view.show_sentence(tr("Load the model to follow the cursor."))
            return
        if engine.state is EngineState.BUSY and self._asking is None:
            self._timer.start()  # another pane's answer; this can wait
            return
        text = self._pane.editor.text_before_cursor()
        now = self._now
        is_known = (
            now is not None
            and (now.model, now.options) == (engine.name, engine.options)
            and (now.prompt, now.sampling) == (text, self._sampling())
        )  # fmt: skip
        if text and not is_known:
            self._start(text)

    def _prompt_runs(self) -> None:
        """A generation goes first, and what it leaves is worth a question."""
        if self._prompt.is_generating:
            self.stop()
        self._model_changed()
        self._moved()

    def _model_changed(self) -> None:
        reason = self._refusal()
        self._pane.views.set_can_ask(not reason, reason)
        if self._asking is not None:
            return
        if reason:
            self._view.show_sentence(reason)
        elif self._now is None:
            self._view.show_sentence(
                tr("Ask to see which tokens could come at the cursor, and how likely each is.")
            )
        else:
            self._view.show_sentence("")
        self._draw_stale()

    def _refusal(self) -> str:
        """Why nothing can be asked now; empty where it can."""
        if self._prompt.is_generating:
            return tr("The model is writing. Ask once it is done.")
        engine = self._sessions.current
        return "" if engine is None else _cannot_tell(engine)

    # -- drawing

    def _draw_tables(self) -> None:
        now, before = self._now, self._before
        of_two = (
            now is not None
            and before is not None
            and ((now.model, now.options) != (before.model, before.options))
        )
        self._view.show_tables(_table(now, named=of_two), _table(before, named=of_two))
        self._draw_stale()

    def _draw_stale(self) -> None:
        editor, now = self._pane.editor, self._now
        if not editor.is_generating:
            self._view.set_stale(now is not None and now.prompt != editor.text_before_cursor())


def _cannot_tell(engine: Engine) -> str:
    """Why the model can't say what could come next; empty where it can, or is not loaded yet."""
    capabilities = engine.capabilities
    if capabilities is None or capabilities.next_token_probabilities:
        return ""
    return tr("{model} does not tell how likely tokens are: its wrapper gives text alone.").format(
        model=wording.version_label(engine.name)
    )


def _table(asked: _Asked | None, *, named: bool) -> ChancesView | None:
    """`named` has the line say which model it is."""
    if asked is None:
        return None
    tail = asked.prompt[-_TAIL:]
    place = ("…" if len(asked.prompt) > _TAIL else "") + visible(tail)
    facts = [place, settings_line(asked.in_effect)]
    if named:
        facts.insert(0, wording.version_label(asked.model, asked.options))
    return ChancesView(wording.SEPARATOR.join(facts), asked.chances)


def _in_effect(sampling: Sampling, engine: Engine) -> Sampling:
    own = Sampling() if engine.capabilities is None else engine.capabilities.defaults
    return msgspec.structs.replace(
        own,
        **{
            name: value
            for name in ("temperature", "top_k", "top_p")
            if (value := getattr(sampling, name)) is not None
        },
    )


def settings_line(sampling: Sampling) -> str:
    """``temperature 0.7, top_k 40``, of what changes how likely a token is."""
    knobs = (
        ("temperature", sampling.temperature),
        ("top_k", sampling.top_k),
        ("top_p", sampling.top_p),
    )
    told = [f"{name} {value:g}" for name, value in knobs if value is not None]
    return ", ".join(told) or tr("the model's own settings")
