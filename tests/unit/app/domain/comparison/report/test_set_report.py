"""The report of a prompt set, and what one run of MLflow holds of it."""

import statistics
from html.parser import HTMLParser

import msgspec
import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from app.domain.comparison.record import PromptSet
from app.domain.comparison.report.html import set_html
from app.domain.comparison.report.markdown import set_markdown
from app.domain.comparison.report.set_run_data import set_run, why_no_set
from tests.support.comparisons import prompt_set
from tests.support.hostile import filled


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_that_it_tells_how_far_the_set_was_run_and_what_came_of_each_row() -> None:
    page = Page(set_html(prompt_set()))
    for said in (
        "capitals.jsonl",
        "3 of 4 prompts have an answer of both; 0 of these answers are the same on both sides; "
        "1 were not run yet.",
        "1 · first",
        "Question 1?",
        "tokens 12 / 11 · first token 200 ms / 100 ms · tokens/s 30.0 / 60.0 · answers differ",
        "What the file says a good answer is",
        "Be brief.",
    ):
        assert said in page.text
    assert page.tags.count("details") >= 3
    assert page.tags.count("svg") == 3


def test_that_the_place_of_the_file_which_names_its_user_is_not_told() -> None:
    assert "somebody" not in set_html(prompt_set())
    assert "somebody" not in set_markdown(prompt_set())


def test_that_markdown_tells_the_same_in_a_table() -> None:
    text = set_markdown(prompt_set())
    assert "| 2 | Question 2? | 12 / 11 | 400 ms / 200 ms | 15.0 / 30.0 | differ |" in text
    assert "| 4 | Question 4? |  |  |  | not run yet |" in text
    assert "## Row 1 · first" in text


def test_that_hostile_texts_stay_text_wherever_they_stand() -> None:
    plain, hostile = prompt_set(), filled(prompt_set())
    page = Page(set_html(hostile))
    assert set(page.tags) <= set(Page(set_html(plain)).tags)
    assert page.attributes <= Page(set_html(plain)).attributes
    parser = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    kinds = {
        child.type
        for token in parser.parse(set_markdown(hostile))
        for child in (token, *(token.children or ()))
    }
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "code_inline"}


@pytest.mark.parametrize("empty", [prompt_set(prompts=0, done=0), prompt_set(done=0)])
def test_that_a_set_without_results_can_be_told_and_is_not_logged(empty: PromptSet) -> None:
    assert "have an answer of both" in set_html(empty)
    assert "have an answer of both" in set_markdown(empty)
    assert why_no_set(empty) == "nothing"


def test_that_a_row_without_an_answer_leaves_its_step_out_and_medians_are_of_the_rest() -> None:
    whole = prompt_set(prompts=4, done=4)
    gap = replace(whole, results={at: whole.results[at] for at in (0, 1, 3)})
    run = set_run(gap, {})
    steps = run.metrics["first/time_to_first_token_s"]
    assert steps[2] is None
    known = [step for step in steps if step is not None]
    assert known == pytest.approx([0.2, 0.4, 0.8])
    assert run.metrics["first/median/time_to_first_token_s"] == (statistics.median(known),)
    assert run.metrics["rows/waiting"] == (1.0,)


def test_that_a_run_holds_the_rows_the_record_and_the_drawings() -> None:
    record = prompt_set()
    run = set_run(record, {"host": "here"})
    table = run.tables["answers.json"]
    assert table["row"] == [1, 1, 2, 2, 3, 3]
    assert table["expected"] == ["Madrid", "Madrid", None, None, None, None]
    assert msgspec.json.decode(run.files["prompt_set.json"], type=PromptSet) == record
    assert "charts/time_to_first_token_s.svg" in run.files
    assert run.tags["parley.kind"] == "prompt_set"
    assert run.tags["parley.prompt_set"] == "set-1"
    assert run.models == ("m-1", "m-2")


def test_that_what_a_run_holds_can_be_sent_whatever_the_texts_are() -> None:
    record = replace(filled(prompt_set()), name="half \ud800")
    run = set_run(record, {})
    assert msgspec.json.decode(msgspec.json.encode(run), type=type(run)) == run
