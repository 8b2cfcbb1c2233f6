"""What a document shows, as plain values to compare; and a guard against files and the network."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument, QTextList

from app.ui.markdown.look import Property
from app.ui.markdown.stream import MarkdownStream


class Run(NamedTuple):
    """Characters that look alike; a formula is its source, drawn or not."""

    text: str
    weight: int = 400
    italic: bool = False
    struck: bool = False
    fixed: bool = False
    colour: str = ""
    link: str = ""
    formula: bool = False


class Line(NamedTuple):
    """A block of a document."""

    runs: tuple[Run, ...]
    heading: int
    code: int
    """Which of the document's code blocks it belongs to, from 1."""
    language: str
    bars: str
    rule: bool
    marker: str
    """Of a list item, with its indent."""
    left: tuple[float, int]
    margins: tuple[float, float]
    alignment: int
    cell: tuple[int, int, int] | None
    """Which table, row and column it is in."""


def structure(document: QTextDocument) -> list[Line]:
    """All blocks of `document`, first to last."""
    codes: dict[int, int] = {}
    tables: dict[int, int] = {}
    lines = []
    block = document.begin()
    while block.isValid():
        lines.append(_line(block, codes, tables))
        block = block.next()
    return lines


def _line(block: QTextBlock, codes: dict[int, int], tables: dict[int, int]) -> Line:
    style = block.blockFormat()
    number = style.intProperty(Property.CODE)
    group: QTextList | None = block.textList()
    marker = "" if group is None else f"{group.format().indent()} {group.itemText(block)}"
    table = QTextCursor(block).currentTable()
    cell = None
    if table is not None:  # the stub says that there always is one
        at = table.cellAt(block.position())
        place = tables.setdefault(table.firstPosition(), len(tables))
        cell = (place, at.row(), at.column())
    return Line(
        runs=tuple(_runs(block)),
        heading=style.headingLevel(),
        code=codes.setdefault(number, len(codes) + 1) if number else 0,
        language=str(style.property(Property.LANGUAGE) or ""),
        bars=str(style.property(Property.BARS) or ""),
        rule=style.hasProperty(Property.RULE),
        marker=f"{marker} {style.marker().name}",
        left=(style.leftMargin(), style.indent()),
        margins=(style.topMargin(), style.bottomMargin()),
        alignment=int(style.alignment().value),
        cell=cell,
    )


def _runs(block: QTextBlock) -> Iterator[Run]:
    last: Run | None = None
    iterator = block.begin()
    while not iterator.atEnd():
        fragment = iterator.fragment()
        style = fragment.charFormat()
        source = str(style.property(Property.FORMULA) or "")
        if source:
            run = Run(source * (fragment.length() if style.isImageFormat() else 1), formula=True)
        else:
            colour = style.foreground().color().name() if style.hasProperty(0x821) else ""
            run = Run(
                fragment.text(),
                style.fontWeight(),
                style.fontItalic(),
                style.fontStrikeOut(),
                style.fontFixedPitch(),
                colour,
                style.anchorHref(),
            )
        if last is not None and not source and last._replace(text="") == run._replace(text=""):
            last = last._replace(text=last.text + run.text)
        else:
            if last is not None:
                yield last
            last = run
        iterator += 1
    if last is not None:
        yield last


def rendered(text: str) -> QTextDocument:
    """`text` shown at once."""
    document = QTextDocument()
    MarkdownStream(document).show(text, is_whole=True)
    return document


def streamed(text: str, cuts: list[int]) -> QTextDocument:
    """`text` shown as it grows, piece by piece."""
    document = QTextDocument()
    stream = MarkdownStream(document)
    for cut in sorted(cuts):
        stream.show(text[:cut], is_whole=False)
    stream.show(text, is_whole=True)
    return document


@cache
def commonmark_examples() -> tuple[str, ...]:
    """The Markdown of the specification's examples."""
    path = Path(__file__).with_name("commonmark_examples.json")
    return tuple(json.loads(path.read_text(encoding="utf-8"))["examples"])


_touched: list[str] | None = None
_EVENTS = ("open", "os.listdir", "subprocess.Popen", "urllib.Request")


def _watch(event: str, args: tuple[object, ...]) -> None:
    if _touched is not None and (event in _EVENTS or event.startswith("socket.")):
        _touched.append(f"{event} {args!r}")


@cache
def _install() -> None:
    sys.addaudithook(_watch)  # for the rest of the process: it can't be taken back


@contextmanager
def nothing_touched() -> Iterator[None]:
    """Fails where a file is opened or a socket made meanwhile."""
    global _touched  # noqa: PLW0603 - the hook has no other way to know
    _install()
    touched: list[str] = []
    _touched = touched
    try:
        yield
    finally:
        _touched = None
    assert touched == []
