"""Tokens of a tokenizer, each told by itself."""

from collections.abc import Iterable
from typing import Any

from wrappers.contract import Token

_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
"""How SentencePiece writes the space that a word begins with."""


def token_text(tokenizer: Any, token_id: int) -> str:
    """What the token stands for, a special one written out.

    A SentencePiece tokenizer, such as Phi-3's, drops the space that a text begins with: here it
    is part of the token.
    """
    text = str(tokenizer.decode([token_id], clean_up_tokenization_spaces=False))
    piece = tokenizer.convert_ids_to_tokens(token_id)
    begins_word = isinstance(piece, str) and piece.startswith(_SPACE)
    return f" {text}" if begins_word and not text.startswith(" ") else text


def tokens_of(tokenizer: Any, token_ids: Iterable[int]) -> tuple[Token, ...]:
    """`token_ids` with their texts."""
    special = {one for one, token in tokenizer.added_tokens_decoder.items() if token.special}
    special.update(tokenizer.all_special_ids)
    return tuple(
        Token(one, token_text(tokenizer, one), is_special=one in special) for one in token_ids
    )
