"""The line beneath the draft: how many tokens it is, and what the context holds already."""

from collections.abc import Callable

from PySide6.QtCore import QTimer

from app.domain.answer import Answer
from app.services.engines import Engine
from app.services.sessions import Sessions
from app.services.signal import Signal
from app.ui import wording
from app.ui.presenters.chat_views import context_tokens
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.composer import Composer
from wrappers.contract import Message

_DEBOUNCE_MS = 250


class DraftCounter:
    """Counts with the current model's own tokenizer, a moment after the last change.

    Signals: `context_changed` tells tokens in use and context length, ``None`` where not known.
    """

    def __init__(
        self,
        sessions: Sessions,
        composer: Composer,
        tasks: Tasks,
        *,
        last_answer: Callable[[], Answer | None],
        messages: Callable[[], tuple[Message, ...]],
    ) -> None:
        """`messages` are those of the visible conversation, system prompt included."""
        self.context_changed: Signal[int | None, int | None] = Signal()
        self._sessions = sessions
        self._composer = composer
        self._tasks = tasks
        self._last_answer = last_answer
        self._messages = messages
        self._draft: int | None = None
        self._asked = 0
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DEBOUNCE_MS)
        self._timer.timeout.connect(self.count_now)

    def request(self) -> None:
        """Something that is counted has changed."""
        self._timer.start()

    def count_now(self) -> None:
        self._timer.stop()
        self._asked += 1
        self._tasks.start(self._count(self._asked), "count the draft")

    def show_running(self, answer: Answer) -> None:
        """Keep up with an answer that is being written."""
        used = context_tokens(answer)
        if used is not None:
            self._show(self._draft, used, self._sessions.current)

    def close(self) -> None:
        """Count no more; a count on its way tells nobody."""
        self._timer.stop()
        self._asked += 1

    async def _count(self, asked: int) -> None:
        engine = self._sessions.current
        if engine is None or not engine.is_loaded:
            self._draft = None
            self._composer.set_facts(
                "" if engine is None else tr("Tokens are counted once the model is loaded")
            )
            self.context_changed.emit(None, None)
            return
        text = self._composer.draft()
        draft = await engine.count(text=text) if text else 0
        used = await self._used(engine)
        # What was asked later is answered by a later count.
        if asked == self._asked and engine is self._sessions.current:
            self._draft = draft
            self._show(draft, used, engine)

    async def _used(self, engine: Engine) -> int | None:
        """The last answer's own count where this model gave it, else that of a new prompt."""
        messages = self._messages()
        if not messages:
            return 0
        answer = self._last_answer()
        if answer is not None and answer.model == engine.name:
            used = context_tokens(answer)
            if used is not None:
                return used
        return await engine.count(messages=messages)

    def _show(self, draft: int | None, used: int | None, engine: Engine | None) -> None:
        capabilities = None if engine is None else engine.capabilities
        length = None if capabilities is None else capabilities.context_length
        excess = (draft or 0) + (used or 0) - (length or 0)
        if draft and length is not None and excess > 0:
            self._composer.set_facts(wording.too_long_line(excess), is_warning=True)
        else:
            self._composer.set_facts(wording.draft_line(draft, used, length))
        self.context_changed.emit(used, length)
