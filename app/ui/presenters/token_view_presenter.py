"""Keeps the view of the prompt's tokens up to date with the text and the cursor."""

import asyncio
from typing import Final

from PySide6.QtCore import QTimer

from app.domain.special_tokens import Span, utf16_offsets
from app.domain.token_text import token_spans
from app.services.sessions import Sessions
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.prompt_presenter import PromptPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr

_PAUSE_MS: Final = 150
"""After the last key, before the model is asked."""


class TokenViewPresenter:
    """Asks only while the view is shown, one question at a time."""

    def __init__(
        self, sessions: Sessions, prompt: PromptPresenter, pane: PromptPane, tasks: Tasks
    ) -> None:
        self._sessions = sessions
        self._prompt = prompt
        self._pane = pane
        self._view = pane.views.tokens
        self._tasks = tasks
        self._asking: asyncio.Task[None] | None = None
        self._shown: tuple[str, str] | None = None
        """The model and the text that the tokens shown are of."""
        self._is_choosing = False
        self._is_closed = False
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._ask_now)
        pane.prompt_changed.connect(self._text_changed)
        pane.cursor_moved.connect(self._cursor_moved)
        pane.views.shown_changed.connect(self._text_changed)
        self._view.span_chosen.connect(self._choose)
        self._unfollow = (
            prompt.changed.connect(self.refresh),
            sessions.changed.connect(self.refresh),
        )
        self.refresh()

    def close(self) -> None:
        """Listen no more. Tasks are ended by whoever owns `Tasks`."""
        self._is_closed = True
        self._timer.stop()
        for disconnect in self._unfollow:
            disconnect()

    def refresh(self) -> None:
        """The text or the model may be another; ask soon, where it is to be seen."""
        is_shown = self._pane.views.shown == "tokens"
        if is_shown and not self._is_closed and not self._pane.editor.is_generating:
            self._timer.start()

    def _text_changed(self) -> None:
        if self._pane.views.shown != "tokens":
            return
        engine = self._sessions.current
        name = "" if engine is None else engine.name
        if self._shown != (name, self._pane.editor.prompt()):
            self._view.set_stale()
        self.refresh()

    def _ask_now(self) -> None:
        engine, text = self._sessions.current, self._pane.editor.prompt()
        if self._pane.views.shown != "tokens" or self._pane.editor.is_generating:
            return
        if sentence := self._why_none(text):
            self._shown = None
            self._view.show_sentence(sentence)
            return
        if engine is None or self._shown == (engine.name, text):
            self._cursor_moved()
            return
        if self._asking is None:
            if self._shown is None:
                self._view.show_sentence(tr("Reading the tokens"))
            self._asking = self._tasks.start(self._ask(text), "ask for the prompt's tokens")
            self._asking.add_done_callback(self._ended)

    def _why_none(self, text: str) -> str:
        engine = self._sessions.current
        if engine is None:
            return tr("Choose a model in the registry to see the prompt as its tokens.")
        if engine.loading_since is not None:
            return tr("The model is loading. Its tokens come after that.")
        if not engine.is_loaded:
            return tr("Load the model to see the prompt as its tokens.")
        if not text:
            return tr("The prompt is empty. Write something to see its tokens.")
        return ""

    async def _ask(self, text: str) -> None:
        engine = self._sessions.current
        if engine is None:
            return
        found = await engine.tokenize(text)
        if text != self._pane.editor.prompt() or engine is not self._sessions.current:
            return
        self._shown = (engine.name, text)
        if found is None:
            self._view.show_sentence(tr("This model has no tokenizer that Parley can ask."))
            return
        self._view.show_tokens(found, _in_units(text, token_spans(text, found)))
        self._cursor_moved()

    def _ended(self, _: asyncio.Task[None]) -> None:
        self._asking = None
        engine = self._sessions.current
        if engine is None or not engine.is_loaded:
            return
        if self._shown != (engine.name, self._pane.editor.prompt()):
            self.refresh()

    def _cursor_moved(self) -> None:
        if self._pane.views.shown == "tokens" and not self._is_choosing:
            # Of a selection, what it begins with.
            self._view.show_position(self._pane.editor.textCursor().selectionStart())

    def _choose(self, start: int, end: int) -> None:
        self._is_choosing = True
        try:
            self._pane.editor.select_span(start, end)
        finally:
            self._is_choosing = False


def _in_units(text: str, spans: tuple[Span | None, ...]) -> tuple[Span | None, ...]:
    """As Qt counts positions."""
    offsets = utf16_offsets(text)
    if offsets is None:
        return spans
    return tuple(
        None if span is None else Span(offsets[span.start], offsets[span.end]) for span in spans
    )
