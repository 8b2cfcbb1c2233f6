"""Characters that would do something to the page they stand on, as characters to look at."""

import re
from html import escape
from typing import Final

_CONTROLS: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # all but the tab and the line feed
    "\u202a-\u202e\u2066-\u2069"  # overrides and isolates: they reorder what stands around them
    "\ufff9-\ufffb\ufffe\uffff\ufdd0-\ufdef\ud800-\udfff]"  # of no text at all
)


def visible(text: str) -> str:
    """`text` with a sign in place of each character that is none to be read, such as ⟨U+202E⟩."""
    return _CONTROLS.sub(lambda found: _sign(found[0]), _lines(text))


def escaped(text: str) -> str:
    """As HTML and XML have it, in an attribute as well."""
    return escape(visible(text), quote=True)


def one_line(text: str, limit: int = 200) -> str:
    """Not longer than `limit`, blanks joined, to stand in a line with others."""
    words = " ".join(visible(text[: limit * 8]).split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _sign(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"
