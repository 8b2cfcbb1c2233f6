"""Names are found by some of their letters, the best of them first."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.matching import Finder, folded, positions, score, words_of

_texts = st.text(string.ascii_letters + " ·-é", max_size=24)


def best(query: str, *texts: str) -> list[str]:
    finder = Finder(texts)
    finder.begin(query)
    while finder.step(1):
        pass
    return [texts[index] for index, _ in finder.best(10)]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("ncv", "New conversation"),
        ("nc", "New conversation"),
        ("conv new", "New conversation"),
        ("cafe", "Le Café"),
        ("CAFÉ", "le cafe"),
        ("phi3", "phi3-mini · version 3"),
        ("demo 2", "demo-onnx · version 2 @champion"),
        ("expall", "Export all conversations…"),
        ("страна", "Какая страна"),
    ],
)
def test_that_some_letters_find_a_name(query: str, text: str) -> None:
    assert best(query, text) == [text]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("vcn", "New conversation"),
        ("new old", "New conversation"),
        ("xyz", "New conversation"),
        ("nbp", "An abacus helps me"),
    ],
)
def test_that_others_do_not(query: str, text: str) -> None:
    assert best(query, text) == []


def test_that_the_beginning_of_a_name_comes_before_that_of_a_word_and_that_before_its_middle() -> (
    None
):
    assert best("port", "Import", "The port", "Port of Spain") == [
        "Port of Spain",
        "The port",
        "Import",
    ]


def test_that_initials_come_before_the_middle_of_a_word() -> None:
    assert best("nc", "Concert", "New conversation")[0] == "New conversation"


def test_that_a_shorter_name_comes_before_a_longer_one() -> None:
    assert best("demo", "demo-transformers-with-a-long-name", "demo")[0] == "demo"


def test_that_of_equal_ones_the_first_comes_first() -> None:
    assert best("spain", "Spain a", "Spain b") == ["Spain a", "Spain b"]


def test_that_the_letters_that_were_found_are_told() -> None:
    assert positions(words_of("ncv"), folded("New conversation")) == frozenset({0, 4, 7})
    assert positions(words_of("ver"), folded("Never a version")) == frozenset({8, 9, 10})
    assert positions(words_of("x"), "abc") is None


@settings(deadline=None)
@given(_texts, _texts)
def test_that_what_fits_a_query_fits_its_beginning(query: str, text: str) -> None:
    text = folded(text)
    if score(words_of(query), text) is not None:
        for end in range(len(query)):
            assert score(words_of(query[:end]), text) is not None


@settings(deadline=None)
@given(st.lists(_texts, max_size=12), _texts, st.integers(1, 12))
def test_that_typing_on_finds_what_typing_at_once_finds(
    texts: list[str], query: str, patience: int
) -> None:
    """Whether what was typed before was looked for to its end or not."""
    typed = Finder(texts)
    for end in range(len(query) + 1):
        typed.begin(query[:end])
        typed.step(patience)
    while typed.step(3):
        pass
    whole = Finder(texts)
    whole.begin(query)
    while whole.step(100):
        pass
    assert typed.best(20) == whole.best(20)


@settings(deadline=None)
@given(_texts)
def test_that_the_letters_of_a_name_are_as_many_when_folded(text: str) -> None:
    assert len(folded(text)) == len(text)


@settings(deadline=None)
@given(st.text(max_size=8))
def test_that_any_character_is_folded_to_one(text: str) -> None:
    assert len(folded(text)) == len(text)
