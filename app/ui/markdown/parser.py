"""GitHub's dialect of Markdown without HTML, with formulas, as markdown-it's tokens."""

import re
from collections.abc import MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

MAX_NESTING: Final = 32
"""Deeper blocks are not parsed."""
MAX_INLINE: Final = 10_000
"""Characters of one paragraph beyond which it is shown as typed: some of what can stand in it
takes time that grows with the square of its length."""

MAX_BRACKETS: Final = 500
"""Of those that may open a link, beyond which a paragraph is shown as typed: each is looked at to
the paragraph's end."""

Definitions = MutableMapping[str, Any]
"""What ``[name]: address`` lines have defined, by name."""

_ADDRESS = re.compile(r"://[^\s<>\"'`\\^{}|]*[^\s<>\"'`\\^{}|.,;:!?*_~)\]]")
_SCHEME = re.compile(r"(?<!\w)https?$", re.IGNORECASE)


@cache
def _markdown() -> "MarkdownIt":
    # Takes some 50 ms to import, which the window's start can't spare.
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType

    from app.ui.markdown.math_rules import math_block, math_inline

    class Unjudging(MarkdownIt):
        """What is a link is for the one who shows it to say: the text of any other stays."""

        def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - the library's name
            return True

    options = {"html": False, "maxNesting": MAX_NESTING}
    markdown = Unjudging("commonmark", options).enable(["table", "strikethrough"])
    markdown.disable(["html_block", "html_inline"])
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    markdown.block.ruler.before("fence", "math_block", math_block, interrupts)
    markdown.inline.ruler.before("escape", "math_inline", math_inline)
    markdown.inline.ruler.after("autolink", "bare_address", _bare_address)
    return markdown


def parse_blocks(text: str, definitions: Definitions | None = None) -> "list[Token]":
    """Tokens of the blocks; what is in a paragraph is yet to be parsed, with `parse_inline`.

    `definitions` are known and added to.
    """
    from markdown_it.token import Token

    tokens: list[Token] = []
    source = normalized(text)
    if source:
        env: MutableMapping[str, Any] = {
            "references": {} if definitions is None else definitions,
        }
        markdown = _markdown()
        markdown.block.parse(source, markdown, env, tokens)
    return tokens


def parse_inline(text: str, definitions: Definitions) -> "list[Token]":
    """Tokens of a paragraph's text."""
    from markdown_it.token import Token

    if len(text) > MAX_INLINE or text.count("[") > MAX_BRACKETS:
        return [Token("text", "", 0, content=text)]
    tokens: list[Token] = []
    markdown = _markdown()
    markdown.inline.parse(text, markdown, {"references": definitions}, tokens)
    return tokens


def normalized(text: str) -> str:
    """With line ends as the parser takes them; as long as `text` but for ``\\r\\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _bare_address(state: "StateInline", silent: bool) -> bool:
    """An address without brackets, as GitHub links it."""
    if state.src[state.pos] != ":" or state.linkLevel > 0:
        return False
    scheme = _SCHEME.search(state.pending)
    rest = _ADDRESS.match(state.src, state.pos, state.posMax)
    if scheme is None or rest is None:
        return False
    if not silent:
        address = scheme.group() + rest.group()
        state.pending = state.pending[: scheme.start()]
        opening = state.push("link_open", "a", 1)
        opening.attrSet("href", address)
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos = rest.end()
    return True
