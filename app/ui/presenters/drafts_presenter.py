"""What is being written and was not sent yet: it is kept, and is there again after a restart."""

from typing import Final

from app.services.ports import ConversationStore
from app.ui.coalesce import Coalescer
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.widgets.composer import Composer

_NOTE_MS: Final = 300
"""While somebody writes, the text is noted this often."""

# The keys in the store: two that end with a conversation's id, and one more. Those of prompts are
# `prompt_keeper`'s.
_MESSAGE: Final = "message:"
_SYSTEM: Final = "system:"
"""For a conversation with no message yet; a later one keeps its system prompt itself."""
_EDIT: Final = "edit:"
"""Ends with a message's id: what is being typed into it."""


class DraftsPresenter:
    """Gives every conversation its own draft."""

    def __init__(
        self,
        store: ConversationStore,
        chat: ChatPresenter,
        composer: Composer,
    ) -> None:
        self._store = store
        self._chat = chat
        self._composer = composer
        self._texts: dict[str, str] = {}
        """What the store has, by key."""
        self._conversation = chat.conversation.id
        """Whose draft the composer holds."""
        composer.take_up_draft(self._conversation, composer.draft())
        self._notes = Coalescer(self._note, _NOTE_MS)
        composer.draft_changed.connect(self._notes.request)
        composer.system_changed.connect(self._notes.request)
        self._unfollow = chat.changed.connect(self._chat_changed)
        self._unfollow_edits = chat.editing.changed.connect(
            lambda node_id, text: self._put(_EDIT + node_id, text or "")
        )

    def close(self) -> None:
        """Keep what there is, and listen no more."""
        self._unfollow()
        self._unfollow_edits()
        self._notes.stop()
        self._note()

    async def restore(self) -> str | None:
        """Take over what was kept, and return the id of the conversation that was last written for.
        Raises `ServiceError`."""
        stored = await self._store.drafts()
        # What was written while they were read is newer.
        self._texts = stored | self._texts
        for key, text in list(self._texts.items()):
            if text and key.startswith(_EDIT):
                self._chat.editing.put(key.removeprefix(_EDIT), text)
        for key in self._texts:
            for kind in (_MESSAGE, _SYSTEM):
                if key.startswith(kind):
                    return key.removeprefix(kind)
        return None

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has been said or written in the conversation that is shown."""
        current = self._chat.conversation
        return not (current.leaf or current.system or self._composer.draft())

    def adopt(self, conversation_id: str) -> None:
        """Go on, in the empty conversation that is shown, with what was written for another that
        was never begun. Its id stays behind: another window may be about to use it."""
        system, draft = (
            self._texts.get(kind + conversation_id, "") for kind in (_SYSTEM, _MESSAGE)
        )
        # Not where that is nothing: it would be a step to undo, in which nothing comes back.
        if system != self._composer.system():
            self._composer.set_system(system)
        if draft != self._composer.draft():
            self._composer.set_draft(draft)
        self._notes.stop()
        self._note()
        self._put(_SYSTEM + conversation_id, "")
        self._put(_MESSAGE + conversation_id, "")

    def focus(self) -> None:
        self._composer.setFocus()

    def _chat_changed(self) -> None:
        current = self._chat.conversation.id
        if current == self._conversation:
            return
        self._note()
        self._conversation = current
        self._composer.take_up_draft(current, self._texts.get(_MESSAGE + current, ""))

    def _note(self) -> None:
        self._put(_MESSAGE + self._conversation, self._composer.draft())
        current = self._chat.conversation
        if current.id == self._conversation:
            self._put(_SYSTEM + current.id, current.system if current.leaf is None else "")

    def _put(self, key: str, text: str) -> None:
        if text != self._texts.get(key, ""):
            self._texts[key] = text
            self._store.set_draft(key, text)
