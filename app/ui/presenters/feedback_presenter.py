"""Good, bad, and a comment: kept with the answer, and put on its trace."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.conversation import Node
from app.domain.feedback import Rating
from app.services.traces import Traces
from app.ui.dialogs.opener import Dialogs
from app.ui.presenters.chat_presenter import ChatPresenter
from app.ui.tasks import Tasks
from app.ui.translation import tr


class FeedbackPresenter:
    """Adds its actions to the messages of `chat`.

    The conversation has the last word; MLflow has it as well where the answer was recorded.
    """

    def __init__(
        self,
        chat: ChatPresenter,
        traces: Traces,
        dialogs: Dialogs,
        tasks: Tasks,
        *,
        hint: Callable[[str], None],
    ) -> None:
        """`hint` says what did not go as it usually does."""
        self._chat = chat
        self._traces = traces
        self._dialogs = dialogs
        self._tasks = tasks
        self._hint = hint
        for rating in _RATINGS:
            chat.actions.add(
                rating,
                partial(self._rate, rating),
                applies=_can_be_rated,
                quick=True,
                pressed=partial(_has, rating),
            )
        chat.actions.add("comment", self.comment, applies=_can_be_rated)

    def _rate(self, rating: Rating, node_id: str) -> None:
        self.rate(node_id, rating)

    def rate(self, node_id: str, rating: Rating) -> None:
        """Give an answer this rating; given twice, it is taken back."""

        def rated(answer: Answer) -> Answer:
            return replace(answer, rating=None if answer.rating == rating else rating)

        self._amend(node_id, rated)

    def comment(self, node_id: str) -> None:
        """Ask for a comment."""
        answer = self._chat.conversation.nodes[node_id].answer
        if answer is not None:
            self._tasks.start(self._comment(node_id, answer), "comment on an answer")

    async def _comment(self, node_id: str, answer: Answer) -> None:
        conversation_id = self._chat.conversation.id
        where = (
            tr("It is kept with the answer in this conversation.")
            if answer.trace is None or not self._traces.is_on
            else tr("It is kept with the answer, and as an assessment on its MLflow trace.")
        )
        comment = await self._dialogs.comment(answer.comment, where)
        if comment is None or comment == answer.comment:
            return
        if self._chat.conversation.id == conversation_id:
            self._amend(node_id, lambda later: replace(later, comment=comment))

    def _amend(self, node_id: str, change: Callable[[Answer], Answer]) -> None:
        answer = self._chat.amend_answer(node_id, change)
        if answer is None or answer.trace is None:
            return  # the message itself says so
        if not self._traces.is_on:
            self._hint(tr("Traces are off, so this is kept with the message only."))
            return
        self._traces.rate(answer.trace, answer.rating, answer.comment)
        if not self._traces.is_within_reach(answer.trace):
            told = tr(
                "The trace of this answer is in another registry, {registry}. This is kept with "
                "the message, and put on the trace once that registry is open."
            )
            self._hint(told.format(registry=answer.trace.registry))


_RATINGS: tuple[Rating, ...] = ("good", "bad")


def _can_be_rated(node: Node) -> bool:
    """What is still being written may yet turn out well."""
    answer = node.answer
    return answer is not None and answer.state.is_final and bool(answer.text)


def _has(rating: Rating, node: Node) -> bool:
    return node.answer is not None and node.answer.rating == rating
