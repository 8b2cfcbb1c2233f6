"""A model's Markdown, so that wherever it is read it is text and no more than that.

HTML, images and links of other kinds than http, https and mailto are escaped, but not in code,
where a backslash would be seen. What is code depends on all that stands around it (a list that ends
takes its open fence along, a backtick reaches over lines), and a guess that is wrong lets HTML out.
So what comes of the guess is read by a parser; where it finds more than text, all is escaped, in
code as well.
"""

import re
from typing import TYPE_CHECKING, Final

from app.domain.characters import visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_KEPT: Final = r"""
      (?P<code> (?<! ` ) (?P<ticks>`+) (?!`) .+? (?<!`) (?P=ticks) (?!`) )
    | (?P<escaped> \\. )"""
_HTML_OR_IMAGE: Final = r"""
    | < (?= [A-Za-z/!?] ) (?! (?:https?|mailto): )
    | ! (?= \[ )"""
_IN_LINE: Final = re.compile(
    _KEPT
    + _HTML_OR_IMAGE
    + r"""
    | (?<= \] ) [(:] (?= \s* <? (?! (?:https?|mailto): ) [A-Za-z][A-Za-z0-9+.-]* : )""",
    re.VERBOSE | re.IGNORECASE,
)
"""What is looked at in a line, and what of it is escaped."""
_ANYWHERE: Final = re.compile(
    r"(?P<code> (?!) ) | (?P<escaped> \\. )"
    + _HTML_OR_IMAGE
    + r"""
    | (?<= \] ) [(:] (?! \s* <? (?:https?|mailto): )  # an entity may spell another kind
    | `{3,} | ~{3,}""",
    re.VERBOSE | re.IGNORECASE,
)
"""What is escaped where nothing counts as code."""

_DEEP: Final = re.compile(
    r"^ (?: [ \t]* (?: [-+*>] | \d{1,9}[.)] ) ){16} | ^ [ ]{32,} (?: [-+*>] | \d{1,9}[.)] ) [ \t]",
    re.VERBOSE | re.MULTILINE,
)
"""Quotes and lists within each other, deeper than some parsers go: they leave out what follows."""

_ALLOWED: Final = re.compile(r"(?:https?|mailto):|(?![a-z][a-z0-9+.-]*:)", re.IGNORECASE)
"""How an address begins, or a place without a scheme."""
_MOST: Final = {"": 200_000, "[": 500, "`": 20_000, "*": 5_000, "_": 5_000}
"""Characters of each kind that a parser gets through in no time; of longer texts all is escaped."""


def harmless(text: str) -> str:
    """`text` in which nothing is run or fetched, and that nothing after it becomes a part of."""
    text = visible(text)
    escaped = _escaped(_ANYWHERE, text)
    is_deep = _DEEP.search(text) is not None
    if escaped == text and not is_deep:
        return text
    if all(text.count(sign) <= most for sign, most in _MOST.items()):
        guessed = _closed(text)
        if _is_text(guessed):
            return guessed
    return _fenced(text) if is_deep else escaped


def _fenced(text: str) -> str:
    longest = max(map(len, re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _closed(text: str) -> str:
    """With what stands outside of code escaped, and the end of a fence that is left open."""
    fence = ""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        found = _FENCE.match(line)
        if found is None:
            if not fence:
                lines[number] = _escaped(_IN_LINE, line)
            continue
        mark, rest = found[1], found[2]
        if not fence:
            # An info string after backticks has none itself, or else this is code within a line.
            fence = "" if mark[0] == "`" and "`" in rest else mark
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not rest.strip():
            fence = ""
    text = "\n".join(lines)
    return f"{text}\n{fence}" if fence else text


def _escaped(what: re.Pattern[str], text: str) -> str:
    def escaped(found: re.Match[str]) -> str:
        return found[0] if found["code"] or found["escaped"] else f"\\{found[0]}"

    return what.sub(escaped, text)


def _is_text(text: str) -> bool:
    """Whether parsers find nothing in it but text and code, and its end where it ends: one that
    knows tables, whose cells part code, and one that does not."""
    from markdown_it import MarkdownIt

    kinds = ("gfm-like", "commonmark")
    return all(
        _is_text_to(MarkdownIt(kind, {"html": True, "linkify": False}), text) for kind in kinds
    )


def _is_text_to(parser: "MarkdownIt", text: str) -> bool:
    # Its own refuses links that others let pass.
    parser.validateLink = lambda url: True  # type: ignore[method-assign] # noqa: ARG005
    tokens = parser.parse(f"{text}\n\nend\n")
    if [(one.type, one.level, one.content) for one in tokens[-2:]] != _END:
        return False
    inner = (child for token in tokens for child in token.children or ())
    return not any(
        one.type in ("html_block", "html_inline", "image")
        or (one.type == "link_open" and not _ALLOWED.match(str(one.attrs["href"])))
        for one in (*tokens, *inner)
    )


_END: Final = [("inline", 1, "end"), ("paragraph_close", 0, "")]
