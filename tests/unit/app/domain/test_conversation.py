"""The tree of messages under any sequence of what a user can do with it."""

import dataclasses

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node, Role
from wrappers.contract import Message, Usage

_text = st.text(max_size=5)


class Tree(RuleBasedStateMachine):
    """A conversation in the hands of a user."""

    @initialize(system=_text)
    def begin(self, system: str) -> None:
        self.count = 0
        self.conversation = Conversation("c", system)
        self.added: dict[str, Node] = {}
        """Every node there ever was, as it was said."""
        self.deletions: list[tuple[str, Conversation, Conversation]] = []
        """The node, and the tree before and after it was deleted."""

    # -- what the user does

    @rule(text=_text, answer=st.none() | _text)
    def ask(self, text: str, answer: str | None) -> None:
        self._say("user", text, self.conversation.leaf)
        if answer is not None:
            self._say("assistant", answer, self.conversation.leaf)

    @precondition(lambda self: self.conversation.leaf is not None)
    @rule(data=st.data(), text=_text)
    def edit(self, data: st.DataObject, text: str) -> None:
        node = self._any_visible(data)
        before = self.conversation
        new_id = self._new_id()
        self.conversation = before.with_version(node.id, text, new_id=new_id, created_ms=self.count)
        new = self.conversation.nodes[new_id]
        self.added[new_id] = new
        assert (new.parent, new.role, new.content) == (node.parent, node.role, text)
        assert self.conversation.branch()[-1] == new
        assert self.conversation.siblings(node.id)[:-1] == before.siblings(node.id)

    @precondition(lambda self: self.conversation.leaf is not None)
    @rule(data=st.data(), text=_text)
    def regenerate(self, data: st.DataObject, text: str) -> None:
        self._say("assistant", text, self._any_visible(data).parent)

    @precondition(lambda self: self.conversation.leaf is not None)
    @rule(data=st.data(), text=_text)
    def go_on(self, data: st.DataObject, text: str) -> None:
        answered = [node for node in self.conversation.branch() if node.answer is not None]
        if not answered:
            return
        node = data.draw(st.sampled_from(answered))
        assert node.answer is not None
        longer = replace(node.answer, text=node.answer.text + text)
        leaf = self.conversation.leaf
        self.conversation = self.conversation.with_answer(node.id, longer)
        self.added[node.id] = replace(node, answer=longer)
        assert self.conversation.leaf == leaf

    @precondition(lambda self: self.conversation.leaf is not None)
    @rule(data=st.data(), step=st.sampled_from([-1, 1]))
    def step(self, data: st.DataObject, step: int) -> None:
        node = self._any_visible(data)
        before = self.conversation
        other = before.version_beside(node.id, step)
        number, of = before.version_of(node.id)
        assert (other is not None) == (1 <= number + step <= of)
        if other is None:
            return
        self.conversation = before.showing(other)
        assert self.conversation.version_of(other) == (number + step, of)
        assert other in self._visible()
        assert self.conversation.version_beside(other, -step) == node.id
        back = self.conversation.showing(node.id)
        assert back.branch() == before.branch(), "what was visible below it last is so again"

    @precondition(lambda self: self.conversation.leaf is not None)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        node = self._any_visible(data)
        before = self.conversation
        siblings = before.siblings(node.id)
        self.conversation = before.without(node.id, 7)
        assert node.id not in self._visible()
        if len(siblings) > 1:
            assert any(one.id in self._visible() for one in siblings)
        else:
            assert self.conversation.leaf == node.parent
        self.deletions.append((node.id, before, self.conversation))

    @precondition(lambda self: bool(self.deletions))
    @rule()
    def undo(self) -> None:
        node_id, before, after = self.deletions.pop()
        unchanged = self.conversation == after
        self.conversation = self.conversation.restored(node_id)
        if unchanged:
            assert self.conversation == before
        elif not self.conversation.is_hidden(node_id):
            assert node_id in self._visible()

    @rule(text=_text)
    def ask_what_is_taken_back(self, text: str) -> None:
        before = self.conversation
        self.ask(text, text)
        self.conversation = self.conversation.taken_back_to(before, 8)
        assert self.conversation.branch() == before.branch()
        assert self.conversation.leaf == before.leaf

    @precondition(lambda self: self.conversation.leaf is not None)
    @rule(data=st.data())
    def branch_off(self, data: st.DataObject) -> None:
        node = self._any_visible(data)
        before = self.conversation
        new = before.branched(node.id, "d", self._new_id)
        upto = [one.id for one in before.branch()].index(node.id) + 1
        copied = [(one.role, one.content, one.answer, one.created_ms) for one in new.branch()]
        assert copied == [
            (one.role, one.content, one.answer, one.created_ms) for one in before.branch()[:upto]
        ]
        assert new.system == before.system
        assert not set(new.nodes) & set(before.nodes)
        assert before == self.conversation

    # -- what holds at all times

    @invariant()
    def nothing_is_erased(self) -> None:
        nodes = self.conversation.nodes
        assert list(nodes) == list(self.added)
        for key, node in self.added.items():
            assert replace(nodes[key], deleted_ms=None) == node

    @invariant()
    def the_visible_branch_is_a_branch(self) -> None:
        branch = self.conversation.branch()
        parents = [None, *[node.id for node in branch]]
        assert [node.parent for node in branch] == parents[:-1]
        assert parents[-1] == self.conversation.leaf
        assert not any(node.is_deleted for node in branch)

    @invariant()
    def the_visible_branch_goes_as_far_as_there_are_messages(self) -> None:
        leaf = self.conversation.leaf
        assert not [
            node
            for node in self.conversation.nodes.values()
            if node.parent == leaf and not node.is_deleted
        ]

    @invariant()
    def what_is_visible_is_remembered_as_such(self) -> None:
        for node in self.conversation.branch():
            assert self.conversation.tip(node.id) == self.conversation.leaf

    @invariant()
    def every_message_is_within_reach_of_the_version_buttons(self) -> None:
        reached: set[str] = set()
        to_visit = [self.conversation]
        while to_visit:
            state = to_visit.pop()
            for node in state.branch():
                if node.id in reached:
                    continue
                reached.add(node.id)
                for step in (-1, 1):
                    other = state.version_beside(node.id, step)
                    if other is not None and other not in reached:
                        to_visit.append(state.showing(other))
        assert reached == {
            key for key in self.conversation.nodes if not self.conversation.is_hidden(key)
        }

    @invariant()
    def a_model_is_sent_what_is_visible(self) -> None:
        conversation = self.conversation
        sent = [message.content for message in conversation.messages_to(conversation.leaf)]
        allowed = [node.content for node in conversation.branch()]
        if conversation.system.strip():
            assert sent.pop(0) == conversation.system
        assert all(one in allowed for one in sent)

    @invariant()
    def what_is_remembered_of_the_tree_is_what_is_in_it(self) -> None:
        conversation = self.conversation
        anew = Conversation(
            conversation.id,
            conversation.system,
            dict(conversation.nodes),
            conversation.leaf,
            dict(conversation.choices),
        )
        assert anew == conversation
        for key, node in conversation.nodes.items():
            assert conversation.siblings(key) == tuple(
                one
                for one in conversation.nodes.values()
                if one.parent == node.parent and not one.is_deleted
            )
            assert anew.siblings(key) == conversation.siblings(key)
            assert anew.tip(key) == conversation.tip(key)
        assert conversation.settled() == conversation

    # -- how

    def _new_id(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def _say(self, role: str, text: str, parent: str | None) -> None:
        answer = None if role == "user" else Answer("tiny/1", AnswerState.DONE, text)
        node = Node(
            self._new_id(),
            parent,
            "user" if role == "user" else "assistant",
            text if answer is None else "",
            answer,
            self.count,
        )
        self.conversation = self.conversation.with_node(node)
        self.added[node.id] = node
        assert self.conversation.leaf == node.id

    def _visible(self) -> list[str]:
        return [node.id for node in self.conversation.branch()]

    def _any_visible(self, data: st.DataObject) -> Node:
        return data.draw(st.sampled_from(self.conversation.branch()))


TestTree = Tree.TestCase
TestTree.settings = settings(deadline=None, max_examples=100, stateful_step_count=20)


# -- single cases


def _said(*texts: str) -> Conversation:
    """Questions and answers in turn, with ids ``1``, ``2`` and so on."""
    conversation = Conversation("c")
    for number, text in enumerate(texts, 1):
        answer = None if number % 2 else Answer("tiny/1", AnswerState.DONE, text)
        role: Role = "user" if answer is None else "assistant"
        node = Node(str(number), conversation.leaf, role, text if answer is None else "", answer)
        conversation = conversation.with_node(node)
    return conversation


def _texts(conversation: Conversation) -> list[str]:
    return [node.content for node in conversation.branch()]


def test_that_an_edited_first_message_begins_another_branch_and_keeps_the_first() -> None:
    before = _said("one", "1", "two", "2")
    after = before.with_version("1", "uno", new_id="5")
    assert _texts(after) == ["uno"]
    assert after.version_of("5") == (2, 2)
    assert _texts(after.showing("1")) == ["one", "1", "two", "2"]


def test_that_an_edited_answer_is_the_user_s_and_has_no_numbers() -> None:
    before = _said("one", "1")
    told = Answer(
        "tiny/1",
        AnswerState.DONE,
        "one more",
        prompt="<P>one ",
        continued_at=4,
        usage=Usage(3, 2, 5),
        token_ids=(1, 2),
        stop_reason="length",
    )
    after = before.with_answer("2", told).with_version("2", "mine", new_id="3")
    answer = after.nodes["3"].answer
    assert answer == Answer("tiny/1", AnswerState.DONE, "mine", prompt="<P>", edited=True)
    assert after.messages_to("3")[-1] == Message("assistant", "mine")


def test_that_a_version_shows_again_what_was_chosen_below_it() -> None:
    tree = _said("one", "1").with_version("2", "1b", new_id="3").with_version("2", "1c", new_id="4")
    tree = tree.showing("3").with_version("1", "uno", new_id="5")
    assert _texts(tree.showing("1")) == ["one", "1b"]
    elsewhere = Conversation("c", "", dict(tree.nodes), tree.leaf, dict(tree.choices))
    assert _texts(elsewhere.showing("1")) == ["one", "1b"], "it is in what is stored"


def test_that_a_deleted_version_gives_way_to_the_one_before_it_else_to_the_next() -> None:
    tree = _said("one", "1").with_version("2", "1b", new_id="3").with_version("2", "1c", new_id="4")
    assert _texts(tree.without("4", 7)) == ["one", "1b"]
    assert _texts(tree.showing("2").without("2", 7)) == ["one", "1b"]


def test_that_what_follows_a_deleted_message_goes_and_comes_with_it() -> None:
    before = _said("one", "1", "two", "2")
    after = before.without("2", 7)
    assert _texts(after) == ["one"]
    assert after.is_hidden("4")
    assert after.messages_to(after.leaf) == (Message("user", "one"),)
    assert after.restored("2") == before


def test_that_deleting_what_is_not_visible_leaves_the_visible_branch() -> None:
    tree = _said("one", "1").with_version("2", "1b", new_id="3")
    after = tree.without("2", 7)
    assert after.branch() == tree.branch()
    assert after.version_of("3") == (1, 1)


def test_that_deleting_the_first_message_leaves_nothing_visible() -> None:
    after = _said("one", "1").without("1", 7)
    assert after.leaf is None
    assert after.branch() == ()
    assert len(after.nodes) == 2


def test_that_a_branch_that_another_window_has_deleted_a_message_of_ends_above_it() -> None:
    tree = _said("one", "1", "two", "2")
    marked = {**tree.nodes, "3": replace(tree.nodes["3"], deleted_ms=7)}
    read = dataclasses.replace(tree, nodes=marked)
    assert _texts(read) == ["one", "1"]
    assert read.settled().leaf == "2"


def test_that_a_message_cannot_be_added_below_one_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        Conversation("c").with_node(Node("2", "1", "user", "hello"))
