"""Where two texts differ."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.comparison.differences import MOST_WORDS, differences

PIECES = ("a", "b", "c", " ", "\n", "<|end|>", ".", "é", "😀")
WORDS = st.lists(st.sampled_from(PIECES)).map("".join)


def parts(text: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[start:end] for start, end in spans]


def test_that_the_words_between_what_is_common_are_told() -> None:
    first = "The capital of Spain is Madrid. It is the largest city in the country and rich."
    second = "The capital of Spain is Madrid, located in the middle of Iberia and rich."
    found = differences(first, second)
    assert parts(first, found.first) == [". It is the largest city in the country"]
    assert parts(second, found.second) == [", located in the middle of Iberia"]


def test_that_texts_that_are_the_same_differ_in_nothing() -> None:
    assert not differences("The same.", "The same.")
    assert not differences("The  same.", "The same.")


def test_that_every_blank_and_special_token_counts_where_it_is_to_be_exact() -> None:
    first, second = "<|user|>\nHi  there<|end|>", "<|user|>Hi there<|endoftext|>"
    found = differences(first, second, exact=True)
    assert parts(first, found.first) == ["\n", "  ", "<|end|>"]
    assert parts(second, found.second) == [" ", "<|endoftext|>"]


def test_that_what_one_side_lacks_altogether_is_told_on_the_other_alone() -> None:
    found = differences("One two three", "One three")
    assert parts("One two three", found.first) == ["two"]
    assert found.second == ()
    assert differences("", "All of it").second == ((0, 9),)


def test_that_texts_too_long_to_compare_by_words_are_compared_by_lines() -> None:
    lines = [" ".join(f"w{line * 7 + at}" for at in range(10)) for line in range(MOST_WORDS // 5)]
    first = "start\n" + "\n".join(lines)
    changed = [line if at % 2 else f"other {at}" for at, line in enumerate(lines)]
    found = differences(first, "begin\n" + "\n".join(changed))
    assert first[slice(*found.first[0])].startswith("start\n")
    assert len(found.first) > 100


@given(WORDS, WORDS)
def test_that_without_what_is_told_both_texts_are_the_same(first: str, second: str) -> None:
    found = differences(first, second, exact=True)
    assert _without(first, found.first) == _without(second, found.second)
    for text, spans in ((first, found.first), (second, found.second)):
        assert list(spans) == sorted(spans)
        assert all(0 <= start < end <= len(text) for start, end in spans)


def _without(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + text[end:]
    return text
