"""A conversation: a tree of messages, of which one branch is visible.

Nothing is ever taken out of the tree: editing or regenerating adds a sibling and makes it the
visible one, and what is deleted is marked and hidden, to be had back. All values are immutable;
every operation gives a new conversation.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from app.domain.answer import Answer
from wrappers.contract import Message

Role = Literal["user", "assistant"]


class Node(Struct, frozen=True):
    """One message in the tree."""

    id: str
    parent: str | None
    """``None`` for a first message."""
    role: Role
    text: str
    """What was typed; an answer's text is `answer`'s."""
    answer: Answer | None = None
    created_ms: int = 0
    deleted_ms: int | None = None
    """When it was deleted, and with it all that follows; ``None`` for one that is there."""

    @property
    def content(self) -> str:
        return self.text if self.answer is None else self.answer.text

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted itself; see `Conversation.is_hidden`."""
        return self.deleted_ms is not None


@dataclasses.dataclass(frozen=True, slots=True)
class Conversation:
    """A tree of `Node` and the leaf whose branch is visible."""

    id: str
    system: str = ""
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    leaf: str | None = None
    choices: dict[str, str] = dataclasses.field(default_factory=dict)
    """By message: the one below it that was visible last, where that is not the newest."""
    _children: dict[str | None, tuple[str, ...]] | None = dataclasses.field(
        default=None, init=False, repr=False, compare=False
    )
    """By message, the ids below it in the order they came in; made when it is first asked for, and
    handed on, so that neither a frame of an answer nor a drawing looks through all nodes."""

    # -- what is there

    def branch(self) -> tuple[Node, ...]:
        """The visible messages, first to last."""
        return self._path(self.leaf)

    def siblings(self, node_id: str) -> tuple[Node, ...]:
        """All versions of a message that are not deleted, itself included, oldest first."""
        below = self._below(self.nodes[node_id].parent)
        return tuple(self.nodes[one] for one in below if not self.nodes[one].is_deleted)

    def version_of(self, node_id: str) -> tuple[int, int]:
        """Which version of how many, as ``(2, 3)``; ``(1, 1)`` for the only one."""
        if len(self._below(self.nodes[node_id].parent)) == 1:
            return 1, 1  # nearly all are, and a drawing asks for all
        ids = [node.id for node in self.siblings(node_id)]
        return (ids.index(node_id) + 1, len(ids)) if node_id in ids else (1, 1)

    def version_beside(self, node_id: str, step: int) -> str | None:
        """The version `step` places on (1) or back (-1); ``None`` where there is none."""
        siblings = self.siblings(node_id)
        number, _ = self.version_of(node_id)
        at = number - 1 + step
        return siblings[at].id if 0 <= at < len(siblings) else None

    def is_hidden(self, node_id: str) -> bool:
        """Whether a message, or one that it follows, was deleted."""
        return any(node.is_deleted for node in self._up_from(node_id))

    def tip(self, node_id: str) -> str:
        """The last message of the branch that was visible below `node_id` when it was last."""
        below = self._visible_below(node_id)
        while below is not None:
            node_id = below
            below = self._visible_below(node_id)
        return node_id

    def visible_below(self, node_id: str) -> Node | None:
        """The message after this one in the branch that is visible, or was when it was last."""
        below = self._visible_below(node_id)
        return None if below is None else self.nodes[below]

    def last_question(self) -> Node | None:
        """The last visible message of the user."""
        return next((node for node in reversed(self.branch()) if node.role == "user"), None)

    def messages_to(self, node_id: str | None) -> tuple[Message, ...]:
        """What a model is sent to answer message `node_id`: system prompt and branch up to it.

        Failed answers without any text are passed over, and so is the question they left open
        when another one follows: chat templates want the roles to alternate.
        """
        sent = tuple(Message(node.role, node.content) for node in self.sent_to(node_id))
        return (Message("system", self.system), *sent) if self.system.strip() else sent

    def sent_to(self, node_id: str | None) -> tuple[Node, ...]:
        """The nodes of `messages_to`, one for each message but the system prompt."""
        sent: list[Node] = []
        for node in self._path(node_id):
            if node.role == "assistant" and not node.content:
                continue
            if sent and sent[-1].role == node.role == "user":
                sent.pop()
            sent.append(node)
        return tuple(sent)

    # -- what is said

    def with_node(self, node: Node) -> "Conversation":
        """`node` added below its parent, or put in place of the one with its id, and visible."""
        if node.parent is not None and node.parent not in self.nodes:
            raise KeyError(node.parent)
        nodes = {**self.nodes, node.id: node}
        if node.id in self.nodes:
            return self._with(nodes=nodes)
        choices = self._choices_to(node.parent)
        if node.parent is not None:
            choices.pop(node.parent, None)
        index = {**self._index(), node.parent: (*self._below(node.parent), node.id)}
        return self._with(nodes=nodes, leaf=node.id, choices=choices, index=index)

    def with_answer(self, node_id: str, answer: Answer) -> "Conversation":
        """The answer of message `node_id` replaced by a later state of it."""
        node = replace(self.nodes[node_id], answer=answer)
        return self._with(nodes={**self.nodes, node_id: node})

    # -- its versions

    def with_version(
        self, node_id: str, text: str, *, new_id: str, created_ms: int = 0
    ) -> "Conversation":
        """Another version of a message, in the user's words, beside those there are; visible."""
        node = self.nodes[node_id]
        answer = None if node.answer is None else node.answer.in_other_words(text)
        return self.with_node(
            replace(
                node,
                id=new_id,
                text=text if answer is None else "",
                answer=answer,
                created_ms=created_ms,
                deleted_ms=None,
            )
        )

    def showing(self, node_id: str) -> "Conversation":
        """With the branch through `node_id` visible, and below it what was visible there last."""
        return self._ending_at(self.tip(node_id))

    def branched(
        self, node_id: str, conversation_id: str, new_id: Callable[[], str]
    ) -> "Conversation":
        """Another conversation that begins as this one does, up to `node_id`; each message gets an
        id of its own from `new_id`, and keeps all else."""
        nodes: dict[str, Node] = {}
        parent: str | None = None
        for node in self._path(node_id):
            copy = replace(node, id=new_id(), parent=parent)
            nodes[copy.id] = copy
            parent = copy.id
        return Conversation(conversation_id, self.system, nodes, parent)

    # -- deleting, and having back

    def without(self, node_id: str, deleted_ms: int) -> "Conversation":
        """With a message deleted, and what follows it. Where it was visible, another version of it
        is, or what came before it."""
        if self.nodes[node_id].is_deleted:
            return self
        nodes = self._marked((node_id,), deleted_ms)
        if all(node.id != node_id for node in self._up_from(self.leaf)):
            return self._with(nodes=nodes)
        leaf = self._leaf_beside(node_id)
        return self._with(nodes=nodes, leaf=leaf, choices=self._choices_to(leaf))

    def restored(self, node_id: str) -> "Conversation":
        """With a deleted message there again and visible, and what follows it as it was."""
        nodes = self._marked((node_id,), None)
        parent = self.nodes[node_id].parent
        if parent is not None and self.is_hidden(parent):
            return self._with(nodes=nodes)
        leaf = self.tip(node_id)
        return self._with(nodes=nodes, leaf=leaf, choices=self._choices_to(leaf))

    def taken_back_to(self, before: "Conversation", deleted_ms: int) -> "Conversation":
        """As it was `before`; what has been added since then is deleted, and stays in the tree."""
        added = [node_id for node_id in self.nodes if node_id not in before.nodes]
        nodes = {**self._marked(added, deleted_ms), **before.nodes}
        choices = self._choices_to(before.leaf, before.choices)
        return self._with(nodes=nodes, leaf=before.leaf, choices=choices)

    def settled(self) -> "Conversation":
        """For what was read from a store to which another window has written too: a visible branch
        with a deleted message in it ends beside or above that one."""
        deleted = [node for node in self._up_from(self.leaf) if node.is_deleted]
        return self._ending_at(self._leaf_beside(deleted[-1].id)) if deleted else self

    # -- within

    def _with(
        self, *, index: dict[str | None, tuple[str, ...]] | None = None, **changes: Any
    ) -> "Conversation":
        """`replace`, with the index, or a new one, handed on."""
        changed = dataclasses.replace(self, **changes)
        object.__setattr__(changed, "_children", index or self._children)
        return changed

    def _ending_at(self, leaf: str | None) -> "Conversation":
        """With `leaf` as the last visible message."""
        return self._with(leaf=leaf, choices=self._choices_to(leaf))

    def _choices_to(
        self, leaf: str | None, choices: dict[str, str] | None = None
    ) -> dict[str, str]:
        """`choices`, or its own, with the way to `leaf` noted."""
        noted = dict(self.choices if choices is None else choices)
        for node in self._up_from(leaf):
            if node.parent is None:
                continue
            if self._below(node.parent)[-1] == node.id:
                noted.pop(node.parent, None)
            else:
                noted[node.parent] = node.id
        return noted

    def _marked(self, node_ids: Iterable[str], deleted_ms: int | None) -> dict[str, Node]:
        """All nodes, those of `node_ids` as deleted at `deleted_ms`."""
        marked = {one: replace(self.nodes[one], deleted_ms=deleted_ms) for one in node_ids}
        return {**self.nodes, **marked}

    def _leaf_beside(self, node_id: str) -> str | None:
        """What the visible branch ends at when it can't go through `node_id`: the version before
        it, else after it, else what it follows."""
        parent = self.nodes[node_id].parent
        all_versions = self._below(parent)
        at = all_versions.index(node_id)
        for other in (*reversed(all_versions[:at]), *all_versions[at + 1 :]):
            if not self.nodes[other].is_deleted:
                return self.tip(other)
        return parent

    def _visible_below(self, node_id: str) -> str | None:
        below = self._below(node_id)
        chosen = self.choices.get(node_id)
        if chosen in below and not self.nodes[chosen].is_deleted:
            return chosen
        return next((one for one in reversed(below) if not self.nodes[one].is_deleted), None)

    def _path(self, node_id: str | None) -> tuple[Node, ...]:
        """From the first message to `node_id`, or to where what is deleted begins."""
        path: list[Node] = []
        for node in self._up_from(node_id):
            if node.is_deleted:
                path.clear()
            else:
                path.append(node)
        return tuple(reversed(path))

    def _up_from(self, node_id: str | None) -> Iterable[Node]:
        """`node_id` and what it follows, up to the first message."""
        while node_id is not None:
            node = self.nodes[node_id]
            yield node
            node_id = node.parent

    def _below(self, node_id: str | None) -> tuple[str, ...]:
        return self._index().get(node_id, ())

    def _index(self) -> dict[str | None, tuple[str, ...]]:
        if self._children is None:
            gathered: dict[str | None, list[str]] = {}
            for node in self.nodes.values():
                gathered.setdefault(node.parent, []).append(node.id)
            index = {parent: tuple(ids) for parent, ids in gathered.items()}
            object.__setattr__(self, "_children", index)
            return index
        return self._children
