"""Keeps the prompts, like the drafts that they are: at once, and there again after a restart."""

from typing import Final

from app.domain.prompt_page import (
    Completion,
    PageOrder,
    PromptPage,
    completion_from_json,
    completion_to_json,
    order_from_json,
    order_to_json,
    ordered,
    page_from_json,
    page_to_json,
)
from app.services.ports import ConversationStore
from app.ui.presenters.talk import new_id, now_ms

# The keys in the store.
_ORDER: Final = "prompt-order"
_PAGE: Final = "prompt-page:"
"""Ends with a page's id."""
_COMPLETION: Final = "prompt-completion:"
"""Ends with a page's id, a colon, and a completion's: each is written once, not with every key."""
_SINGLE: Final = "prompt"
"""Of the time when there was one prompt alone."""

_CLOSED_MS: Final = 24 * 3600 * 1000
"""What was closed longer ago than this is erased at a start."""


class PromptKeeper:
    """Writes what has changed, and only that."""

    def __init__(self, store: ConversationStore) -> None:
        self._store = store
        self._kept: dict[str, str] = {}
        """What the store has, by key."""

    async def restore(self) -> tuple[PageOrder, dict[str, PromptPage]]:
        """The pages that are open, in the order of their tabs. A prompt of the time when there was
        one alone becomes a page. Raises `ServiceError`."""
        stored = await self._store.drafts()
        for key, text in stored.items():
            # What was written meanwhile is newer.
            if key.startswith((_ORDER, _PAGE, _COMPLETION)) or key == _SINGLE:
                self._kept.setdefault(key, text)
        pages = self._pages(stored)
        single = stored.get(_SINGLE, "")
        if single:
            page = PromptPage(new_id(), text=single)
            pages[page.id] = page
            self.note_page(page)
            self._put(_SINGLE, "")
        order = order_from_json(stored.get(_ORDER, ""))
        names = ordered(order, pages)
        return PageOrder(names, order.current), {one: pages[one] for one in names}

    def knows(self, page_id: str) -> bool:
        """Whether it has been kept."""
        return bool(self._kept.get(_PAGE + page_id))

    def note_page(self, page: PromptPage) -> None:
        """Keep its title, its text and its marks."""
        self._put(_PAGE + page.id, page_to_json(page))

    def note_completion(self, page_id: str, completion: Completion) -> None:
        self._put(f"{_COMPLETION}{page_id}:{completion.id}", completion_to_json(completion))

    def note_order(self, pages: tuple[str, ...], current: str) -> None:
        """Which pages are open, and which one is shown."""
        self._put(_ORDER, order_to_json(PageOrder(pages, current)))

    def erase(self, page_id: str) -> None:
        """A page with all that was written for it."""
        for key in list(self._kept):
            if key == _PAGE + page_id or key.startswith(f"{_COMPLETION}{page_id}:"):
                self._put(key, "")

    def _pages(self, stored: dict[str, str]) -> dict[str, PromptPage]:
        """The earliest changed first; those that were closed long ago are erased."""
        completions: dict[str, list[Completion]] = {}
        for key, text in reversed(stored.items()):
            if key.startswith(_COMPLETION):
                page_id, _, completion_id = key.removeprefix(_COMPLETION).partition(":")
                found = completion_from_json(completion_id, text)
                if found is not None:
                    completions.setdefault(page_id, []).append(found)
        pages: dict[str, PromptPage] = {}
        for key, text in reversed(stored.items()):
            if not key.startswith(_PAGE):
                continue
            page = page_from_json(key.removeprefix(_PAGE), text)
            if page is None:
                continue
            if page.closed_ms is None:
                pages[page.id] = page.with_completions(completions.get(page.id, ()))
            elif page.closed_ms < now_ms() - _CLOSED_MS:
                self.erase(page.id)
        return pages

    def _put(self, key: str, text: str) -> None:
        if text != self._kept.get(key, ""):
            self._kept[key] = text
            self._store.set_draft(key, text)
