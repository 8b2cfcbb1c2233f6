"""A conversation that has outgrown its model: what is sent of it, and what the user chooses."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import Answer
from app.domain.context_room import droppable, without_oldest
from app.domain.conversation import Conversation, Node
from app.domain.quantities import number
from app.services.engines import Engine
from app.services.program import Services
from app.services.room import ContextFull, foreseen_drop, messages_to_drop
from app.services.traces import Place
from app.ui import wording
from app.ui.translation import tr
from app.ui.widgets.context_choice_bar import ContextChoiceBar, ContextChoiceView
from wrappers.contract import Message, Sampling


class _Open(Struct, frozen=True):
    """A choice that the user has not made yet."""

    conversation: str
    leaf: str | None
    """It is over once something else is visible."""
    full: ContextFull
    question: str | None
    """To be answered once it is made; ``None`` where it is in the composer again."""


class FullContext:
    """Asks a model as much of a conversation as it can read.

    The choice to drop the oldest turns holds for a conversation until it is taken back: the last
    answer that was given without them says that it was made.
    """

    def __init__(
        self,
        services: Services,
        bar: ContextChoiceBar,
        *,
        answer: Callable[[str], None],
        send: Callable[[], None],
    ) -> None:
        """`answer` answers a question of the visible branch anew; `send` sends the draft."""
        self._services = services
        self._bar = bar
        self._answer = answer
        self._send = send
        self._open: _Open | None = None
        self._choices: dict[str, bool] = {}
        """By conversation: whether the oldest turns may be dropped, where that was chosen."""
        self._foreseen: dict[str, int] = {}
        """By question whose answer the context cut: how many messages would have to go."""
        self._must_drop: set[str] = set()
        """Questions whose last answer the context cut: more has to go than went then."""
        self._left: set[str] = set()
        """Answers that the context cut and that the user has left at that."""
        self._shown = Conversation(id="")
        bar.drop_requested.connect(self._drop)
        bar.stop_requested.connect(self._stop)
        bar.ask_requested.connect(self._ask_again)

    # -- asking

    async def ask(
        self,
        engine: Engine,
        conversation: Conversation,
        node_id: str,
        sampling: Sampling,
        *,
        through_predict: bool,
        place: Place | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """The states of the answer to message `node_id`; `conversation` is as it was before, and
        `place` where the answer is recorded.

        Raises `ContextFull` where the user has to choose first.
        """
        messages = conversation.messages_to(node_id)
        may_drop = self._may_drop(conversation)
        before = _last_answer(conversation, node_id)
        before_dropped = 0 if before is None else before.messages_dropped
        if node_id in self._must_drop:
            self._must_drop.discard(node_id)
            cut = _last_answer(conversation, conversation.leaf)
            went = 0 if cut is None else cut.messages_dropped
            dropped = await foreseen_drop(engine, messages, sampling, dropped=went) or went
        else:
            dropped = await messages_to_drop(
                engine, messages, sampling, may_drop=may_drop, dropped=before_dropped
            )
        while True:
            answer: Answer | None = None
            states = self._services.chat.answer(
                engine,
                without_oldest(messages, dropped),
                sampling,
                through_predict=through_predict,
                place=place,
            )
            async with aclosing(states):
                async for state in states:
                    answer = replace(
                        state,
                        system=conversation.system,
                        messages_dropped=dropped,
                        tracking_uri=self._services.catalog.tracking_uri,
                    )
                    if not _is_refused(answer):
                        yield answer
            if answer is None:
                return
            if not _is_refused(answer):
                if _is_cut_by_context(answer):
                    drop = await foreseen_drop(engine, messages, sampling, dropped=dropped)
                    if drop is not None:
                        self._foreseen[node_id] = drop
                return
            more = await foreseen_drop(engine, messages, sampling, dropped=dropped)
            if more is None:
                yield answer
                return
            if not may_drop:
                raise ContextFull(
                    excess=None, length=answer.context_length, drop=more, refusal=answer.failure
                )
            dropped = more

    def was_full(self, conversation: Conversation, full: ContextFull, question: str) -> None:
        """Nothing was sent: let the user choose."""
        asked = None if conversation.is_hidden(question) else question
        self._open = _Open(conversation.id, conversation.leaf, full, asked)

    # -- what is asked about it

    def messages(self, conversation: Conversation, draft: str = "") -> tuple[Message, ...]:
        """What a model would be sent with `draft`, or was sent so far, without what is dropped."""
        messages = conversation.messages_to(conversation.leaf)
        if draft:
            if messages and messages[-1].role == "user":
                messages = messages[:-1]
            messages = (*messages, Message("user", draft))
        if messages and self._may_drop(conversation):
            dropped = min(self.dropped(conversation), droppable(messages)[-1])
            messages = without_oldest(messages, dropped)
        return messages

    def excess_line(self, conversation: Conversation, excess: int) -> str:
        """What is said of a draft that makes the prompt so many tokens too long."""
        if self._may_drop(conversation):
            return tr("The oldest messages will not be sent with it: the context is full.")
        if any(node.role == "user" for node in conversation.branch()):
            return tr(
                "Longer than the model's context by {tokens}. Shorten it, or send it and choose "
                "what is left out."
            ).format(tokens=wording.tokens(excess))
        return wording.too_long_line(excess)

    def above(self, conversation: Conversation) -> tuple[str, str] | None:
        """The first message that the model was sent last, and what to say above it."""
        dropped = self.dropped(conversation)
        if not dropped:
            return None
        sent = conversation.sent_to(conversation.leaf)
        if dropped >= len(sent):
            return None
        words = (
            tr("The message above is not sent to the model any more")
            if dropped == 1
            else tr("The {count} messages above are not sent to the model any more").format(
                count=number(dropped)
            )
        )
        return sent[dropped].id, words

    # -- the bar

    def show(self, conversation: Conversation) -> None:
        """Ask what is to be asked about `conversation`."""
        self._shown = conversation
        view = self._view(conversation)
        if view != self._bar.view:
            self._bar.show_view(view)

    def _view(self, conversation: Conversation) -> ContextChoiceView | None:
        choice = self._open
        if choice is not None and _is_still(choice, conversation):
            return ContextChoiceView(
                _full_line(choice.full),
                drop=_drop_words(choice.full.drop),
                stop=tr("Stop here"),
            )
        cut = self._cut(conversation)
        if cut is not None:
            return ContextChoiceView(
                tr("The context is full, so the answer was cut."),
                drop=_drop_and_answer_words(self._foreseen.get(cut.parent or "")),
                stop=tr("Stop here"),
            )
        dropped = self.dropped(conversation)
        if dropped and self._may_drop(conversation):
            return ContextChoiceView(
                tr("The context is full: the oldest messages are not sent any more."),
                ask=tr("Ask me first"),
            )
        return None

    def _drop(self) -> None:
        conversation, choice = self._shown, self._open
        cut = self._cut(conversation)
        if choice is not None and _is_still(choice, conversation):
            self._choices[conversation.id] = True
            self._open = None
            if choice.question is None:
                self._send()
            else:
                self._answer(choice.question)
        elif cut is not None and cut.parent is not None:
            self._choices[conversation.id] = True
            self._must_drop.add(cut.parent)
            self._answer(cut.parent)

    def _stop(self) -> None:
        self._open = None
        cut = self._cut(self._shown)
        if cut is not None:
            self._left.add(cut.id)
        self.show(self._shown)

    def _ask_again(self) -> None:
        self._choices[self._shown.id] = False
        self.show(self._shown)

    # -- the state of a conversation

    def _cut(self, conversation: Conversation) -> Node | None:
        """The last answer, where the context cut it and there is something to drop."""
        if conversation.leaf is None or conversation.leaf in self._left:
            return None
        node = conversation.nodes[conversation.leaf]
        if node.answer is None or not _is_cut_by_context(node.answer):
            return None
        choices = droppable(conversation.messages_to(node.parent))
        return node if choices[-1] > node.answer.messages_dropped else None

    def _may_drop(self, conversation: Conversation) -> bool:
        chosen = self._choices.get(conversation.id)
        return self.dropped(conversation) > 0 if chosen is None else chosen

    @staticmethod
    def dropped(conversation: Conversation) -> int:
        """How many of the oldest messages the model was not sent last."""
        answer = _last_answer(conversation, conversation.leaf)
        return 0 if answer is None else answer.messages_dropped


def _last_answer(conversation: Conversation, node_id: str | None) -> Answer | None:
    """The nearest answer from message `node_id` on upwards that a model was asked for."""
    while node_id is not None:
        node = conversation.nodes[node_id]
        if node.answer is not None and node.answer.system is not None:
            return node.answer
        node_id = node.parent
    return None


def _is_refused(answer: Answer) -> bool:
    return answer.failure is not None and answer.failure.kind == "context_too_long"


def _is_cut_by_context(answer: Answer) -> bool:
    return answer.state.is_final and answer.stop_reason == "context_full"


def _is_still(choice: _Open, conversation: Conversation) -> bool:
    return (choice.conversation, choice.leaf) == (conversation.id, conversation.leaf)


def _full_line(full: ContextFull) -> str:
    if full.excess is None or full.length is None:
        return tr("The conversation no longer fits into the model's context.")
    return tr("The conversation is {tokens} too long for the model's context of {length}.").format(
        tokens=wording.tokens(full.excess), length=number(full.length)
    )


def _drop_words(count: int | None) -> str:
    if count is None:
        return tr("Drop the oldest turns")
    if count == 1:
        return tr("Drop the oldest message")
    return tr("Drop the oldest {count} messages").format(count=number(count))


def _drop_and_answer_words(count: int | None) -> str:
    if count is None:
        return tr("Drop the oldest turns and answer anew")
    if count == 1:
        return tr("Drop the oldest message and answer anew")
    return tr("Drop the oldest {count} messages and answer anew").format(count=number(count))
