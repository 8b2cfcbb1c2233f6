"""A few colours for code: strings, comments and the words a language keeps for itself.

No parser: enough to find one's way in the short pieces that models write, in most languages.
"""

import re
from collections.abc import Iterator

from app.ui.theme import Tokens

_WORDS = """
    and as assert async await break case catch class const continue def default del do elif else
    enum except export extends false finally fn for from func function global if impl import in
    interface is lambda let match mod mut new nil None nonlocal not null or package pass private
    protected public pub raise return self static struct super switch then this throw trait true
    True False try type use var void while with yield
    SELECT FROM WHERE INSERT INTO UPDATE DELETE JOIN ON GROUP BY ORDER LIMIT VALUES CREATE TABLE
"""
_KEYWORDS = frozenset(_WORDS.split())
_HASH_COMMENTING = "py python sh bash shell zsh yaml yml toml ruby rb r perl make dockerfile ini"
_HASH_COMMENTS = frozenset(_HASH_COMMENTING.split())
_PROSE = frozenset(["text", "txt", "plain", "markdown", "md"])

_PIECE = (
    r'(?P<string>"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\''
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\\n])*`)'
    r"|(?P<comment>{comment})"
    r"|(?P<word>[A-Za-z_]\w*)"
)
_WITH_HASH = re.compile(_PIECE.format(comment=r"\#[^\n]*"))
_WITH_SLASHES = re.compile(_PIECE.format(comment=r"//[^\n]*|/\*[\s\S]*?\*/|--[ ][^\n]*"))


def colour_spans(code: str, language: str, colours: Tokens) -> Iterator[tuple[int, int, str]]:
    """Offset, length (in Qt's UTF-16 units) and colour of each piece that stands out."""
    language = language.lower()
    if language in _PROSE:
        return
    hashes = language in _HASH_COMMENTS or (not language and "//" not in code)
    widths = _Utf16(code)
    for found in (_WITH_HASH if hashes else _WITH_SLASHES).finditer(code):
        colour = {"string": colours.live, "comment": colours.muted}.get(found.lastgroup or "")
        if colour is None and found.group() in _KEYWORDS:
            colour = colours.template
        if colour is not None:
            start = widths.offset(found.start())
            yield start, widths.offset(found.end()) - start, colour


class _Utf16:
    """Offsets in a text as Qt counts them, asked for in rising order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._units = 0

    def offset(self, position: int) -> int:
        self._units += len(self._text[self._at : position].encode("utf-16-le")) // 2
        self._at = position
        return self._units
