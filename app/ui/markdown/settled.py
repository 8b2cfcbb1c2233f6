"""How much of a text that still grows will never be read otherwise."""

import re
from typing import TYPE_CHECKING

from app.ui.markdown.parser import parse_blocks

if TYPE_CHECKING:
    from markdown_it.token import Token


_FORMULA = re.compile(r"[\s>*+\-\d.)]*(?:\$\$|\\\[)")


def settled_length(text: str) -> int:
    """Characters from the start of `text` that are whole blocks whatever comes after.

    Markdown is read by lines, and a block that has ended is not opened again. So all but the last
    block of the whole lines is settled, and that one too where a fence has closed it; the line
    that is still being written says nothing yet. `text` begins where a block begins, and its line
    ends are `normalized`.
    """
    whole = text[: text.rfind("\n") + 1]
    definitions: dict[str, object] = {}
    tokens = parse_blocks(whole, definitions)
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map]
    if not starts:
        return 0
    start = cut = starts[-1]
    last = tokens[-1]
    if last.map and last.level == 0 and (last.type == "math_block" or _is_closed_fence(last)):
        cut = last.map[1]
    formula = _open_formula(whole)
    if formula is not None and formula < start:
        cut = max((start for start in starts if start <= formula), default=0)
    if not cut:
        return 0
    lines = whole.split("\n")[:cut]
    if definitions and lines[-1].strip():
        return 0  # the title of an address may go on in the next line
    return sum(len(line) + 1 for line in lines)


def _open_formula(whole: str) -> int | None:
    """The line where a formula may have begun that the next lines can still end, after which they
    are no blocks of their own."""
    lines = whole.split("\n")[:-1]
    found: int | None = None
    for number in range(len(lines) - 1, -1, -1):
        if not lines[number].strip():
            break
        if _FORMULA.match(lines[number]):
            found = number
    return found


def _is_closed_fence(token: "Token") -> bool:
    """Its lines are those of the code and two more, or one where its end has not come."""
    if token.type != "fence" or token.map is None:
        return False
    first, end = token.map
    return end - first == token.content.count("\n") + 2
