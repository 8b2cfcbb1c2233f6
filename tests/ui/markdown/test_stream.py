"""A text that grows ends as the document that it makes when it is shown at once."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor, QTextDocument

from app.ui.markdown.copying import whole_text
from app.ui.markdown.stream import MarkdownStream
from tests.support.markdown_documents import (
    Run,
    commonmark_examples,
    nothing_touched,
    rendered,
    streamed,
    structure,
)
from tests.ui.markdown.test_settled import TEXTS

EVERYTHING = """\
# Head *one*

Some **bold**, `code`, ~~struck~~ and $x_1$.

- one
  - two
- three

1. a

   b
2. c
   ```python
   import this
   ```

> quote
> > nested
> > - item

| a | b |
|:--|--:|
| 1 | `2` |

```python
import mlflow  # why

print("a")
```
~~~
tilde
~~~

\\[
a &= b \\\\
- c
\\]

---

| c |
|---|
| d |

[late] and the end.

[late]: https://example.org
"""


def test_that_everything_streamed_in_any_pieces_is_as_if_shown_at_once() -> None:
    whole = structure(rendered(EVERYTHING))
    chance = random.Random(3)  # noqa: S311 - for the same cuts every time
    for most in (1, 3, 9, 40, 200):
        cuts, at = [], 0
        while at < len(EVERYTHING):
            at += chance.randint(1, most)
            cuts.append(at)
        assert structure(streamed(EVERYTHING, cuts)) == whole


WORDS = """\
# The keeper goes on
Once, in **old days**, there was a man. He had 3 dogs; one was *black as night*, the `other` not.

1. First of all, he said "no".
2. Second - well - yes!
   - a nested item goes on, in words

See https://example.org/a and more (like this) of a_b c_d e * f * g, with a $x y$ in it
> a quote that goes on
lazily here

[a b]: /c "of a title"
[a b] is defined.

| a b | c d |
|---|---|
| e f | g h |
"""


@pytest.mark.parametrize("text", [EVERYTHING, WORDS])
@pytest.mark.parametrize("pieces", [r"\s*\S+|\s+$", r"\S+\s*|^\s+", r"(?s)."])
def test_that_each_piece_shows_what_the_text_so_far_shows(text: str, pieces: str) -> None:
    document = QTextDocument()
    stream = MarkdownStream(document)
    for piece in re.finditer(pieces, text):
        so_far = text[: piece.end()]
        stream.show(so_far, is_whole=False)
        at_once = QTextDocument()
        MarkdownStream(at_once).show(so_far, is_whole=False)
        assert structure(document) == structure(at_once), so_far


def test_that_words_that_go_on_in_a_line_leave_the_others_as_they_are() -> None:
    document = QTextDocument()
    stream = MarkdownStream(document)
    stream.show("A **bold** word and", is_whole=False)
    document.documentLayout()  # without one, no change is told
    changes: list[tuple[int, int, int]] = []
    document.contentsChange.connect(lambda *change: changes.append(change))
    stream.show("A **bold** word and some more, that go", is_whole=False)
    assert changes == [(15, 0, 19)]
    stream.show("A **bold** word and some more, that go *on", is_whole=False)
    assert len(changes) > 2  # it is built anew


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_that_any_text_streamed_is_as_if_shown_at_once(text: str, chance: random.Random) -> None:
    cuts = [chance.randint(0, len(text)) for _ in range(8)]
    assert structure(streamed(text, cuts)) == structure(rendered(text))


def test_that_the_commonmark_examples_render_whole_and_streamed_and_touch_nothing(
    warm: None,
) -> None:
    chance = random.Random(7)  # noqa: S311 - for the same cuts every time
    examples = commonmark_examples()
    assert len(examples) == 652
    with nothing_touched():
        for example in examples:
            cuts = [chance.randint(0, len(example)) for _ in range(5)]
            assert structure(streamed(example, cuts)) == structure(rendered(example)), example


def test_that_what_is_settled_is_not_built_again() -> None:
    document = QTextDocument()
    stream = MarkdownStream(document)
    stream.show("One.\n\nTwo.\n\nThr", is_whole=False)
    mark = QTextCursor(document)
    mark.setPosition(3)
    stream.show("One.\n\nTwo.\n\nThree and more.", is_whole=False)
    stream.show("One.\n\nTwo.\n\nThree and more.", is_whole=True)
    assert mark.position() == 3
    assert whole_text(document) == "One.\n\nTwo.\n\nThree and more."


def test_that_an_open_code_block_grows_by_its_lines_and_has_its_colours_in_the_end() -> None:
    document = QTextDocument()
    stream = MarkdownStream(document)
    text = "```python\nimport this\nprint(1)\n``"
    for end in range(1, len(text) + 1):
        stream.show(text[:end], is_whole=False)
    assert whole_text(document).strip("\n") == "import this\nprint(1)"
    assert {run.colour for line in structure(document) for run in line.runs} == {"#1a1d23"}
    stream.show(text + "`\n", is_whole=False)
    assert "#7a3e9d" in {run.colour for line in structure(document) for run in line.runs}


def test_that_a_text_that_is_continued_goes_on_in_its_last_paragraph() -> None:
    document = QTextDocument()
    stream = MarkdownStream(document)
    stream.show("The capital is **Mad", is_whole=True)
    stream.show("The capital is **Madrid**.", is_whole=False)
    assert [line.runs for line in structure(document)] == [
        (Run("The capital is "), Run("Madrid", weight=700), Run("."))
    ]


def test_that_another_text_replaces_the_one_before() -> None:
    document = QTextDocument()
    stream = MarkdownStream(document)
    stream.show("One.\n\n| a |\n|---|\n| b |\n", is_whole=False)
    stream.show("Two.", is_whole=False)
    assert structure(document) == structure(rendered("Two."))


@pytest.mark.parametrize(
    "part", ["- an item\n", "| a | b |\n", "words and **words** ", "> quote\n"]
)
def test_that_one_long_block_is_whole_in_the_end_and_never_short_of_a_word(part: str) -> None:
    text = ("| a | b |\n|---|---|\n" if part.startswith("|") else "") + part * 600
    document = QTextDocument()
    stream = MarkdownStream(document)
    for end in range(0, len(text), 97):
        stream.show(text[:end], is_whole=False)
        shown = "".join(whole_text(document).split())
        assert sum(map(str.isalpha, shown)) == sum(map(str.isalpha, text[:end]))
        last = document.lastBlock()
        assert not last.text() or last.begin().fragment().charFormat().font().pixelSize() != 1
    stream.show(text, is_whole=True)
    assert structure(document) == structure(rendered(text))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 30_000,
        "some words " * 3_000 + "end",
        "some words " * 3_000,
        "One.\n\n" + "some words " * 3_000 + "\nmore\n\nand",
        "a **b** " * 100 + "x " * 8_000 + "y",
        "a" * 30_000 + "\n",
        "see [it] " * 2_000 + "\n\n[it]: https://example.org",
    ],
    ids=range(7),
)
def test_that_a_line_without_an_end_grows_at_its_end_and_is_as_if_shown_at_once(text: str) -> None:
    for step in (97, 1_000, 7_777):
        shown = streamed(text, list(range(0, len(text), step)))
        assert structure(shown) == structure(rendered(text))
