"""The line beneath the draft: how many tokens it adds, and what the context holds then."""

from collections.abc import Callable

from PySide6.QtCore import QTimer

from app.domain.answer import Answer
from app.domain.context_use import ContextUse
from app.services.engines import Engine
from app.services.sessions import Sessions
from app.services.signal import Signal
from app.ui import wording
from app.ui.presenters.chat_views import context_tokens
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.composer import Composer
from wrappers.contract import Capabilities, Message

_PAUSE_MS = 250
"""Between two counts while the user types; the last text is always counted."""

_QUESTION, _ANSWER = Message("user", "Hi"), Message("assistant", "Hi")
"""A short conversation, to see what the template puts around one more message."""


class DraftCounter:
    """Counts with the current model's own tokenizer and chat template, one question at a time, also
    while the model writes an answer.

    Signals: `context_changed` tells the context's use.
    """

    def __init__(
        self,
        sessions: Sessions,
        composer: Composer,
        tasks: Tasks,
        *,
        last_answer: Callable[[], Answer | None],
        messages: Callable[[str], tuple[Message, ...]],
        excess_line: Callable[[int], str] = wording.too_long_line,
    ) -> None:
        """`messages` are those that would be sent with a certain draft, or that were sent so far
        with none. `excess_line` says what to do about so many tokens too many."""
        self.context_changed: Signal[ContextUse] = Signal()
        self._sessions = sessions
        self._composer = composer
        self._tasks = tasks
        self._last_answer = last_answer
        self._messages = messages
        self._excess_line = excess_line
        self._draft: int | None = None
        self._is_counting = False
        self._is_stale = False
        self._is_closed = False
        self._measured: tuple[Capabilities | None, int | None] = (None, None)
        """What a short conversation takes, of the model that was loaded with these."""
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.count_now)

    def request(self) -> None:
        """Something that is counted has changed."""
        if not self._timer.isActive():
            self._timer.start()

    def count_now(self) -> None:
        self._timer.stop()
        if self._is_counting:
            self._is_stale = True
        else:
            self._is_counting = True
            self._tasks.start(self._count_all(), "count the draft")

    def show_running(self, answer: Answer) -> None:
        """Keep up with an answer that is being written."""
        used = context_tokens(answer)
        if used is not None:
            self._show(self._draft, used, None, self._sessions.current)

    def close(self) -> None:
        """Count no more; a count on its way tells nobody."""
        self._timer.stop()
        self._is_closed = True

    async def _count_all(self) -> None:
        """Until nothing has changed since the count was asked for."""
        try:
            self._is_stale = True
            while self._is_stale:
                self._is_stale = False
                await self._count()
        finally:
            self._is_counting = False

    async def _count(self) -> None:
        engine = self._sessions.current
        if engine is None or not engine.is_loaded:
            self._draft = None
            if not self._is_closed:
                self._composer.set_facts(tr("Tokens not known until a model is loaded"))
                self.context_changed.emit(ContextUse())
            return
        text, answer = self._composer.draft(), self._last_answer()
        is_running = answer is not None and not answer.state.is_final
        draft = await self._added_by(engine, text) if text else 0
        used = context_tokens(answer) if is_running else await self._used(engine)
        planned = None
        if text and not is_running:
            planned = await engine.count(messages=self._messages(text))
        if self._is_closed:
            return
        if engine is not self._sessions.current:
            self._is_stale = True
            return
        self._draft = draft
        now = self._last_answer()
        if now is not None and not now.state.is_final:
            # It has gone on, or begun, while this was counted.
            used, planned = context_tokens(now) or used, None
        self._show(draft, used, planned, engine)

    async def _added_by(self, engine: Engine, text: str) -> int | None:
        """Tokens that `text` adds to a conversation as its next message: itself, and what the
        template puts around it and before the answer. Of a model without a template, its own."""
        around = await self._around(engine)
        if around is not None:
            whole = await engine.count(messages=(_QUESTION, _ANSWER, Message("user", text)))
            if whole is not None:
                return max(0, whole - around)
        return await engine.count(text=text)

    async def _around(self, engine: Engine) -> int | None:
        """What a short conversation takes after its answer, whose end the model adds itself."""
        if self._measured[0] is not engine.capabilities:
            capabilities = engine.capabilities
            asked = await engine.count(messages=(_QUESTION,))
            answered = await engine.count(text=_ANSWER.content)
            known = asked is not None and answered is not None
            self._measured = (capabilities, (asked or 0) + (answered or 0) + 1 if known else None)
        return self._measured[1]

    async def _used(self, engine: Engine) -> int | None:
        """The last answer's own count where this model gave it, else that of a new prompt."""
        messages = self._messages("")
        if not messages:
            return 0
        answer = self._last_answer()
        if answer is not None and answer.model == engine.name:
            used = context_tokens(answer)
            if used is not None:
                return used
        return await engine.count(messages=messages)

    def _show(
        self, draft: int | None, used: int | None, planned: int | None, engine: Engine | None
    ) -> None:
        capabilities = None if engine is None else engine.capabilities
        use = ContextUse(used, planned=planned)
        if capabilities is not None:
            use = ContextUse(used, capabilities.context_length, planned, capabilities.weakness)
        if use.excess:
            self._composer.set_facts(self._excess_line(use.excess), is_warning=True)
        else:
            warning = wording.context_warning(use)
            line = wording.draft_line(draft, use)
            facts = wording.SEPARATOR.join(filter(None, (line, warning)))
            self._composer.set_facts(facts, is_warning=bool(warning))
        self.context_changed.emit(use)
