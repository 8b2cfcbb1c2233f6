"""Versions of messages, conversations that branch off, and messages that are deleted."""

from collections.abc import Callable
from typing import Final

from app.domain.conversation import Conversation
from app.services.errors import ServiceError
from app.services.ports import ConversationStore
from app.ui.panes.chat_pane import ChatPane
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.talk import new_id, now_ms
from app.ui.presenters.undo_presenter import UndoPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr
from wrappers.contract import Failed

_SHORT: Final = 40
"""Characters of a deleted message that tell which one it was."""


class VersionsPresenter:
    """Moves through the tree of the conversation that is shown. Nothing leaves the tree."""

    def __init__(
        self,
        chat: ChatPresenter,
        pane: ChatPane,
        store: ConversationStore,
        undo: UndoPresenter,
        tasks: Tasks,
        *,
        tell: Callable[[Failed], None],
    ) -> None:
        """`tell` shows what could not be read."""
        self._chat = chat
        self._pane = pane
        self._store = store
        self._undo = undo
        self._tasks = tasks
        self._tell = tell
        chat.actions.add("branch", self.branch, applies=lambda _: True)
        chat.actions.add("delete", self.delete, applies=lambda _: True)
        pane.transcript.version_requested.connect(self._step_by_button)
        pane.version_step_requested.connect(self.step_here)

    def step(self, node_id: str, step: int) -> str | None:
        """Show the next version of a message, or the one before it, and return its id; ``None``
        where there is none, or where it can't be shown now."""
        conversation = self._chat.conversation
        other = conversation.version_beside(node_id, step)
        if other is None or not self._chat.may_change():
            return None
        self._chat.change(conversation.showing(other))
        return other

    def step_here(self, step: int) -> None:
        """Show another version of the message that has the focus; of the last answer where none
        has it."""
        focused = self._pane.transcript.focused_message()
        node_id = focused or self._last_answer()
        other = None if node_id is None else self.step(node_id, step)
        if other is not None and focused is not None:
            self._pane.transcript.message(other).text_view.setFocus()

    def branch(self, node_id: str) -> None:
        """Go on in another conversation that begins as this one does, up to this message."""
        if self._chat.may_change():
            self._chat.show(self._chat.conversation.branched(node_id, new_id(), new_id))
            self._pane.composer.setFocus()

    def delete(self, node_id: str) -> None:
        """Take a message away, and what follows it; it can be had back."""
        if not self._chat.may_change():
            return
        before = self._chat.conversation
        text = " ".join(before.nodes[node_id].content[: 4 * _SHORT].split())
        self._chat.change(before.without(node_id, now_ms()))
        self._pane.composer.setFocus()
        self._offer(before.id, node_id, text[: _SHORT - 1] + "…" if len(text) > _SHORT else text)

    # -- within

    def _offer(self, conversation_id: str, node_id: str, text: str) -> None:
        told = tr("Message deleted: {text}").format(text=text) if text else tr("Message deleted.")
        self._undo.offer(told, lambda: self._restore(conversation_id, node_id, text))

    def _restore(self, conversation_id: str, node_id: str, text: str) -> None:
        if not self._chat.may_change():
            self._offer(conversation_id, node_id, text)
        elif conversation_id == self._chat.conversation.id:
            self._chat.change(self._chat.conversation.restored(node_id))
        else:
            self._tasks.start(
                self._restore_elsewhere(conversation_id, node_id), "have a deleted message back"
            )

    async def _restore_elsewhere(self, conversation_id: str, node_id: str) -> None:
        """In a conversation that is not shown any more; it is, then."""
        try:
            conversation = await self._store.load(conversation_id)
        except ServiceError as error:
            self._tell(error.failed)
            return
        if conversation is not None and node_id in conversation.nodes:
            self._show(conversation.restored(node_id))

    def _show(self, conversation: Conversation) -> None:
        self._chat.show(conversation)
        self._pane.composer.setFocus()

    def _step_by_button(self, node_id: str, step: int) -> None:
        other = self.step(node_id, step)
        if other is not None:
            self._pane.transcript.message(other).focus_version(step)

    def _last_answer(self) -> str | None:
        for node in reversed(self._chat.conversation.branch()):
            if node.role == "assistant":
                return node.id
        return None
