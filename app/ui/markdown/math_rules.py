r"""LaTeX within Markdown: `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, taken out before anything else
reads their backslashes, underscores and stars.

Two rules for markdown-it. Their tokens, ``math_inline`` and ``math_block``, hold the formula in
`content` and its opening delimiter in `markup`.
"""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

CLOSING: Final = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}

_MEANS_MATHS = re.compile(r"[\\^_={}<>+*/|]|\w\(")
_WORD = re.compile(r"[^\W\d_]{2,}")
_LONGEST_INLINE = 2000


def math_inline(state: "StateInline", silent: bool) -> bool:
    """A formula within a line of text."""
    opening = _opening_at(state.src, state.pos)
    if not opening:
        return False
    start = state.pos + len(opening)
    end = _closing_after(state.src, start, min(state.posMax, start + _LONGEST_INLINE), opening)
    if end < 0:
        return False
    content = state.src[start:end]
    follows = state.src[end + 1 : end + 2] if opening == "$" else ""
    if not _is_formula(content, opening, follows):
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = content, opening
    state.pos = end + len(CLOSING[opening])
    return True


def math_block(state: "StateBlock", start_line: int, end_line: int, silent: bool) -> bool:
    """A formula in lines of its own: no blank line is in it, and nothing follows it."""
    if state.is_code_block(start_line):
        return False
    opening = _opening_at(state.src, state.bMarks[start_line] + state.tShift[start_line])
    if opening not in ("$$", "\\["):
        return False
    closing, lines = CLOSING[opening], list[str]()
    for line in range(start_line, end_line):
        if state.isEmpty(line) or (line > start_line and state.sCount[line] < state.blkIndent):
            return False
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
        text = text[len(opening) :] if line == start_line else text
        at = text.find(closing)
        if at < 0:
            lines.append(text)
            continue
        content = "\n".join((*lines, text[:at]))
        if at + len(closing) != len(text) or not _is_formula(content, opening, ""):
            return False
        if not silent:
            token = state.push("math_block", "math", 0)
            token.block, token.content, token.markup = True, content, opening
            token.map = [start_line, line + 1]
            state.line = line + 1
        return True
    return False


def _opening_at(text: str, at: int) -> str:
    two = text[at : at + 2]
    if two in CLOSING:
        return two
    return "$" if two.startswith("$") else ""


def _closing_after(text: str, start: int, limit: int, opening: str) -> int:
    """Where the closing delimiter begins; -1 for none."""
    closing = CLOSING[opening]
    at = text.find(closing, start, limit)
    if opening.startswith("\\"):
        return at
    while at >= 0 and text[at - 1] == "\\":
        at = text.find(closing, at + 1, limit)
    return at


def _is_formula(content: str, opening: str, follows: str) -> bool:
    """Whether it can be one. ``$5 and $10`` are two prices: there a dollar follows a space, or a
    digit follows a dollar, or plain words stand between."""
    if not any(one.isalnum() for one in content) or "`" in content:
        return False
    if opening != "$":
        return True
    if content[0].isspace() or content[-1].isspace() or follows.isalnum():
        return False
    return bool(_MEANS_MATHS.search(content)) or not _WORD.search(content)
