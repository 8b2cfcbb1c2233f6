"""The visible branch, to be read."""

from hypothesis import given, settings

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.export import markdown_format
from app.domain.export.formats import Format
from app.domain.export.harmless import harmless
from app.domain.export.record import Record, file_name, format_of
from tests.support.trees import trees
from wrappers.contract import Failed, Timings, Usage


def of(answer: Answer, *, question: str = "Why?", title: str | None = None) -> str:
    nodes = {
        "q": Node("q", None, "user", question),
        "a": Node("a", "q", "assistant", "", answer),
    }
    tree = Conversation("c", "Be brief.", nodes, "a")
    return markdown_format.encode(Record(tree, title=title)).decode()


def test_that_title_authors_texts_and_numbers_stand_in_it() -> None:
    answer = Answer(
        "demo_a/3",
        AnswerState.DONE,
        "Because.",
        usage=Usage(prompt_tokens=12, completion_tokens=8),
        timings=Timings(time_to_first_token_s=0.214, decode_tokens_per_s=31.44),
        stop_reason="end_of_turn",
    )
    assert of(answer, title="On *causes*") == (
        "# On \\*causes\\*\n\n"
        "## System prompt\n\nBe brief.\n\n"
        "## You\n\nWhy?\n\n"
        "## demo\\_a/3\n\nBecause.\n\n"
        "<sub>12 prompt + 8 completion = 20 tokens · 0.21 s to first token · 31.4 tokens/s · "
        "end of turn</sub>\n"
    )


def test_that_a_failure_is_told() -> None:
    failed = Failed(id=1, kind="died", message="Its process ended.")
    assert "*Its process ended.*" in of(Answer("demo/1", AnswerState.FAILED, failure=failed))


def test_that_what_is_not_known_is_left_out() -> None:
    assert "<sub>" not in of(Answer("demo/1", AnswerState.DONE, "Because."))


def test_that_a_text_stands_as_it_was_written() -> None:
    text = "# Not a title\n\n````md\n```\ninner\n```\n````\n\n    indented *stars*"
    assert f"\n\n{text}\n\n" in of(Answer("demo/1", AnswerState.DONE, text), question=text)


def test_that_a_fence_that_was_left_open_does_not_swallow_what_follows() -> None:
    told = of(Answer("demo/1", AnswerState.DONE, "Fine."), question="Look:\n~~~~py\n```\nx = 1")
    assert "x = 1\n~~~~\n\n## demo/1" in told


@settings(deadline=None)
@given(trees())
def test_that_every_visible_text_is_in_it(tree: Conversation) -> None:
    told = markdown_format.encode(Record(tree)).decode()
    assert all(harmless(node.content) in told for node in tree.branch())


def test_that_a_file_is_named_after_its_conversation() -> None:
    assert file_name("What is 1/2 + 1/2?") == "What is 1 2 + 1 2"
    assert file_name("a\nb\0c\u202e d") == "a b c d"
    assert file_name("…" + "word " * 40) == "…" + "word " * 10 + "word"
    assert file_name("") == file_name("...") == file_name("///") == "conversation"
    assert file_name("con") == "con_"
    assert file_name(".hidden") == "hidden"
    assert len(file_name("x" * 500).encode()) < 200


def test_that_a_suffix_says_the_format() -> None:
    assert format_of("a.JSON") is Format.JSON
    assert format_of("a.jsonl") is Format.JSONL
    assert format_of("a.markdown") is format_of("a.md") is Format.MARKDOWN
    assert format_of("json") is None
