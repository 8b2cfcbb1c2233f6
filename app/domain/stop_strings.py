"""Several stop strings typed into one line, such as ``Human:, \\n\\n``."""

from typing import Final

_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "s": " ", ",": ",", "\\": "\\"}
_ESCAPED: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r", ",": "\\,", "\\": "\\\\"}


def parse_stops(text: str) -> tuple[str, ...]:
    """The entries of a line such as ``Human:, \\n\\n``, in order and each once.

    Spaces around an entry do not count (``\\s`` is one that does); of an unknown escape the
    backslash is kept.
    """
    entries: list[str] = []
    for written in _split(text):
        entry = _unescaped(written.strip(" "))
        if entry and entry not in entries:
            entries.append(entry)
    return tuple(entries)


def show_stops(stops: tuple[str, ...]) -> str:
    """The line that `parse_stops` reads as `stops`."""
    return ", ".join(map(_escaped, stops))


def _split(text: str) -> list[str]:
    """`text` at its commas, but for escaped ones; the escapes are left in."""
    parts, start, position = [], 0, 0
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == ",":
            parts.append(text[start:position])
            start = position + 1
        position += 1
    return [*parts, text[start:]]


def _unescaped(text: str) -> str:
    characters: list[str] = []
    rest = iter(text)
    for character in rest:
        if character != "\\":
            characters.append(character)
            continue
        following = next(rest, "")
        characters.append(_ESCAPES.get(following, "\\" + following))
    return "".join(characters)


def _escaped(text: str) -> str:
    """Blanks at the ends are escaped, for `parse_stops` strips them there."""
    inner = text.strip(" ")
    head = len(text) - len(text.lstrip(" "))
    tail = len(text) - len(inner) - head
    written = "".join(_ESCAPED.get(one, one) for one in inner)
    return "\\s" * head + written + "\\s" * tail
