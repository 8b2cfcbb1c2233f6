"""Files of prompts: what comes out of JSONL and CSV, and what is said of what does not."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.comparison import prompt_files
from app.domain.comparison.prompt_files import MOST_BYTES, read_prompts
from app.domain.comparison.prompt_rows import LONGEST, MOST_ROWS, PromptFileError, expected_text
from app.domain.comparison.record import SetPrompt

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda text: text.strip() != "" and "\0" not in text
)


def jsonl(*rows: Any) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def said(role: str, content: Any) -> dict[str, Any]:
    return {"role": role, "content": content}


# --------------------------------------------------------------------------------------------
# JSONL


@pytest.mark.parametrize("name", ["prompt", "text", "question", "input", "Question "])
def test_that_a_text_is_a_users_message_whatever_it_is_called(name: str) -> None:
    read = read_prompts(jsonl({name: "What is rain?", "id": "r-1", "expected": "Water."}))
    assert read.kind == "messages"
    assert read.prompts == (SetPrompt("r-1", "What is rain?", (), "Water."),)
    assert read.notes == ()


def test_that_messages_are_a_history_and_what_is_asked_last() -> None:
    parts = [{"type": "text", "text": "And "}, {"type": "text", "text": "now?"}]
    read = read_prompts(
        jsonl(
            {
                "messages": [
                    said("developer", "Be brief."),
                    said("user", "Hi"),
                    said("assistant", "Ho"),
                    said("user", parts),
                ]
            }
        )
    )
    history = (("system", "Be brief."), ("user", "Hi"), ("assistant", "Ho"))
    assert read.prompts == (SetPrompt("1", "And now?", history),)


def test_that_a_prompt_with_special_tokens_is_asked_as_it_is() -> None:
    written = "<|user|>\nHi<|end|>\n<|assistant|>\n"
    read = read_prompts(jsonl({"prompt": "Once upon"}, {"prompt": written}))
    assert read.kind == "prompt"
    assert [one.text for one in read.prompts] == ["Once upon", written]


def test_that_a_set_is_of_one_kind_and_the_rows_of_another_are_told() -> None:
    read = read_prompts(
        jsonl({"prompt": "<|user|>Hi"}, {"question": "Ho?"}, {"messages": [said("user", "Hey")]})
    )
    assert (read.kind, [one.text for one in read.prompts]) == ("prompt", ["<|user|>Hi"])
    (note,) = read.notes
    assert note.startswith("2 rows are left out. Line 2: it is a message, and this set is one of")


def test_that_the_user_can_choose_the_kind() -> None:
    rows = jsonl({"prompt": "<|user|>Hi"}, {"question": "Ho?"})
    assert len(read_prompts(rows, kind="messages").prompts) == 2
    assert len(read_prompts(rows, kind="prompt").prompts) == 2
    history = jsonl({"messages": [said("user", "a"), said("assistant", "b"), said("user", "c")]})
    with pytest.raises(PromptFileError, match="it is a conversation"):
        read_prompts(history, kind="prompt")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ('{"prompt": ""}', "it asks nothing."),
        ('{"prompt": 7}', "its “prompt” is not a text."),
        ('{"messages": "Hi"}', "its “messages” is not a list."),
        ('{"messages": []}', "its conversation has no messages."),
        (
            '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}',  # noqa: E501
            "its last message is not the user's",
        ),
        ('{"messages": [{"role": "tool", "content": "a"}]}', "a role “tool” is not known here."),
        ('{"messages": [{"role": "user", "content": null}]}', "message 1: its content is not text"),
        ('{"messages": ["a"]}', "message 1: it is not an object."),
        ('{"messages": [{"role": "user", "tool_calls": [1]}]}', "calls of tools"),
        ('{"messages": [{"role": "user", "content": [{"type": "image"}]}]}', "not text"),
        (
            '{"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}',
            "message 2: a system message stands first",
        ),
        ('{"id": 3, "note": "x"}', "it has “id”, “note” and no prompt."),
        ("{}", "it is empty."),
        ("[1]", "it is not an object."),
        ('{"prompt": "Hi"', "this is not JSON"),
        ('{"prompt": "\\ud800"}', "this is not JSON"),
        ('{"prompt": ' + "[" * 5000 + "]" * 5000 + "}", "nested too deeply"),
    ],
)
def test_that_a_row_that_cannot_be_asked_is_left_out_and_told_by_its_line(
    row: str, says: str
) -> None:
    read = read_prompts(f'{{"prompt": "one"}}\n\n{row}\n{{"prompt": "two"}}\n'.encode())
    assert [one.text for one in read.prompts] == ["one", "two"]
    (note,) = read.notes
    assert note.startswith("1 row is left out. Line 3: ")
    assert says in note


def test_that_of_many_such_rows_the_first_three_are_named() -> None:
    read = read_prompts(jsonl({"prompt": "one"}, *[{"prompt": " "}] * 7))
    (note,) = read.notes
    assert note.startswith("7 rows are left out. Line 2: ")
    assert note.endswith("Line 4: it asks nothing. And 4 more.")


def test_that_no_row_loses_its_prompt_to_an_id_that_another_has() -> None:
    read = read_prompts(
        jsonl({"prompt": "a", "id": "x"}, {"prompt": "b", "id": "x"}, {"prompt": "c", "id": 2})
    )
    assert [(one.id, one.text) for one in read.prompts] == [("x", "a"), ("row 2", "b"), ("2", "c")]
    assert read.notes == ("The row at line 2 has the id of another, and goes by its number.",)


@given(st.lists(st.one_of(st.none(), st.sampled_from(["1", "2", "row 2", "a"])), min_size=1))
def test_that_ids_are_always_different(ids: list[str | None]) -> None:
    read = read_prompts(jsonl(*({"prompt": "x", "id": one} for one in ids)))
    assert len({one.id for one in read.prompts}) == len(ids)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8))
def test_that_whatever_json_writes_comes_back(rows: list[tuple[str, str]]) -> None:
    data = "\r\n".join(
        json.dumps({"question": text, "answer": answer}, ensure_ascii=False)
        for text, answer in rows
    ).encode()
    read = read_prompts(data)
    assert [(one.text, one.expected) for one in read.prompts] == rows


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_that_no_file_raises_anything_else(data: bytes) -> None:
    try:
        read_prompts(data)
    except PromptFileError as error:
        told = (error.message, error.advice)
    else:
        told = ("read.", ".")
    assert all(told)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("", None),
        (None, None),
        (5, "5"),
        (["a", "b"], '["a", "b"]'),
        ({"expected_response": "a", "guidelines": ["b"]}, "a"),
        ({"fact": "a"}, "a"),
        ({"one": 1, "two": "ü"}, '{"one": 1, "two": "ü"}'),
        ({}, None),
    ],
)
def test_that_what_is_expected_is_shown_as_a_text(value: Any, text: str | None) -> None:
    assert expected_text(value) == text


# --------------------------------------------------------------------------------------------
# CSV


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    ending=st.sampled_from(["\r\n", "\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    has_mark=st.booleans(),
    name=st.sampled_from(["prompt", "Question", "text", "input"]),
)
def test_that_whatever_csv_writes_comes_back(
    rows: list[tuple[str, str]],
    delimiter: str,
    ending: str,
    quoting: Any,
    has_mark: bool,
    name: str,
) -> None:
    # Python's writer leaves a carriage return without quotes where a line ends otherwise.
    assume(ending == "\r\n" or quoting == csv.QUOTE_ALL or "\r" not in "".join(map("".join, rows)))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerow(["expected", name])
    writer.writerows((answer, text) for text, answer in rows)
    read = read_prompts(out.getvalue().encode("utf-8-sig" if has_mark else "utf-8"), kind="prompt")
    assert [(one.text, one.expected) for one in read.prompts] == rows
    assert read.notes == ()


@pytest.mark.parametrize("header", ["prompt", "Frage"])
def test_that_the_only_column_is_that_of_the_prompts(header: str) -> None:
    read = read_prompts(f'{header}\n"one, or\ntwo"\n\nthree\n'.encode())
    assert [one.text for one in read.prompts] == ["one, or\ntwo", "three"]
    told = (
        ()
        if header == "prompt"
        else (f"The first line is taken for the name of the column (“{header}”).",)
    )
    assert read.notes == told


def test_that_a_row_of_a_csv_is_told_by_the_line_that_it_begins_in() -> None:
    read = read_prompts(b'id,prompt\n1,"a\nb\nc"\n2,\n,,\n3,d,e\n4,f\n')
    assert [one.id for one in read.prompts] == ["1", "4"]
    (note,) = read.notes
    assert "Line 5: it asks nothing" in note or "Line 5: it has “id” and no prompt." in note
    assert "Line 7: it has 3 columns and the first line 2" in note


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        ("prompt\nü".encode("latin-1"), "The file is not UTF-8 (line 2, byte 0xfc)."),
        ("prompt\nHi".encode("utf-16"), "The file is UTF-16 text."),
        (b"PK\x03\x04\x00\x00", "The file is not text."),
        (b'[{"prompt": "Hi"}]', "one list of JSON"),
        (b"name,age\nAnn,3\n", "No column of this file is named “prompt”"),
        (b"prompt\n", "has no prompt that can be asked."),
        (b'{"a": 1}\n', "Line 1: it has “a” and no prompt."),
        (b'prompt\n"a"b\n', "After line 1 a quotation mark"),
        (b'prompt\nx\n"never closed\n', "After line 2 a quotation mark"),
    ],
)
def test_that_a_file_of_something_else_is_refused_in_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(PromptFileError) as raised:
        read_prompts(data)
    assert says in raised.value.message
    assert raised.value.advice


def test_that_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PromptFileError, match="more than 10,000 prompts"):
        read_prompts(b"prompt\n" + b"x\n" * (MOST_ROWS + 1))
    with pytest.raises(PromptFileError, match="larger than 64 MB"):
        read_prompts(bytes(MOST_BYTES + 1))
    long = read_prompts(b"prompt\nx\n" + b"y" * (LONGEST + 1))
    assert len(long.prompts) == 1
    assert "it is longer than 1,000,000 characters" in long.notes[0]
    monkeypatch.setattr(prompt_files, "MOST_BYTES", 3)
    with pytest.raises(PromptFileError):
        read_prompts(b"prompt\nx")
