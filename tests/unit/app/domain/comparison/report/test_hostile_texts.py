"""Reports of hostile texts in every place: names, prompts, answers, questions."""

from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from app.domain.characters import visible
from app.domain.comparison.record import Comparison, PromptSet
from app.domain.comparison.report.html import html_report, set_html
from app.domain.comparison.report.markdown import markdown_report, set_markdown
from tests.support.comparisons import comparison, prompt_set
from tests.support.hostile import saying
from tests.support.hostile_texts import TEXTS

UNSEEN = "\x00\x07\x08\x0b\x0c\x1b\x7f\x85\u202d\u202e\u2066\ufdd0\ud800"


class Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("record", [comparison(), prompt_set()], ids=["comparison", "set"])
def test_that_a_page_shows_it_as_text_wherever_it_stands(
    record: Comparison | PromptSet, name: str
) -> None:
    told = saying(record, TEXTS[name])
    page = html_report(told) if isinstance(told, Comparison) else set_html(told)
    plain = html_report(record) if isinstance(record, Comparison) else set_html(record)
    found, usual = Page(page), Page(plain)
    assert set(found.tags) <= set(usual.tags) | {"mark", "span"}
    assert found.attributes <= usual.attributes
    assert not set(UNSEEN) & set(page)
    assert visible(TEXTS[name]).strip() in "".join(found.texts)
    page.encode()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("record", [comparison(), prompt_set()], ids=["comparison", "set"])
def test_that_markdown_has_it_in_a_fence_and_as_a_literal_in_a_line(
    record: Comparison | PromptSet, name: str
) -> None:
    text = TEXTS[name][:50_000]
    told = saying(record, text)
    file = markdown_report(told) if isinstance(told, Comparison) else set_markdown(told)
    assert not set(UNSEEN) & set(file)
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(file)
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *inner)}
    assert not kinds & {"html_block", "html_inline", "image", "link_open", "code_block"}
    assert any(token.content.rstrip("\n") == visible(text).rstrip("\n") for token in tokens)
    file.encode()
