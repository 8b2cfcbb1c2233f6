"""Marks on a text that is edited."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.marks import Edit, Mark, after_edit, generations, narrowed


def test_that_text_typed_before_a_mark_moves_it() -> None:
    assert after_edit([Mark(5, 9, 1)], 2, 0, 3) == (Mark(8, 12, 1),)


def test_that_text_typed_at_either_end_is_not_the_model_s() -> None:
    assert after_edit([Mark(5, 9, 1)], 5, 0, 2) == (Mark(7, 11, 1),)
    assert after_edit([Mark(5, 9, 1)], 9, 0, 2) == (Mark(5, 9, 1),)


def test_that_text_typed_into_a_mark_cuts_it() -> None:
    assert after_edit([Mark(5, 9, 1)], 7, 0, 2) == (Mark(5, 7, 1), Mark(9, 11, 1))


def test_that_a_deletion_within_leaves_one_mark() -> None:
    assert after_edit([Mark(5, 9, 1)], 6, 2, 0) == (Mark(5, 7, 1),)


def test_that_a_mark_goes_with_its_text() -> None:
    assert after_edit([Mark(5, 9, 1), Mark(9, 12, 2)], 4, 6, 0) == (Mark(4, 6, 2),)


def test_that_generations_are_told_oldest_first() -> None:
    assert generations([Mark(0, 1, 3), Mark(1, 2, 1), Mark(4, 5, 3)]) == (1, 3)


@given(
    text=st.text(alphabet="um", max_size=30),
    position=st.integers(0, 30),
    removed=st.integers(0, 30),
    added=st.integers(0, 5),
)
def test_that_marks_are_on_the_model_s_text_and_on_nothing_else(
    text: str, position: int, removed: int, added: int
) -> None:
    """`text` has an ``m`` where the model wrote; what is added is an ``x``."""
    position = min(position, len(text))
    removed = min(removed, len(text) - position)
    marks = tuple(Mark(at, at + 1, 1) for at, one in enumerate(text) if one == "m")
    edited = text[:position] + "x" * added + text[position + removed :]
    marked = {
        at for mark in after_edit(marks, position, removed, added)
        for at in range(mark.start, mark.end)
    }  # fmt: skip
    assert marked == {at for at, one in enumerate(edited) if one == "m"}


def test_that_an_edit_told_too_widely_is_narrowed_to_what_changed() -> None:
    assert narrowed("P:abcd", "x\nnew P:abcd", 0, 7, 13) == Edit(0, 0, 6)
    assert narrowed("🙂 one two", "🙂 one six two", 0, 10, 14) == Edit(7, 0, 4)
    assert narrowed("same", "same", 0, 5, 5) == Edit(4, 0, 0)


@given(before=st.text(max_size=20), after=st.text(max_size=20), extra=st.integers(0, 2))
def test_that_a_narrowed_edit_makes_the_same_text(before: str, after: str, extra: int) -> None:
    old, new = (text.encode("utf-16-le", "surrogatepass") for text in (before, after))
    edit = narrowed(before, after, 0, len(old) // 2 + extra, len(new) // 2 + extra)
    start, gone = 2 * edit.position, 2 * (edit.position + edit.removed)
    put_in = new[start : start + 2 * edit.added]
    assert old[:start] + put_in + old[gone:] == new
