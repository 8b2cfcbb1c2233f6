"""The line that a hit is shown in, and the branch that a message is on."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.conversation import Conversation, Node
from app.domain.conversation_search import excerpt


def _marked(text: str, marks: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[low:high] for low, high in marks]


def test_that_a_short_text_is_shown_whole_on_one_line() -> None:
    context, marks = excerpt("  One\n\ntwo\tthree ", ((7, 10),))
    assert context == "One two three"
    assert _marked(context, marks) == ["two"]


def test_that_a_hit_far_into_a_text_is_near_the_beginning_of_its_line() -> None:
    text = "word " * 100 + "needle " + "word " * 100
    context, marks = excerpt(text, ((500, 506),))
    assert context.startswith("…word")
    assert context.endswith("word…")
    assert _marked(context, marks) == ["needle"]
    assert marks[0][0] < 20


def test_that_a_text_without_spaces_is_cut_all_the_same() -> None:
    text = "x" * 500 + "needle" + "y" * 500
    context, marks = excerpt(text, ((500, 506),))
    assert len(context) < 250
    assert _marked(context, marks) == ["needle"]


@given(st.data())
def test_that_marks_stay_on_their_words(data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(["a", "bb", "\n", "  ", "é🎉", "long" * 9])))
    text, marks = "", []
    for word in words:
        begin = len(text)
        text += word
        if word.strip() and data.draw(st.booleans()):
            marks.append((begin, len(text)))
        text += " "
    context, shown = excerpt(text, tuple(marks))
    assert "\n" not in context
    assert len(shown) <= len(marks)
    for (low, high), (begin, end) in zip(shown, marks, strict=False):
        word = text[begin:end]
        assert word.startswith(context[low:high])
        assert context[low:high]


def _tree() -> Conversation:
    """``q1 - a1 - q2 - a2`` and beside ``a1`` an ``other`` with ``q3`` below it, then ``q4``."""
    conversation = Conversation("c")
    for key, parent in (
        ("q1", None),
        ("a1", "q1"),
        ("q2", "a1"),
        ("a2", "q2"),
        ("other", "q1"),
        ("q3", "other"),
        ("q4", "other"),
    ):
        conversation = conversation.with_node(Node(key, parent, "user", key))
    return conversation


def test_that_a_message_on_another_branch_is_shown_with_what_was_said_last_below_it() -> None:
    conversation = _tree()
    assert [node.id for node in conversation.branch()] == ["q1", "other", "q4"]
    assert [node.id for node in conversation.showing("a1").branch()] == ["q1", "a1", "q2", "a2"]
    assert [node.id for node in conversation.showing("q3").branch()] == ["q1", "other", "q3"]
