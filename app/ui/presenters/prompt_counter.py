"""How many tokens the prompt is, counted by the model while the user writes."""

import asyncio

from PySide6.QtCore import QTimer

from app.domain.answer import Answer
from app.domain.context_use import ContextUse
from app.domain.quantities import number
from app.services.sessions import Sessions
from app.services.signal import Signal
from app.ui import wording
from app.ui.panes.prompt_pane import PromptPane
from app.ui.presenters.chat_views import context_tokens
from app.ui.tasks import Tasks
from app.ui.translation import tr

_PAUSE_MS = 150
"""After the last key, before the model is asked."""


class PromptCounter:
    """Shows the count in the pane, one question to the model at a time.

    Signals: `context_changed` tells the context's use.
    """

    def __init__(self, sessions: Sessions, pane: PromptPane, tasks: Tasks) -> None:
        self.context_changed: Signal[ContextUse] = Signal()
        self._sessions = sessions
        self._pane = pane
        self._tasks = tasks
        self._counting: asyncio.Task[None] | None = None
        self._is_stale = False
        self._is_closed = False
        self._asked: tuple[str, str] | None = None
        """The model and the text that the count shown is of."""
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._count)
        pane.prompt_changed.connect(self.request)

    def close(self) -> None:
        """Count no more, though a generation that ends now may ask for it."""
        self._is_closed = True
        self._timer.stop()

    def request(self) -> None:
        """The prompt or the model may be another; count soon."""
        if not self._is_closed and not self._pane.editor.is_generating:
            self._timer.start()

    def show_running(self, answer: Answer) -> None:
        """While the model writes, its own count is the newest."""
        self._asked = None
        tokens = context_tokens(answer)
        if tokens is not None:
            self._show(tokens)

    def _count(self) -> None:
        engine = self._sessions.current
        prompt = self._pane.editor.prompt()
        if engine is None or not engine.is_loaded or not prompt:
            self._asked = None
            self._show(0 if engine is not None and engine.is_loaded else None)
            return
        if self._asked == (engine.name, prompt):
            return
        if self._counting is not None and not self._counting.done():
            self._is_stale = True
            return
        self._counting = self._tasks.start(self._ask(prompt), "count the prompt's tokens")

    async def _ask(self, prompt: str) -> None:
        engine = self._sessions.current
        tokens = None if engine is None else await engine.count(text=prompt)
        if engine is not None and not self._pane.editor.is_generating:
            self._asked = (engine.name, prompt)
            self._show(tokens)
        if self._is_stale:
            self._is_stale = False
            self.request()

    def _show(self, tokens: int | None) -> None:
        engine = self._sessions.current
        capabilities = None if engine is None else engine.capabilities
        length = None if capabilities is None else capabilities.context_length
        weakness = None if capabilities is None else capabilities.weakness
        use = ContextUse(tokens, length, weakness=weakness)
        self.context_changed.emit(use)
        warning = wording.context_warning(use)
        if tokens is not None and length is not None and tokens > length:
            warning = wording.too_long_line(tokens - length)
        self._pane.show_count("" if tokens is None else _use(tokens, length), warning)


def _use(tokens: int, length: int | None) -> str:
    """``79 of 4 096 tokens``."""
    if length is None:
        return wording.tokens(tokens)
    return tr("{used} of {length} tokens").format(used=number(tokens), length=number(length))
