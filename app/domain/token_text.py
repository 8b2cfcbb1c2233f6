"""Tokens as people can read them, and where in a text they stand."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from app.domain.special_tokens import Span
from wrappers.contract import Token

PART: Final = "\ufffd"
"""What stands for a part of a character."""

_SIGNS: Final = {
    " ": "·",
    "\n": "⏎",
    "\r": "␍",
    "\t": "⇥",
    "\u00a0": "⍽",
    "\u200b": "⟨zero-width space⟩",
}
_LOOK_AHEAD: Final = 64
"""Characters that are searched for the token to go on at, where some were not told of."""


def visible(text: str) -> str:
    """`text` with a sign in place of each blank and of what has no form of its own."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text or "∅"
    return "".join(map(_sign, text)) or "∅"


def _sign(character: str) -> str:
    sign = _SIGNS.get(character)
    if sign is not None:
        return sign
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Cn", "Co"):
        return f"⟨U+{ord(character):04X}⟩"
    return character


def percent(probability: float) -> str:
    """``61 %``, ``4.2 %``, ``0.31 %``; less than can be told is not told as nothing."""
    value = 100 * probability
    if value <= 0:
        return "0 %"
    if value < 0.01:
        return "< 0.01 %"
    if value < 0.995:
        return f"{value:.2f} %"
    return f"{value:.1f} %" if value < 9.95 else f"{value:.0f} %"


def token_spans(text: str, tokens: Sequence[Token]) -> tuple[Span | None, ...]:
    """Where in `text` each of its tokens stands, in characters.

    Tokens that make up one character together have the same span. ``None`` for a token that stands
    for nothing in the text, such as one that the model's tokenizer puts in front of it.
    """
    spans: list[Span | None] = [None] * len(tokens)
    position = 0
    first_part: int | None = None
    """The first of the tokens before that are parts of characters not placed yet."""
    for at, token in enumerate(tokens):
        piece = token.text
        if first_part is None and piece and text.startswith(piece, position):
            end = position + len(piece)  # the rule, and there may be thousands
            spans[at] = Span(position, end)
            position = end
            continue
        if PART in piece or not piece:
            if piece and first_part is None:
                first_part = at
            continue
        found = _find(text, piece, position, far=first_part is not None)
        if found < 0:
            continue
        if first_part is not None:
            _share(spans, first_part, at, Span(position, found))
            first_part = None
        position = found + len(piece)
        spans[at] = Span(found, position)
    if first_part is not None and position < len(text):
        _share(spans, first_part, len(tokens), Span(position, len(text)))
    return tuple(spans)


def _find(text: str, piece: str, position: int, *, far: bool) -> int:
    # At least one character stands before it where parts of one came before.
    start = position + 1 if far else position
    return text.find(piece, start, start + len(piece) + _LOOK_AHEAD)


def _share(spans: list[Span | None], low: int, high: int, span: Span) -> None:
    """Tokens of parts of characters, from `low` up to `high`, stand for `span` together."""
    if span.start >= span.end:
        return
    for at in range(low, high):
        if spans[at] is None:
            spans[at] = span
