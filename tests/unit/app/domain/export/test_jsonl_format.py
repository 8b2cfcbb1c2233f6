"""The visible branch as OpenAI's fine-tuning files have it, there and back."""

import json

import pytest
from hypothesis import given, settings

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.export import jsonl_format
from app.domain.export.broken import BrokenFileError, without_bom
from app.domain.export.reading import read
from app.domain.export.record import Record
from tests.support.trees import trees
from wrappers.contract import Message

LINE = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}'


def messages(conversation: Conversation) -> tuple[Message, ...]:
    return conversation.messages_to(conversation.leaf)


def test_that_a_line_is_what_openai_takes() -> None:
    answer = Answer("demo/1", AnswerState.DONE, "Madrid")
    nodes = {
        "q": Node("q", None, "user", "Capital?"),
        "old": Node("old", "q", "assistant", "", Answer("demo/1", AnswerState.DONE, "Paris")),
        "new": Node("new", "q", "assistant", "", answer),
    }
    tree = Conversation("c", "Be brief.", nodes, "new")
    assert json.loads(jsonl_format.encode(Record(tree))) == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Capital?"},
            {"role": "assistant", "content": "Madrid"},
        ]
    }


@settings(deadline=None)
@given(trees())
def test_that_the_visible_branch_comes_back(tree: Conversation) -> None:
    line = jsonl_format.encode(Record(tree))
    if not line:
        assert all(message.role == "system" for message in messages(tree))
        return
    (found,) = read(line)
    assert messages(found.record.conversation) == messages(tree)


@settings(deadline=None)
@given(trees(least=1))
def test_that_the_same_line_always_gets_the_same_ids(tree: Conversation) -> None:
    line = jsonl_format.encode(Record(tree))
    assert list(read(line)) == list(read(line)) if line else True


def test_that_a_mark_at_the_start_and_other_line_ends_do_no_harm() -> None:
    data = without_bom(b"\xef\xbb\xbf" + f"{LINE}\r\n\r\n{LINE}\r\n \r\n\n".encode())
    assert len(list(read(data))) == 2


def test_that_content_in_parts_and_a_developer_are_understood() -> None:
    parts = [{"type": "text", "text": "Hi "}, {"type": "text", "text": "there"}]
    line = {
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": parts, "name": "Ann"},
            {"role": "assistant", "content": "Ho", "weight": 0},
        ],
        "parallel_tool_calls": False,
    }
    (found,) = read(json.dumps(line).encode())
    assert messages(found.record.conversation) == (
        Message("system", "Be brief."),
        Message("user", "Hi there"),
        Message("assistant", "Ho"),
    )


def test_that_one_conversation_over_several_lines_is_understood() -> None:
    (found,) = read(json.dumps(json.loads(LINE), indent=1).encode())
    assert [one.content for one in found.record.conversation.branch()] == ["Hi", "Ho"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (LINE.replace("assistant", "tool"), "message 2: a role “tool” is not known here"),
        (LINE.replace("assistant", "system"), "message 2: a system message stands first"),
        (LINE.replace('"Ho"', "null"), "message 2: it has no content"),
        (LINE.replace('"Ho"', '"Ho", "tool_calls": []'), "message 2: calls of tools"),
        (LINE.replace('"Ho"', '[{"type": "image_url"}]'), "message 2: a part of its content"),
        (LINE.replace('"Ho"', "7"), "expected `str | array | null`, got `int`"),
        ('{"messages": []}', "this conversation has no messages"),
        ('{"prompt": "Hi"}', "missing required field `messages`"),
        ("[]", "expected `object`, got `array`"),
    ],
)
def test_that_a_broken_line_is_named(line: str, says: str) -> None:
    with pytest.raises(BrokenFileError) as raised:
        list(read(f"{LINE}\n\n{line}\n{LINE}\n".encode()))
    assert str(raised.value).startswith("Line 3: ")
    assert says in str(raised.value)


@pytest.mark.parametrize("at", [0, 2])
def test_that_a_line_that_is_no_json_is_named_with_its_column(at: int) -> None:
    lines = [LINE, LINE, LINE]
    lines[at] = LINE.replace('"role":', '"role"', 1)
    with pytest.raises(BrokenFileError) as raised:
        list(read("\n".join(lines).encode()))
    assert (raised.value.line, raised.value.column) == (at + 1, LINE.index('"role":') + 8)


def test_that_a_file_that_was_cut_is_named_with_its_last_line() -> None:
    with pytest.raises(BrokenFileError, match=r"Line 2.*ends too early"):
        list(read(f"{LINE}\n{LINE[:-9]}".encode()))


def test_that_a_conversation_with_nothing_said_is_left_out() -> None:
    assert jsonl_format.encode(Record(Conversation("c", "Be brief."))) == b""
