"""Everything that a conversation is goes into a JSON file, and comes back as it was."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.answer import Answer, AnswerState
from app.domain.conversation import Conversation, Node
from app.domain.export import json_format
from app.domain.export.broken import BrokenFileError, NotConversationsError
from app.domain.export.formats import Format
from app.domain.export.reading import read
from app.domain.export.record import Record
from app.domain.export.writing import LAYOUTS
from tests.support.trees import trees

_TIMES = st.integers(0, 2**50)


def file_of(*records: Record) -> bytes:
    layout = LAYOUTS[Format.JSON]
    parts = layout.separator.join(layout.encode(one) for one in records)
    return layout.head + parts + layout.tail


def records() -> st.SearchStrategy[Record]:
    titles = st.none() | st.text(min_size=1, max_size=20)
    return st.builds(Record, trees(), titles, st.booleans(), _TIMES, _TIMES)


@settings(deadline=None)
@given(st.lists(records(), max_size=4))
def test_that_every_tree_comes_back_equal(wanted: list[Record]) -> None:
    found = [one.record for one in read(file_of(*wanted))]
    assert found == wanted
    orders = [list(one.conversation.nodes) for one in wanted]
    assert [list(one.conversation.nodes) for one in found] == orders


@settings(deadline=None)
@given(records())
def test_that_a_file_that_another_program_has_laid_out_anew_comes_back_equal(
    wanted: Record,
) -> None:
    pretty = json.dumps(json.loads(file_of(wanted)), indent=2).replace("\n", "\r\n")
    assert [one.record for one in read(pretty.encode())] == [wanted]


def test_that_an_answer_on_its_way_is_one_that_was_stopped() -> None:
    answer = Answer("demo/1", AnswerState.STREAMING, "Once")
    tree = Conversation("c", nodes={"a": Node("a", None, "assistant", "", answer)}, leaf="a")
    (found,) = read(file_of(Record(tree)))
    assert found.record.conversation.nodes["a"].answer == replace(answer, state=AnswerState.STOPPED)


def test_that_half_of_a_character_does_not_keep_the_rest_from_being_exported() -> None:
    tree = Conversation("c", nodes={"a": Node("a", None, "user", "so \ud83d far")}, leaf="a")
    (found,) = read(file_of(Record(tree)))
    assert found.record.conversation.nodes["a"].text == "so \ufffd far"


def entry(**changed: Any) -> dict[str, Any]:
    node = {"id": "a", "parent": None, "role": "user", "text": "Hello", "answer": None}
    return {"id": "c", "system": "", "leaf": "a", "nodes": [node], **changed}


def laid_out(*entries: dict[str, Any], version: int = 1) -> bytes:
    """One conversation a line, from line 2 on."""
    head = f'{{"format":"parley.conversations","version":{version},"conversations":[\n'
    return (head + ",\n".join(map(json.dumps, entries)) + "\n]}\n").encode()


def node(**changed: Any) -> dict[str, Any]:
    return {"id": "b", "parent": "a", "role": "assistant", "text": "", **changed}


def answered(**changed: Any) -> dict[str, Any]:
    return node(answer={"model": "demo/1", "state": "done", "text": "Hi", **changed})


FIRST = entry()["nodes"][0]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (entry(nodes=[FIRST, node(parent="x")]), "message 2 follows on “x”, which is not there"),
        (entry(nodes=[FIRST, node(id="a")]), "message 2: its id “a” is there twice"),
        (
            entry(nodes=[FIRST, node(id="b", parent="d"), node(id="d", parent="b")]),
            "message 2 follows on itself",
        ),
        (entry(nodes=[FIRST, node(role="tool")]), "message 2: invalid enum value 'tool' at `role`"),
        (entry(nodes=[FIRST, node(text=7)]), "message 2: expected `str`, got `int` at `text`"),
        (entry(nodes=[FIRST, answered(usage={"prompt_tokens": "9"})]), "at `answer.usage"),
        (entry(nodes=[FIRST, answered(state="asleep")]), "at `answer.state`"),
        (entry(nodes=[FIRST | {"answer": {"model": "demo/1"}}]), "has an answer's numbers"),
        (entry(nodes=[FIRST, node(created_ms=-1)]), "`created_ms` is not milliseconds"),
        (entry(updated_ms=1 << 60), "its times are not milliseconds"),
        (entry(leaf="x"), "its last message “x” is not there"),
        (entry(id=""), "its id “” cannot be one"),
        (entry(id="a\nb"), "cannot be one"),
        ({"id": "c"}, "missing required field `nodes`"),
    ],
)
def test_that_a_broken_conversation_is_named_with_its_line(
    broken: dict[str, Any], says: str
) -> None:
    with pytest.raises(BrokenFileError) as raised:
        list(read(laid_out(entry(), broken)))
    assert str(raised.value).startswith("Line 3: conversation 2")
    assert says in str(raised.value)


def test_that_a_syntax_error_is_named_with_line_and_column() -> None:
    data = laid_out(entry(), entry(id="é")).replace(b'"leaf": "a"', b'"leaf" "a"', 1)
    with pytest.raises(BrokenFileError) as raised:
        list(read(data))
    line = data.splitlines()[1].decode()
    assert (raised.value.line, raised.value.column) == (2, line.index('"leaf" ') + 8)
    assert "expected ':'" in str(raised.value)


def test_that_a_file_that_was_cut_is_named_with_its_last_line() -> None:
    data = laid_out(entry(), entry())
    with pytest.raises(BrokenFileError, match=r"Line 3, column .*ends too early"):
        list(read(data[:-20]))


def test_that_bytes_that_are_no_text_are_named_with_their_line() -> None:
    with pytest.raises(BrokenFileError, match=r"Line 2, column .*byte 0xff is not UTF-8"):
        list(read(laid_out(entry()).replace(b"Hello", b"He\xffo")))


def test_that_a_deep_nest_breaks_the_file_and_nothing_else() -> None:
    deep = laid_out(entry()).replace(b'"answer": null', b'"answer": ' + b"[" * 100_000)
    with pytest.raises(BrokenFileError):
        list(read(deep))


def test_that_the_file_of_a_newer_parley_is_refused() -> None:
    with pytest.raises(NotConversationsError, match="newer Parley"):
        list(read(laid_out(entry(), version=json_format.VERSION + 1)))


def test_that_a_field_of_a_later_parley_is_passed_over() -> None:
    (found,) = read(laid_out(entry(nodes=[FIRST | {"mood": "calm"}], colour="red")))
    assert found.record.conversation == Conversation(
        "c", nodes={"a": Node("a", None, "user", "Hello")}, leaf="a"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"  \n", b"# A title\n", b"[1, 2]", b'{"a": 1}', b'{"format": "x"}', b"\xff\xfe{\0}\0"],
)
def test_that_a_file_of_something_else_is_said_to_be_one(data: bytes) -> None:
    with pytest.raises(NotConversationsError) as raised:
        list(read(data))
    assert str(raised.value).endswith(".")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_that_no_bytes_at_all_raise_anything_else(data: bytes) -> None:
    with contextlib.suppress(BrokenFileError, NotConversationsError):
        list(read(data))


@settings(deadline=None)
@given(records(), st.data())
def test_that_a_file_with_one_byte_changed_is_read_or_refused(
    record: Record, data: st.DataObject
) -> None:
    file = bytearray(file_of(record))
    file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BrokenFileError, NotConversationsError):
        list(read(bytes(file)))
