"""A conversation: a tree of messages, of which one branch is visible.

Nothing is ever taken out of the tree: editing or regenerating adds a sibling and makes it the
visible one. All values are immutable; every operation gives a new conversation.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from app.domain.answer import Answer
from wrappers.contract import Message

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Node:
    """One message in the tree."""

    id: str
    parent: str | None
    """``None`` for a first message."""
    role: Role
    text: str
    """What was typed; an answer's text is `answer`'s."""
    answer: Answer | None = None
    created_ms: int = 0

    @property
    def content(self) -> str:
        return self.text if self.answer is None else self.answer.text


@dataclass(frozen=True, slots=True)
class Conversation:
    """A tree of `Node` and the leaf whose branch is visible."""

    id: str
    system: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    leaf: str | None = None

    def branch(self) -> tuple[Node, ...]:
        """The visible messages, first to last."""
        visible: list[Node] = []
        current = self.leaf
        while current is not None:
            node = self.nodes[current]
            visible.append(node)
            current = node.parent
        return tuple(reversed(visible))

    def siblings(self, node_id: str) -> tuple[Node, ...]:
        """All versions of a message, itself included, oldest first."""
        parent = self.nodes[node_id].parent
        return tuple(node for node in self.nodes.values() if node.parent == parent)

    def with_node(self, node: Node) -> "Conversation":
        """`node` added below its parent, or put in place of the one with its id, and visible."""
        if node.parent is not None and node.parent not in self.nodes:
            raise KeyError(node.parent)
        leaf = self.leaf if node.id in self.nodes else node.id
        return replace(self, nodes={**self.nodes, node.id: node}, leaf=leaf)

    def with_answer(self, node_id: str, answer: Answer) -> "Conversation":
        """The answer of message `node_id` replaced by a later state of it."""
        node = replace(self.nodes[node_id], answer=answer)
        return replace(self, nodes={**self.nodes, node_id: node})

    def messages_to(self, node_id: str | None) -> tuple[Message, ...]:
        """What a model is sent to answer message `node_id`: system prompt and branch up to it.

        Failed answers without any text are passed over, and so is the question they left open
        when another one follows: chat templates want the roles to alternate.
        """
        sent = tuple(Message(node.role, node.content) for node in self.sent_to(node_id))
        return (Message("system", self.system), *sent) if self.system.strip() else sent

    def sent_to(self, node_id: str | None) -> tuple[Node, ...]:
        """The nodes of `messages_to`, one for each message but the system prompt."""
        branch: list[Node] = []
        current = node_id
        while current is not None:
            branch.append(self.nodes[current])
            current = self.nodes[current].parent
        sent: list[Node] = []
        for node in reversed(branch):
            if node.role == "assistant" and not node.content:
                continue
            if sent and sent[-1].role == node.role == "user":
                sent.pop()
            sent.append(node)
        return tuple(sent)
