"""What models wrote for a prompt: which version a text shows, and how it is kept."""

from app.domain.answer import Answer, AnswerState
from app.domain.marks import Mark
from app.domain.prompt_page import (
    Completion,
    PageOrder,
    PromptPage,
    completion_from_json,
    completion_to_json,
    order_from_json,
    order_to_json,
    ordered,
    page_from_json,
    page_to_json,
    title_of,
    versions_of,
    written_spans,
)
from app.domain.special_tokens import Span
from wrappers.contract import Usage


def wrote(key: str, prompt: str, text: str, at: int = 0) -> Completion:
    answer = Answer(model="tiny/1", state=AnswerState.DONE, text=text, usage=Usage(1, 2, 3))
    return Completion(key, prompt, answer, at)


ONE, TWO = wrote("1", "P", " one"), wrote("2", "P", " two")
ON = wrote("3", "P one", " more")
ALL = (ONE, TWO, ON)


def test_that_a_text_shows_the_version_that_it_ends_with() -> None:
    assert versions_of("P two", ALL) == ((ONE, TWO), 1)
    assert versions_of("P one", ALL) == ((ONE, TWO), 0)
    assert versions_of("P one more", ALL) == ((ON,), 0)


def test_that_a_text_from_which_all_was_taken_back_shows_none_of_its_versions() -> None:
    assert versions_of("P", ALL) == ((ONE, TWO), None)


def test_that_an_edited_text_has_no_versions() -> None:
    assert versions_of("P two!", ALL) == ((), None)
    assert versions_of("Q two", ALL) == ((), None)


def test_that_stepping_goes_from_one_version_to_the_next_and_no_further() -> None:
    shown = versions_of("P two", ALL)
    assert shown.beside(-1) == ONE
    assert shown.beside(1) is None
    none = versions_of("P", ALL)
    assert none.beside(-1) == TWO
    assert none.beside(1) is None


def test_that_of_versions_that_read_alike_the_later_is_shown() -> None:
    again = wrote("4", "P", " one")
    assert versions_of("P one", (ONE, again)) == ((ONE, again), 1)
    assert versions_of("P one", (ONE, again), "1") == ((ONE, again), 0)
    assert versions_of("P two", (ONE, TWO, again), "1") == ((ONE, TWO, again), 1)


def test_that_an_empty_completion_is_no_version() -> None:
    assert versions_of("P", (wrote("5", "P", ""),)) == ((), None)


def test_that_what_models_wrote_one_after_the_other_is_told_apart() -> None:
    assert written_spans("P one more", ALL) == (Span(1, 5), Span(5, 10))
    assert written_spans("P", ALL) == ()


def test_that_a_title_leaves_out_what_all_prompts_begin_with() -> None:
    assert title_of("", "<|im_start|>user\nWhat is it?<|im_end|>") == "user What is it?"
    assert title_of("", "<|end|>") == "<|end|>"
    assert title_of("Mine", "text") == "Mine"
    assert title_of("", " \n") == ""
    assert title_of("", "word " * 50).endswith("…")


def test_that_a_page_comes_back_as_it_was_kept() -> None:
    page = PromptPage("a", "Mine", "P\u00a0🙂\n one", (Mark(1, 5, 2),))
    assert page_from_json("a", page_to_json(page)) == page
    closed = PromptPage("a", closed_ms=5)
    assert page_from_json("a", page_to_json(closed)) == closed


def test_that_half_a_character_does_not_keep_a_page_from_being_kept() -> None:
    page = page_from_json("a", page_to_json(PromptPage("a", text="x\ud83d")))
    assert page is not None
    assert page.text == "x\ufffd"


def test_that_a_completion_comes_back_with_its_numbers() -> None:
    assert completion_from_json("1", completion_to_json(ONE)) == ONE


def test_that_a_completion_whose_end_was_not_heard_was_stopped() -> None:
    running = Completion("1", "P", Answer(model="m", state=AnswerState.STREAMING, text="x"))
    found = completion_from_json("1", completion_to_json(running))
    assert found is not None
    assert found.answer.state is AnswerState.STOPPED


def test_that_what_is_damaged_is_passed_over() -> None:
    assert page_from_json("a", "{") is None
    assert completion_from_json("a", '{"prompt": 3}') is None
    assert order_from_json("[]") == PageOrder()


def test_that_pages_of_another_window_come_after_those_in_the_order() -> None:
    order = order_from_json(order_to_json(PageOrder(("b", "gone", "a"), "a")))
    assert ordered(order, ["a", "b", "new"]) == ("b", "a", "new")


def test_that_completions_are_kept_in_the_order_they_were_written() -> None:
    late, early = wrote("1", "P", "x", 9), wrote("2", "P", "y", 3)
    assert PromptPage("a").with_completions([late, early]).completions == (early, late)
