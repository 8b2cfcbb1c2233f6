"""The page: what it says, what it keeps back, and that a model's text stays text."""

from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from app.domain.comparison.record import Comparison, Parting, Phase, Plan, Vote
from app.domain.comparison.report.html import html_report
from tests.support.comparisons import SLOTS, TEXTS, TOKENS, comparison, running, turn
from tests.support.hostile import HOSTILE, filled
from wrappers.contract import Token, TokenChance

_ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "section", "footer", "div", "p", "b", "i"),
    *("h1", "h2", "h3", "h4", "dl", "dt", "dd", "ul", "li", "span", "mark", "small", "bdi"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    *("svg", "rect", "line", "circle", "text"),
}
_ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "dir", "scope", "data-label"),
    *("style", "xmlns", "viewbox", "role", "aria-label", "x", "y", "x1", "x2", "y1", "y2", "cx"),
    *("cy", "r", "rx", "width", "height", "fill", "fill-opacity", "stroke", "stroke-width"),
    *("stroke-opacity", "text-anchor", "font-weight", "font-size"),
}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.styles |= {value or "" for name, value in attrs if name == "style"}
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def hidden(*, is_swapped: bool = False, later: int = 0) -> Comparison:
    blind = replace(turn(), is_blind=True, is_swapped=is_swapped)
    return replace(comparison(), turns=(blind, *(turn(at=at + 1) for at in range(later))))


def test_that_it_tells_of_both_models_and_of_all_that_was_asked_answered_and_measured() -> None:
    page = Page(html_report(comparison(2)))
    for said in (
        "phi3-mini/3",
        "onnxruntime-genai 0.18.0",
        "int4",
        "prompt: string",
        "mlflow 3.17.2",
        "temperature 0, seed 7",
        "2026-09-21 14:13 UTC",
        "Each was asked 3 times after one run that is not counted",
        "What is the capital of Spain?",
        "It is the largest city in the country",
        "184 ms",
        "182 to 186 ms",
        "1.9× sooner",
        "13 + 12 = 25",
        "The answers part at token 8: phi3-mini/3 wrote",
        "62.0%",
        '"object": "chat.completion"',
    ):
        assert said in page.text
    assert page.text.count("Turn ") == 2
    assert page.open == []


def test_that_words_that_only_one_has_and_special_tokens_are_marked() -> None:
    page = html_report(comparison())
    assert "<mark>. It is the largest city in the country</mark>" in page
    assert '<span class="special">&lt;|user|&gt;</span>' in page


@pytest.mark.parametrize("record", [comparison(2), running(), hidden(later=1)])
def test_that_hostile_texts_stay_text_wherever_they_stand(record: Comparison) -> None:
    page = html_report(filled(record))
    found = Page(page)
    assert found.tags <= _ALLOWED
    assert found.attributes <= _ATTRIBUTES
    assert all(style.startswith("width:") for style in found.styles)
    assert "<script>document.title = 'run'</script>" in found.text
    assert "⟨U+202E⟩turned⟨U+2066⟩ around ⟨U+001B⟩[31mred" in found.text
    assert not set("\0\x1b\x9b\u202e\u2066\r") & set(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_that_an_answer_is_on_the_page_letter_by_letter(text: str) -> None:
    whole = comparison()
    (told,) = whole.turns
    first = replace(told.sides[0], answer=replace(told.sides[0].answer, text=text))
    page = html_report(replace(whole, turns=(replace(told, sides=(first, told.sides[1])),)))
    shown = "".join(
        f"⟨U+{ord(one):04X}⟩" if one in "\0\x07\x1b\x9b\u202e\u2066\r\ufffe" else one
        for one in text
    )
    assert shown in Page(page).text


def test_that_a_lone_half_of_a_character_can_be_written_to_a_file() -> None:
    page = html_report(replace(comparison(), system="\ud800 half"))
    assert "⟨U+D800⟩ half" in page
    page.encode()


def test_that_a_hidden_turn_tells_nothing_but_question_and_answers_as_they_stand() -> None:
    page = Page(html_report(hidden(is_swapped=True)))
    asked = page.text[page.text.index("Turn 1") :]
    for told in ("phi3", "ms", "tokens/s", "<|user|>", "MLflow", "messages", "template"):
        assert told not in asked
    assert asked.index(TEXTS[1]) < asked.index(TEXTS[0])
    assert "until this turn is voted on" in asked


def test_that_a_hidden_turn_does_not_mark_words_which_would_tell_the_sides_by_their_colour() -> (
    None
):
    assert "<mark>" not in html_report(hidden())


def test_that_prompts_after_a_hidden_turn_which_hold_its_answers_are_kept_back() -> None:
    record = hidden(later=1)
    secret = replace(record.turns[1].sides[0].answer, prompt="the first said: Madrid")
    later = replace(
        record.turns[1],
        sides=(replace(record.turns[1].sides[0], answer=secret), record.turns[1].sides[1]),
    )
    page = html_report(replace(record, turns=(record.turns[0], later)))
    assert "the first said: Madrid" not in Page(page).text
    assert "chat.completion" not in page
    voted = replace(record.turns[0], vote=Vote("tie", is_blind=True, at_ms=1))
    page = html_report(replace(record, turns=(voted, later)))
    assert "the first said: Madrid" in Page(page).text
    assert "Voted blind: a tie." in page


def test_that_asking_in_parallel_is_said_to_share_the_machine() -> None:
    page = html_report(replace(comparison(), plan=Plan(parallel=True, repeats=1, warm_up=False)))
    assert "asked at the same time and shared the machine" in page


def test_that_one_model_twice_is_told_apart_by_number() -> None:
    record = replace(comparison(), slots=(SLOTS[0], SLOTS[0]))
    page = html_report(record)
    assert "phi3-mini/3 (A)" in page
    assert "phi3-mini/3 (B)" in page


@pytest.mark.parametrize("phase", list(Phase))
def test_that_a_turn_that_has_just_begun_can_be_told(phase: Phase) -> None:
    record = running(phase)
    (begun,) = record.turns
    empty = [
        replace(side, answer=replace(side.answer, text="", prompt=None), runs=(), warm_up=None)
        for side in begun.sides
    ]
    page = Page(
        html_report(
            replace(record, facts=(None, None), turns=(replace(begun, sides=(empty[0], empty[1])),))
        )
    )
    assert page.open == []
    assert "What the model read" not in page.text


def test_that_nothing_asked_yet_is_said() -> None:
    assert "Nothing has been asked yet." in html_report(replace(comparison(), turns=()))


def test_that_a_comparison_of_no_known_beginning_has_that_of_its_first_turn() -> None:
    assert "2026-09-21 14:13 UTC" in html_report(replace(comparison(), created_ms=0))


def test_that_of_many_tokens_the_likeliest_are_shown_and_those_that_were_written() -> None:
    whole = comparison()
    (told,) = whole.turns
    written = TOKENS[0][7]
    many = tuple(TokenChance(Token(1000 + number, f"t{number}"), 0.01) for number in range(20))
    last = TokenChance(Token(written, "the last"), 0.001)
    parting = Parting(7, ((*many, last), None))
    page = Page(html_report(replace(whole, turns=(replace(told, parting=parting),))))
    assert "t9" in page.text
    assert "t10" not in page.text
    assert "the·last" in page.text
