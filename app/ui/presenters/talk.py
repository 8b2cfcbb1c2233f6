"""The conversation that the Chat pane shows, and what is said in it."""

import time
from uuid import uuid4

from msgspec import Struct, field

from app.domain.answer import Answer
from app.domain.conversation import Conversation, Node
from app.ui.presenters.chat_run import Run


def new_id() -> str:
    """For a message or a conversation."""
    return uuid4().hex


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Talk(Struct):
    """What the presenters of the Chat pane share."""

    conversation: Conversation = field(default_factory=lambda: Conversation(new_id()))
    run: Run | None = None
    """The answer on its way in it."""

    def ask(self, text: str) -> str:
        """Add a question to the end of what is visible, and return its id."""
        node = Node(new_id(), self.conversation.leaf, "user", text, created_ms=now_ms())
        self.conversation = self.conversation.with_node(node)
        return node.id

    def add_answer(self, question: str, answer: Answer) -> str:
        """Add an answer to a message, beside those it has, and return its id."""
        node = Node(new_id(), question, "assistant", "", answer, now_ms())
        self.conversation = self.conversation.with_node(node)
        return node.id

    def add_version(self, node_id: str, text: str) -> str:
        """Put another version beside a message, and return its id."""
        version = new_id()
        self.conversation = self.conversation.with_version(
            node_id, text, new_id=version, created_ms=now_ms()
        )
        return version

    def take_back(self, run: Run) -> None:
        """As if `run` had never begun; what was added for it is deleted."""
        self.conversation = self.conversation.taken_back_to(run.before, now_ms())

    def last_answer(self) -> Answer | None:
        """That of the last visible message, where it is an answer."""
        leaf = self.conversation.leaf
        return None if leaf is None else self.conversation.nodes[leaf].answer

    def answer_of(self, run: Run) -> Answer:
        """Its state by now."""
        answer = self.conversation.nodes[run.node_id].answer
        if answer is None:
            raise KeyError(run.node_id)
        return answer

    def put(self, run: Run, answer: Answer) -> None:
        """Take over a later state of it."""
        self.conversation = self.conversation.with_answer(run.node_id, answer)
