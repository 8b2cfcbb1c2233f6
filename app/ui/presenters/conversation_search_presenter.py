"""The search over all conversations."""

import asyncio
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QTimer

from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.ui.panes.sidebar import Sidebar
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed

_PAUSE_MS: Final = 120
"""After the last key, before the store is asked."""
_SIGN_S: Final = 0.2
"""A search that takes longer says so."""


class ConversationSearchPresenter:
    """Shows in the list what the words in the search field find; a later key ends the search for
    an earlier one."""

    def __init__(
        self,
        store: ConversationStore,
        sidebar: Sidebar,
        tasks: Tasks,
        *,
        open_at: Callable[[str, str], None],
        tell: Callable[[Failed], None],
    ) -> None:
        """`open_at` opens a conversation at a message, which may be none."""
        self._store = store
        self._field = sidebar.conversation_search
        self._list = sidebar.conversations
        self._tasks = tasks
        self._tell = tell
        self._more: int | None = None
        self._search: asyncio.Task[None] | None = None
        self._pause = QTimer(sidebar)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._begin)
        self._field.query_changed.connect(self._typed)
        self._list.more_wanted.connect(self._go_on)
        self._list.hit_chosen.connect(open_at)

    def close(self) -> None:
        """Search no more."""
        self._pause.stop()
        self._give_up()

    def focus(self) -> None:
        """Take the keyboard, with what was looked for last ready to be written over."""
        self._field.setFocus()
        self._field.selectAll()

    def _typed(self, text: str) -> None:
        self._give_up()
        if text.strip():
            self._pause.start()
        else:
            self._pause.stop()
            self._list.end_search()

    def _begin(self) -> None:
        text = self._field.text()
        self._search = self._tasks.start(self._find(text), "search the conversations")

    def _give_up(self) -> None:
        self._more = None
        if self._search is not None:
            self._search.cancel()
            self._search = None

    async def _find(self, text: str) -> None:
        sign = asyncio.get_running_loop().call_later(
            _SIGN_S, self._list.show_hits, (), tr("Searching …")
        )
        try:
            page = await self._store.search(text)
        except ServiceError as error:
            self._list.end_search()
            self._tell(error.failed)
        else:
            self._more = page.more
            nothing = tr("No conversation says “{words}”.").format(words=text.strip())
            self._list.show_hits(page.hits, nothing)
        finally:
            sign.cancel()

    def _go_on(self) -> None:
        if self._more is not None:
            after, self._more = self._more, None
            self._search = self._tasks.start(
                self._find_more(self._field.text(), after), "search the conversations further"
            )

    async def _find_more(self, text: str, after: int) -> None:
        try:
            page = await self._store.search(text, after=after)
        except ServiceError as error:
            self._tell(error.failed)
        else:
            self._more = page.more
            self._list.add_hits(page.hits)
