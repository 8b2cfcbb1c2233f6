"""From a turn of the chat to a prompt of exactly what the model read."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.conversation import Node
from app.domain.prompt_page import Completion
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.presenters.talk import new_id

if TYPE_CHECKING:
    from app.ui.presenters.prompt_sheets import PromptSheets


class SendToPrompt:
    """Adds its action to the messages' menu: of an answer, and of the question that has one."""

    def __init__(
        self,
        chat: ChatPresenter,
        sheets: Callable[[], "PromptSheets"],
        show_page: Callable[[], None],
    ) -> None:
        """`show_page` brings the Prompt pane to the front."""
        self._chat = chat
        self._sheets = sheets
        self._show_page = show_page
        chat.actions.add("to_prompt", self.send, applies=lambda node: _prompt(self._answer(node)))

    def send(self, node_id: str) -> None:
        """Open it in a tab of its own, byte for byte; the answer is a version that can be shown."""
        answer = self._answer(self._chat.conversation.nodes[node_id])
        if answer is None or not answer.prompt:
            return
        text = answer.text[answer.continued_at :]
        written = replace(answer, text=text, continued_at=0)
        completion = Completion(new_id(), answer.prompt, written)
        self._sheets().open(answer.prompt, written=(completion,) if text else ())
        self._show_page()

    def _answer(self, node: Node) -> Answer | None:
        """Its own, or the one that is visible below it."""
        if node.answer is not None:
            return node.answer
        below = self._chat.conversation.visible_below(node.id)
        return None if below is None else below.answer


def _prompt(answer: Answer | None) -> bool:
    return answer is not None and answer.state.is_final and bool(answer.prompt)
