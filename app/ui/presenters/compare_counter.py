"""The line beneath the draft: how many tokens it is to each of the two models."""

from collections.abc import Callable

from PySide6.QtCore import QTimer

from app.services.engines import Engine
from app.ui import wording
from app.ui.tasks import Tasks
from app.ui.translation import tr
from app.ui.widgets.composer import Composer
from app.ui.wording import SEPARATOR
from wrappers.contract import Message

_PAUSE_MS = 250
"""Between two counts while the user types; the last text is always counted."""


class CompareCounter:
    """Counts with each model's own tokenizer and template, while it is loaded."""

    def __init__(
        self,
        composer: Composer,
        tasks: Tasks,
        *,
        engines: Callable[[], tuple[Engine | None, Engine | None]],
        messages: Callable[[int, str], tuple[Message, ...]],
        completes: Callable[[], bool],
    ) -> None:
        """`messages` are those that a side would be sent with a certain draft; `completes` says
        whether the draft is a prompt to complete instead."""
        self._composer = composer
        self._tasks = tasks
        self._engines = engines
        self._messages = messages
        self._completes = completes
        self._is_counting = False
        self._is_stale = False
        self._is_closed = False
        self._timer = QTimer(singleShot=True, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._count_now)
        composer.draft_changed.connect(self.request)
        composer.set_facts(_line((), completes=False))

    def request(self) -> None:
        """Something that is counted has changed."""
        if not self._timer.isActive() and not self._is_closed:
            self._timer.start()

    def close(self) -> None:
        """Count no more; a count on its way tells nobody."""
        self._timer.stop()
        self._is_closed = True

    def _count_now(self) -> None:
        if self._is_counting:
            self._is_stale = True
        else:
            self._is_counting = True
            self._tasks.start(self._count_all(), "count the draft of a comparison")

    async def _count_all(self) -> None:
        try:
            self._is_stale = True
            while self._is_stale and not self._is_closed:
                self._is_stale = False
                await self._count()
        finally:
            self._is_counting = False

    async def _count(self) -> None:
        text = self._composer.draft()
        completes = self._completes()
        counts: list[int] = []
        excess = 0
        for at, engine in enumerate(self._engines()):
            if engine is None or not engine.is_loaded:
                continue
            count = await engine.count(text=text) if text else None
            if count is not None:
                counts.append(count)
            length = engine.capabilities.context_length if engine.capabilities else None
            if text and length is not None:
                if completes:
                    planned = count  # what was completed before is no part of it
                else:
                    planned = await engine.count(messages=self._messages(at, text))
                excess = max(excess, 0 if planned is None else planned - length)
        if self._is_closed:
            return
        if excess:
            self._composer.set_facts(wording.too_long_line(excess), is_warning=True)
        else:
            each = tuple(dict.fromkeys(counts))
            self._composer.set_facts(_line(each, completes=completes))


def _line(counts: tuple[int, ...], *, completes: bool) -> str:
    same = tr("the same conversation goes to both")
    if completes:
        same = tr("the same prompt goes to both")
    if not counts:
        return same[:1].upper() + same[1:]
    told = tr(" or ").join(wording.tokens(count) for count in counts)
    return SEPARATOR.join([told, same])
