"""The report as a real browser shows it: nothing fetched, nothing run, nothing wider than a phone.

Its own policy, which forbids to fetch and to run anything, is taken off first: what is tested is
that there is nothing for it to forbid.
"""

import re
from html import escape
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.domain.comparison.record import Comparison
from app.domain.comparison.report.html import html_report, set_html
from tests.support.chromium import dom_of, requests_of
from tests.support.comparisons import comparison, prompt_set, turn
from tests.support.hostile import filled, saying
from tests.support.hostile_texts import TEXTS

_POLICY = re.compile(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>\n")

RUN = "<script>document.documentElement.dataset.measured = 'yes'</script>"


def unguarded(record: Comparison) -> str:
    page, count = _POLICY.subn("", html_report(record))
    assert count == 1
    return page


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A report full of texts that would fetch and run something."""
    path = tmp_path / "report.html"
    path.write_text(unguarded(filled(comparison(2))), encoding="utf-8")
    return path


def test_that_nothing_is_fetched(page: Path, tmp_path: Path) -> None:
    assert requests_of(page, profile=tmp_path / "profile") == []


@pytest.mark.parametrize(
    "fetching",
    [
        '<img src="http://example.invalid/x">',
        '<link rel="stylesheet" href="https://example.invalid/x">',
        "<style>body { background: url(http://example.invalid/x) }</style>",
        '<svg><image href="http://example.invalid/x"/></svg>',
    ],
)
def test_that_a_report_that_fetched_something_would_be_seen(
    page: Path, tmp_path: Path, fetching: str
) -> None:
    page.write_text(page.read_text("utf-8").replace("<footer>", f"{fetching}<footer>"), "utf-8")
    (asked,) = requests_of(page, profile=tmp_path / "profile")
    assert "example.invalid" in asked


def test_that_the_policy_stops_what_would_be_fetched_all_the_same(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    fetching = f'<img src="http://example.invalid/x">{RUN}<footer>'
    page.write_text(html_report(comparison()).replace("<footer>", fetching), encoding="utf-8")
    assert requests_of(page, profile=tmp_path / "profile") == []
    assert "data-measured" not in dom_of(page, profile=tmp_path / "profile").partition(">")[0]


def test_that_nothing_of_a_models_text_is_run_or_becomes_a_part_of_the_page(
    page: Path, tmp_path: Path
) -> None:
    dom = dom_of(page, profile=tmp_path / "profile")
    assert "<title>run" not in dom
    without_texts = re.sub(r">[^<]*<", "><", dom.partition("<body>")[2])
    for sign in ("<script", "<img", "<a ", "<link", "<iframe", " src=", " href="):
        assert sign not in without_texts
    assert not re.search(r"<[^>\"]*(\"[^\"]*\"[^>\"]*)* on\w+=", without_texts)
    assert dom.count("&lt;script&gt;document.title = 'run'&lt;/script&gt;") >= 2


@pytest.mark.parametrize("kind", ["comparison", "set"])
def test_that_the_whole_corpus_of_hostile_texts_is_text_to_a_browser(
    kind: str, tmp_path: Path
) -> None:
    texts = [text[:20_000] for text in TEXTS.values()]
    if kind == "comparison":
        turns = tuple(
            replace(saying(comparison(), text).turns[0], id=f"{at}")
            for at, text in enumerate(texts)
        )
        report = html_report(replace(saying(comparison(), TEXTS["html"]), turns=turns))
    else:
        many = prompt_set(len(texts), len(texts))
        told = [saying(many, text) for text in texts]
        report = set_html(
            replace(
                told[0],
                prompts=tuple(one.prompts[at] for at, one in enumerate(told)),
                results={at: one.results[at] for at, one in enumerate(told)},
            )
        )
    page = tmp_path / "report.html"
    page.write_text(_POLICY.sub("", report), encoding="utf-8")
    assert requests_of(page, profile=tmp_path / "profile") == []
    dom = dom_of(page, profile=tmp_path / "profile")
    tags = set(re.findall(r"<([a-zA-Z][\w-]*)", re.sub(r">[^<]*", ">", dom)))
    assert not tags & {"script", "img", "a", "link", "iframe", "object", "base", "form"}
    assert dom.count("<style") == report.count("<style") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=y&gt;" in dom


@pytest.mark.parametrize("record", [comparison(2), filled(comparison(1))], ids=["plain", "hostile"])
@pytest.mark.parametrize("width", [320, 400, 1200])
def test_that_nothing_is_wider_than_the_page(
    record: Comparison, width: int, tmp_path: Path
) -> None:
    long = replace(turn(), text="unbroken" * 400)
    inner = unguarded(replace(record, turns=(*record.turns, long)))
    measure = (
        "<script>onload = () => { const page = frames[0].document.documentElement;"
        " document.title = `${page.clientWidth} ${page.scrollWidth}`; }</script>"
    )
    frame = f'<iframe width="{width}" height="600" style="border: 0" srcdoc="{escape(inner)}">'
    path = tmp_path / "frame.html"
    path.write_text(f"<!DOCTYPE html>{measure}{frame}</iframe>", encoding="utf-8")
    dom = dom_of(path, profile=tmp_path / "profile")
    found = re.search(r"<title>(\d+) (\d+)</title>", dom)
    assert found is not None
    assert found[1] == found[2]
    assert width - 20 <= int(found[1]) <= width
